/* recurrence: a rule from an anchor in a zone, walked forward one occurrence at a time.
 *
 * Always from the anchor, in wall time, then converted to instants: neither summer time nor a short
 * month makes it drift.  Pure: no clock, no database; the same input gives the same answer anywhere.
 *
 * A recurrence is opened, positioned by recurrence_seek (a new one stands before its first
 * occurrence), then asked for the next, again and again.  The cost of a seek does not grow with the
 * rule's age, unless there is COUNT: it is counted from the start on, here and nowhere else, of what is
 * one instant once and before overrides.  No call computes for more than about 1 ms: when its budget of steps is used up it
 * returns RECUR_AGAIN, and the next call goes on where it stopped.  Expansion ends with the year 9999;
 * a rule that has found nothing after RECUR_EMPTY_STEPS in all is RECUR_FAILED.
 *
 * Two wall times that a gap makes one instant are one occurrence.
 */
#pragma once

#include <stdbool.h>

#include "recur/rule.h"
#include "recur/zone.h"

#define RECUR_STEPS       16000 /* of one call; a step is a day or a sub-daily period looked at */
#define RECUR_EMPTY_STEPS 20000000 /* without finding anything */

struct recurrence;

enum recur_status {
	RECUR_FOUND,
	RECUR_END, /* no further occurrence */
	RECUR_AGAIN, /* budget used up: call again to go on */
	RECUR_FAILED, /* err says why: a limit, or a rule that cannot be expanded from this anchor */
};

enum recur_flags {
	/* Leave COUNT out of account: the daemon compares it with used_count instead. */
	RECUR_UNCOUNTED = 1 << 0,
	/* Also return occurrences that an override excludes (excluded = true). */
	RECUR_EXCLUDED = 1 << 1,
	/* In the order of `at`, and recurrence_seek compares `at`: what people see.  Without it the
	 * order is that of `nominal`. */
	RECUR_BY_TIME = 1 << 2,
};

struct occurrence {
	sec_t nominal; /* the instant that the rule gives: its identity */
	sec_t at; /* where it stands: nominal, unless an override moved it */
	sec_t wall; /* nominal as wall time in the rule's zone, before a gap shifted it */
	enum zone_fit fit;
	bool excluded;
	bool fixed; /* added at an instant, whatever the zone */
	const char *title, *description, *priority; /* of an override; NULL: the template's */
};

/* rule and zone must outlive the recurrence.  start_wall: DTSTART as wall time in zone, in the years 1
 * to 9999. */
bool recurrence_open(const struct rule *rule, sec_t start_wall, const struct zone *zone,
	unsigned flags, struct recurrence **ret_recurrence, struct err *err) NODISCARD;
void recurrence_close(struct recurrence *recurrence);

/* The following recurrence_next gives the first occurrence with nominal > after. */
void recurrence_seek(struct recurrence *recurrence, sec_t after);
enum recur_status recurrence_next(struct recurrence *recurrence, struct occurrence *ret_occurrence,
	struct err *err) NODISCARD;
/* After RECUR_AGAIN: up to this instant there is nothing that it has not given.  Who counts does not know. */
sec_t recurrence_searched(const struct recurrence *recurrence);
/* An override moves what stands at that instant by the rule elsewhere. */
bool recurrence_moves(const struct recurrence *recurrence, sec_t nominal);
/* Not later than `until`/`end_date` (inclusive); true where the rule has none. */
bool recurrence_within_until(const struct recurrence *recurrence, sec_t instant);
/* Refuses a rule that can fire twice within less than min_interval seconds; err names the part to
 * blame.  Days and times of day are looked at as they stand in the rule, so that a rule may be refused
 * whose other parts happen to keep its occurrences apart.  Does not move the recurrence. */
bool recurrence_check_interval(
	const struct recurrence *recurrence, sec_t min_interval, struct err *err) NODISCARD;
