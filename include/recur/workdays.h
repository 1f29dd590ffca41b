/* workdays: a calendar: on which days people work, and which are days off.
 *
 * A calendar has a weekend, and days that differ from it: holidays, and working days on which nobody would expect
 * one.  Each of them is there once, or again and again by a rule; each may last several days.  Where a holiday and
 * a working day meet, people work.
 *
 * Days are local days, counted from 1970-01-01, whatever the zone.  Pure; rules are expanded a year at a time when
 * somebody asks for a day of it, and no question computes for more than some milliseconds: WORKDAYS_RULES_MAX rules
 * with no more than WORKDAYS_SLICES budgets of recurrence.h each.
 */
#pragma once

#include <stdbool.h>

#include "util/err.h"

#define WORKDAYS_NAME_MAX  64
#define WORKDAYS_DAYS_MAX  20000 /* of a calendar */
#define WORKDAYS_RULES_MAX 500
#define WORKDAYS_SPAN_MAX  366 /* days that one of them may last */
#define WORKDAYS_SLICES    4
#define WORKDAYS_REACH     366 /* days, beyond which nobody looks for a working day */

struct workdays;

struct workdays_day {
	const char *name; /* "Whit Monday" */
	int64_t first;
	int span; /* days that it lasts, at least 1 */
	/* NULL: there once.  Else a rule as recurd-rule(7) has it, as JSON or as text, which begins with the first
	 * day; or "EASTER", "EASTER+50", "EASTER-2": days from Easter Sunday, every year from the first day on. */
	const char *rule;
	bool working; /* a working day; else a holiday */
};

/* weekend: a bit per weekday, 0 is Sunday.  Zones must be open (zone.h). */
struct workdays *workdays_create(const char *name, unsigned weekend);
void workdays_free(struct workdays *workdays);
void workdays_cleanup(struct workdays **workdays); /* for CLEANUP */
/* Monday to Friday, and nothing else: what goes by no calendar. */
const struct workdays *workdays_plain(void);

/* false: err says what is wrong with the day; the calendar is as before. */
bool workdays_add(
	struct workdays *workdays, const struct workdays_day *day, struct err *err) NODISCARD;
/* Nobody may go by it, since something in it could not be taken. */
void workdays_break(struct workdays *workdays, const struct err *why);
const struct err *workdays_trouble(const struct workdays *workdays); /* NULL: none */
const char *workdays_name(const struct workdays *workdays);

bool workdays_work(const struct workdays *workdays, int64_t day);
/* The working days from one day through another. */
int workdays_count(const struct workdays *workdays, int64_t from, int64_t through);
/* What makes the day differ from its weekend; NULL: nothing does.  n: of several, the n-th. */
const struct workdays_day *workdays_why(const struct workdays *workdays, int64_t day, size_t n);

enum workdays_side {
	WORKDAYS_NEXT,
	WORKDAYS_PREVIOUS,
	WORKDAYS_NEAREST, /* of two that are as near, the one before: what is due may not be late */
};

/* The day itself, where it works.  Later days never give an earlier one.  false: there is none within
 * WORKDAYS_REACH. */
bool workdays_find(const struct workdays *workdays, int64_t day, enum workdays_side side,
	int64_t *ret_day) NODISCARD;
