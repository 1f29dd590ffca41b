/* The embedded statements with {app} filled in; see the header. */
#include "db/query.h"

#include <stdlib.h>
#include <string.h>

#include "util/strbuf.h"

static const struct {
	const char *name, *text;
} sources[] = {
#define SQL(id, query_name, query_text) { query_name, query_text },
#include "sql_text.inc"
#undef SQL
};

static char *texts[QUERY_COUNT];

static char *bind_text(const char *text, const char *app_schema)
{
	static const char mark[] = "{app}";
	struct strbuf buf;
	strbuf_init(&buf, SIZE_MAX);
	for (const char *at; (at = strstr(text, mark)); text = at + sizeof(mark) - 1) {
		strbuf_add(&buf, text, (size_t)(at - text));
		strbuf_addf(&buf, "\"%s\"", app_schema);
	}
	strbuf_add_text(&buf, text);
	return strbuf_steal(&buf);
}

void queries_bind(const char *app_schema)
{
	for (size_t i = 0; i < QUERY_COUNT; i++) {
		free(texts[i]);
		texts[i] = bind_text(sources[i].text, app_schema);
	}
}

const char *query_text(enum query_id id)
{
	return texts[id];
}

const char *query_name(enum query_id id)
{
	return sources[id].name;
}
