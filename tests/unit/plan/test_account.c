/* account: the merge of a rule's set, instances, decisions and changes, by tables of streams.
 *
 * A world is written as texts: instants as sim.h has them, and what is told as "instant verdict" in order.
 */
#include "plan/sim.h"

#include <stdlib.h>

#include "plan/account.h"

#define ROWS_MAX 16

struct decided {
	const char *kind, *first, *last;
	int64_t number;
};

struct changed {
	const char *at, *rule, *made_through, *planned, *set;
};

struct world {
	const char *name;
	const char *rule;
	const char *made_through, *next; /* NULL: it has ended */
	struct policies policies;
	bool policed, paused;
	const char *tasks[ROWS_MAX];
	struct decided decisions[ROWS_MAX];
	struct changed changes[4];
	const char *from, *to; /* NULL: 01-06T00:00, 01-12T00:00 */
	const char *told;
};

#define DAILY "{\"frequency\":\"daily\"}"
#define OVERRIDE                                                                                   \
	"{\"frequency\":\"daily\",\"recurrenceOverrides\":{\"2025-01-08T10:00:00\":{\"excluded\":" \
	"true}}}"

/* The anchor is Monday, 01-06T10:00; now is the 10th at noon. */
static const struct world worlds[] = {
	{ .name = "each made once, and what is to come",
		.rule = DAILY,
		.made_through = "01-08T10:00",
		.next = "01-11T10:00",
		.tasks = { "01-06T10:00", "01-07T10:00", "01-08T10:00" },
		.told = "01-06T10:00 made, 01-07T10:00 made, 01-08T10:00 made, 01-11T10:00 to "
			"come" },
	{ .name = "one that is deleted is gone, one that nobody has looked at is due",
		.rule = DAILY,
		.made_through = "01-09T10:00",
		.next = "01-10T10:00",
		.tasks = { "01-06T10:00", "01-08T10:00", "01-09T10:00" },
		.told = "01-06T10:00 made, 01-07T10:00 gone, 01-08T10:00 made, 01-09T10:00 made, "
			"01-10T10:00 due, 01-11T10:00 to come" },
	{ .name = "a run is told one by one, an excluded one within it by the rule",
		.rule = OVERRIDE,
		.made_through = "01-10T10:00",
		.next = "01-11T10:00",
		.tasks = { "01-10T10:00" },
		.decisions = { { "dropped", "01-06T10:00", "01-09T10:00", 3 },
			{ "excluded", "01-08T10:00", "01-08T10:00", 1 } },
		.told = "01-06T10:00 dropped, 01-07T10:00 dropped, 01-08T10:00 excluded, "
			"01-09T10:00 dropped, 01-10T10:00 made, 01-11T10:00 to come" },
	{ .name = "excluded, and no record of it any more",
		.rule = OVERRIDE,
		.made_through = "01-09T10:00",
		.next = "01-11T10:00",
		.tasks = { "01-06T10:00", "01-07T10:00", "01-09T10:00" },
		.told = "01-06T10:00 made, 01-07T10:00 made, 01-08T10:00 excluded, 01-09T10:00 "
			"made, "
			"01-11T10:00 to come" },
	{ .name = "runs of two kinds that reach over one another: a calendar's days off are its "
		  "own",
		.rule = DAILY,
		.made_through = "01-15T10:00",
		.next = "01-16T10:00",
		.policed = true,
		.policies = { .shift = SHIFT_SKIP, .wake_at = TEMPLATE_NONE },
		.from = "01-10T00:00",
		.to = "01-15T23:00",
		.tasks = { "01-15T10:00" },
		.decisions = { { "dropped", "01-10T10:00", "01-14T10:00", 3 },
			{ "skipped", "01-11T10:00", "01-12T10:00", 2 } },
		.told = "01-10T10:00 dropped, 01-11T10:00 skipped, 01-12T10:00 skipped, "
			"01-13T10:00 dropped, 01-14T10:00 dropped, 01-15T10:00 made" },
	{ .name = "days off that lie ahead are no days to come",
		.rule = DAILY,
		.made_through = "01-09T10:00",
		.next = "01-10T10:00",
		.policed = true,
		.policies = { .shift = SHIFT_SKIP, .wake_at = TEMPLATE_NONE },
		.from = "01-10T00:00",
		.to = "01-13T23:00",
		.told = "01-10T10:00 due, 01-11T10:00 excluded, 01-12T10:00 excluded, "
			"01-13T10:00 to come" },
	{ .name = "what a lead time has made ahead of an edit goes by the rule of before",
		.rule = "{\"frequency\":\"daily\",\"interval\":2}",
		.made_through = "01-09T10:00",
		.next = "01-12T10:00",
		.policed = true,
		.policies = { .lead = 2 * DAY, .wake_at = TEMPLATE_NONE },
		.tasks = { "01-06T10:00", "01-07T10:00", "01-08T10:00", "01-09T10:00" },
		.changes = { { .at = "01-07T12:00",
			.rule = DAILY,
			.made_through = "01-09T10:00",
			.planned = "01-10T10:00" } },
		.to = "01-12T12:00",
		.told = "01-06T10:00 made, 01-07T10:00 made, 01-08T10:00 made, 01-09T10:00 made, "
			"01-12T10:00 due" },
	{ .name = "what stood when the rule was edited, and nobody had looked at, is passed over",
		.rule = "{\"frequency\":\"weekly\"}",
		.made_through = "01-07T10:00",
		.next = "01-13T10:00",
		.tasks = { "01-06T10:00", "01-07T10:00" },
		.changes = { { .at = "01-09T12:00",
			.rule = DAILY,
			.made_through = "01-07T10:00",
			.planned = "01-08T10:00" } },
		.told = "01-06T10:00 made, 01-07T10:00 made, 01-08T10:00 passed over, "
			"01-09T10:00 passed over" },
	{ .name = "an instance that the rule does not give, and a decision without one",
		.rule = DAILY,
		.made_through = "01-08T10:00",
		.next = "01-11T10:00",
		.tasks = { "01-06T10:00", "01-07T10:00", "01-07T18:30", "01-08T10:00" },
		.decisions = { { "overlapped", "01-07T20:00", "01-07T20:00", 1 } },
		.told = "01-06T10:00 made, 01-07T10:00 made, 01-07T18:30 outside, 01-07T20:00 "
			"overlapped, "
			"01-08T10:00 made, 01-11T10:00 to come" },
	{ .name = "a remark goes with the instance",
		.rule = DAILY,
		.made_through = "01-06T10:00",
		.next = "01-11T10:00",
		.tasks = { "01-06T10:00" },
		.decisions = { { "superseded", "01-06T10:00", "01-06T10:00", 1 } },
		.told = "01-06T10:00 made superseded, 01-11T10:00 to come" },
	{ .name = "a pause that lasts",
		.rule = DAILY,
		.made_through = "01-06T10:00",
		.next = "01-09T10:00",
		.paused = true,
		.tasks = { "01-06T10:00" },
		.told = "01-06T10:00 made, 01-09T10:00 paused, 01-10T10:00 paused, 01-11T10:00 to "
			"come" },
	{ .name = "a span cuts, and a run that began before it counts",
		.rule = DAILY,
		.made_through = "01-10T10:00",
		.next = "01-11T10:00",
		.from = "01-08T00:00",
		.to = "01-09T23:00",
		.decisions = { { "paused", "01-06T10:00", "01-10T10:00", 5 } },
		.told = "01-08T10:00 paused, 01-09T10:00 paused" },
	{ .name = "a rule that is broken: instances and runs stand by themselves",
		.rule = "{\"frequency\":\"x\"}",
		.made_through = "01-09T10:00",
		.next = "01-10T10:00",
		.tasks = { "01-06T10:00" },
		.decisions = { { "dropped", "01-07T10:00", "01-09T10:00", 3 } },
		.told = "01-06T10:00 outside, 01-07T10:00 dropped x3" },
};

