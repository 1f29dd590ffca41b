/* recurctl tag: tags of one user. */
#include "ctl/cmd/verb.h"

enum { OPT_NAME = 256, OPT_COLOR };

static const struct ctl_option options[] = {
	{ "name", OPT_NAME, "TEXT", "update: another name" },
	{ "color", OPT_COLOR, "COLOR", "such as #007bff" },
	VERB_OPTIONS,
};

static const struct verb_key keys[] = {
	{ OPT_NAME, VERB_TEXT, "name", "update" },
	{ OPT_COLOR, VERB_TEXT, "color", "create update" },
	{ 0, VERB_TEXT, NULL, NULL },
};

static const struct verb verbs[] = {
	{ "create", "create", 1, 1, "a NAME" },
	{ "list", "list", 0, 0, "no operand" },
	{ "show", "get", 1, 1, "the ID of a tag" },
	{ "update", "update", 1, 1, "the ID of a tag" },
	{ "delete", "delete", 1, 1, "the ID of a tag" },
	{ NULL, NULL, 0, 0, NULL },
};

static const struct column columns[] = {
	{ "id", "ID", COLUMN_ID },
	{ "name", "NAME", 0 },
	{ "color", "COLOR", 0 },
	{ "etag", "ETAG", COLUMN_JSON_ONLY },
};

static const struct verb_object object = {
	.name = "tag",
	.subject = "name",
	.verbs = verbs,
	.keys = keys,
	.columns = columns,
	.columns_n = ARRAY_LEN(columns),
};

static int run(struct ctl *ctl, int argc, char **argv)
{
	return verb_run(ctl, argc, argv, &object);
}

const struct ctl_command command_tag = {
	.name = "tag",
	.args = "create NAME | list | show ID | update ID | delete ID",
	.help = "tags of one user: make, change, find",
	.run = run,
	.options = options,
	.role = "recurd_web",
};
