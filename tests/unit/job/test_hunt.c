/* hunt: any number of bad rows of each kind, and healthy ones that come due meanwhile.
 *
 * The real jobs "remind" and "retry remind" with all that is below them (run, writing, retry, waiting, batch),
 * the real agenda, a simulated server and time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "job/worker.h"
#include "util/log.h"

#define EVERY (50 * MS) /* a healthy row comes due so often */
#define LAST  (6000 * SEC) /* until then */

/* Sanitizers look at the same paths with fewer of them; the largest numbers would take minutes there. */
#ifdef __SANITIZE_ADDRESS__
#define MANY 2000
#else
#define MANY 20000
#endif

/* ---- the rows ---- */

static void server_start(int bad, const enum fate *fates, size_t fates_n)
{
	memset(&server, 0, sizeof(server));
	server.n = bad + (int)(LAST / EVERY);
	server.rows = mem_alloc_array((size_t)server.n, sizeof(*server.rows));
	server.open = mem_alloc_array((size_t)server.n / 64 + 1, sizeof(*server.open));
	for (int i = 0; i < server.n; i++) {
		bool old = i < bad;
		server.rows[i] = (struct row){ .at = old ? (i - bad) * MS : (i - bad + 1) * EVERY,
			.fate = old ? fates[(size_t)i % fates_n] : HEALTHY,
			.served_at = -1 };
		set_open(i);
	}
}

static void server_stop(void)
{
	for (size_t i = 0; i < LANES_MAX; i++) {
		flight_clear(&server.conns[i]);
		free(server.conns[i].ops);
		free(server.conns[i].locked);
	}
	free(server.rows);
	free(server.open);
}

/* ---- what came of it ---- */

struct seen {
	int bad, waiting; /* bad rows, and those of them that wait */
	int left; /* healthy ones that are due and not served */
	int swept; /* that were once taken for bad, together with those that are */
	usec_t late; /* the latest of the others, of what came due since `since` */
};

static usec_t since; /* what came due before is not asked whether it was late */

static struct seen look(void)
{
	struct seen seen = { 0 };
	for (int i = 0; i < server.n && server.rows[i].at < server.now; i++) {
		const struct row *row = &server.rows[i];
		bool bad = row->fate != HEALTHY;
		seen.bad += bad;
		seen.waiting += bad && row->waits;
		seen.left += !bad && !row->done;
		seen.swept += !bad && row->swept;
		if (bad || row->swept || row->at < since)
			continue;
		usec_t late = (row->done ? row->served_at : server.now) - row->at;
		if (late > seen.late)
			seen.late = late;
	}
	return seen;
}

static const char *story; /* the one under way */

static void expect(bool so, const char *what, int64_t is, int64_t bound)
{
	if (!so)
		fail_msg("%s: at %lld s %s: %lld, the bound is %lld", story,
			(long long)(server.now / SEC), what, (long long)is, (long long)bound);
}

static void expect_on_time(usec_t bound)
{
	struct seen seen = look();
	expect(seen.late <= bound, "what came due is late by ms", seen.late / MS, bound / MS);
}

/* Until each bad row waits. */
static void find_all(usec_t until, usec_t late)
{
	struct seen seen = look();
	while (server.now < until && seen.waiting < seen.bad) {
		work(server.now + 5 * SEC);
		expect_on_time(late);
		seen = look();
	}
	expect(seen.waiting == seen.bad, "not all bad rows wait", seen.waiting, seen.bad);
}

/* While nothing changes. */
static void keep_quiet(size_t failures, usec_t late)
{
	size_t before = server.failed;
	work(server.now + 600 * SEC);
	size_t minute = (server.failed - before) / 10;
	expect(minute <= failures, "attempts in vain a minute", (int64_t)minute, (int64_t)failures);
	expect_on_time(late);
	struct seen seen = look();
	expect(seen.waiting == seen.bad, "not all bad rows wait", seen.waiting, seen.bad);
}

static void mend(usec_t within, usec_t late)
{
	usec_t at = server.now;
	for (int i = 0; i < server.n; i++)
		server.rows[i].fate = HEALTHY;
	work(at + within);
	struct seen seen = look();
	expect(seen.left <= 2, "rows are left", seen.left, 2); /* due just now */
	expect_on_time(late);
}

/* ---- the stories ---- */

#define MIXED -1

static const struct {
	const char *story;
	int fate; /* of the bad ones */
	usec_t late; /* of what comes due meanwhile, whatever the number of bad ones */
	usec_t each; /* what it may take to find one */
	size_t failures; /* attempts in vain a minute, once all are found */
	usec_t mended; /* all are served so soon after the mend */
} kinds[] = {
	{ "refused", REFUSED, SEC, 6 * MS, 300, 90 * SEC },
	{ "failing as the server does", FAILING, SEC, 6 * MS, 300, 90 * SEC },
	{ "held", HELD, 2 * SEC, 20 * MS, 600, 90 * SEC },
	/* A session a second, while groups are halved; a proven one has its minutes. */
	{ "killing", KILLING, SEC, 6 * MS, 65, 610 * SEC },
	{ "all mixed", MIXED, 2 * SEC, 30 * MS, 1300, 610 * SEC },
};

