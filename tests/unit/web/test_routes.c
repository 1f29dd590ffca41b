/* Addresses: which handler gets them, what is in them, and what nobody may hide in one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "web/routes.h"

static const struct {
	const char *method, *path;
	const char *route; /* NULL: none */
	const char *arg; /* NULL: none */
	const char *allow; /* "": nothing is there */
} cases[] = {
	{ "GET", "/livez", "/livez", NULL, "GET, HEAD, OPTIONS" },
	{ "HEAD", "/livez", "/livez", NULL, "GET, HEAD, OPTIONS" },
	{ "get", "/livez", NULL, NULL, "GET, HEAD, OPTIONS" },
	{ "POST", "/livez", NULL, NULL, "GET, HEAD, OPTIONS" },
	{ "GET", "/livez/", NULL, NULL, "" },
	{ "GET", "livez", NULL, NULL, "" },
	{ "GET", "", NULL, NULL, "" },
	{ "GET", "//livez", NULL, NULL, "" },
	{ "GET", "/api/tags/a", "/api/tags/{id}", "a", "GET, HEAD, PUT, PATCH, DELETE, OPTIONS" },
	{ "PUT", "/api/tags/%c3%A4%20x", "/api/tags/{id}", "\xc3\xa4 x",
		"GET, HEAD, PUT, PATCH, DELETE, OPTIONS" },
	{ "GET", "/api/tags/a+b", "/api/tags/{id}", "a+b",
		"GET, HEAD, PUT, PATCH, DELETE, OPTIONS" },
	{ "GET", "/api/tags/..", "/api/tags/{id}", "..", "GET, HEAD, PUT, PATCH, DELETE, OPTIONS" },
	{ "GET", "/api/tags/", NULL, NULL, "" },
	{ "GET", "/api/tags/a%00", NULL, NULL, "" },
	{ "GET", "/api/tags/a%2fb", NULL, NULL, "" },
	{ "GET", "/api/tags/%", NULL, NULL, "" },
	{ "GET", "/api/tags/%4", NULL, NULL, "" },
	{ "GET", "/api/tags/%g1", NULL, NULL, "" },
	{ "GET", "/api/tags/%ff", NULL, NULL, "" },
	{ "GET", "/api/tags/a/b", NULL, NULL, "" },
	{ "PUT", "/api/tasks/a/tags", "/api/tasks/{id}/tags", "a", "PUT, OPTIONS" },
};

static void each_address_has_its_handler(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct route_match match;
		route_find(cases[i].method, cases[i].path, &match);
		if ((match.route ? !cases[i].route || strcmp(match.route->path, cases[i].route) != 0
				 : cases[i].route != NULL))
			fail_msg("%s %s: %s", cases[i].method, cases[i].path,
				match.route ? match.route->path : "nobody");
		assert_string_equal(match.allow, cases[i].allow);
		if (cases[i].arg)
			assert_string_equal(match.args[0], cases[i].arg);
		for (size_t k = 0; k < ROUTE_ARGS_MAX; k++)
			free(match.args[k]);
	}
}

static void forms_have_blanks_and_slashes(void **state)
{
	(void)state;
	char *text = route_decode_form("a+b%2Bc%2f", strlen("a+b%2Bc%2f"));
	assert_string_equal(text, "a b+c/");
	free(text);
	assert_null(route_decode_form("%00", 3));
	assert_null(route_decode_form("%e2%82", 6));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_address_has_its_handler),
		cmocka_unit_test(forms_have_blanks_and_slashes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
