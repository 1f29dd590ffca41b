/* accept: who says what he would rather have gets that, as clients and proxies write it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "util/accept.h"
#include "util/macros.h"

static const struct {
	const char *accept, *type;
	unsigned quality;
} rows[] = {
	{ NULL, "application/json", 1000 },
	{ " ", "application/json", 1000 },
	{ "application/json", "application/json", 1000 },
	{ "Application/JSON", "application/json", 1000 },
	{ "application/*", "application/json", 1000 },
	{ "*/*", "application/json", 1000 },
	{ "*", "application/json", 1000 },
	{ "text/html, image/gif, *; q=.2, */*; q=.2", "text/html", 1000 },
	{ "image/png", "application/json", 0 },
	{ "application/jsonx", "application/json", 0 },
	{ "app/*", "application/json", 0 },
	{ "application/json;q=0", "application/json", 0 },
	{ "application/json;q=0, */*", "application/json", 0 },
	{ "*/*, application/json;q=0", "application/json", 0 },
	{ "*/*;q=0.1,application/*;q=0.2 , application/json ; q=0.3", "application/json", 300 },
	{ "text/html;level=1;q=0.75", "text/html", 750 },
	{ "text/html;Q=0.125,", "text/html", 125 },
	{ "text/html;q=1.0", "text/html", 1000 },
	{ "text/html;q=0.1234567", "text/html", 123 },
	{ "text/html;q=x", "text/html", 1000 },
	{ "text/html;q=", "text/html", 1000 },
	{ ",,;;,q=0", "text/html", 0 },
	{ ";q=0.5", "text/html", 0 },
};

static void what_is_wanted_is_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_int_equal(accept_quality(rows[i].accept, rows[i].type), rows[i].quality);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(what_is_wanted_is_read) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
