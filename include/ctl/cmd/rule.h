/* rule: a RULE (recur/typed.h) as commands take it, and what stands beside it on the command line. */
#pragma once

#include "conf/settings.h"
#include "ctl/ctl.h"
#include "recur/typed.h"
#include "util/strbuf.h"

/* What stands beside it on the command line. */
struct rule_anchor {
	const char *zone_name; /* of a rule that names none; NULL: the settings' */
	sec_t start; /* wall time */
	bool has_start; /* without it: the rule's DTSTART, else now */
};

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
