/* opened: rules and recurrences for the tests of recur/, and what they give as text. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "recur/recurrence.h"
#include "util/mem.h"
#include "util/timefmt.h"

static inline int close_zones(void **state)
{
	(void)state;
	zones_close();
	return 0;
}

static inline struct rule *parse(const char *text)
{
	char *json CLEANUP(mem_cleanup) = text[0] == '{' ? mem_strdup(text)
							 : mem_printf("{\"rrule\":\"%s\"}", text);
	struct rule *rule = NULL;
	struct err err;

	if (!rule_parse(json, strlen(json), &rule, &err))
		fail_msg("%s: %s", json, err.text);
	return rule;
}

static inline const struct zone *load(const char *name)
{
	const struct zone *zone = NULL;

	assert_true(zone_load(name, &zone, NULL));
	return zone;
}

static inline sec_t wall(const char *text)
{
	sec_t value = 0;

	assert_true(wall_parse(text, &value, NULL));
	return value;
}

static inline struct recurrence *open_rule(
	const struct rule *rule, const char *start, const char *zone, unsigned flags)
{
	struct recurrence *recurrence = NULL;
	struct err err;

	if (!recurrence_open(rule, wall(start), load(zone), flags, &recurrence, &err))
		fail_msg("%s", err.text);
	return recurrence;
}

static inline enum recur_status next(struct recurrence *recurrence, struct occurrence *occurrence)
{
	enum recur_status status;
	struct err err = { .text = "" };

	do
		status = recurrence_next(recurrence, occurrence, &err);
	while (status == RECUR_AGAIN);
	return status;
}

/* "2025-01-31T09:00 2025-03-31T09:00 ..." in the zone's local time; "." at the end of the set. */
static inline void local_times(
	const char *text, const char *start, const char *zone, int n, struct strbuf *buf)
{
	struct rule *rule = parse(text);
	struct recurrence *recurrence = open_rule(rule, start, zone, RECUR_BY_TIME);
	struct occurrence occurrence;
	char at[INSTANT_TEXT_MAX];

	for (int i = 0; i < n; i++) {
		if (next(recurrence, &occurrence) != RECUR_FOUND) {
			strbuf_add_text(buf, i > 0 ? " ." : ".");
			break;
		}
		wall_format(zone_to_wall(load(zone), occurrence.at), at);
		strbuf_addf(buf, "%s%.16s", i > 0 ? " " : "", at);
	}
	recurrence_close(recurrence);
	rule_free(rule);
}

/* Holds a rule to its expected times; "." at their end: and no more. */
static inline void expect_times(const char *what, const char *rule, const char *start,
	const char *zone, const char *expected)
{
	struct strbuf buf CLEANUP(strbuf_free) = STRBUF(4096);
	size_t n = (strlen(expected) + 1) / 17;

	/* One more than is told, where the end is told. */
	if (expected[strlen(expected) - 1] == '.')
		n++;
	local_times(rule, start, zone, (int)n, &buf);
	if (strcmp(buf.data, expected) != 0)
		fail_msg("%s (%s from %s)\nexpected: %s\ngot:      %s", what, rule, start, expected,
			buf.data);
}

/* What must not take long.  Ten times what it takes; sanitizers read a text to its end for each number in it. */
#ifdef __SANITIZE_ADDRESS__
#define SHORT_US 200000
#else
#define SHORT_US 10000
#endif

/* Of this thread: what other work on the machine takes is none of ours. */
static inline int64_t cpu_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return now.tv_sec * USEC_PER_SEC + now.tv_nsec / 1000;
}
