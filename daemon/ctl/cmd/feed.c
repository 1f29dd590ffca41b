/* recurctl feed: addresses at which calendar programs find one user's tasks. */
#include "ctl/cmd/verb.h"

enum { OPT_NAME = 256, OPT_TAG };

static const struct ctl_option options[] = {
	{ "name", OPT_NAME, "TEXT", "create: as calendar programs show it" },
	{ "tag", OPT_TAG, "ID", "create: only what has this tag" },
	VERB_OPTIONS,
};

static const struct verb_key keys[] = {
	{ OPT_NAME, VERB_TEXT, "name", "create" },
	{ OPT_TAG, VERB_TEXT, "tag_id", "create" },
	{ 0, VERB_TEXT, NULL, NULL },
};

static const struct verb verbs[] = {
	{ "create", "create", 0, 0, "no operand" },
	{ "list", "list", 0, 0, "no operand" },
	{ "revoke", "revoke", 1, 1, "the ID of a feed" },
	{ NULL, NULL, 0, 0, NULL },
};

static const struct column columns[] = {
	{ "id", "ID", COLUMN_ID },
	{ "name", "NAME", 0 },
	{ "tag_id", "TAG", COLUMN_ID },
	{ "created_at", "CREATED", 0 },
	{ "fetched_at", "FETCHED", 0 },
	{ "path", "PATH", COLUMN_JSON_ONLY },
};

static const struct verb_object object = {
	.name = "feed",
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

const struct ctl_command command_feed = {
	.name = "feed",
	.args = "create | list | revoke ID",
	.help = "calendars of one user at an address of their own: make, find, revoke",
	.run = run,
	.options = options,
	.role = "recurd_web",
};
