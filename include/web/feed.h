/* feed: a user's calendar as a text (RFC 5545), of events that are there already and of those that will be.
 *
 * Each event stands by itself, no RRULE: overrides, days off and moved occurrences cannot be said in one, and calendar
 * programs differ in what they make of it.  Its UID is the id that its task has or will have, so that what is foretold
 * and what was made are one event.  Times are the user's wall times, with the rules of his zone for the time of the
 * feed; one that the clock shows twice is in UTC where it is the second.  DTSTAMP and LAST-MODIFIED are the last
 * change, never now, and SEQUENCE grows with them: some programs take no change without.
 * Events end as they begin, in DURATION, and keep nobody busy.
 * Pure: no clock, no database.
 */
#pragma once

#include "recur/zone.h"
#include "util/strbuf.h"

#define FEED_EVENTS_MAX    1000
#define FEED_REMINDERS_MAX 8 /* of one event */
#define FEED_TAGS_MAX      20

struct feed_event {
	const char *id; /* of the task */
	usec_t at, stamp;
	const char *title; /* NULL: none */
	int priority; /* 1 to 9 as in iCalendar; 0: none */
	const char *tags[FEED_TAGS_MAX];
	size_t tags_n;
	usec_t reminders[FEED_REMINDERS_MAX];
	size_t reminders_n;
	bool foretold; /* there is no task yet */
	bool complete;
	usec_t completed_at; /* INSTANT_NONE: nobody knows */
};

struct feed_form {
	const char *name; /* NULL: "Tasks" */
	const struct zone *zone;
	usec_t from, until; /* for which the zone's rules are told */
	bool todo; /* VTODO in place of VEVENT */
	bool alarms;
};

/* For qsort: by time, then by id. */
int feed_compare(const void *a, const void *b);
void feed_write(struct strbuf *out, const struct feed_form *form, const struct feed_event *events,
	size_t events_n);
/* "low" to "urgent" as 9 to 1; what nobody knows as 0. */
int feed_priority(const char *priority);
