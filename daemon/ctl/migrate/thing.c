/* What a line of a verify file is about; see recipe.h. */
#include <stdio.h>
#include <string.h>

#include "ctl/migrate/recipe.h"

/* Up to the character; ret_name without quotes.  *text moves behind what was taken. */
static void take_name(const char **text, char until, char ret_name[static THING_NAME_MAX])
{
	size_t len = 0;
	const char *p = *text;
	for (bool quoted = false; *p && (quoted || *p != until); p++) {
		if (*p == '"')
			quoted = !quoted;
		else if (len < THING_NAME_MAX - 1)
			ret_name[len++] = *p;
	}
	ret_name[len] = '\0';
	*text = p;
}

static bool starts(const char *text, const char *word)
{
	return strncmp(text, word, strlen(word)) == 0;
}

static bool skip(const char **text, const char *word)
{
	if (!starts(*text, word))
		return false;
	*text += strlen(word);
	return true;
}

/* "TABLE.COLUMN is missing": the last dot parts them. */
static void read_column(const char *text, struct thing *thing)
{
	take_name(&text, ' ', thing->table);
	char *dot = strrchr(thing->table, '.');
	if (!dot)
		return;
	snprintf(thing->name, sizeof(thing->name), "%s", dot + 1);
	*dot = '\0';
	thing->kind = starts(text, " is missing")        ? THING_COLUMN
		      : starts(text, " has no default")  ? THING_DEFAULT
		      : starts(text, " may be null")     ? THING_NOT_NULL
		      : starts(text, " has no sequence") ? THING_GRANT
		      : starts(text, " is not null")     ? THING_NULLABLE
							 : THING_NONE;
}

/* "NAME on TABLE is missing" */
static void read_part(const char *text, enum thing_kind kind, struct thing *thing)
{
	take_name(&text, ' ', thing->name);
	if (!skip(&text, " on "))
		return;
	take_name(&text, ' ', thing->table);
	thing->differs = !starts(text, " is missing");
	thing->kind = kind;
}

static void read_function(const char *text, struct thing *thing)
{
	thing->kind = strstr(text, " may be executed by everybody") ? THING_GRANT : THING_FUNCTION;
	take_name(&text, '(', thing->name);
}

static void read_text(const char *text, struct thing *thing)
{
	if (skip(&text, "column ")) {
		read_column(text, thing);
	} else if (skip(&text, "index ")) {
		read_part(text, THING_INDEX, thing);
	} else if (skip(&text, "constraint ")) {
		read_part(text, THING_CONSTRAINT, thing);
	} else if (skip(&text, "trigger ")) {
		read_part(text, THING_TRIGGER, thing);
	} else if (skip(&text, "function ")) {
		read_function(text, thing);
	} else if (starts(text, "functions ")) {
		thing->kind = THING_PATHS;
	} else if (skip(&text, "table ") || skip(&text, "view ")) {
		thing->kind = text[-2] == 'w' ? THING_VIEW : THING_TABLE;
		take_name(&text, ' ', thing->name);
		if (starts(text, " has no row"))
			thing->kind = THING_ROW;
	} else if (starts(text, "role ") || starts(text, "sequence ") ||
		   starts(text, "everybody ")) {
		thing->kind = THING_GRANT;
	}
}

void thing_read(const struct line *line, struct thing *ret_thing)
{
	char text[4 * THING_NAME_MAX];
	struct thing thing = { .kind = THING_NONE };
	snprintf(text, sizeof(text), "%.*s", (int)line->len, line->text);
	read_text(text, &thing);
	*ret_thing = thing;
}
