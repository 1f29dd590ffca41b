/* plan.h with the policies calendar and shift: what is made when, and what stays of an occurrence. */
#include "plan/sim.h"

#include <stdlib.h>

#include "plan/outlook.h"

static struct calendars *calendars;

static int open_calendars(void **state)
{
	struct workdays *bank = workdays_create("bank", 1u << 0 | 1u << 6);
	struct workdays *never = workdays_create("never", 0x7f);
	struct workdays_day easter = { "Easter Monday", days_from_civil(2000, 1, 1), 1, "EASTER+1",
		false };
	struct err err;
	(void)state;
	calendars = calendars_create();
	assert_true(workdays_add(bank, &easter, &err));
	calendars_add(calendars, bank);
	calendars_add(calendars, never);
	return 0;
}

static int close_calendars(void **state)
{
	(void)state;
	calendars_drop(calendars);
	zones_close();
	return 0;
}

/* A template with a worker that looks at it whenever it is to be looked at. */
struct world {
	struct template row;
	struct policies policies;
	struct plan_policy policy;
	char zone[65];
	struct strbuf told; /* "nominal>due@made" of each, and "!kind number" */
};

static void world_init(struct world *w, const char *rule, const char *due, enum policy_shift shift)
{
	*w = (struct world){ .row = { .id = "t",
				     .user_id = "u",
				     .rule = rule,
				     .rule_len = strlen(rule),
				     .next_due_at = at(due),
				     .planned_due_at = TEMPLATE_NONE,
				     .made_through = TEMPLATE_NONE,
				     .replan_at = TEMPLATE_NONE,
				     .paused_at = TEMPLATE_NONE,
				     .resumed_at = TEMPLATE_NONE,
				     .ended_at = TEMPLATE_NONE,
				     .created_at = at("01-01T00:00"),
				     .is_active = true },
		.policies = { .calendar = "bank", .shift = shift, .wake_at = at("01-01T00:00") },
		.policy = { .live_since = at("01-01T00:00"),
			.catch_up_limit = 1000,
			.catch_up_grace = 60 * USEC_PER_SEC,
			.min_interval = 60 * USEC_PER_SEC,
			.calendars = calendars,
			.default_time_zone = "UTC",
			.zone = zone_load },
		.told = STRBUF(65536) };
	w->row.policies = &w->policies;
}

static void tell(struct world *w, const struct plan *plan, usec_t now)
{
	for (size_t i = 0; i < plan->n; i++) {
		const struct fate *fate = &plan->fates[i];
		strbuf_add_text(&w->told, w->told.len > 0 ? " " : "");
		if (fate->kind != FATE_MADE)
			strbuf_addf(&w->told, "!%s %s", fate_kind_name(fate->kind),
				short_instant(fate->stands));
		else
			strbuf_addf(&w->told, "%s>%s@%s", short_instant(fate->nominal),
				short_instant(fate->due), short_instant(now));
		assert_true(fate->kind != FATE_MADE || fate->fire <= now);
	}
}

/* What the write would leave; returns when it is to be looked at again. */
static usec_t look(struct world *w, usec_t now)
{
	struct plan plan;
	plan_make(&w->row, now, &w->policy, 1000, &plan);
	if (plan.outcome != PLAN_ADVANCED)
		fail_msg("%s", plan.failure.text);
	tell(w, &plan, now);
	w->row.next_due_at = plan.next_due_at;
	w->row.planned_due_at = plan.planned_due_at;
	w->row.made_through = plan.made_through;
	w->row.used_count = plan.used_count;
	w->row.starts_local = plan.starts_local;
	w->row.starts_code = plan.starts_code;
	snprintf(w->zone, sizeof(w->zone), "%s", plan.starts_zone);
	w->row.starts_zone = *w->zone ? w->zone : NULL;
	w->row.ended_at = plan.ended_at;
	w->row.is_active = plan.is_active;
	w->policies.wake_at = plan.wake_at;
	plan_finish(&plan);
	return w->policies.wake_at;
}

static void run(struct world *w, usec_t from, usec_t until)
{
	usec_t now = from;
	for (int i = 0; i < 1000 && now != TEMPLATE_NONE && now <= until; i++) {
		usec_t next = look(w, now);
		assert_true(next == TEMPLATE_NONE || next > now || i == 0);
		now = next;
	}
}

