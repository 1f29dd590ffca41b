/* fuzz_cron: any text as a cron expression, held to what fuzz_rule.c says. */
#include <jansson.h>

#include "exercise.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	json_auto_t *json = json_pack("{ss%}", "cron", (const char *)data, size);
	struct rule *rule = NULL;

	/* NULL: no UTF-8, which no JSON could hold. */
	if (json == NULL || !rule_parse_value(json, &rule, NULL))
		return 0;
	exercise_rule(rule, size);
	rule_free(rule);
	return 0;
}