static void begin(size_t kind, int bad, size_t lanes)
{
	static const enum fate all[] = { REFUSED, HELD, KILLING, FAILING };
	enum fate one = (enum fate)kinds[kind].fate;
	story = kinds[kind].story;
	since = 0;
	if (kinds[kind].fate == MIXED)
		server_start(bad, all, ARRAY_LEN(all));
	else
		server_start(bad, &one, 1);
	worker_start(lanes);
}

static void end(void)
{
	worker_stop();
	server_stop();
}

/* Found, waited for in peace, and served after the mend. */
static void check_kind(size_t kind, int bad, size_t lanes)
{
	begin(kind, bad, lanes);
	find_all(60 * SEC + bad * kinds[kind].each, kinds[kind].late);
	keep_quiet(kinds[kind].failures, kinds[kind].late);
	mend(kinds[kind].mended, kinds[kind].late);
	end();
}

static void check_all(int bad, size_t lanes)
{
	for (size_t kind = 0; kind < ARRAY_LEN(kinds); kind++)
		check_kind(kind, bad, lanes);
}

static void without_bad_rows_everything_is_on_time(void **state)
{
	(void)state;
	check_all(0, 1);
	check_all(0, 4);
}

static void three_hundred_bad_rows(void **state)
{
	(void)state;
	check_all(300, 1);
	check_all(300, 4);
}

static void many_bad_rows(void **state)
{
	(void)state;
	check_all(MANY, 1);
	check_all(MANY, 4);
}

#ifndef __SANITIZE_ADDRESS__
/* As late as with three hundred. */
static void a_hundred_thousand_bad_rows(void **state)
{
	(void)state;
	for (size_t kind = 0; kind < ARRAY_LEN(kinds); kind++) {
		begin(kind, 100000, 2);
		work(200 * SEC);
		expect_on_time(kinds[kind].late);
		int waiting = look().waiting;
		expect(waiting > 2000, "rows that wait", waiting, 2000);
		mend(kinds[kind].mended, kinds[kind].late);
		end();
	}
}
#endif

/* Sessions end in the middle of batches, and all that the process knew is gone. */
static void nothing_is_forgotten_over_a_restart(void **state)
{
	(void)state;
	for (size_t kind = 0; kind < ARRAY_LEN(kinds); kind++) {
		begin(kind, 2000, 2);
		for (int i = 0; i < 20; i++) {
			int waiting = look().waiting;
			work(server.now + 3 * SEC + i * 77 * MS);
			expect(look().waiting >= waiting, "rows that wait", look().waiting,
				waiting);
			worker_stop();
			worker_start(2);
		}
		since = server.now + SEC; /* the backlog of a new process is all that is due */
		find_all(server.now + 60 * SEC + 2000 * kinds[kind].each, kinds[kind].late);
		mend(kinds[kind].mended, kinds[kind].late);
		end();
	}
}

/* Somebody changes settings of the database, again and again and in the middle of batches: those are begun anew,
 * whether they claim, write one by one or retry, and nobody is blamed for it, forgotten or late. */
static void changes_of_settings_hold_nobody_up(void **state)
{
	(void)state;
	for (size_t kind = 0; kind < ARRAY_LEN(kinds); kind++) {
		begin(kind, 300, 2);
		for (int i = 0; i < 100; i++) {
			work(server.now + 997 * MS);
			server.settings_version++;
		}
		expect_on_time(kinds[kind].late);
		mend(kinds[kind].mended, kinds[kind].late);
		end();
	}
}

/* The others of their group are acquitted one after the other. */
static void one_killer_costs_its_neighbours_seconds(void **state)
{
	(void)state;
	begin(3, 1000, 1);
	for (int i = 0; i < 1000; i++)
		server.rows[i].fate = i == 500 ? KILLING : HEALTHY;
	work(30 * SEC);
	struct seen seen = look();
	expect(seen.waiting == 1 && seen.bad == 1, "the killer waits", seen.waiting, 1);
	expect(seen.left <= 2, "rows are left", seen.left, 2);
	expect(seen.swept < HUNT_SUSPECTS, "suspects", seen.swept, HUNT_SUSPECTS);
	expect(server.losses <= 12, "sessions", (int64_t)server.losses, 12);
	expect_on_time(SEC);
	end();
}

/* A batch whose first attempt outlasts the time of a careful one got nowhere, again and again. */
static void a_slow_server_does_not_keep_a_batch_from_getting_on(void **state)
{
	(void)state;
	begin(0, 300, 1);
	server.slow = 5 * MS; /* a row */
	for (int i = 0; i < 300; i++)
		server.rows[i].fate = i % 60 == 59 ? REFUSED : HEALTHY;
	work(60 * SEC);
	struct seen seen = look();
	expect(seen.waiting == seen.bad, "not all bad rows wait", seen.waiting, seen.bad);
	expect(seen.left <= 2, "rows are left", seen.left, 2);
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_bad_rows_everything_is_on_time),
		cmocka_unit_test(three_hundred_bad_rows),
		cmocka_unit_test(many_bad_rows),
#ifndef __SANITIZE_ADDRESS__
		cmocka_unit_test(a_hundred_thousand_bad_rows),
#endif
		cmocka_unit_test(nothing_is_forgotten_over_a_restart),
		cmocka_unit_test(changes_of_settings_hold_nobody_up),
		cmocka_unit_test(one_killer_costs_its_neighbours_seconds),
		cmocka_unit_test(a_slow_server_does_not_keep_a_batch_from_getting_on),
	};
	log_open(LOG_SINK_STDERR, LOG_LOGFMT, "test", LOG_CRIT);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