static const struct {
	const char *words, *rule, *due;
	enum policy_shift shift;
	usec_t lead;
	const char *until, *told;
} cases[] = {
	{ "two that are shifted onto one day stay two", "{\"frequency\":\"daily\"}", "01-10T09:00",
		SHIFT_NEXT, 0, "01-14T09:00",
		"01-10T09:00>01-10T09:00@01-10T09:00 01-11T09:00>01-13T09:00@01-13T09:00 "
		"01-12T09:00>01-13T09:00@01-13T09:00 01-13T09:00>01-13T09:00@01-13T09:00 "
		"01-14T09:00>01-14T09:00@01-14T09:00" },
	{ "they are made before they would stand", "{\"frequency\":\"daily\"}", "01-10T09:00",
		SHIFT_PREVIOUS, 0, "01-13T08:59",
		"01-10T09:00>01-10T09:00@01-10T09:00 01-11T09:00>01-10T09:00@01-10T09:00 "
		"01-12T09:00>01-10T09:00@01-10T09:00" },
	{ "and left out", "{\"frequency\":\"daily\"}", "01-10T09:00", SHIFT_SKIP, 0, "01-13T09:00",
		"01-10T09:00>01-10T09:00@01-10T09:00 !skipped 01-11T09:00 !skipped 01-12T09:00 "
		"01-13T09:00>01-13T09:00@01-13T09:00" },
	{ "COUNT counts what stands, shifted and left out", "{\"frequency\":\"daily\",\"count\":3}",
		"01-10T09:00", SHIFT_SKIP, 0, "02-01T00:00",
		"01-10T09:00>01-10T09:00@01-10T09:00 !skipped 01-11T09:00 !skipped 01-12T09:00" },
	{ "the first one that an application set is shifted as well", "{\"frequency\":\"weekly\"}",
		"01-11T09:00", SHIFT_NEXT, 0, "01-21T00:00",
		"01-11T09:00>01-13T09:00@01-13T09:00 01-18T09:00>01-20T09:00@01-20T09:00" },
	{ "Easter, from an anchor that stays", "{\"frequency\":\"weekly\"}", "04-14T09:00",
		SHIFT_NEXT, 0, "04-29T00:00",
		"04-14T09:00>04-14T09:00@04-14T09:00 04-21T09:00>04-22T09:00@04-22T09:00 "
		"04-28T09:00>04-28T09:00@04-28T09:00" },
	{ "one that was moved by hand is shifted from where it stands",
		"{\"frequency\":\"weekly\",\"recurrenceOverrides\":{\"2025-01-15T09:00:00\":{"
		"\"start\":"
		"\"2025-01-18T11:00:00\"}}}",
		"01-08T09:00", SHIFT_NEXT, 0, "01-22T08:00",
		"01-08T09:00>01-08T09:00@01-08T09:00 01-15T09:00>01-20T11:00@01-20T00:00" },
	{ "with a lead, from when it is due", "{\"frequency\":\"weekly\"}", "01-11T09:00",
		SHIFT_NEXT, 2 * DAY, "01-13T10:00", "01-11T09:00>01-13T09:00@01-11T09:00" },
	{ "several a day keep their order: of the Monday all are made when it begins",
		"{\"frequency\":\"daily\",\"byHour\":[8,20]}", "01-10T20:00", SHIFT_NEXT, 0,
		"01-14T00:00",
		"01-10T20:00>01-10T20:00@01-10T20:00 01-11T08:00>01-13T08:00@01-13T00:00 "
		"01-11T20:00>01-13T20:00@01-13T00:00 01-12T08:00>01-13T08:00@01-13T00:00 "
		"01-12T20:00>01-13T20:00@01-13T00:00 01-13T08:00>01-13T08:00@01-13T00:00 "
		"01-13T20:00>01-13T20:00@01-13T00:00" },
};

static void what_is_made_when(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct world w;
		world_init(&w, cases[i].rule, cases[i].due, cases[i].shift);
		w.policies.lead = cases[i].lead;
		run(&w, at("01-06T00:00"), at(cases[i].until));
		if (strcmp(w.told.data, cases[i].told) != 0)
			fail_msg("%s\nexpected: %s\ngot:      %s", cases[i].words, cases[i].told,
				w.told.data);
		strbuf_free(&w.told);
	}
}

