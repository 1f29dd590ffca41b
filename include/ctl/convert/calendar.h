/* calendar: the components of an iCalendar text that recur, or belong to those that do.
 *
 * Whatever is between BEGIN and END of a VEVENT, VTODO or VTIMEZONE is kept as its lines; what does not recur is
 * counted and left, unless it is a newer version of what does.  Of the versions of one UID, and of one instance,
 * the highest SEQUENCE counts, then the latest DTSTAMP (RFC 5546), then the last in the file.  A text without any
 * BEGIN is taken for the lines of one VEVENT.  Nothing is copied: slices point into the calendar's text.
 */
#pragma once

#include "recur/content.h"
#include "util/err.h"

#define CALENDAR_BYTES_MAX (64 << 20)
#define CALENDAR_PARTS_MAX 100000
#define CALENDAR_DEPTH_MAX 8

enum calendar_kind { CALENDAR_EVENT, CALENDAR_TODO, CALENDAR_ZONE };

struct calendar_part {
	enum calendar_kind kind;
	struct slice lines;
	struct slice id; /* UID, of a zone TZID */
	size_t place; /* in the order of the file */
	int64_t sequence; /* 0: none */
	sec_t stamp; /* DTSTAMP, 0: none */
	bool recurs; /* RRULE, RDATE or EXRULE */
	bool is_instance; /* RECURRENCE-ID */
	bool cancelled; /* by its STATUS or its calendar's METHOD */
};

/* Some of the parts: a series and behind it those of its instances that stand apart, newest version last. */
struct calendar_series {
	size_t begin, end;
	size_t older; /* versions before begin, which count no more */
	size_t place; /* of the series itself */
};

struct calendar {
	char *text;
	struct calendar_part
		*parts; /* sorted by kind, id and version; a series stands before its instances */
	size_t n, size;
	struct calendar_series *series; /* in the order of the file */
	size_t series_n;
	bool whole; /* what does not recur is among the series, too */
	size_t single; /* events and tasks that do not recur */
	/* What is wrong with the text behind what was read: it is cut off, say. */
	bool broken;
	struct err why;
};

/* err: it cannot be read at all.  Owner of the result: calendar_free. */
bool calendar_parse(
	const char *data, size_t len, struct calendar **ret_calendar, struct err *err) NODISCARD;
/* The same, and what does not recur is a series as well. */
bool calendar_parse_all(
	const char *data, size_t len, struct calendar **ret_calendar, struct err *err) NODISCARD;
void calendar_free(struct calendar *calendar);
/* NULL: there is none of this TZID. */
const struct calendar_part *calendar_zone(const struct calendar *calendar, struct slice id);

/* The properties of a part, those of the components within it left out. */
struct calendar_lines {
	struct slice rest;
	size_t depth;
	struct slice
		inner; /* name of the last component within it that began, to be looked at and cleared */
	bool into; /* those within it as well, whose BEGIN and END are properties then */
};

struct calendar_lines calendar_lines_of(const struct calendar_part *part);
bool calendar_lines_next(struct calendar_lines *lines, struct content *ret_content);
