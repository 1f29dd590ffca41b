/* exercise: what every accepted rule must survive, whatever form it came in. */
#pragma once

#include <stdlib.h>
#include <string.h>

#include "recur/recurrence.h"
#include "recur/rule_def.h"
#include "recur/workdays.h"
#include "util/timefmt.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

#define CALLS 40

static inline void print_and_read_again(const struct rule *rule, sec_t start)
{
	struct strbuf text CLEANUP(strbuf_free);
	struct strbuf again CLEANUP(strbuf_free);
	struct rule *second = NULL;

	strbuf_init(&text, 4 * RULE_BYTES_MAX);
	strbuf_init(&again, 4 * RULE_BYTES_MAX);
	rule_describe(rule, start, &text);
	rule_to_rrule(rule, &text);
	strbuf_reset(&text);
	rule_to_json(rule, &text);
	if (text.len > RULE_BYTES_MAX)
		return;
	if (!rule_parse(text.data, text.len, &second, NULL))
		abort();
	rule_to_json(second, &again);
	if (strcmp(text.data, again.data) != 0)
		abort(); /* not canonical */
	rule_free(second);
}

/* The RRULE text says the same rule; it has no words for zone and overrides. */
static inline void read_text_again(const struct rule *rule)
{
	struct strbuf text CLEANUP(strbuf_free);
	struct strbuf again CLEANUP(strbuf_free);
	struct strbuf json CLEANUP(strbuf_free);
	struct rule *second = NULL;

	strbuf_init(&text, RULE_BYTES_MAX);
	strbuf_init(&again, RULE_BYTES_MAX);
	strbuf_init(&json, RULE_BYTES_MAX);
	rule_to_rrule(rule, &text);
	strbuf_addf(&json, "{\"rrule\":\"%s\"}", text.data);
	if (!rule_parse(json.data, json.len, &second, NULL))
		abort();
	rule_to_rrule(second, &again);
	if (strcmp(text.data, again.data) != 0)
		abort();
	rule_free(second);
}

/* A seek to just before an occurrence finds that one, wherever the recurrence stood. */
static inline void seek_each(struct recurrence *recurrence, const sec_t *nominals, int n)
{
	for (int i = n; i-- > 0;) {
		enum recur_status status = RECUR_AGAIN;
		struct occurrence occurrence;

		recurrence_seek(recurrence, nominals[i] - 1);
		for (int call = 0; call < CALLS && status == RECUR_AGAIN; call++)
			status = recurrence_next(recurrence, &occurrence, NULL);
		if (status == RECUR_AGAIN)
			continue;
		if (status != RECUR_FOUND || occurrence.nominal != nominals[i])
			abort();
	}
}

static inline void walk_and_seek(const struct rule *rule, sec_t start, const struct zone *zone)
{
	struct recurrence *recurrence = NULL;
	struct occurrence occurrence;
	sec_t nominals[CALLS];
	int n = 0;

	if (!recurrence_open(rule, start, zone, 0, &recurrence, NULL))
		abort();
	for (int call = 0; call < CALLS; call++)
		if (recurrence_next(recurrence, &occurrence, NULL) == RECUR_FOUND)
			nominals[n++] = occurrence.nominal;
	seek_each(recurrence, nominals, n);
	recurrence_close(recurrence);
}

static inline void expand(
	const struct rule *rule, sec_t start, const struct zone *zone, unsigned flags)
{
	struct recurrence *recurrence = NULL;
	struct occurrence occurrence;
	sec_t last = INT64_MIN;

	if (!recurrence_open(rule, start, zone, flags, &recurrence, NULL))
		abort();
	/* Clock changes and overrides may bring occurrences together; nothing else may. */
	bool apart = recurrence_check_interval(recurrence, 3600, NULL) &&
		     strcmp(zone_name(zone), "UTC") == 0 && rule->overrides_len == 0;
	for (int i = 0; i < CALLS; i++) {
		enum recur_status status = recurrence_next(recurrence, &occurrence, NULL);

		if (status == RECUR_END || status == RECUR_FAILED)
			break;
		if (status != RECUR_FOUND)
			continue;
		sec_t order = (flags & RECUR_BY_TIME) != 0 ? occurrence.at : occurrence.nominal;

		if (order < last || ((flags & RECUR_BY_TIME) == 0 && order == last))
			abort();
		if (apart && last != INT64_MIN && order - last < 3600)
			abort();
		last = order;
		if (i == CALLS / 2)
			recurrence_seek(recurrence, last + 86400 * 365);
	}
	recurrence_close(recurrence);
}

/* seed: any number that goes with the input. */
static inline void exercise_rule(struct rule *rule, size_t seed)
{
	static const char *const zones[] = { "UTC", "America/New_York", "Pacific/Apia",
		"Australia/Lord_Howe" };
	const struct zone *zone = NULL;
	sec_t start = INT64_C(1741400000) + (sec_t)(seed % 97) * 86000;

	print_and_read_again(rule, start);
	if (!rule->workday)
		read_text_again(rule);
	if (!zone_load(zones[seed % ARRAY_LEN(zones)], &zone, NULL))
		return; /* a machine without tzdata */
	if (!rule_use_calendars(rule, NULL, NULL))
		rule->workdays = workdays_plain();
	expand(rule, start, zone, 0);
	walk_and_seek(rule, start, zone);
	expand(rule, start, zone, RECUR_BY_TIME | RECUR_UNCOUNTED | RECUR_EXCLUDED);
}