/* The worker was down from Friday to Wednesday: everything is made once, on the days on which it is due. */
static void after_downtime(void **state)
{
	for (int shift = SHIFT_NEXT; shift <= SHIFT_NEAREST; shift++) {
		struct world w, down;
		(void)state;
		world_init(
			&w, "{\"frequency\":\"daily\"}", "01-09T09:00", (enum policy_shift)shift);
		world_init(&down, "{\"frequency\":\"daily\"}", "01-09T09:00",
			(enum policy_shift)shift);
		run(&w, at("01-06T00:00"), at("01-22T12:00"));
		run(&down, at("01-06T00:00"), at("01-09T12:00"));
		run(&down, at("01-15T12:00"), at("01-22T12:00"));
		/* The same but for when they were made. */
		char *at_once = w.told.data, *late = down.told.data;
		for (char *p = at_once, *q = late; *p || *q;) {
			assert_int_equal(*p, *q);
			if (*p == '@') {
				p += strcspn(p, " ");
				q += strcspn(q, " ");
			} else {
				p++;
				q++;
			}
		}
		strbuf_free(&w.told);
		strbuf_free(&down.told);
	}
}

static void a_calendar_that_nobody_can_go_by(void **state)
{
	struct world w;
	struct plan plan;
	(void)state;
	world_init(&w, "{\"frequency\":\"daily\"}", "01-10T09:00", SHIFT_NEXT);
	w.policies.calendar = "moon";
	plan_make(&w.row, at("01-10T09:00"), &w.policy, 10, &plan);
	assert_int_equal(plan.outcome, PLAN_FAILED);
	assert_non_null(strstr(
		plan.failure.text, "recurd.policies.calendar: there is no calendar \"moon\""));
	plan_finish(&plan);
	/* Without shift it decides nothing. */
	w.policies.shift = SHIFT_NONE;
	run(&w, at("01-10T09:00"), at("01-11T09:00"));
	assert_string_equal(w.told.data,
		"01-10T09:00>01-10T09:00@01-10T09:00 01-11T09:00>01-11T09:00@01-11T09:00");
	strbuf_reset(&w.told);
	/* And without a calendar days off are Saturday and Sunday. */
	w.policies.calendar = NULL;
	w.policies.shift = SHIFT_SKIP;
	run(&w, at("01-12T09:00"), at("01-13T09:00"));
	assert_string_equal(
		w.told.data, "!skipped 01-12T09:00 01-13T09:00>01-13T09:00@01-13T09:00");
	strbuf_free(&w.told);
}

/* From far behind, and where nobody ever works: every plan ends soon, and so does a look ahead. */
static void what_is_absurd_ends(void **state)
{
	struct outlook *outlook CLEANUP(outlook_cleanup) = NULL;
	struct world w;
	struct err err = { .text = "" };
	(void)state;
	for (int shift = SHIFT_NEXT; shift <= SHIFT_SKIP; shift++) {
		world_init(&w, "{\"frequency\":\"minutely\"}", "2015-01-10T09:00",
			(enum policy_shift)shift);
		w.policy.live_since = w.row.created_at = at("2015-01-01T00:00");
		usec_t now = at("2025-06-01T09:00"), next = 0;
		int looks = 0;
		do
			next = look(&w, now);
		while (next <= now && ++looks < 200);
		assert_true(looks < 200);
		strbuf_free(&w.told);
	}
	world_init(&w, "{\"frequency\":\"daily\"}", "01-10T09:00", SHIFT_NEXT);
	w.policies.calendar = "never";
	run(&w, at("01-10T09:00"), at("01-12T09:00"));
	assert_string_equal(
		w.told.data, "!skipped 01-10T09:00 !skipped 01-11T09:00 !skipped 01-12T09:00");
	assert_false(outlook_open(&w.row, &w.policy, &outlook, &err));
	assert_non_null(strstr(err.text, "finds no occurrence"));
	strbuf_free(&w.told);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_made_when),
		cmocka_unit_test(after_downtime),
		cmocka_unit_test(a_calendar_that_nobody_can_go_by),
		cmocka_unit_test(what_is_absurd_ends),
	};
	return cmocka_run_group_tests(tests, open_calendars, close_calendars);
}
