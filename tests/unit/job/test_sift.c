/* sift: which rows of a batch are bad, in how many attempts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "job/sift.h"
#include "util/macros.h"
#include "util/mem.h"

struct batch_of {
	size_t n, bad_n;
	bool *bad;
	bool *written, *found;
	size_t attempts, failed;
};

static void batch_init(struct batch_of *batch, size_t n)
{
	*batch = (struct batch_of){ .n = n };
	batch->bad = mem_alloc_array(n, sizeof(bool));
	batch->written = mem_alloc_array(n, sizeof(bool));
	batch->found = mem_alloc_array(n, sizeof(bool));
}

static void batch_free(struct batch_of *batch)
{
	free(batch->bad);
	free(batch->written);
	free(batch->found);
}

static void spoil(struct batch_of *batch, size_t i)
{
	batch->bad_n += !batch->bad[i];
	batch->bad[i] = true;
}

static void attempt(struct batch_of *batch, struct sift *sift, size_t from, size_t n)
{
	bool good = true;
	assert_true(n > 0 && from + n <= batch->n);
	batch->attempts++;
	for (size_t i = from; i < from + n; i++)
		good = good && !batch->bad[i];
	if (!good) {
		batch->failed++;
		bool single = sift_failed(sift);
		assert_int_equal(single, n == 1);
		if (single) {
			assert_false(batch->found[from]);
			batch->found[from] = true;
		}
		return;
	}
	for (size_t i = from; i < from + n; i++) {
		assert_false(batch->written[i]); /* once, and no more */
		batch->written[i] = true;
	}
	sift_wrote(sift);
}

static void sift_all(struct batch_of *batch)
{
	struct sift sift;
	size_t from, n;
	sift_init(&sift, batch->n, 0);
	while (sift_next(&sift, &from, &n))
		attempt(batch, &sift, from, n);
	for (size_t i = 0; i < batch->n; i++) {
		assert_int_equal(batch->found[i], batch->bad[i]);
		assert_int_equal(batch->written[i], !batch->bad[i]);
	}
	assert_int_equal(sift.bad, batch->bad_n);
	assert_int_equal(sift.wrote, batch->n - batch->bad_n);
}

/* What one bad row costs at most: stretches shrink to an eighth and double again, until they meet it again. */
static size_t one_bad(size_t n)
{
	return 1 + 4 * (size_t)ceil(log2((double)n));
}

/* Attempts at most, for n rows of which some are bad: bad rows side by side cost one each, those that stand
 * alone what lies between them allows; never more than two a row. */
static size_t bound(size_t n, size_t bad)
{
	if (bad == 0)
		return 1;
	size_t gap = n / bad + 1;
	size_t apart = bad * one_bad(gap) + one_bad(n);
	size_t at_worst = 2 * n + one_bad(n);
	return apart < at_worst ? apart : at_worst;
}

static void check(struct batch_of *batch, const char *story)
{
	sift_all(batch);
	if (batch->attempts > bound(batch->n, batch->bad_n))
		fail_msg("%s: %zu rows, %zu bad, %zu attempts, the bound is %zu", story, batch->n,
			batch->bad_n, batch->attempts, bound(batch->n, batch->bad_n));
}

static const size_t sizes[] = { 1, 2, 3, 7, 8, 9, 64, 1000, 100000 };

/* ---- the stories ---- */

static void nothing_bad_is_one_attempt(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		struct batch_of batch;
		batch_init(&batch, sizes[i]);
		sift_all(&batch);
		assert_int_equal(batch.attempts, 1);
		batch_free(&batch);
	}
}

static void all_bad_cost_one_attempt_each_and_a_few(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		struct batch_of batch;
		batch_init(&batch, sizes[i]);
		for (size_t row = 0; row < batch.n; row++)
			spoil(&batch, row);
		sift_all(&batch);
		assert_true(batch.attempts <= batch.n + 1 + (size_t)(log2((double)batch.n) / 3));
		batch_free(&batch);
	}
}

