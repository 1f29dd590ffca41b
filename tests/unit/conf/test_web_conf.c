/* recurd-http's options: the example file shows the defaults, and lists are walked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "conf/value.h"
#include "conf/web.h"
#include "util/mem.h"

static struct web_conf *load_text(const char *text)
{
	char path[] = "/tmp/recurd-test-XXXXXX";
	struct web_conf *conf = NULL;
	struct err err = { .text = "" };
	int fd = mkstemp(path);
	assert_true(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
	bool good = web_conf_load(path, NULL, 0, &conf, &err);
	unlink(path);
	if (!good)
		fail_msg("%s", err.text);
	return conf;
}

static void assert_same(const struct web_conf *one, const struct web_conf *other)
{
	for (size_t i = 0; i < web_options_len; i++) {
		struct strbuf a CLEANUP(strbuf_free) = STRBUF(1000);
		struct strbuf b CLEANUP(strbuf_free) = STRBUF(1000);
		(void)value_format(one, &web_options[i], &a);
		(void)value_format(other, &web_options[i], &b);
		if (strcmp(a.data, b.data) != 0)
			fail_msg("%s: %s, %s", web_options[i].name, a.data, b.data);
	}
}

/* As it stands, and with every "#key = value" in force, the example is the defaults. */
static void example_shows_the_defaults(void **state)
{
	char *text CLEANUP(mem_cleanup) = mem_alloc(100000);
	FILE *in = fopen(TEST_SOURCE_DIR "/systemd/recurd-http.conf.example", "r");
	(void)state;
	assert_non_null(in);
	assert_true(fread(text, 1, 99999, in) > 0);
	fclose(in);
	struct web_conf *defaults = load_text(""), *as_is = load_text(text);
	assert_same(defaults, as_is);
	for (size_t i = 0; i < web_options_len; i++) {
		char line[100];
		snprintf(line, sizeof(line), "\n#%s =", web_options[i].name);
		char *at = strstr(text, line);
		if (!at)
			fail_msg("%s is not in the example", web_options[i].name);
		if (web_options[i].default_text)
			at[1] = ' ';
	}
	struct web_conf *in_force = load_text(text);
	assert_same(defaults, in_force);
	web_conf_free(defaults);
	web_conf_free(as_is);
	web_conf_free(in_force);
}

static void lists(void **state)
{
	(void)state;
	assert_true(list_has(" a, bc\td ", "bc") && list_has("a", "a"));
	assert_false(list_has("abc", "ab") || list_has("ab", "abc") || list_has("", "") ||
		     list_has(NULL, "a") || list_has(" , ", ""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(example_shows_the_defaults),
		cmocka_unit_test(lists),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