/* ---- the streams of a world ---- */

struct streams {
	const struct world *world;
	int task, decision;
};

static char *copy(const char *text)
{
	return text ? strdup(text) : NULL;
}

static bool next_task(void *source, struct account_task *ret)
{
	struct streams *streams = source;
	const char *text = streams->world->tasks[streams->task];
	usec_t from = at(streams->world->from ? streams->world->from : "01-06T00:00");
	if (!text)
		return false;
	streams->task++;
	*ret = (struct account_task){
		.id = copy(text), .occurrence = at(text), .due = at(text), .created = at(text)
	};
	return at(text) >= from || next_task(source, ret);
}

static bool next_decision(void *source, struct account_decision *ret)
{
	struct streams *streams = source;
	const struct decided *d = &streams->world->decisions[streams->decision];
	if (!d->kind)
		return false;
	streams->decision++;
	*ret = (struct account_decision){ .kind = copy(d->kind),
		.first = at(d->first),
		.last = at(d->last),
		.at = at(d->last),
		.number = d->number };
	return true;
}

static void say(const struct account_entry *entry, struct strbuf *out)
{
	const char *what = entry->verdict == ACCOUNT_DECIDED ? entry->decision->kind
			   : entry->verdict == ACCOUNT_OUTSIDE
				   ? "outside"
				   : account_verdict_name(entry->verdict);
	strbuf_addf(out, "%s%s %s", out->len > 0 ? ", " : "", short_instant(entry->nominal), what);
	if (entry->verdict != ACCOUNT_DECIDED && entry->decision)
		strbuf_addf(out, " %s", entry->decision->kind);
	if (entry->number > 1)
		strbuf_addf(out, " x%d", (int)entry->number);
}

