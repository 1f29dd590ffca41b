/* Words of rows; see the header. */
#include "look/rows.h"

#include <string.h>

#include "recur/rule.h"

const char *decision_words(const char *kind)
{
	static const char *const words[][2] = {
		{ "adopted", "was due before the first start" },
		{ "backfilled", "somebody asked for it afterwards" },
		{ "coalesced", "missed, and one later was made for all" },
		{ "dropped", "missed, and more than catch_up_limit were" },
		{ "ended", "the rule has no further occurrence" },
		{ "excluded", "an override of the rule leaves it out" },
		{ "limited", "its user had as many that day as are allowed" },
		{ "moved", "an override has it stand at another time" },
		{ "overlapped", "another instance was still open" },
		{ "paused", "fell into a pause" },
		{ "quarantined", "the rule does not work" },
		{ "replanned", "the rule was edited" },
		{ "retried", "is looked at again" },
		{ "rezoned", "goes by another time zone" },
		{ "shifted", "its calendar has it stand on another day" },
		{ "skipped", "its calendar leaves that day out" },
		{ "superseded", "completed in favour of a later one" },
		{ "triggered", "somebody asked for it" },
	};
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strcmp(words[i][0], kind) == 0)
			return words[i][1];
	return kind;
}

void rule_words(const char *json, usec_t starts, struct strbuf *out)
{
	struct rule *rule;
	struct err err;
	if (!json || !rule_parse(json, strlen(json), &rule, &err))
		return;
	rule_describe(rule, starts == INSTANT_NONE ? 0 : sec_from_usec(starts), out);
	rule_free(rule);
}
