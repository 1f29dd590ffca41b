/* verb: what the commands task, template and tag share.
 *
 * `recurctl task create --user U ...` is a call of recurd.api_task_create: options become keys of its body, its
 * answer is printed.  Who may see and change what is decided there (recurd-schema(7)); here a rule is read, which
 * SQL cannot, and tags are named by their names.
 *
 * An object is tables: its verbs, its options, its columns.
 */
#pragma once

#include <jansson.h>

#include "ctl/cmd/rule.h"
#include "ctl/ctl.h"
#include "ctl/table.h"

enum verb_kind {
	VERB_TEXT, /* as it stands; empty: null, which clears */
	VERB_TRUE, /* an option without a value */
	VERB_FALSE,
	VERB_TAG, /* of a user's, by name or id */
	VERB_RULE, /* as people type it */
};

struct verb_key {
	int letter;
	enum verb_kind kind;
	const char *key; /* of the body, or of the filter */
	const char *verbs; /* that take it: "create update" */
};

struct verb {
	const char *name;
	const char *function; /* its end: "get" of recurd.api_task_get */
	int operands_min, operands_max; /* ids, a title, tags */
	const char *operands; /* in words */
};

struct verb_object {
	const char *name; /* "task" */
	const char *subject; /* the key that create has as its operand: "title" */
	const char *due; /* the key of its due date; NULL: none */
	bool due_needed; /* the first occurrence of its rule is taken where none was given */
	const struct verb *verbs; /* both ended by a NULL name, or key */
	const struct verb_key *keys;
	const struct column *columns;
	size_t columns_n;
};

/* Letters of options that all objects have, beside their own; above what an object numbers its own by. */
enum { VERB_USER = 600, VERB_CURSOR, VERB_KEY, VERB_IF_MATCH, VERB_DRY_RUN };
#define VERB_OPTIONS                                                                               \
	{ "user", VERB_USER, "ID", "whose (always needed)" },                                      \
		{ "number", 'n', "N", "list: at most so many, 0: all (default: 100)" },            \
		{ "cursor", VERB_CURSOR, "TEXT", "list: go on where a list ended" },               \
		{ "key", VERB_KEY, "TEXT", "create: the same key again makes no second" },         \
		{ "if-match", VERB_IF_MATCH, "ETAG", "change it only if this is still its etag" }, \
		{ "dry-run", VERB_DRY_RUN, NULL, "show what would come of it" },                   \
	{                                                                                          \
		NULL, 0, NULL, NULL                                                                \
	}

struct request {
	struct ctl *ctl;
	const struct verb_object *object;
	const struct verb *verb;
	const char *user, *id, *cursor, *key, *if_match;
	const char *rule; /* as it was typed; NULL: none was */
	int64_t number;
	bool dry_run;
	json_t *body; /* of the call */
	json_t *tags; /* as they were named; NULL: none were */
};

int verb_run(struct ctl *ctl, int argc, char **argv, const struct verb_object *object);

/* ---- verb_call.c: asking ---- */

/* function: "task_get".  Exit code; an answer of 400 and above has been told.  body may be NULL. */
int verb_call(const struct request *request, const char *function, const json_t *body,
	const char *extra, json_t **ret_answer) NODISCARD;
/* Ids of tags that were named by name or by id.  Exit code. */
int verb_find_tags(const struct request *request, json_t **ret_ids) NODISCARD;
void verb_drop(json_t **json); /* for CLEANUP */

/* ---- verb_rule.c: rules ---- */

/* Reads the rule that was typed, and puts it into the body, with its first occurrence as `due` where that is
 * needed and not given.  Exit code. */
int verb_take_rule(struct request *request) NODISCARD;
/* What comes of the row of an answer, which has a rule, as a listing of its record. */
void verb_print_next(const struct request *request, const json_t *row, struct table *record);
