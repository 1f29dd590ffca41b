/* crowd and pace: who is marked, and how far the others are looked for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "job/crowd.h"
#include "job/pace.h"
#include "util/macros.h"

enum { FULL = 1000, SHARE = 250, ROWS_MAX = 4000 };

static struct crowd crowd;
static char names[ROWS_MAX][16];
static const char *rows[ROWS_MAX];
static size_t rows_n;

static int begin(void **state)
{
	(void)state;
	crowd = (struct crowd){ 0 };
	rows_n = 0;
	return 0;
}

static int end(void **state)
{
	(void)state;
	crowd_forget(&crowd);
	return 0;
}

static void add(const char *user, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		snprintf(names[rows_n], sizeof(names[0]), "%s", user);
		rows[rows_n] = names[rows_n];
		rows_n++;
	}
}

static const char *newly[CROWD_USERS];

/* Returns how many were marked by it. */
static size_t count(void)
{
	size_t marked = crowd_count(&crowd, rows, rows_n, FULL, SHARE, newly);
	rows_n = 0;
	return marked;
}

static bool is_marked(const char *user)
{
	const char *ids[CROWD_USERS];
	size_t n = crowd_marked(&crowd, ids);
	assert_int_equal(n, crowd.marked);
	for (size_t i = 0; i < n; i++) {
		if (strcmp(ids[i], user) == 0)
			return true;
	}
	return false;
}

/* ---- who is marked ---- */

static void test_who_has_more_than_the_share_of_a_batch(void **state)
{
	(void)state;
	add("a", SHARE);
	add("b", SHARE + 1);
	add("c", SHARE);
	add("d", SHARE - 1);
	assert_int_equal(count(), 1);
	assert_string_equal(newly[0], "b");
	assert_false(is_marked("a"));
	assert_true(is_marked("b"));
	add("b", FULL);
	assert_int_equal(count(), 0); /* told once */
}

static void test_ten_floods_side_by_side(void **state)
{
	(void)state;
	for (int batch = 0; batch < 4; batch++) {
		for (int user = 0; user < 10; user++) {
			char name[16];
			snprintf(name, sizeof(name), "u%d", user);
			add(name, FULL / 10);
		}
		count();
	}
	assert_int_equal(crowd.marked, 10);
}

static void test_a_herd_of_thousands_marks_nobody(void **state)
{
	(void)state;
	for (int batch = 0; batch < 20; batch++) {
		for (int user = 0; user < FULL; user++) {
			char name[16];
			snprintf(name, sizeof(name), "u%d", batch * FULL + user);
			add(name, 1);
		}
		count();
	}
	assert_int_equal(crowd.marked, 0);
	assert_true(crowd.n <= CROWD_USERS);
}

static void test_rows_of_nobody_are_no_flood(void **state)
{
	(void)state;
	for (size_t i = 0; i < FULL; i++)
		rows[rows_n++] = NULL;
	assert_int_equal(count(), 0);
	assert_int_equal(crowd.n, 0);
}

/* A few rows in each batch, minutes long, behind somebody's flood. */
static void test_who_comes_regularly_is_no_flood(void **state)
{
	(void)state;
	for (int batch = 0; batch < 1000; batch++) {
		add("flood", FULL - 20);
		add("regular", 20);
		count();
	}
	assert_true(is_marked("flood"));
	assert_false(is_marked("regular"));
}

/* Two thousand rows behind a million: marked, but not for as long as the million takes. */
static void test_marks_fade(void **state)
{
	(void)state;
	add("small", 3 * SHARE);
	add("flood", SHARE);
	count();
	assert_true(is_marked("small"));
	int batches = 0;
	while (is_marked("small") && batches < 100) {
		add("flood", FULL);
		count();
		batches++;
	}
	assert_in_range(batches, 5, 30);
	assert_true(is_marked("flood"));
}

static void test_batches_larger_than_full_fade_everything(void **state)
{
	(void)state;
	add("a", SHARE + 1);
	count();
	rows_n = 0;
	add("b", ROWS_MAX);
	crowd_count(&crowd, rows, rows_n, 10, 3, newly); /* a template made up for a year */
	assert_false(is_marked("a"));
	assert_true(is_marked("b"));
}

static void test_the_largest_keep_their_places(void **state)
{
	(void)state;
	for (int user = 0; user < 2 * CROWD_USERS; user++) {
		char name[16];
		snprintf(name, sizeof(name), "u%d", user);
		add(name, user < 3 ? 300 : 40);
	}
	count();
	assert_int_equal(crowd.n, CROWD_USERS);
	assert_true(is_marked("u0") && is_marked("u1") && is_marked("u2"));
}

static void test_all_is_forgotten_behind_a_backlog(void **state)
{
	(void)state;
	add("a", FULL);
	count();
	crowd_forget(&crowd);
	assert_int_equal(crowd.marked, 0);
	assert_false(is_marked("a"));
}

/* ---- looking for others ---- */

#define T (100 * USEC_PER_SEC)
#define S USEC_PER_SEC

static struct crowd_look looked(struct crowd_look look, int64_t stepped, usec_t reached, bool cut)
{
	struct crowd_seen seen = { stepped, reached, cut, T + 10 * S };
	crowd_looked(&crowd, &look, &seen);
	return crowd_look(&crowd, T, false);
}

