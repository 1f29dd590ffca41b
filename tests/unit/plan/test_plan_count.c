/* plan: COUNT beside gaps.  What a rule gives by itself, what is foretold of a template and what a worker
 * makes of it are one list, whatever the clock skips and whatever overrides change.
 *
 * Expansion once counted before it merged what a gap makes one instant, and the daemon after: 00:30, 01:30,
 * 02:30 of three hours were foretold as two.  The list that all are held to comes from the rule in UTC,
 * where nothing ever merges: its local times, made instants, sorted, without doubles, cut to COUNT.
 */
#include "plan/sim.h"

#include <stdlib.h>

#include "plan/outlook.h"
#include "recur/recurrence.h"

#define WALLS 600 /* more than a day of any rule here, and COUNT on top of it */
#define MOST  64

/* The last local time before the clock is put forward. */
static const struct {
	const char *zone, *before;
} gaps[] = {
	{ "America/New_York", "2026-03-08T02:00:00" },
	{ "Europe/Vienna", "2017-03-26T02:00:00" },
	{ "Australia/Lord_Howe", "2025-10-05T02:00:00" }, /* half an hour */
	{ "Asia/Kathmandu", "1986-01-01T00:00:00" }, /* a quarter */
	{ "America/Sao_Paulo", "2017-10-15T00:00:00" }, /* at midnight */
	{ "Asia/Pyongyang", "2018-05-04T23:30:00" }, /* up to midnight */
	{ "Antarctica/Troll", "2025-03-30T01:00:00" }, /* two hours */
	{ "Antarctica/Casey", "2009-10-18T02:00:00" }, /* three */
	{ "Pacific/Apia", "2011-12-30T00:00:00" }, /* all of a day */
	{ "Pacific/Kwajalein", "1993-08-21T00:00:00" },
};

struct list {
	sec_t at[WALLS];
	size_t n;
};

struct series {
	const struct zone *zone;
	sec_t start;
	unsigned count;
	char bare[256], rule[2048]; /* without its overrides, and with them */
	struct {
		sec_t key, to;
		char kind;
	} overrides[3];
	size_t overrides_n;
};

static uint64_t seed;

static unsigned pick(unsigned n)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)(seed >> 33) % n;
}

static sec_t local(const char *text)
{
	sec_t wall = 0;
	assert_true(wall_parse(text, &wall, NULL));
	return wall;
}

static struct rule *read_rule(const char *json)
{
	struct rule *rule = NULL;
	struct err err;
	if (!rule_parse(json, strlen(json), &rule, &err))
		fail_msg("%s: %s", json, err.text);
	return rule;
}

/* ---- the list that all are held to ---- */

static int compare(const void *a, const void *b)
{
	sec_t x = *(const sec_t *)a, y = *(const sec_t *)b;
	return x < y ? -1 : x > y;
}

static void sort(struct list *list)
{
	qsort(list->at, list->n, sizeof(list->at[0]), compare);
}

static bool remove_one(struct list *list, sec_t at)
{
	for (size_t i = 0; i < list->n; i++) {
		if (list->at[i] != at)
			continue;
		memmove(&list->at[i], &list->at[i + 1], (--list->n - i) * sizeof(list->at[0]));
		return true;
	}
	return false;
}

/* A rule's own, counted as people count: after the clock has had its say. */
static void own_occurrences(const struct series *series, struct list *list)
{
	struct rule *rule = read_rule(series->bare);
	const struct zone *utc;
	struct recurrence *recurrence = NULL;
	struct occurrence occurrence;
	assert_true(zone_load("UTC", &utc, NULL));
	assert_true(recurrence_open(rule, series->start, utc, RECUR_UNCOUNTED, &recurrence, NULL));
	list->n = 0;
	while (list->n < WALLS && recurrence_next(recurrence, &occurrence, NULL) == RECUR_FOUND)
		list->at[list->n++] = zone_to_instant(series->zone, occurrence.nominal, NULL);
	recurrence_close(recurrence);
	rule_free(rule);
	sort(list);
	size_t n = 0;
	for (size_t i = 0; i < list->n && n < series->count; i++)
		if (n == 0 || list->at[n - 1] != list->at[i])
			list->at[n++] = list->at[i];
	list->n = n;
}

