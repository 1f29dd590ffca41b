/* rules: recurrence rules that come over HTTP: read, checked, told.  Pure, but for the zones' files. */
#pragma once

#include <jansson.h>

#include "recur/typed.h"

/* What api_settings says; the texts are its own. */
bool rules_ground(
	const json_t *settings, struct typed_ground *ret_ground, struct err *err) NODISCARD;

/* "recurrence_rule.days[1]: expected ..." becomes [{"pointer": "/recurrence_rule/days/1", "detail": "expected ..."}]; root: what
 * stands for recurrence_rule in the pointer; typed: the rule is a text, in which there are no keys to point to. */
json_t *rules_errors(const char *root, bool typed, const char *text);

/* Looks at recurrence_rule of a body that is about to be written, as the daemon would; a text becomes the rule's JSON.
 * due: the key of its due date; where needs_due, and it is not there, the first occurrence to come is put there.
 * NULL: all is well; else what is wrong, for `errors`. */
json_t *rules_take(
	const struct typed_ground *ground, json_t *body, const char *due, bool needs_due);

/* A template as it is shown: with "meaning", and "next", the instants that it falls due at next. */
void rules_show(const struct typed_ground *ground, json_t *row, int n);

/* {"rule", "start", "zone", "n", "after"}: what becomes of a rule, that nobody has stored.  NULL: *ret_errors says what
 * is wrong. */
json_t *rules_preview(
	const struct typed_ground *ground, const json_t *question, json_t **ret_errors) NODISCARD;
