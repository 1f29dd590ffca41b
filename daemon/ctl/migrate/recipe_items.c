/* recipe_items: see the header. */
#include "ctl/migrate/recipe_items.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/migrate/script.h"
#include "util/macros.h"
#include "util/mem.h"

void item_name(const char **p, char ret_name[static THING_NAME_MAX])
{
	size_t len = 0;
	for (bool more = true; more;) {
		const char *end = script_skip_token(*p);
		more = *end == '.';
		end += more;
		for (; *p < end; (*p)++)
			if (**p != '"' && len < THING_NAME_MAX - 1)
				ret_name[len++] = **p;
	}
	ret_name[len] = '\0';
}

/* Behind the next token at *p, with depth of parentheses kept; *ret_last: the end of what is no comment. */
static const char *step_over(const char *p, int *depth, const char **ret_last)
{
	const char *start = script_skip_blank(p);
	if (start > p)
		return start;
	*depth += (*p == '(') - (*p == ')');
	p = script_skip_token(p);
	if (ret_last)
		*ret_last = p;
	return p;
}

/* p: behind ALTER COLUMN; of what may stand there a default that is set is of interest. */
static void classify_alteration(struct item *item, const char *p)
{
	const char *start = p = script_skip_blank(p);
	item->kind = ITEM_OTHER;
	item_name(&p, item->name);
	item->name_len = (size_t)(p - start);
	if (!script_take_word(&p, "set") || !script_take_word(&p, "default"))
		return;
	item->kind = ITEM_DEFAULT;
	item->len -= (size_t)(start - item->text);
	item->text = start;
}

/* text: at the item's first word. */
static void classify(struct item *item)
{
	const char *p = item->text;
	item->kind = ITEM_COLUMN;
	if (script_take_word(&p, "add")) {
		const char *word = p = script_skip_blank(p);
		if (script_take_word(&p, "column")) {
			if (script_take_word(&p, "if"))
				(void)(script_take_word(&p, "not") &&
					script_take_word(&p, "exists"));
			word = p = script_skip_blank(p);
		}
		item->len -= (size_t)(word - item->text);
		item->text = p = word;
	} else if (script_take_word(&p, "validate")) {
		item->kind = ITEM_VALIDATION;
	} else if (script_take_word(&p, "drop")) {
		item->kind = script_take_word(&p, "column") ? ITEM_DROPPED : ITEM_OTHER;
		if (script_take_word(&p, "if"))
			(void)script_take_word(&p, "exists");
		p = script_skip_blank(p);
	} else if (script_take_word(&p, "alter")) {
		(void)script_take_word(&p, "column");
		classify_alteration(item, p);
		return;
	}
	if (item->kind == ITEM_OTHER)
		return;
	if (script_take_word(&p, "constraint")) {
		p = script_skip_blank(p);
		if (item->kind != ITEM_VALIDATION)
			item->kind = ITEM_CONSTRAINT;
	}
	const char *name = p;
	item_name(&p, item->name);
	item->name_len = (size_t)(p - name);
}

bool item_next(const char **p, const char *end, struct item *ret_item)
{
	struct item item = { .kind = ITEM_OTHER };
	int depth = 0;
	const char *at = script_skip_blank(*p), *last = at;
	if (at >= end || *at == ')')
		return false;
	item.text = at;
	while (at < end && (depth > 0 || (*at != ',' && *at != ')')))
		at = step_over(at, &depth, &last);
	item.len = (size_t)(last - item.text);
	classify(&item);
	*p = at + (at < end && *at == ',');
	*ret_item = item;
	return true;
}

/* Behind the word, where it stands outside of parentheses before end; NULL: it does not. */
static const char *find_word(const char *p, const char *end, const char *word, const char **ret_at)
{
	for (int depth = 0; p < end;) {
		const char *at = p;
		if (depth == 0 && script_take_word(&p, word)) {
			*ret_at = script_skip_blank(at);
			return p <= end ? p : NULL;
		}
		p = step_over(at, &depth, NULL);
	}
	return NULL;
}

static char *trimmed(const char *start, const char *end)
{
	int depth = 0;
	const char *last = start;
	for (const char *p = start; p < end;)
		p = step_over(p, &depth, &last);
	return mem_strndup(start, (size_t)((last < end ? last : end) - start));
}

/* NOT VALID is said by whoever adds it. */
static void cut_not_valid(char *body)
{
	static const char words[] = " not valid";
	size_t len = strlen(body);
	if (len > sizeof(words) - 1 && strcmp(body + len - (sizeof(words) - 1), words) == 0)
		body[len - (sizeof(words) - 1)] = '\0';
}

static void read_body(
	const struct item *item, const char *body, const char *end, struct item_constraint *out)
{
	const char *p = body;
	char *column CLEANUP(mem_cleanup) = item->kind == ITEM_COLUMN
						    ? mem_strndup(item->text, item->name_len)
						    : NULL;
	out->is_primary = script_take_word(&p, "primary") && script_take_word(&p, "key");
	if (out->is_primary || script_take_word(&p, "unique"))
		out->columns = column ? mem_printf("(%s)", column)
				      : trimmed(script_skip_blank(p), end);
	char *text CLEANUP(mem_cleanup) = trimmed(body, end);
	p = body;
	out->body = column && script_take_word(&p, "references")
			    ? mem_printf("foreign key (%s) %s", column, text)
			    : mem_strdup(text);
	cut_not_valid(out->body);
}

bool item_constraint_next(
	const struct item *item, const char **p, struct item_constraint *ret_constraint)
{
	struct item_constraint out = { .is_primary = false };
	const char *end = item->text + item->len, *at;
	const char *name = find_word(*p, end, "constraint", &at);
	if (!name)
		return false;
	name = script_skip_blank(name);
	item_name(&name, out.name);
	const char *body = script_skip_blank(name);
	*p = find_word(body, end, "constraint", &at) ? at : end;
	read_body(item, body, *p, &out);
	*ret_constraint = out;
	return true;
}

void item_constraint_free(struct item_constraint *constraint)
{
	free(constraint->body);
	free(constraint->columns);
	*constraint = (struct item_constraint){ .is_primary = false };
}

char *item_default(const struct item *item)
{
	static const char *const next[] = { "constraint", "not", "null", "primary", "unique",
		"check", "references", "generated" };
	const char *end = item->text + item->len, *at;
	const char *start = find_word(item->text, end, "default", &at);
	/* GENERATED BY DEFAULT AS IDENTITY is no expression. */
	const char *p = start;
	if (!start || script_take_word(&p, "as"))
		return NULL;
	start = script_skip_blank(start);
	for (size_t i = 0; i < ARRAY_LEN(next); i++)
		if (find_word(start, end, next[i], &at))
			end = at;
	return trimmed(start, end);
}

bool item_not_null(const struct item *item)
{
	const char *end = item->text + item->len, *at, *p = item->text;
	while ((p = find_word(p, end, "not", &at)))
		if (script_take_word(&p, "null"))
			return true;
	return false;
}
