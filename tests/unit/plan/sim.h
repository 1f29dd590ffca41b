/* sim: a template outside a database, for the tests of plan.h.
 *
 * sim_run does what a worker does with one row: plan, write, again until nothing is due.  Instants are
 * written short: "01-06T10:00" is 2025-01-06T10:00:00Z; the year and seconds may stand there.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "plan/plan.h"
#include "util/strbuf.h"
#include "util/timefmt.h"

#define HOUR (3600 * USEC_PER_SEC)
#define DAY  (24 * HOUR)

struct sim {
	struct template row;
	char zone[65];
	struct plan_policy policy;
	usec_t made[4096]; /* in the order in which they were made */
	size_t made_n;
	int64_t skipped[FATE_KINDS];
	size_t calls, most_in_a_call;
	bool failed;
	char failure[ERR_TEXT_MAX];
};

static inline usec_t at(const char *text)
{
	char full[64];
	struct err err;
	usec_t instant;
	bool year = strlen(text) > 4 && text[4] == '-';
	int colons = 0;
	for (const char *c = text; *c; c++)
		colons += *c == ':';
	snprintf(full, sizeof(full), "%s%s%sZ", year ? "" : "2025-", text, colons > 1 ? "" : ":00");
	if (!instant_parse(full, &instant, &err))
		fail_msg("%s: %s", full, err.text);
	return instant;
}

static inline usec_t at_or_none(const char *text)
{
	return text ? at(text) : TEMPLATE_NONE;
}

/* The short form; several may stand in one printf, up to four. */
static inline const char *short_instant(usec_t instant)
{
	static char texts[4][INSTANT_TEXT_MAX];
	static unsigned turn;
	char *text = texts[turn++ % 4];
	if (instant == TEMPLATE_NONE)
		return "-";
	instant_format(instant, text);
	size_t len = strlen(text);
	if (text[len - 1] == 'Z')
		text[--len] = '\0';
	if (len > 3 && strcmp(text + len - 3, ":00") == 0)
		text[len - 3] = '\0';
	return strncmp(text, "2025-", 5) == 0 ? text + 5 : text;
}

static inline void sim_set_rule(struct sim *sim, const char *rule)
{
	sim->row.rule = rule;
	sim->row.rule_len = strlen(rule);
}

/* A row as the application inserts it, after the first worker's start. */
static inline void sim_init(struct sim *sim, const char *rule, const char *due)
{
	memset(sim, 0, sizeof(*sim));
	sim->row = (struct template){ .id = "t",
		.user_id = "u",
		.next_due_at = at(due),
		.planned_due_at = TEMPLATE_NONE,
		.made_through = TEMPLATE_NONE,
		.replan_at = TEMPLATE_NONE,
		.paused_at = TEMPLATE_NONE,
		.resumed_at = TEMPLATE_NONE,
		.ended_at = TEMPLATE_NONE,
		.created_at = at("2024-06-01T00:00"),
		.is_active = true };
	sim_set_rule(sim, rule);
	sim->policy = (struct plan_policy){ .live_since = at("2024-01-01T00:00"),
		.adopt_backlog = PLAN_BACKLOG_LATEST,
		.catch_up_limit = 100,
		.min_interval = 60 * USEC_PER_SEC,
		.default_time_zone = "UTC",
		.zone = zone_load };
}

/* What generate_write.sql does. */
static inline void sim_write(struct sim *sim, const struct plan *plan)
{
	struct template *row = &sim->row;
	row->next_due_at = plan->next_due_at;
	row->planned_due_at = plan->planned_due_at;
	row->made_through = plan->made_through;
	row->used_count = plan->used_count;
	row->starts_local = plan->starts_local;
	row->starts_code = plan->starts_code;
	memcpy(sim->zone, plan->starts_zone, sizeof(sim->zone));
	row->starts_zone = *sim->zone ? sim->zone : NULL;
	row->ended_at = plan->ended_at;
	row->is_active = plan->is_active;
	row->replan_at = plan->replan_at;
	sim->failed = plan->outcome == PLAN_FAILED;
	snprintf(sim->failure, sizeof(sim->failure), "%s", sim->failed ? plan->failure.text : "");
	for (size_t i = 0; i < plan->n; i++) {
		if (plan->fates[i].kind != FATE_MADE)
			continue;
		assert_true(sim->made_n < ARRAY_LEN(sim->made));
		sim->made[sim->made_n++] = plan->fates[i].nominal;
	}
	for (enum fate_kind kind = FATE_DROPPED; kind < FATE_KINDS; kind++)
		sim->skipped[kind] += plan_skipped(plan, kind).occurrences;
	if (plan->made_n > sim->most_in_a_call)
		sim->most_in_a_call = plan->made_n;
	sim->calls++;
}

/* The predicates of generate_claim.sql and generate_claim_edited.sql. */
static inline bool sim_is_claimed(const struct sim *sim, usec_t now)
{
	const struct template *row = &sim->row;
	if (sim->failed)
		return false;
	bool edited = row->replan_at != TEMPLATE_NONE &&
		      (row->is_active || row->ended_at != TEMPLATE_NONE);
	return edited || (row->is_active && row->next_due_at <= now);
}

