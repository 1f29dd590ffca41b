/* rule: a RULE as people type it, which commands take: JSON, RRULE text ("FREQ=..."), cron's five fields, or a
 * sentence ("every weekday at 9").
 */
#pragma once

#include "conf/settings.h"
#include "ctl/ctl.h"
#include "recur/recurrence.h"
#include "util/strbuf.h"

/* What stands beside it on the command line. */
struct rule_anchor {
	const char *zone_name; /* of a rule that names none; NULL: the settings' */
	sec_t start; /* wall time */
	bool has_start; /* without it: the rule's DTSTART, else now */
};

struct typed_rule {
	struct rule *rule;
	const struct zone *zone;
	sec_t start;
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

/* Whether the operands are a rule whose quotes were forgotten, of cron's or a sentence: more than one, and the
 * first is no rule by itself. */
bool rule_lacks_quotes(char *const *operands, int n);
/* Such a rule as the one text that it was to be.  false: it is cron's and they are not five, err says what to do. */
bool rule_join(char *const *operands, int n, struct strbuf *text, struct err *err) NODISCARD;
/* What to say of one that was joined: the shell may have changed it. */
#define RULE_JOINED      "in quotes the shell would not replace * by the names of files"
#define RULE_JOINED_NOTE "taken as one rule, '%s'; " RULE_JOINED

/* As the daemon would take it; err says why it would not, and by_settings is told then, too.  The zones must be open. */
bool typed_rule_open(const struct settings *settings, const char *text,
	const struct rule_anchor *anchor, struct typed_rule *ret_typed, struct err *err) NODISCARD;
/* The same by the settings of the database, where one is named and they make a difference.  Where it does not
 * answer, or none is named, the built-in ones count, and a line on standard error says so. */
bool typed_rule_ask(struct ctl *ctl, const char *text, const struct rule_anchor *anchor,
	struct typed_rule *ret_typed, struct err *err) NODISCARD;
void typed_rule_close(struct typed_rule *typed); /* accepts a zeroed one; for CLEANUP */
