/* recurctl template: templates of one user. */
#include "ctl/cmd/verb.h"

enum {
	OPT_TITLE = 256,
	OPT_DESCRIPTION,
	OPT_PRIORITY,
	OPT_RULE,
	OPT_DUE,
	OPT_TAG,
	OPT_ACTIVE,
	OPT_PAUSED,
	OPT_QUARANTINED,
	OPT_DUE_BEFORE,
	OPT_TEXT,
};

static const struct ctl_option options[] = {
	{ "title", OPT_TITLE, "TEXT", "update: another title" },
	{ "description", OPT_DESCRIPTION, "TEXT", "text beside the title; empty: none" },
	{ "priority", OPT_PRIORITY, "NAME", "low, medium, high or urgent" },
	{ "rule", OPT_RULE, "RULE", "create, update: when it is due" },
	{ "due", OPT_DUE, "INSTANT", "when it is due next (default: by the rule, from now on)" },
	{ "tag", OPT_TAG, "NAME", "a tag of the user's, or its id; may come again" },
	{ "active", OPT_ACTIVE, NULL, "list: not paused; update: go on" },
	{ "paused", OPT_PAUSED, NULL, "list: paused or ended; create, update: pause it" },
	{ "quarantined", OPT_QUARANTINED, NULL, "list: in quarantine" },
	{ "due-before", OPT_DUE_BEFORE, "INSTANT", "list: due before that" },
	{ "text", OPT_TEXT, "TEXT", "list: with this in title or description" },
	VERB_OPTIONS,
};

static const struct verb_key keys[] = {
	{ OPT_TITLE, VERB_TEXT, "title", "update" },
	{ OPT_DESCRIPTION, VERB_TEXT, "description", "create update" },
	{ OPT_PRIORITY, VERB_TEXT, "priority", "create update list" },
	{ OPT_RULE, VERB_RULE, "recurrence_rule", "create update" },
	{ OPT_DUE, VERB_TEXT, "next_due_at", "create update" },
	{ OPT_TAG, VERB_TAG, "tag", "create update list" },
	{ OPT_ACTIVE, VERB_TRUE, "is_active", "update list" },
	{ OPT_PAUSED, VERB_FALSE, "is_active", "create update list" },
	{ OPT_QUARANTINED, VERB_TRUE, "quarantined", "list" },
	{ OPT_DUE_BEFORE, VERB_TEXT, "due_before", "list" },
	{ OPT_TEXT, VERB_TEXT, "text", "list" },
	{ 0, VERB_TEXT, NULL, NULL },
};

static const struct verb verbs[] = {
	{ "create", "create", 1, 1, "a TITLE" },
	{ "list", "list", 0, 0, "no operand" },
	{ "show", "get", 1, 1, "the ID of a template" },
	{ "update", "update", 1, 1, "the ID of a template" },
	{ "tags", "update", 1, 101, "the ID of a template, and the tags of its tasks" },
	{ "history", "history", 1, 1, "the ID of a template" },
	{ "delete", "delete", 1, 1, "the ID of a template" },
	{ NULL, NULL, 0, 0, NULL },
};

static const struct column columns[] = {
	{ "id", "ID", COLUMN_ID },
	{ "state", "STATE", 0 },
	{ "title", "TITLE", 0 },
	{ "description", "DESCRIPTION", COLUMN_JSON_ONLY },
	{ "priority", "PRIORITY", 0 },
	{ "recurrence_rule", "RULE", COLUMN_RAW },
	{ "next_due_at", "NEXT DUE", 0 },
	{ "is_active", "ACTIVE", COLUMN_JSON_ONLY },
	{ "tags", "TAGS", COLUMN_RAW },
	{ "failure", "FAILURE", COLUMN_JSON_ONLY },
	{ "created_at", "CREATED", COLUMN_JSON_ONLY },
	{ "paused_at", "PAUSED", COLUMN_JSON_ONLY },
	{ "resumed_at", "RESUMED", COLUMN_JSON_ONLY },
	{ "ended_at", "ENDED", COLUMN_JSON_ONLY },
	{ "etag", "ETAG", COLUMN_JSON_ONLY },
};

static const struct verb_object object = {
	.name = "template",
	.subject = "title",
	.due = "next_due_at",
	.due_needed = true,
	.verbs = verbs,
	.keys = keys,
	.columns = columns,
	.columns_n = ARRAY_LEN(columns),
};

static int run(struct ctl *ctl, int argc, char **argv)
{
	return verb_run(ctl, argc, argv, &object);
}

const struct ctl_command command_template = {
	.name = "template",
	.args = "create TITLE | list | show ID | update ID | tags ID [TAG...] | "
		"history ID | delete ID",
	.help = "templates of one user: make, change, find",
	.run = run,
	.options = options,
	.role = "recurd_web",
};
