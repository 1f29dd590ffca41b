/* recurctl task: tasks of one user. */
#include "ctl/cmd/verb.h"

enum {
	OPT_TITLE = 256,
	OPT_DESCRIPTION,
	OPT_PRIORITY,
	OPT_DUE,
	OPT_REMIND,
	OPT_RULE,
	OPT_TAG,
	OPT_OPEN,
	OPT_COMPLETE,
	OPT_OVERDUE,
	OPT_DUE_BEFORE,
	OPT_TEXT,
	OPT_TEMPLATE,
	OPT_SORT,
};

static const struct ctl_option options[] = {
	{ "title", OPT_TITLE, "TEXT", "update: another title" },
	{ "description", OPT_DESCRIPTION, "TEXT", "text beside the title; empty: none" },
	{ "priority", OPT_PRIORITY, "NAME", "low, medium, high or urgent" },
	{ "due", OPT_DUE, "INSTANT", "due date; empty: none" },
	{ "remind", OPT_REMIND, "INSTANT", "when to be reminded; empty: not at all" },
	{ "rule", OPT_RULE, "RULE", "comes back by this rule when completed; empty: no more" },
	{ "tag", OPT_TAG, "NAME", "a tag of the user's, or its id; may come again" },
	{ "open", OPT_OPEN, NULL, "list: not complete; update: open it again" },
	{ "complete", OPT_COMPLETE, NULL, "list: complete; update: complete it" },
	{ "overdue", OPT_OVERDUE, NULL, "list: open, and past its due date" },
	{ "due-before", OPT_DUE_BEFORE, "INSTANT", "list: due before that" },
	{ "text", OPT_TEXT, "TEXT", "list: with this in title or description" },
	{ "template", OPT_TEMPLATE, "ID", "list: made from this template" },
	{ "sort", OPT_SORT, "ORDER", "list: created or due" },
	VERB_OPTIONS,
};

static const struct verb_key keys[] = {
	{ OPT_TITLE, VERB_TEXT, "title", "update" },
	{ OPT_DESCRIPTION, VERB_TEXT, "description", "create update" },
	{ OPT_PRIORITY, VERB_TEXT, "priority", "create update list" },
	{ OPT_DUE, VERB_TEXT, "due_date", "create update" },
	{ OPT_REMIND, VERB_TEXT, "remind_at", "create update" },
	{ OPT_RULE, VERB_RULE, "recurrence_rule", "create update" },
	{ OPT_TAG, VERB_TAG, "tag", "create update list" },
	{ OPT_OPEN, VERB_FALSE, "is_complete", "update list" },
	{ OPT_COMPLETE, VERB_TRUE, "is_complete", "create update list" },
	{ OPT_OVERDUE, VERB_TRUE, "overdue", "list" },
	{ OPT_DUE_BEFORE, VERB_TEXT, "due_before", "list" },
	{ OPT_TEXT, VERB_TEXT, "text", "list" },
	{ OPT_TEMPLATE, VERB_TEXT, "recurring_task_id", "list" },
	{ OPT_SORT, VERB_TEXT, "sort", "list" },
	{ 0, VERB_TEXT, NULL, NULL },
};

static const struct verb verbs[] = {
	{ "create", "create", 1, 1, "a TITLE" },
	{ "list", "list", 0, 0, "no operand" },
	{ "show", "get", 1, 1, "the ID of a task" },
	{ "update", "update", 1, 1, "the ID of a task" },
	{ "complete", "complete", 1, 1, "the ID of a task" },
	{ "tags", "tags", 1, 101, "the ID of a task, and its tags" },
	{ "delete", "delete", 1, 1, "the ID of a task" },
	{ NULL, NULL, 0, 0, NULL },
};

static const struct column columns[] = {
	{ "id", "ID", COLUMN_ID },
	{ "title", "TITLE", 0 },
	{ "description", "DESCRIPTION", COLUMN_JSON_ONLY },
	{ "priority", "PRIORITY", 0 },
	{ "is_complete", "COMPLETE", 0 },
	{ "due_date", "DUE", 0 },
	{ "remind_at", "REMINDER", 0 },
	{ "recurrence_rule", "RULE", COLUMN_RAW | COLUMN_JSON_ONLY },
	{ "tags", "TAGS", COLUMN_RAW },
	{ "recurring_task_id", "TEMPLATE", COLUMN_ID | COLUMN_JSON_ONLY },
	{ "occurrence_at", "OCCURRENCE", COLUMN_JSON_ONLY },
	{ "repeat_of", "REPEATS", COLUMN_ID | COLUMN_JSON_ONLY },
	{ "completed_at", "COMPLETED", COLUMN_JSON_ONLY },
	{ "reminded_at", "REMINDED", COLUMN_JSON_ONLY },
	{ "created_at", "CREATED", COLUMN_JSON_ONLY },
	{ "updated_at", "UPDATED", COLUMN_JSON_ONLY },
	{ "etag", "ETAG", COLUMN_JSON_ONLY },
};

static const struct verb_object object = {
	.name = "task",
	.subject = "title",
	.due = "due_date",
	.verbs = verbs,
	.keys = keys,
	.columns = columns,
	.columns_n = ARRAY_LEN(columns),
};

static int run(struct ctl *ctl, int argc, char **argv)
{
	return verb_run(ctl, argc, argv, &object);
}

const struct ctl_command command_task = {
	.name = "task",
	.args = "create TITLE | list | show ID | update ID | complete ID | tags ID [TAG...] | "
		"delete ID",
	.help = "tasks of one user: make, change, find",
	.run = run,
	.options = options,
	.role = "recurd_web",
};
