/* Addresses to listen at. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "util/address.h"

#include "util/macros.h"

static void good_ones(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int family;
		bool loopback;
	} cases[] = {
		{ "/run/recurd/metrics.sock", AF_UNIX, true }, { "unix:/x", AF_UNIX, true },
		{ "127.0.0.1:1", AF_INET, true }, { "127.9.8.7:65535", AF_INET, true },
		{ "0.0.0.0:9847", AF_INET, false }, { "192.0.2.1:80", AF_INET, false },
		{ "[::1]:9847", AF_INET6, true }, { "[::]:9847", AF_INET6, false },
		{ "[2001:db8::1]:9847", AF_INET6, false },
		{ "[::ffff:127.0.0.1]:80", AF_INET6,
			false }, /* v4-mapped: not what it looks like */
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct address address;
		struct err err;
		if (!address_parse(cases[i].text, &address, &err))
			fail_msg("%s: %s", cases[i].text, err.text);
		assert_int_equal(address.at.any.sa_family, cases[i].family);
		assert_int_equal(address_is_loopback(&address), cases[i].loopback);
		assert_int_equal(address_is_local(&address), cases[i].family == AF_UNIX);
	}
}

static void bad_ones(void **state)
{
	(void)state;
	static const char *const cases[] = { "", ":", ":9847", "9847", "localhost:9847",
		"127.0.0.1", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536", "127.0.0.1:123456",
		"127.0.0.1:80x", "127.0.0.1: 80", "127.1:80", "::1:9847", "[::1]", "[::1]9847",
		"[::1:9847", "[]:80", "[127.0.0.1]:80", "unix:", "unix:relative", "relative.sock",
		"*:80", "256.0.0.1:80", "[11111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa]:80",
		"http://127.0.0.1:80" };
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct address address;
		struct err err;
		if (address_parse(cases[i], &address, &err))
			fail_msg("taken: %s", cases[i]);
		assert_non_null(strstr(err.text, "expected"));
	}
}

static void a_path_that_is_too_long(void **state)
{
	(void)state;
	char path[200];
	struct address address;
	struct err err;
	memset(path, 'x', sizeof(path) - 1);
	path[0] = '/';
	path[sizeof(path) - 1] = '\0';
	assert_false(address_parse(path, &address, &err));
	assert_non_null(strstr(err.text, "at most 107 bytes, got one of 199"));
	path[107] = '\0';
	assert_true(address_parse(path, &address, &err));
}

static void a_socket_file_is_taken_over_from_the_dead_alone(void **state)
{
	(void)state;
	char folder[] = "/tmp/recurd-address-XXXXXX", path[64];
	struct address address;
	struct err err;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/s", folder);
	assert_true(address_parse(path, &address, &err));
	int first = address_listen(&address, &err);
	assert_true(first >= 0);
	assert_int_equal(address_listen(&address, &err), -1);
	assert_non_null(strstr(err.text, "cannot listen"));
	close(first); /* the file stays */
	int second = address_listen(&address, &err);
	assert_true(second >= 0);
	close(second);
	unlink(path);
	/* What is no socket is nobody's to remove. */
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	fclose(file);
	assert_int_equal(address_listen(&address, &err), -1);
	assert_int_equal(access(path, F_OK), 0);
	unlink(path);
	rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_ones),
		cmocka_unit_test(bad_ones),
		cmocka_unit_test(a_path_that_is_too_long),
		cmocka_unit_test(a_socket_file_is_taken_over_from_the_dead_alone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
