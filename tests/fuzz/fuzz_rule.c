/* fuzz_rule: any bytes as the JSON of a rule are refused, or give a rule that prints itself as JSON that
 * means the same, and whose occurrences come in order, within bounded calls.
 */
#include "exercise.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct rule *rule = NULL;

	if (!rule_parse((const char *)data, size, &rule, NULL))
		return 0;
	exercise_rule(rule, size);
	rule_free(rule);
	return 0;
}
