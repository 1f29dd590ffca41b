/* fuzz_expand: any line gets one answer, which is JSON without a newline: occurrences or an error. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/cmd/expand.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct strbuf answer CLEANUP(strbuf_free);
	json_t *json;

	strbuf_init(&answer, EXPAND_ANSWER_MAX);
	expand_line((const char *)data, size, &(struct expand_ground){ .default_zone = "UTC" },
		&answer);
	json = json_loadb(answer.data, answer.len, 0, NULL);
	if (answer.overflowed || json == NULL || memchr(answer.data, '\n', answer.len) != NULL)
		abort();
	if (json_object_size(json) != 1 || (!json_is_array(json_object_get(json, "occurrences")) &&
						   !json_is_string(json_object_get(json, "error"))))
		abort();
	json_decref(json);
	return 0;
}
