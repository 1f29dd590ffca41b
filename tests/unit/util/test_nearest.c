/* nearest: slips are understood, other words are not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "util/nearest.h"

static const char *const names[] = { "migrate", "preflight", "status", "workers", "upcoming",
	"list", "show", "next", "expand", "validate", "retry", "max-lag", "max-failures" };

static void slips(void **state)
{
	static const struct {
		const char *typed, *meant;
	} rows[] = {
		{ "statsu", "status" }, /* two in the wrong order */
		{ "stauts", "status" },
		{ "satus", "status" }, /* one too few */
		{ "statuss", "status" },
		{ "Status", "status" },
		{ "lst", "list" },
		{ "wrokers", "workers" },
		{ "worker", "workers" },
		{ "upcomming", "upcoming" },
		{ "pre", "preflight" }, /* the beginning */
		{ "vaildate", "validate" },
		{ "mirgate", "migrate" },
		{ "max", "max-lag" }, /* the first of two */
		{ "", NULL },
		{ "x", NULL },
		{ "ls", NULL },
		{ "delete", NULL },
		{ "templates", NULL },
		{ "tasks", NULL },
		{ "show me everything that there is in the world", NULL },
		{ "\xff\xfe\xfd\xfc", NULL },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct nearest nearest = NEAREST(rows[i].typed);
		for (size_t n = 0; n < ARRAY_LEN(names); n++)
			nearest_offer(&nearest, names[n]);
		if (!rows[i].meant) {
			assert_null(nearest.name);
			assert_string_equal(nearest_hint(&nearest), "");
			continue;
		}
		assert_non_null(nearest.name);
		assert_string_equal(nearest.name, rows[i].meant);
	}
}

static void a_hint_is_a_question(void **state)
{
	struct nearest nearest = NEAREST("statsu");
	(void)state;
	nearest_offer(&nearest, "status");
	assert_string_equal(nearest_hint(&nearest), " (did you mean \"status\"?)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slips),
		cmocka_unit_test(a_hint_is_a_question),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