static void apply_overrides(const struct series *series, struct list *list)
{
	for (size_t i = 0; i < series->overrides_n; i++) {
		sec_t key = zone_to_instant(series->zone, series->overrides[i].key, NULL);
		char kind = series->overrides[i].kind;
		(void)remove_one(list, key);
		if (kind == 'm')
			list->at[list->n++] = zone_to_instant(
				series->zone, series->overrides[i].to, NULL);
		else if (kind != 'x')
			list->at[list->n++] = key;
	}
	sort(list);
}

/* ---- what the product says ---- */

static void by_itself(const struct series *series, struct list *list)
{
	struct rule *rule = read_rule(series->rule);
	struct recurrence *recurrence = NULL;
	struct occurrence occurrence;
	enum recur_status status;
	assert_true(recurrence_open(
		rule, series->start, series->zone, RECUR_BY_TIME, &recurrence, NULL));
	list->n = 0;
	while ((status = recurrence_next(recurrence, &occurrence, NULL)) != RECUR_END) {
		assert_true(status == RECUR_FOUND && list->n < MOST);
		list->at[list->n++] = occurrence.at;
	}
	recurrence_close(recurrence);
	rule_free(rule);
}

static void template_of(const struct series *series, sec_t due, struct sim *sim)
{
	sim_init(sim, series->rule, "01-06T10:00");
	sim->row.next_due_at = due * USEC_PER_SEC;
	sim->row.created_at = at("1980-01-01T00:00");
	sim->policy.live_since = at("1980-01-01T00:00");
	sim->policy.min_interval = USEC_PER_SEC;
}

static void foretold(const struct series *series, sec_t due, struct list *list)
{
	struct outlook *outlook CLEANUP(outlook_cleanup) = NULL;
	struct sim sim;
	struct fate fate;
	struct err err;
	template_of(series, due, &sim);
	if (!outlook_open(&sim.row, &sim.policy, &outlook, &err))
		fail_msg("%s: %s", series->rule, err.text);
	for (list->n = 0; outlook_next(outlook, &fate, &err) == RECUR_FOUND;) {
		assert_true(list->n < MOST);
		list->at[list->n++] = sec_from_usec(fate.due);
	}
}

/* batch: so many at a time, each as soon as it is due; 0: all at once, long after. */
static void made(const struct series *series, sec_t due, size_t batch, struct list *list)
{
	struct sim sim;
	template_of(series, due, &sim);
	list->n = 0;
	for (int calls = 0; sim.row.is_active && calls < MOST; calls++) {
		usec_t now = batch ? sim.row.next_due_at : at("2030-01-01T00:00");
		struct plan plan;
		plan_make(&sim.row, now, &sim.policy, batch ? batch : 1000, &plan);
		assert_int_equal(plan.outcome, PLAN_ADVANCED);
		for (size_t i = 0; i < plan.n; i++)
			if (plan.fates[i].kind == FATE_MADE)
				list->at[list->n++] = sec_from_usec(plan.fates[i].due);
		sim_write(&sim, &plan);
		plan_finish(&plan);
	}
	assert_false(sim.row.is_active);
}

/* ---- random rules ---- */

static void random_rule(struct series *series)
{
	static const char *const rules[] = {
		"FREQ=HOURLY",
		"FREQ=HOURLY;BYMINUTE=0,30",
		"FREQ=HOURLY;INTERVAL=5",
		"FREQ=MINUTELY;INTERVAL=15",
		"FREQ=MINUTELY;INTERVAL=25",
		"FREQ=DAILY",
		"FREQ=DAILY;BYHOUR=0,1,2,3,4,5;BYMINUTE=0,30",
		"FREQ=DAILY;BYHOUR=2,3",
		"FREQ=DAILY;BYHOUR=23,0,1;BYMINUTE=15,45",
		"FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR,SA,SU;BYHOUR=2,3,9",
		"FREQ=MONTHLY;BYMONTHDAY=1,4,5,8,15,18,20,21,22,26,29,30,31;BYHOUR=1,2,3",
		"FREQ=DAILY;BYHOUR=1,2,3;BYSETPOS=-1,-2",
	};
	char start[INSTANT_TEXT_MAX];
	size_t gap = pick(ARRAY_LEN(gaps));
	assert_true(zone_load(gaps[gap].zone, &series->zone, NULL));
	series->start = local(gaps[gap].before) - 900 * (sec_t)pick(150);
	series->count = 1 + pick(12);
	wall_format(series->start, start);
	snprintf(series->bare, sizeof(series->bare), "{\"rrule\":\"%s;COUNT=%u\"}",
		rules[pick(ARRAY_LEN(rules))], series->count);
	struct civil c = civil_from_wall(series->start);
	snprintf(series->rule, sizeof(series->rule),
		"{\"rrule\":\"DTSTART;TZID=%s:%04d%02d%02dT%02d%02d00\\nRRULE:%s", gaps[gap].zone,
		c.year, c.month, c.day, c.hour, c.minute, series->bare + 10);
	series->rule[strlen(series->rule) - 1] = '\0';
}

