/* fuzz_rrule: any text as RFC 5545 text, held to what fuzz_rule.c says. */
#include <jansson.h>

#include "exercise.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	json_auto_t *json = json_pack("{ss%}", "rrule", (const char *)data, size);
	struct rule *rule = NULL;

	/* No JSON text holds what is not UTF-8, and jansson refuses NUL bytes. */
	if (json == NULL || memchr(data, 0, size) != NULL || !rule_parse_value(json, &rule, NULL))
		return 0;
	exercise_rule(rule, size);
	rule_free(rule);
	return 0;
}