static size_t list_changes(const struct world *world, struct account_change *ret)
{
	size_t n = 0;
	for (; world->changes[n].at; n++) {
		const struct changed *c = &world->changes[n];
		ret[n] = (struct account_change){ .at = at(c->at),
			.by = "somebody",
			.rule = c->rule,
			.rule_len = strlen(c->rule),
			.starts_local = sec_from_usec(at("01-06T10:00")),
			.starts_zone = "UTC",
			.made_through = at_or_none(c->made_through),
			.planned = at_or_none(c->planned),
			.set = at_or_none(c->set) };
	}
	return n;
}

static void tell(const struct world *world, struct strbuf *out)
{
	struct sim sim;
	struct streams streams = { .world = world };
	struct account_change changes[ARRAY_LEN(world->changes)];
	sim_init(&sim, world->rule, world->next);
	sim.row.starts_local = sec_from_usec(at("01-06T10:00"));
	sim.row.starts_zone = "UTC";
	sim.row.made_through = at(world->made_through);
	sim.row.planned_due_at = sim.row.next_due_at;
	sim.row.used_count = 1;
	sim.row.is_active = !world->paused;
	sim.row.paused_at = world->paused ? at("01-08T00:00") : TEMPLATE_NONE;
	sim.row.policies = world->policed ? &world->policies : NULL;
	const struct account_input input = { .template = &sim.row,
		.policy = &sim.policy,
		.now = at("01-10T12:00"),
		.from = at(world->from ? world->from : "01-06T00:00"),
		.to = at(world->to ? world->to : "01-12T00:00"),
		.changes = changes,
		.changes_n = list_changes(world, changes),
		.next_task = next_task,
		.next_decision = next_decision,
		.source = &streams };
	struct account *account = account_open(&input);
	struct account_entry entry;
	while (account_next(account, &entry))
		say(&entry, out);
	account_close(account);
}

static void everything_is_told_once(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(worlds); i++) {
		struct strbuf told CLEANUP(strbuf_free) = STRBUF(SIZE_MAX);
		tell(&worlds[i], &told);
		if (strcmp(told.data, worlds[i].told) != 0)
			fail_msg("%s:\n  expected %s\n  told     %s", worlds[i].name,
				worlds[i].told, told.data);
	}
}

/* A stream of any length: entries are told one by one, whatever overlaps. */
static void many_runs_that_overlap(void **state)
{
	(void)state;
	struct world world = { .rule = DAILY,
		.made_through = "01-10T10:00",
		.next = "01-11T10:00",
		.to = "01-10T23:00" };
	static const char *const kinds[] = { "dropped", "coalesced", "paused", "overlapped" };
	struct strbuf told CLEANUP(strbuf_free) = STRBUF(SIZE_MAX);
	for (int i = 0; i < ROWS_MAX - 1; i++)
		world.decisions[i] = (struct decided){ kinds[i % 4], "01-06T10:00", "01-10T10:00",
			5 };
	tell(&world, &told);
	int n = 1;
	for (const char *c = told.data; *c; c++)
		n += *c == ',';
	assert_int_equal(n, 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_is_told_once),
		cmocka_unit_test(many_runs_that_overlap),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