/* Of the rule's own, and of times that it does not have. */
static void random_overrides(const struct list *own, struct series *series)
{
	struct strbuf text CLEANUP(strbuf_free) = STRBUF(sizeof(series->rule));
	char key[INSTANT_TEXT_MAX], to[INSTANT_TEXT_MAX];
	series->overrides_n = 0;
	for (unsigned n = pick(4); n > 0; n--) {
		sec_t instant = own->at[pick((unsigned)own->n)] + (pick(4) == 0 ? 420 : 0);
		sec_t wall = zone_to_wall(series->zone, instant);
		bool known = false;
		for (size_t i = 0; i < series->overrides_n; i++)
			known |= series->overrides[i].key == wall;
		if (known || zone_to_instant(series->zone, wall, NULL) != instant)
			continue;
		char kind = "xmr"[pick(3)];
		/* Where nothing else ever stands, or onto another. */
		sec_t moved = wall + 60 * (sec_t)(61 + pick(4000)) + 7 + (sec_t)series->overrides_n;
		if (pick(3) == 0)
			moved = zone_to_wall(series->zone, own->at[pick((unsigned)own->n)]);
		wall_format(wall, key);
		wall_format(moved, to);
		strbuf_addf(&text, "%s\"%s\":", text.len > 0 ? "," : "", key);
		if (kind == 'm')
			strbuf_addf(&text, "{\"start\":\"%s\"}", to);
		else
			strbuf_add_text(&text,
				kind == 'x' ? "{\"excluded\":true}" : "{\"title\":\"other\"}");
		series->overrides[series->overrides_n].key = wall;
		series->overrides[series->overrides_n].to = moved;
		series->overrides[series->overrides_n++].kind = kind;
	}
	snprintf(series->rule + strlen(series->rule), sizeof(series->rule) - strlen(series->rule),
		",\"recurrenceOverrides\":{%s}}", text.data ? text.data : "");
}

static void expect(const char *who, const struct series *series, const struct list *wanted,
	const struct list *got)
{
	struct strbuf text CLEANUP(strbuf_free) = STRBUF(65536);
	if (wanted->n == got->n && memcmp(wanted->at, got->at, wanted->n * sizeof(sec_t)) == 0)
		return;
	for (size_t i = 0; i < wanted->n; i++)
		strbuf_addf(&text, " %s", short_instant(wanted->at[i] * USEC_PER_SEC));
	strbuf_add_text(&text, "\n  got     ");
	for (size_t i = 0; i < got->n; i++)
		strbuf_addf(&text, " %s", short_instant(got->at[i] * USEC_PER_SEC));
	fail_msg("%s, %s\n  expected%s", who, series->rule, text.data);
}

static void all_say_the_same(const struct series *series, const struct list *wanted)
{
	struct list got;
	by_itself(series, &got);
	expect("the rule by itself", series, wanted, &got);
	if (wanted->n == 0)
		return;
	foretold(series, wanted->at[0], &got);
	expect("what is foretold", series, wanted, &got);
	made(series, wanted->at[0], 1, &got);
	expect("made one by one", series, wanted, &got);
	made(series, wanted->at[0], 0, &got);
	expect("made at once", series, wanted, &got);
}

static void random_series_are_counted_alike(void **state)
{
	(void)state;
	for (seed = 1; seed < 1500; seed++) {
		uint64_t number = seed;
		struct series series;
		struct list wanted;
		random_rule(&series);
		own_occurrences(&series, &wanted);
		if (wanted.n > 0) {
			random_overrides(&wanted, &series);
			apply_overrides(&series, &wanted);
			all_say_the_same(&series, &wanted);
		}
		seed = number;
	}
}

static int close_zones(void **state)
{
	(void)state;
	zones_close();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_series_are_counted_alike),
	};

	return cmocka_run_group_tests(tests, NULL, close_zones);
}
