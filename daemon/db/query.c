/* The embedded statements with {app} filled in; see the header. */
#include "db/query.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "util/mem.h"
#include "util/strbuf.h"

static const struct {
	const char *name, *result, *text;
} sources[] = {
#define SQL(id, query_name, query_result, query_text) { query_name, query_result, query_text },
#include "sql_text.inc"
#undef SQL
};

static char *texts[QUERY_COUNT][2], *prepared_names[QUERY_COUNT][2]; /* plain, other */

static char *replace_mark(const char *text, const char *mark, const char *replacement)
{
	struct strbuf buf;
	strbuf_init(&buf, SIZE_MAX);
	for (const char *at; (at = strstr(text, mark)); text = at + strlen(mark)) {
		strbuf_add(&buf, text, (size_t)(at - text));
		strbuf_add_text(&buf, replacement);
	}
	strbuf_add_text(&buf, text);
	return strbuf_steal(&buf);
}

/* "{other TEXT}" is TEXT in the other form, and nothing in the plain one. */
static char *bind_form(const char *text, bool other)
{
	static const char mark[] = "{other ";
	struct strbuf buf;
	strbuf_init(&buf, SIZE_MAX);
	for (const char *at; (at = strstr(text, mark));) {
		const char *inner = at + strlen(mark), *end = strchr(inner, '}');
		strbuf_add(&buf, text, (size_t)(at - text));
		if (other)
			strbuf_add(&buf, inner, (size_t)(end - inner));
		text = end + 1;
	}
	strbuf_add_text(&buf, text);
	return strbuf_steal(&buf);
}

static char *bind_text(const char *text, const char *app_schema, bool other)
{
	char *quoted CLEANUP(mem_cleanup) = mem_printf("\"%s\"", app_schema);
	char *bound CLEANUP(mem_cleanup) = replace_mark(text, "{app}", quoted);
	return bind_form(bound, other);
}

/* FNV-1a. */
static uint32_t hash_of(const char *text)
{
	uint32_t hash = 2166136261u;
	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * 16777619u;
	return hash;
}

static void bind(enum query_id id, const char *app_schema, bool other)
{
	char **text = &texts[id][other], **name = &prepared_names[id][other];
	free(*text);
	free(*name);
	*text = bind_text(sources[id].text, app_schema, other);
	*name = mem_printf("%s_%08" PRIx32, sources[id].name, hash_of(*text));
}

void queries_bind(const char *app_schema)
{
	for (size_t i = 0; i < QUERY_COUNT; i++) {
		bind((enum query_id)i, app_schema, false);
		bind((enum query_id)i, app_schema, true);
	}
}

const char *query_text(enum query_id id, bool other)
{
	return texts[id][other];
}

const char *query_prepared_name(enum query_id id, bool other)
{
	return prepared_names[id][other];
}

const char *query_result(enum query_id id)
{
	return sources[id].result;
}

const char *query_name(enum query_id id)
{
	return sources[id].name;
}
