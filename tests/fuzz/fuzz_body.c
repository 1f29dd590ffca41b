/* fuzz_body: any JSON as a body that is written, as a row that is shown, and as a rule that is tried. */
#include <stdlib.h>

#include "web/rules.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	static const struct typed_ground ground = {
		.default_time_zone = "UTC", .min_interval = 60 * USEC_PER_SEC, .now = 1774612800
	};
	json_auto_t *body = json_loadb(
		(const char *)data, size, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, NULL);
	json_t *wrong = NULL;
	if (!body)
		return 0;
	json_auto_t *shown = rules_preview(&ground, body, &wrong);
	if (!shown == !wrong)
		abort(); /* one or the other */
	json_decref(wrong);
	json_auto_t *row = json_deep_copy(body);
	if (json_is_object(row))
		rules_show(&ground, row, 3);
	wrong = rules_take(&ground, body, "next_due_at", true);
	const json_t *rule = json_object_get(body, "recurrence_rule");
	if (!wrong && rule && !json_is_null(rule) &&
		(!json_is_object(rule) || !json_object_get(body, "next_due_at")))
		abort(); /* it is stored as something else, or without its first occurrence */
	json_decref(wrong);
	return 0;
}
