/* fuzz_query: any bytes as an address and as a form: what is decoded is UTF-8 without NUL, and no longer than it was. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "util/mem.h"
#include "web/routes.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void check(char *decoded, size_t size)
{
	if (!decoded)
		return;
	json_t *text = json_string(decoded);
	if (strlen(decoded) > size || !text)
		abort();
	json_decref(text);
	free(decoded);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct route_match match;
	char *path = mem_strndup((const char *)data, size);
	size_t len = strlen(path);
	check(route_decode(path, len), len);
	check(route_decode_form(path, len), len);
	route_find("GET", path, &match);
	for (size_t i = 0; i < ROUTE_ARGS_MAX; i++)
		check(match.args[i], len);
	free(path);
	return 0;
}
