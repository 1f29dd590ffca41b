/* recipe_again: what a step made and a later one made anew. */
#pragma once

#include <stdbool.h>

#include "ctl/migrate/migration.h"
#include "ctl/migrate/recipe.h"
#include "ctl/migrate/script.h"

/* Does it say these words, and this name as a whole? */
bool again_says(const struct statement *statement, const char *words, const char *name);
/* In a DO block, and outside of it: what has been made is made anew.  Free it. */
char *again_repeatable(const struct statement *statement);
/* The statement of a step behind this one, up to the level, that makes it anew, repeatable; word: "function", "view".
 * NULL: none does.  Free it. */
char *again_latest(const struct migration_set *set, const struct migration *behind, int level,
	const char *word, const char *name);
/* *p: from the statement's text on, moves behind the name; false: it makes no further function. */
bool again_next_function(
	const char **p, const struct statement *statement, char ret_name[static THING_NAME_MAX]);