static void one_bad_row_anywhere(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		size_t n = sizes[i];
		size_t places[] = { 0, n - 1, n / 2, n / 3, n > 1 ? n - 2 : 0, n > 1 ? 1 : 0 };
		for (size_t p = 0; p < ARRAY_LEN(places); p++) {
			struct batch_of batch;
			batch_init(&batch, n);
			spoil(&batch, places[p]);
			check(&batch, "one");
			batch_free(&batch);
		}
	}
}

/* Some ten attempts fail, and twice as many write what lies around it. */
static void one_bad_row_among_a_thousand_is_found_in_some_ten_failures(void **state)
{
	size_t all = 0;
	(void)state;
	for (size_t place = 0; place < 1000; place++) {
		struct batch_of batch;
		batch_init(&batch, 1000);
		spoil(&batch, place);
		sift_all(&batch);
		assert_true(batch.failed <= 11);
		assert_true(batch.attempts <= 40);
		all += batch.attempts;
		batch_free(&batch);
	}
	assert_true(all / 1000 <= 26);
}

static void any_rows_may_be_bad(void **state)
{
	static const int one_in[] = { 2, 3, 10, 100, 1000 };
	(void)state;
	srand(7);
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		for (size_t k = 0; k < ARRAY_LEN(one_in); k++) {
			struct batch_of batch;
			batch_init(&batch, sizes[i]);
			for (size_t row = 0; row < batch.n; row++) {
				if (rand() % one_in[k] == 0)
					spoil(&batch, row);
			}
			check(&batch, "some");
			batch_free(&batch);
		}
	}
}

static void bad_rows_in_clusters(void **state)
{
	(void)state;
	srand(8);
	for (int round = 0; round < 200; round++) {
		struct batch_of batch;
		batch_init(&batch, 1000);
		bool bad = round % 2;
		for (size_t row = 0; row < batch.n; row++) {
			if (rand() % 50 == 0)
				bad = !bad;
			if (bad)
				spoil(&batch, row);
		}
		check(&batch, "clusters");
		batch_free(&batch);
	}
}

/* All subsets of eight rows, all sizes up to there. */
static void every_subset_of_a_few(void **state)
{
	(void)state;
	for (size_t n = 1; n <= 10; n++) {
		for (size_t subset = 0; subset < (size_t)1 << n; subset++) {
			struct batch_of batch;
			batch_init(&batch, n);
			for (size_t row = 0; row < n; row++) {
				if (subset >> row & 1)
					spoil(&batch, row);
			}
			check(&batch, "subset");
			batch_free(&batch);
		}
	}
}

static void who_stops_leaves_out_only_what_was_not_decided(void **state)
{
	(void)state;
	srand(9);
	for (int round = 0; round < 200; round++) {
		struct batch_of batch;
		struct sift sift;
		size_t from, n, left = (size_t)rand() % 60;
		batch_init(&batch, 1000);
		for (size_t row = 0; row < batch.n; row++) {
			if (rand() % 20 == 0)
				spoil(&batch, row);
		}
		sift_init(&sift, batch.n, 0);
		while (left-- > 0 && sift_next(&sift, &from, &n))
			attempt(&batch, &sift, from, n);
		size_t decided = sift.at;
		sift_stop(&sift);
		assert_false(sift_next(&sift, &from, &n));
		assert_int_equal(sift.wrote + sift.bad, decided);
		for (size_t row = 0; row < batch.n; row++)
			assert_int_equal(batch.written[row] || batch.found[row], row < decided);
		batch_free(&batch);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_bad_is_one_attempt),
		cmocka_unit_test(all_bad_cost_one_attempt_each_and_a_few),
		cmocka_unit_test(one_bad_row_anywhere),
		cmocka_unit_test(one_bad_row_among_a_thousand_is_found_in_some_ten_failures),
		cmocka_unit_test(any_rows_may_be_bad),
		cmocka_unit_test(bad_rows_in_clusters),
		cmocka_unit_test(every_subset_of_a_few),
		cmocka_unit_test(who_stops_leaves_out_only_what_was_not_decided),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