static void test_each_look_begins_where_the_last_one_came_to(void **state)
{
	(void)state;
	struct crowd_look look = crowd_look(&crowd, T, false);
	assert_int_equal(look.from, T);
	assert_int_equal(look.steps, CROWD_STEPS);
	look = looked(look, CROWD_STEPS, T + S, false);
	assert_int_equal(look.from, T + S);
	look = looked(look, CROWD_STEPS, T + 2 * S, false);
	assert_int_equal(look.from, T + 2 * S);
	look = looked(look, 5, T + 3 * S, false); /* that was all */
	assert_int_equal(look.from, T + 10 * S - CROWD_MARGIN);
}

static void test_others_that_are_left_over_are_found_again(void **state)
{
	(void)state;
	struct crowd_look look = looked(crowd_look(&crowd, T, false), 5000, T + S, true);
	assert_int_equal(look.from, T + S);
	look = looked(look, 5000, T + S, true); /* all of one instant */
	assert_int_equal(look.from, T + S);
	assert_int_equal(look.steps, CROWD_STEPS);
}

static void test_an_instant_with_more_entries_than_a_look_is_got_over(void **state)
{
	(void)state;
	int64_t stepped = 0, behind = 300000;
	struct crowd_look look = crowd_look(&crowd, T, false);
	for (int i = 0; look.from == T && i < 10; i++) {
		bool all = look.steps > behind;
		stepped += all ? behind : look.steps;
		look = looked(look, all ? behind : look.steps, T, false);
	}
	assert_true(look.from > T);
	assert_int_equal(look.steps, CROWD_STEPS);
	assert_true(stepped <= 3 * behind);
}

static void test_an_instant_without_end_is_passed(void **state)
{
	(void)state;
	struct crowd_look look = crowd_look(&crowd, T, false);
	int looks = 0;
	for (; look.from == T && looks < 100; looks++)
		look = looked(look, look.steps, T, false);
	assert_in_range(looks, 2, 10);
	assert_int_equal(look.from, T + 1);
}

static void test_a_look_at_what_is_fresh_moves_nothing(void **state)
{
	(void)state;
	struct crowd_look fresh = crowd_look(&crowd, T + 5 * S, true);
	assert_int_equal(fresh.from, T + 5 * S);
	struct crowd_look look = looked(fresh, 5, T + 6 * S, false);
	assert_int_equal(look.from, T);
	/* Where all was seen up to there, it goes on from there as any. */
	look = looked(look, 5, T + 5 * S, false);
	fresh = crowd_look(&crowd, T + 5 * S, true);
	assert_int_equal(fresh.from, T + 10 * S - CROWD_MARGIN);
	assert_false(fresh.apart);
}

static void test_an_old_look_counts_no_more(void **state)
{
	(void)state;
	struct crowd_look look = crowd_look(&crowd, T, false);
	crowd_doubt(&crowd); /* on another connection a batch failed */
	look = looked(look, CROWD_STEPS, T + S, false);
	assert_int_equal(look.from, T);
}

/* What was dated back is found, and looking costs little in all. */
static void test_passes_are_paid_for_by_rows(void **state)
{
	(void)state;
	int64_t stepped = 0, wrote = 0, passes = 0;
	usec_t from = 0;
	for (int batch = 0; batch < 200; batch++) {
		struct crowd_look look = crowd_look(&crowd, T, false);
		bool whole = look.from == T;
		passes += whole && from != T;
		from = look.from;
		looked(look, whole ? 50000 : 100, T + S, false);
		stepped += whole ? 50000 : 100;
		add("a", 500);
		count();
		wrote += 500;
	}
	assert_in_range(passes, 3, 12);
	assert_true(stepped < 6 * wrote);
}

/* ---- pace ---- */

static void test_a_brief_batch_is_what_fits(void **state)
{
	(void)state;
	struct pace pace = { 0 };
	assert_int_equal(pace_brief(&pace, 1000, 250), 500); /* nothing is known yet */
	for (int i = 0; i < 50; i++)
		pace_note(&pace, 1000, 90 * USEC_PER_MSEC);
	assert_in_range(pace_brief(&pace, 1000, 250), 440, 446);
	pace_note(&pace, 3, 90 * USEC_PER_MSEC); /* says nothing of rows */
	assert_in_range(pace_brief(&pace, 1000, 250), 440, 446);
	for (int i = 0; i < 50; i++)
		pace_note(&pace, 100, USEC_PER_SEC);
	assert_int_equal(pace_brief(&pace, 1000, 250), 250);
	for (int i = 0; i < 50; i++)
		pace_note(&pace, 100, 1);
	assert_int_equal(pace_brief(&pace, 1000, 250), 1000);
	assert_int_equal(pace_brief(&pace, 1, 0), 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_who_has_more_than_the_share_of_a_batch),
		TEST(test_ten_floods_side_by_side),
		TEST(test_a_herd_of_thousands_marks_nobody),
		TEST(test_rows_of_nobody_are_no_flood),
		TEST(test_who_comes_regularly_is_no_flood),
		TEST(test_marks_fade),
		TEST(test_batches_larger_than_full_fade_everything),
		TEST(test_the_largest_keep_their_places),
		TEST(test_all_is_forgotten_behind_a_backlog),
		TEST(test_each_look_begins_where_the_last_one_came_to),
		TEST(test_others_that_are_left_over_are_found_again),
		TEST(test_an_instant_with_more_entries_than_a_look_is_got_over),
		TEST(test_an_instant_without_end_is_passed),
		TEST(test_a_look_at_what_is_fresh_moves_nothing),
		TEST(test_an_old_look_counts_no_more),
		TEST(test_passes_are_paid_for_by_rows),
		TEST(test_a_brief_batch_is_what_fits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
