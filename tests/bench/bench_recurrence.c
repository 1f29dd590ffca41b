/* bench_recurrence: what "the next occurrence" costs, by class of rule and age of its start.
 *
 * One line of JSON a rule and age: microseconds for ours (parse, then open, seek and next, then each
 * following next) and for bare libical (parse, iterator, next until it is behind the instant).
 * The median of many tries: other work on the machine is none of ours.
 * tests/bench/recurrence.py adds dateutil and prints the table.
 */
#include <libical/ical.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "recur/recurrence.h"
#include "util/mem.h"
#include "util/timefmt.h"

#define ENOUGH_US 50000 /* of one measurement */
#define TRIES_MAX 4000
#define FOLLOWING 100
#define GIVEN_UP  1000000

static const struct {
	const char *name, *rule;
} classes[] = {
	{ "daily", "FREQ=DAILY" },
	{ "weekdays", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR" },
	{ "every other week", "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE,FR" },
	{ "daily, COUNT", "FREQ=DAILY;COUNT=100000" },
	{ "monthly", "FREQ=MONTHLY;BYMONTHDAY=15" },
	{ "last Friday", "FREQ=MONTHLY;BYDAY=-1FR" },
	{ "last working day", "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1" },
	{ "yearly", "FREQ=YEARLY" },
	{ "29 February", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29" },
	{ "week 20", "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO" },
	{ "hourly", "FREQ=HOURLY" },
	{ "working hours",
		"FREQ=MINUTELY;INTERVAL=30;BYHOUR=9,10,11,12,13,14,15,16;BYDAY=MO,TU,WE,TH,FR" },
};

static const int ages[] = { 0, 1, 10, 50 };

struct figures {
	double parse, first, following, libical;
};

static struct rule *parse(const char *text)
{
	char *json CLEANUP(mem_cleanup) = mem_printf("{\"rrule\":\"%s\"}", text);
	struct rule *rule = NULL;
	struct err err;

	if (rule_parse(json, strlen(json), &rule, &err))
		return rule;
	fprintf(stderr, "%s: %s\n", text, err.text);
	exit(1);
}

static void next(struct recurrence *recurrence, struct occurrence *occurrence)
{
	struct err err;
	enum recur_status status;

	do
		status = recurrence_next(recurrence, occurrence, &err);
	while (status == RECUR_AGAIN);
	if (status != RECUR_FOUND)
		abort();
}

struct tries {
	int n;
	int64_t ns[TRIES_MAX];
};

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static int compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

static double median_us(struct tries *tries)
{
	qsort(tries->ns, (size_t)tries->n, sizeof(*tries->ns), compare);
	return (double)tries->ns[tries->n / 2] / 1000;
}

static void add_try(struct tries *tries, int64_t from, int64_t to)
{
	if (tries->n < TRIES_MAX)
		tries->ns[tries->n++] = to - from;
}

static void measure_ours(const char *text, sec_t start, sec_t after, const struct zone *zone,
	struct figures *figures)
{
	static struct tries parsing, finding, following;
	struct occurrence occurrence;
	int64_t begin = now_ns();

	parsing.n = finding.n = following.n = 0;
	while (now_ns() - begin < ENOUGH_US * INT64_C(1000)) {
		struct recurrence *recurrence = NULL;
		int64_t at[4] = { now_ns() };
		struct rule *rule = parse(text);

		at[1] = now_ns();
		if (!recurrence_open(rule, start, zone, 0, &recurrence, NULL))
			abort();
		recurrence_seek(recurrence, after);
		next(recurrence, &occurrence);
		at[2] = now_ns();
		for (int i = 0; i < FOLLOWING; i++)
			next(recurrence, &occurrence);
		at[3] = now_ns();
		recurrence_close(recurrence);
		rule_free(rule);
		add_try(&parsing, at[0], at[1]);
		add_try(&finding, at[1], at[2]);
		add_try(&following, at[2], at[3]);
	}
	figures->parse = median_us(&parsing);
	figures->first = median_us(&finding);
	figures->following = median_us(&following) / FOLLOWING;
}

static struct icaltimetype to_ical(sec_t wall)
{
	struct icaltimetype time = icaltime_from_timet_with_zone(wall, 0, NULL);

	time.zone = NULL;
	return time;
}

static void measure_libical(const char *text, sec_t start, sec_t after, struct figures *figures)
{
	static struct tries tries;
	struct icaltimetype from = to_ical(start), until = to_ical(after);
	int64_t begin = now_ns();

	tries.n = 0;
	while (tries.n == 0 || now_ns() - begin < ENOUGH_US * INT64_C(1000)) {
		int64_t at = now_ns();
		struct icalrecurrencetype rule = icalrecurrencetype_from_string(text);
		icalrecur_iterator *iterator = icalrecur_iterator_new(rule, from);
		struct icaltimetype time;

		do
			time = icalrecur_iterator_next(iterator);
		while (!icaltime_is_null_time(time) && icaltime_compare(time, until) <= 0 &&
			now_ns() - begin < GIVEN_UP * INT64_C(1000));
		icalrecur_iterator_free(iterator);
		add_try(&tries, at, now_ns());
	}
	figures->libical = median_us(&tries);
}

int main(void)
{
	const struct zone *zone = NULL;
	usec_t now = 0;

	if (!zone_load("Europe/Berlin", &zone, NULL) ||
		!instant_parse("2025-06-15T12:34:56Z", &now, NULL))
		return 1;
	for (size_t i = 0; i < ARRAY_LEN(classes) * ARRAY_LEN(ages); i++) {
		const char *text = classes[i / ARRAY_LEN(ages)].rule;
		int age = ages[i % ARRAY_LEN(ages)];
		sec_t after = now / USEC_PER_SEC, start = 0;
		struct figures figures = { 0 };
		char wall[INSTANT_TEXT_MAX];

		snprintf(wall, sizeof(wall), "%d-06-02T09:00:00", 2025 - age);
		if (!wall_parse(wall, &start, NULL))
			return 1;
		measure_ours(text, start, after, zone, &figures);
		measure_libical(text, start, zone_to_wall(zone, after), &figures);
		printf("{\"class\":\"%s\",\"rule\":\"%s\",\"start\":\"%s\",\"age\":%d,\"parse\":%."
		       "2f,"
		       "\"first\":%.2f,\"following\":%.3f,\"libical\":%.1f}\n",
			classes[i / ARRAY_LEN(ages)].name, text, wall, age, figures.parse,
			figures.first, figures.following, figures.libical);
	}
	zones_close();
	return 0;
}
