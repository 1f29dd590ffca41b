/* script: see the header. */
#include "ctl/migrate/script.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "util/mem.h"

static const char *skip_block_comment(const char *p)
{
	int depth = 1; /* they nest in PostgreSQL */
	for (p += 2; *p && depth > 0;) {
		if (p[0] == '/' && p[1] == '*') {
			depth++;
			p += 2;
		} else if (p[0] == '*' && p[1] == '/') {
			depth--;
			p += 2;
		} else {
			p++;
		}
	}
	return p;
}

/* p stands at the opening quote; a doubled one, and behind a backslash where escapes count, is text. */
static const char *skip_quoted(const char *p, bool has_escapes)
{
	char quote = *p++;
	while (*p) {
		if (has_escapes && p[0] == '\\' && p[1])
			p += 2;
		else if (p[0] == quote && p[1] == quote)
			p += 2;
		else if (*p++ == quote)
			break;
	}
	return p;
}

/* p stands at a '$': behind the closing tag if this opens a dollar quote, else behind the '$'. */
static const char *skip_dollar(const char *p)
{
	size_t len = 1;
	while (isalnum((unsigned char)p[len]) || p[len] == '_')
		len++;
	if (p[len] != '$' || isdigit((unsigned char)p[1]))
		return p + 1;
	len++;
	for (const char *end = p + len; *end; end++)
		if (strncmp(end, p, len) == 0)
			return end + len;
	return p + strlen(p);
}

static bool is_name_char(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '$' || (c & 0x80);
}

static const char *skip_name(const char *p)
{
	while (is_name_char(*p))
		p++;
	return p;
}

/* Behind whatever begins at p: a comment, a literal, a name, or one character. */
const char *script_skip_token(const char *p)
{
	if (p[0] == '-' && p[1] == '-')
		return p + strcspn(p, "\n");
	if (p[0] == '/' && p[1] == '*')
		return skip_block_comment(p);
	if ((p[0] == 'e' || p[0] == 'E') && p[1] == '\'')
		return skip_quoted(p + 1, true);
	if (*p == '\'' || *p == '"')
		return skip_quoted(p, false);
	if (*p == '$')
		return skip_dollar(p);
	if (is_name_char(*p))
		return skip_name(p);
	return p + 1;
}

const char *script_skip_blank(const char *p)
{
	for (;;) {
		if (isspace((unsigned char)*p))
			p++;
		else if ((p[0] == '-' && p[1] == '-') || (p[0] == '/' && p[1] == '*'))
			p = script_skip_token(p);
		else
			return p;
	}
}

bool script_take_word(const char **p, const char *word)
{
	const char *start = script_skip_blank(*p);
	size_t len = strlen(word);
	if (strncasecmp(start, word, len) != 0 || is_name_char(start[len]))
		return false;
	*p = start + len;
	return true;
}

/* The name of the index, if the statement at p builds one concurrently. */
static void read_concurrent_index(const char *p, char ret_name[static SCRIPT_NAME_MAX])
{
	ret_name[0] = '\0';
	if (!script_take_word(&p, "create"))
		return;
	(void)script_take_word(&p, "unique");
	if (!script_take_word(&p, "index") || !script_take_word(&p, "concurrently"))
		return;
	if (script_take_word(&p, "if"))
		(void)(script_take_word(&p, "not") && script_take_word(&p, "exists"));
	p = script_skip_blank(p);
	snprintf(ret_name, SCRIPT_NAME_MAX, "%.*s", (int)(skip_name(p) - p), p);
}

static void add_statement(struct script *script, const char *start, const char *end, int line)
{
	while (end > start && isspace((unsigned char)end[-1]))
		end--;
	script->statements = mem_realloc_array(
		script->statements, script->n + 1, sizeof(*script->statements));
	struct statement *statement = &script->statements[script->n++];
	*statement = (struct statement){
		.text = start, .len = (size_t)(end - start), .line = line
	};
	read_concurrent_index(start, statement->concurrent_index);
}

static int count_lines(const char *from, const char *to)
{
	int lines = 0;
	for (; from < to; from++)
		lines += *from == '\n';
	return lines;
}

void script_parse(const char *text, struct script *ret_script)
{
	*ret_script = (struct script){ .n = 0 };
	const char *counted = text;
	int line = 1;
	for (const char *p = script_skip_blank(text); *p; p = script_skip_blank(p)) {
		const char *start = p;
		while (*p && *p != ';')
			p = script_skip_token(p);
		line += count_lines(counted, start);
		counted = start;
		if (p > start)
			add_statement(ret_script, start, p, line);
		if (*p == ';')
			p++;
	}
}

void script_free(struct script *script)
{
	free(script->statements);
	*script = (struct script){ .n = 0 };
}

bool script_has_concurrent(const struct script *script)
{
	for (size_t i = 0; i < script->n; i++)
		if (script->statements[i].concurrent_index[0])
			return true;
	return false;
}
