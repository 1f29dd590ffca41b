/* rule_value: values of JSON, as all readers of a rule take them and tell them in errors.
 *
 * A number is what it is worth, however it is written: 1e2 and 100.0 are the integer 100.  One that is no
 * integer or that nothing here could hold (1.5, 1e400, twenty digits) is a value like any other, so that
 * whoever refuses it names its place and its range; it is told as it was written, to the last digit.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "util/err.h"
#include "util/strbuf.h"

/* json_loadb, where numbers come as said above: ask for them by rule_value_integer alone.  NULL: text is
 * not JSON, *ret_where says why.  Owner of the result: json_decref. */
json_t *rule_value_load(
	const char *text, size_t len, size_t flags, json_error_t *ret_where) NODISCARD;

/* false: value is no number, no integer, or beyond 64 bits. */
bool rule_value_integer(const json_t *value, int64_t *ret_number) NODISCARD;
/* In the place of json_is_object. */
bool rule_value_is_object(const json_t *value);
/* RFC 3339 date and time; with Z or an offset it is an instant.  Fractions of a second are cut. */
bool rule_value_moment(const char *text, sec_t *ret_value, bool *ret_is_instant) NODISCARD;

/* "2025-12-31": its first second, as wall time. */
bool rule_value_date(const char *text, sec_t *ret_value) NODISCARD;
/* The value as JSON, cut to something that one can read.  Owner: free. */
char *rule_value_shown(const json_t *value);
/* "recurrence_rule.interval: expected 1 ... 5, got 7"; path is what follows the first word.  false. */
bool rule_value_fail(struct err *err, const char *path, const char *expected, const json_t *got);
/* Puts what rule_hint() said behind an error.  false. */
bool rule_value_add_hint(struct err *err, const struct strbuf *hint);
/* "recurrence_rule.byDay[0].nth: unknown key", and which of names may be meant.  false. */
bool rule_value_unknown(
	struct err *err, const char *path, const char *key, const char *const *names, size_t n);
/* As rule_value_fail, of a value that is none of names, and which of them may be meant.  false. */
bool rule_value_fail_name(struct err *err, const char *path, const char *expected,
	const json_t *value, const char *const *names, size_t n);