static inline void sim_run_in_batches(struct sim *sim, usec_t now, size_t limit)
{
	for (int calls = 0; sim_is_claimed(sim, now); calls++) {
		struct plan plan;
		assert_true(calls < 10000);
		plan_make(&sim->row, now, &sim->policy, limit, &plan);
		/* All of one instant, or none. */
		for (size_t i = limit; i < plan.n && plan.made_n > limit; i++)
			assert_true(plan.fates[i].due == plan.fates[i - 1].due);
		sim_write(sim, &plan);
		plan_finish(&plan);
	}
}

static inline void sim_run(struct sim *sim, const char *now)
{
	sim_run_in_batches(sim, at(now), 1000);
}

/* A rule in JSON but for its timeZone, which stands last. */
static inline size_t sim_without_zone(const char *rule)
{
	const char *zone = strstr(rule, ",\"timeZone\":");
	return zone ? (size_t)(zone - rule) : strlen(rule) - 1;
}

static inline bool sim_same_but_zone(const char *a, const char *b)
{
	size_t len = sim_without_zone(a);
	return len == sim_without_zone(b) && memcmp(a, b, len) == 0;
}

/* What the application and the triggers of migrations 0013 and 0030 do with the row. */
static inline void sim_save(struct sim *sim, const char *rule, usec_t due, bool active, usec_t now)
{
	struct template *row = &sim->row;
	bool moved = sec_from_usec(due) != sec_from_usec(row->next_due_at);
	bool edited = strcmp(rule, row->rule) != 0;
	bool news = row->made_through == TEMPLATE_NONE ||
		    sec_from_usec(due) > sec_from_usec(row->made_through);
	if (sim->failed) {
		sim->failed = !edited && due == row->next_due_at;
	} else if (edited && moved && news) {
		row->replan_at = TEMPLATE_NONE;
	} else if (edited && row->starts_zone) {
		if (!sim_same_but_zone(rule, row->rule))
			row->replan_at = now - now % TEMPLATE_EDIT_CODES;
		else if (row->replan_at == TEMPLATE_NONE)
			row->replan_at = TEMPLATE_REZONE;
	}
	if (active && !row->is_active) {
		row->resumed_at = now;
	} else if (!active && row->is_active) {
		if (row->paused_at == TEMPLATE_NONE || row->resumed_at == TEMPLATE_NONE ||
			row->next_due_at > row->resumed_at)
			row->paused_at = now;
		row->resumed_at = TEMPLATE_NONE;
	}
	sim_set_rule(sim, rule);
	row->next_due_at = due;
	row->is_active = active;
}

static inline void sim_edit(struct sim *sim, const char *rule, const char *now)
{
	sim_save(sim, rule, sim->row.next_due_at, sim->row.is_active, at(now));
}

/* Nothing but recurrenceOverrides is another. */
static inline void sim_amend(struct sim *sim, const char *rule, const char *now)
{
	sim_set_rule(sim, rule);
	if (sim->row.replan_at == TEMPLATE_NONE)
		sim->row.replan_at = at(now) + TEMPLATE_OVERRIDES;
}

static inline void sim_move(struct sim *sim, const char *due, const char *now)
{
	sim_save(sim, sim->row.rule, at(due), sim->row.is_active, at(now));
}

static inline void sim_pause(struct sim *sim, const char *now)
{
	sim_save(sim, sim->row.rule, sim->row.next_due_at, false, at(now));
}

static inline void sim_resume(struct sim *sim, const char *now)
{
	sim_save(sim, sim->row.rule, sim->row.next_due_at, true, at(now));
}

/* All that was made since the start (or the last such question), and where the template stands:
 * "01-06T10:00 01-07T10:00 | next 01-08T10:00". */
static inline void sim_expect(struct sim *sim, const char *words, const char *wanted)
{
	struct strbuf text CLEANUP(strbuf_free);
	strbuf_init(&text, 65536);
	if (sim->made_n > 20) {
		strbuf_addf(&text, "%zu: %s .. %s ", sim->made_n, short_instant(sim->made[0]),
			short_instant(sim->made[sim->made_n - 1]));
	} else {
		for (size_t i = 0; i < sim->made_n; i++)
			strbuf_addf(&text, "%s ", short_instant(sim->made[i]));
	}
	for (enum fate_kind kind = FATE_DROPPED; kind < FATE_KINDS; kind++) {
		if (sim->skipped[kind])
			strbuf_addf(&text, "| %s %lld ", fate_kind_name(kind),
				(long long)sim->skipped[kind]);
	}
	if (sim->failed)
		strbuf_addf(&text, "| failed: %s", sim->failure);
	else
		strbuf_addf(&text, "| %s %s", sim->row.is_active ? "next" : "ended",
			short_instant(sim->row.next_due_at));
	if (strcmp(text.data, wanted) != 0)
		fail_msg("%s:\n  expected \"%s\"\n  got      \"%s\"", words, wanted, text.data);
	sim->made_n = 0;
	memset(sim->skipped, 0, sizeof(sim->skipped));
}
