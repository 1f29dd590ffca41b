/* Who refused; see the header.
 *
 * A trigger in PL/pgSQL is named in the error's context alone, which is a sentence, translated:
 *
 *	PL/pgSQL function app.refuse() line 3 at RAISE
 *	fonction PL/pgSQL app.refuse(), ligne 3 à RAISE
 *	在RAISE的第3行的PL/pgSQL函数app.refuse()
 *	PL/pgSQL 함수 "app.refuse()" 의 3번째 RAISE
 *
 * In all of them stands "PL/pgSQL" and the function with its parentheses, whose name is quoted unless it
 * is of [a-z0-9_]: there it begins, even where no blank stands before it.  Other lines quote code, and
 * that may quote rows: SQL statement "insert into t (x) ...", PL/pgSQL assignment "x := f(y)".
 */
#include "db/refusal.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "util/charset.h"

#define LANGUAGE "PL/pgSQL"

static bool is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

/* Where the identifier that ends before end begins; end: there is none. */
static const char *identifier_begin(const char *line, const char *end)
{
	const char *at = end;
	if (at == line || at[-1] != '"') {
		while (at > line && is_plain(at[-1]))
			at--;
		return at;
	}
	for (at--; at > line; at--) {
		if (at[-1] != '"')
			continue;
		if (at - 1 == line || at[-2] != '"')
			return at - 1;
		at--; /* a doubled one is part of the name */
	}
	return end;
}

/* With its schema, where it says one. */
static const char *name_begin(const char *line, const char *end)
{
	const char *begin = identifier_begin(line, end);
	if (begin == end || begin == line || begin[-1] != '.')
		return begin;
	const char *schema = identifier_begin(line, begin - 1);
	return schema == begin - 1 ? begin : schema;
}

/* Quotes code, or an assignment: only right before a name may there be a quotation mark. */
static bool quotes(const char *line, const char *name)
{
	if (name > line && name[-1] == '"')
		name--;
	for (const char *c = line; c < name; c++)
		if (*c == '"' || *c == '=' || strncmp(c, "«", strlen("«")) == 0 ||
			strncmp(c, "»", strlen("»")) == 0)
			return true;
	return false;
}

static bool line_function(const char *line, size_t len, const char **ret_name, size_t *ret_len)
{
	if (!memmem(line, len, LANGUAGE, strlen(LANGUAGE)))
		return false;
	for (const char *c = line; (c = memchr(c, '(', len - (size_t)(c - line))); c++) {
		const char *name = name_begin(line, c);
		if (name == c)
			continue;
		*ret_name = name;
		*ret_len = (size_t)(c - name);
		return !quotes(line, name);
	}
	return false;
}

static bool context_function(const char *context, const char **ret_name, size_t *ret_len)
{
	while (context && *context) {
		size_t len = strcspn(context, "\n");
		if (line_function(context, len, ret_name, ret_len))
			return true;
		context += len + (context[len] == '\n');
	}
	return false;
}

/* One line, UTF-8, and no half of a character where it is cut. */
static void copy_line(char ret_object[static REFUSAL_OBJECT_MAX], const char *name)
{
	struct strbuf utf8 CLEANUP(strbuf_free) = STRBUF(SIZE_MAX);
	(void)charset_to_utf8(charset_bound(), name, strlen(name), &utf8);
	const char *text = utf8.data;
	size_t len = strnlen(text, REFUSAL_OBJECT_MAX - 1);
	while (len > 0 && (text[len] & 0xc0) == 0x80)
		len--;
	memcpy(ret_object, text, len);
	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
			ret_object[i] = '?';
	}
	ret_object[len] = '\0';
}

struct refusal refusal_read(const PGresult *result)
{
	return (struct refusal){
		.constraint = PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME),
		.table = PQresultErrorField(result, PG_DIAG_TABLE_NAME),
		.column = PQresultErrorField(result, PG_DIAG_COLUMN_NAME),
		.type = PQresultErrorField(result, PG_DIAG_DATATYPE_NAME),
		.context = PQresultErrorField(result, PG_DIAG_CONTEXT),
	};
}

void refusal_object(const struct refusal *refusal, char ret_object[static REFUSAL_OBJECT_MAX])
{
	char text[4 * REFUSAL_OBJECT_MAX] = "";
	const char *function;
	size_t len;
	if (refusal->constraint)
		snprintf(text, sizeof(text), "constraint %s", refusal->constraint);
	else if (refusal->table && refusal->column)
		snprintf(text, sizeof(text), "column %s.%s", refusal->table, refusal->column);
	else if (refusal->type)
		snprintf(text, sizeof(text), "type %s", refusal->type);
	else if (context_function(refusal->context, &function, &len))
		snprintf(text, sizeof(text), "function %.*s()", (int)len, function);
	else if (refusal->table)
		snprintf(text, sizeof(text), "table %s", refusal->table);
	copy_line(ret_object, text);
}
