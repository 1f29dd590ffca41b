/* script: SQL text taken apart into statements.
 *
 * Knows comments, strings, quoted names and dollar quotes, so that a semicolon inside them ends
 * nothing.  Does not know psql's \commands and SQL bodies between BEGIN ATOMIC and END.
 */
#pragma once

#include <stdbool.h>

#include "util/macros.h"

#define SCRIPT_NAME_MAX 64 /* PostgreSQL's names have at most 63 bytes */

struct statement {
	const char *text; /* into the script; without the semicolon */
	size_t len;
	int line; /* of its first word, from 1 */
	/* CREATE INDEX CONCURRENTLY, which runs in no transaction: the index's name; else "". */
	char concurrent_index[SCRIPT_NAME_MAX];
};

struct script {
	struct statement *statements;
	size_t n;
};

void script_parse(const char *text, struct script *ret_script);
void script_free(struct script *script);
/* Has a statement that runs in no transaction. */
bool script_has_concurrent(const struct script *script);

/* For those who look into a statement.  Behind whatever begins at p: a comment, a literal, a quoted or plain
 * name, or one character. */
const char *script_skip_token(const char *p);
/* Behind blanks and comments. */
const char *script_skip_blank(const char *p);
/* The next word is this one, in any case: *p moves behind it; else it stays. */
bool script_take_word(const char **p, const char *word);
