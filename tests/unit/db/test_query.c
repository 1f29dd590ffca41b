/* query: the schema and the two forms are filled in; what is prepared is named after its text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "db/query.h"
#include "util/mem.h"

#define CONFLICT "on conflict (key) do nothing"

static bool has_two_forms(enum query_id id)
{
	return strcmp(query_text(id, false), query_text(id, true)) != 0;
}

static void the_careful_form_looks_before_it_inserts_and_the_plain_one_does_not(void **state)
{
	(void)state;
	queries_bind("public");
	assert_non_null(strstr(query_text(QUERY_REMINDER_WRITE, true), CONFLICT));
	assert_null(strstr(query_text(QUERY_REMINDER_WRITE, false), CONFLICT));
	const char *careful = query_text(QUERY_GENERATE_WRITE, true);
	assert_non_null(strstr(careful, CONFLICT));
	assert_non_null(strstr(careful, "on conflict (task_id, tag_id) do nothing"));
	/* But for the counter of its users. */
	const char *plain = query_text(QUERY_GENERATE_WRITE, false);
	assert_null(strstr(plain, "do nothing"));
	plain = strstr(plain, "on conflict");
	assert_non_null(plain);
	assert_null(strstr(plain + 1, "on conflict"));
}

/* What stands in front of a mark, and behind it, is the same in both. */
static void the_plain_form_is_the_other_one_without_its_texts(void **state)
{
	(void)state;
	queries_bind("public");
	for (size_t i = 0; i < QUERY_COUNT; i++) {
		const char *plain = query_text((enum query_id)i, false);
		const char *other = query_text((enum query_id)i, true);
		for (; *other; other++)
			plain += *plain == *other;
		if (*plain)
			fail_msg("%s: the plain form says what the other one does not",
				query_name((enum query_id)i));
	}
}

static void no_mark_is_left(void **state)
{
	(void)state;
	queries_bind("public");
	for (size_t i = 0; i < QUERY_COUNT; i++) {
		for (int other = 0; other < 2; other++) {
			const char *text = query_text((enum query_id)i, other);
			if (strstr(text, "{other") || strstr(text, "{app}"))
				fail_msg("%s: %s", query_name((enum query_id)i), text);
		}
	}
}

/* Without a key, what collides with anything else would be lost without a word. */
static void no_conflict_is_passed_over_without_its_key(void **state)
{
	static const char mark[] = "on conflict";
	(void)state;
	queries_bind("public");
	for (size_t i = 0; i < QUERY_COUNT; i++) {
		const char *at = query_text((enum query_id)i, true);
		while ((at = strstr(at, mark))) {
			at += strlen(mark);
			if (strncmp(at, " (", 2) != 0)
				fail_msg("%s:%.30s", query_name((enum query_id)i), at);
		}
	}
}

static void the_schema_is_quoted_in_both_forms_and_may_change(void **state)
{
	(void)state;
	queries_bind("App");
	for (int other = 0; other < 2; other++)
		assert_non_null(strstr(query_text(QUERY_GENERATE_WRITE, other), "\"App\".tasks"));
	queries_bind("other");
	for (int other = 0; other < 2; other++) {
		const char *text = query_text(QUERY_GENERATE_WRITE, other);
		assert_non_null(strstr(text, "\"other\".tasks"));
		assert_null(strstr(text, "\"App\""));
	}
}

static void another_text_is_prepared_under_another_name(void **state)
{
	(void)state;
	queries_bind("public");
	for (size_t i = 0; i < QUERY_COUNT; i++) {
		enum query_id id = (enum query_id)i;
		const char *plain = query_prepared_name(id, false);
		const char *other = query_prepared_name(id, true);
		assert_int_equal(strcmp(plain, other) != 0, has_two_forms(id));
		assert_memory_equal(plain, query_name(id), strlen(query_name(id)));
	}
	char *before CLEANUP(mem_cleanup) = mem_strdup(
		query_prepared_name(QUERY_GENERATE_WRITE, true));
	queries_bind("other");
	assert_string_not_equal(before, query_prepared_name(QUERY_GENERATE_WRITE, true));
	queries_bind("public");
	assert_string_equal(before, query_prepared_name(QUERY_GENERATE_WRITE, true));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			the_careful_form_looks_before_it_inserts_and_the_plain_one_does_not),
		cmocka_unit_test(the_plain_form_is_the_other_one_without_its_texts),
		cmocka_unit_test(no_mark_is_left),
		cmocka_unit_test(no_conflict_is_passed_over_without_its_key),
		cmocka_unit_test(the_schema_is_quoted_in_both_forms_and_may_change),
		cmocka_unit_test(another_text_is_prepared_under_another_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
