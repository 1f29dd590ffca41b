/* typed: a RULE as people type it: JSON, RRULE text ("FREQ=..."), cron's five fields, or a sentence ("every weekday at
 * 9"), and what the daemon would make of it.
 */
#pragma once

#include <stdbool.h>

#include "recur/recurrence.h"
#include "recur/rule.h"
#include "util/strbuf.h"

/* What rules are read by where they say nothing themselves. */
struct typed_ground {
	const char *zone_name; /* of a rule that names none, before the default; NULL: none */
	const char *default_time_zone;
	usec_t min_interval;
	const struct calendars *calendars; /* NULL: none */
	sec_t now;
};

struct typed_rule {
	struct rule *rule;
	const struct zone *zone;
	sec_t start; /* the anchor, wall time */
	struct recurrence *recurrence;
	bool by_settings; /* with others it might mean something else, or be refused */
	bool by_zone; /* because it names no zone */
};

/* Becomes the JSON of recurrence_rule, which may still be wrong: rule_parse looks at it.  false: it is a sentence
 * that is not understood, and err says where; json has its text. */
bool rule_argument(const char *text, struct strbuf *json, struct err *err);
/* The rule of a JSON value, in which a text may be a sentence, too. */
struct json_t;
bool rule_of_value(const struct json_t *value, struct rule **ret_rule, struct err *err) NODISCARD;

/* As the daemon would take it; err says why it would not, and by_settings is told then, too.  start: the anchor, wall
 * time; NULL: the rule's DTSTART, else now.  The zones must be open. */
bool typed_open(const struct typed_ground *ground, const char *text, const sec_t *start,
	struct typed_rule *ret_typed, struct err *err) NODISCARD;
/* Anchored at an instant. */
bool typed_open_at(const struct typed_ground *ground, const char *text, usec_t at,
	struct typed_rule *ret_typed, struct err *err) NODISCARD;
/* The first one after that instant, of one that is anchored at its DTSTART, else now; one that has none is over. */
bool typed_first(const struct typed_ground *ground, const char *text, sec_t *ret_at,
	struct err *err) NODISCARD;
void typed_rule_close(struct typed_rule *typed); /* accepts a zeroed one; for CLEANUP */
