/* recipe_again: see the header. */
#include "ctl/migrate/recipe_again.h"

#include <string.h>

#include "ctl/migrate/recipe_items.h"
#include "util/mem.h"
#include "util/strbuf.h"

static char *replace_all(const char *text, size_t len, const char *from, const char *to)
{
	struct strbuf out CLEANUP(strbuf_free) = STRBUF(SIZE_MAX);
	const char *end = text + len;
	for (const char *hit; (hit = memmem(text, (size_t)(end - text), from, strlen(from)));) {
		strbuf_add(&out, text, (size_t)(hit - text));
		strbuf_add_text(&out, to);
		text = hit + strlen(from);
	}
	strbuf_add(&out, text, (size_t)(end - text));
	return strbuf_steal(&out);
}

char *again_repeatable(const struct statement *statement)
{
	return replace_all(
		statement->text, statement->len, "create function ", "create or replace function ");
}

bool again_says(const struct statement *statement, const char *words, const char *name)
{
	char *text CLEANUP(mem_cleanup) = mem_printf("%s %s", words, name);
	size_t len = strlen(text);
	const char *end = statement->text + statement->len;
	for (const char *at = statement->text; (at = memmem(at, (size_t)(end - at), text, len));
		at += len) {
		unsigned char next = at + len < end ? (unsigned char)at[len] : '\0';
		if (next != '_' && next != '.' && !(next >= 'a' && next <= 'z') &&
			!(next >= '0' && next <= '9'))
			return true;
	}
	return false;
}

static bool makes(const struct statement *statement, const char *word, const char *name)
{
	const char *p = statement->text;
	return (script_take_word(&p, "create") || script_take_word(&p, "do")) &&
	       again_says(statement, word, name) &&
	       !(strcmp(word, "function") == 0 && again_says(statement, "execute function", name));
}

char *again_latest(const struct migration_set *set, const struct migration *behind, int level,
	const char *word, const char *name)
{
	for (size_t i = set->n; i > 0; i--) {
		const struct migration *step = &set->steps[i - 1];
		struct script script CLEANUP(script_free) = { .n = 0 };
		if (step->number > level || step->number <= behind->number)
			continue;
		script_parse(step->up, &script);
		for (size_t k = script.n; k > 0; k--)
			if (makes(&script.statements[k - 1], word, name))
				return again_repeatable(&script.statements[k - 1]);
	}
	return NULL;
}

static bool is_behind(const char *text, const char *at, const char *word)
{
	size_t len = strlen(word);
	return (size_t)(at - text) >= len && memcmp(at - len, word, len) == 0;
}

bool again_next_function(
	const char **p, const struct statement *statement, char ret_name[static THING_NAME_MAX])
{
	static const char word[] = "function ";
	const char *end = statement->text + statement->len;
	const char *at;
	while ((at = memmem(*p, (size_t)(end - *p), word, strlen(word)))) {
		*p = at + strlen(word);
		if (!is_behind(statement->text, at, "create ") &&
			!is_behind(statement->text, at, "or replace "))
			continue;
		item_name(p, ret_name);
		return true;
	}
	return false;
}
