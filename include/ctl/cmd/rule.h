/* rule: a RULE as people type it, which the commands next and validate take: JSON, RRULE text
 * ("FREQ=..."), or cron's five fields.
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

/* Becomes the JSON of recurrence_rule. */
void rule_argument(const char *text, struct strbuf *json);

/* Whether the operands are a rule of cron's whose quotes were forgotten: more than one, and the first is no
 * rule by itself. */
bool rule_lacks_quotes(char *const *operands, int n);
/* Such a rule as the one text that it was to be.  false: they are not five, err says what to do. */
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
