/* Signed tokens: what other libraries make is taken, and every attack of RFC 8725 refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "util/mem.h"
#include "web/token.h"

#include "tokens.h"

static const struct token_rules rules = { "https://app.example", "recurd", NULL };

static struct token_keys *all_keys(void)
{
	struct token_keys *keys = token_keys_new();
	struct err err;
	if (!token_keys_add_secret(keys, TOKENS_SECRET, strlen(TOKENS_SECRET), &err) ||
		!token_keys_add_set(keys, tokens_set, strlen(tokens_set), &err))
		fail_msg("%s", err.text);
	assert_int_equal(token_keys_n(keys), 4);
	return keys;
}

static void each_token_has_its_verdict(void **state)
{
	(void)state;
	struct token_keys *keys = all_keys();
	for (size_t i = 0; i < ARRAY_LEN(tokens); i++) {
		struct token_claims claims = { .user = "untouched" };
		struct err err = { .text = "" };
		enum token_verdict verdict = token_check(
			keys, &rules, tokens[i].text, TOKENS_NOW, &claims, &err);
		if (verdict != tokens[i].verdict)
			fail_msg("%s: %s, %s", tokens[i].what, token_verdict_name(verdict),
				err.text);
		assert_string_equal(claims.user, verdict == TOKEN_GOOD ? "ada" : "untouched");
		assert_int_equal(err.text[0] == '\0', verdict == TOKEN_GOOD);
	}
	token_keys_free(keys);
}

/* Whatever is changed in a good token, nothing else is good: one bit of it at a time, those of its signature too. */
static void no_other_token_is_good(void **state)
{
	(void)state;
	struct token_keys *keys = all_keys();
	char *text CLEANUP(mem_cleanup) = mem_strdup(tokens[1].text);
	struct token_claims claims;
	for (size_t i = 0; i < strlen(tokens[1].text); i++)
		for (char bit = 1; bit < 0x40; bit = (char)(bit * 2)) {
			text[i] = (char)(text[i] ^ bit);
			if (token_check(keys, &rules, text, TOKENS_NOW, &claims, NULL) ==
				TOKEN_GOOD)
				fail_msg("%s", text);
			text[i] = (char)(text[i] ^ bit);
		}
	token_keys_free(keys);
}

static void rules_are_optional(void **state)
{
	(void)state;
	static const struct token_rules none = { NULL, NULL, NULL },
					named = { NULL, NULL, "user_id" };
	struct token_keys *keys = all_keys();
	for (size_t i = 0; i < ARRAY_LEN(tokens); i++) {
		struct token_claims claims;
		bool other = strstr(tokens[i].what, "issuer") || strstr(tokens[i].what, "audience");
		if (other)
			assert_int_equal(
				token_check(keys, &none, tokens[i].text, TOKENS_NOW, &claims, NULL),
				TOKEN_GOOD);
		if (strcmp(tokens[i].what, "user_id instead of sub") == 0)
			assert_int_equal(token_check(keys, &named, tokens[i].text, TOKENS_NOW,
						 &claims, NULL),
				TOKEN_GOOD);
	}
	/* A claim that was named is not replaced by another. */
	assert_int_equal(token_check(keys, &named, tokens[0].text, TOKENS_NOW,
				 &(struct token_claims){ .expires = 0 }, NULL),
		TOKEN_UNFIT);
	token_keys_free(keys);
}

static void sets_of_keys(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(token_sets); i++) {
		struct token_keys *keys = token_keys_new();
		struct err err = { .text = "" };
		const char *refusal = token_sets[i].refusal;
		bool ok = token_keys_add_set(
			keys, token_sets[i].json, strlen(token_sets[i].json), &err);
		if (ok != (refusal[0] == '\0') || !strstr(err.text, refusal))
			fail_msg("%s: %s", token_sets[i].what, err.text);
		token_keys_free(keys);
	}
}

static void secrets(void **state)
{
	(void)state;
	struct token_keys *keys = token_keys_new();
	struct err err;
	static const char secret[] =
		"{\"kty\":\"oct\",\"k\":\"eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHg\"}";
	assert_false(token_keys_add_secret(keys, TOKENS_SECRET, 31, &err));
	assert_non_null(strstr(err.text, "at least 32 bytes, found 31"));
	assert_true(token_keys_add_secret(keys, TOKENS_SECRET, 32, &err));
	/* Who can write into a table must not be able to name the secret of his own tokens there. */
	assert_false(token_keys_add_public(keys, "k", secret, strlen(secret), &err));
	assert_non_null(strstr(err.text, "expected a public key"));
	assert_int_equal(token_keys_n(keys), 1);
	token_keys_free(keys);
}

/* The library could fetch keys from addresses in tokens and in sets.  A process that may open no file nor socket
 * gives the same verdicts, so nothing of that is tried. */
static void nothing_is_fetched(void **state)
{
	(void)state;
	struct rlimit before, none;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	struct token_keys *keys = all_keys();
	none = (struct rlimit){ 0, before.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	token_keys_free(keys);
	each_token_has_its_verdict(state);
	sets_of_keys(state);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_token_has_its_verdict),
		cmocka_unit_test(no_other_token_is_good),
		cmocka_unit_test(rules_are_optional),
		cmocka_unit_test(sets_of_keys),
		cmocka_unit_test(secrets),
		cmocka_unit_test(nothing_is_fetched),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
