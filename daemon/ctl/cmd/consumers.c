/* recurctl consumers: who says how far he is with recurd.notifications, so that nothing is deleted before. */
#include "ctl/cmd/consumers.h"

#include <inttypes.h>
#include <stdio.h>

#include "ctl/table.h"
#include "db/rows.h"
#include "util/duration.h"
#include "util/text.h"

enum { OPT_FORGET = 256 };

static const struct ctl_option options[] = {
	{ "forget", OPT_FORGET, "NAME", "forget this one: it keeps nothing any more" },
	{ NULL, 0, NULL, NULL },
};

/* What he has not done is kept for him, however old it gets. */
static void tell_behind(const PGresult *consumers, int row, struct strbuf *text)
{
	const char *name = row_text(consumers, row, CONSUMERS_NAME);
	strbuf_addf(text, "%sconsumer %s is ", text->len > 0 ? "; " : "", name);
	duration_tell(row_int8(consumers, row, CONSUMERS_LAG), text);
	strbuf_addf(text,
		" behind with %" PRId64 " notifications, which are kept for it; if it is no more: "
		"recurctl consumers --forget ",
		row_int8(consumers, row, CONSUMERS_BEHIND));
	text_add_word(text, name);
}

void consumers_tell_behind(const PGresult *consumers, usec_t limit, struct strbuf *text)
{
	for (int row = 0; consumers && row < PQntuples(consumers); row++)
		if (!row_is_null(consumers, row, CONSUMERS_LAG) &&
			row_int8(consumers, row, CONSUMERS_LAG) > limit)
			tell_behind(consumers, row, text);
}

static int list(struct ctl *ctl)
{
	static const struct column columns[] = {
		{ "name", "NAME", COLUMN_ID },
		{ "done_through", "DONE THROUGH", COLUMN_RIGHT },
		{ "behind", "NOT DONE", COLUMN_RIGHT },
		{ "oldest_at", "OLDEST", COLUMN_JSON_ONLY },
		{ "lag_seconds", "BEHIND BY", COLUMN_RIGHT | COLUMN_SPAN },
		{ "since", "SINCE", 0 },
		{ "seen_at", "SEEN", 0 },
		{ "behind_capped", "", COLUMN_JSON_ONLY },
	};
	PGresult *result CLEANUP(ctl_clear) = NULL;
	int code = ctl_begin_bounded(ctl);
	if (code == EX_OK)
		code = ctl_query(ctl, QUERY_CTL_CONSUMERS, NULL, &result);
	if (code != EX_OK)
		return code;
	struct table *table = table_begin(stdout, ctl->json, columns, ARRAY_LEN(columns));
	for (int row = 0; row < PQntuples(result); row++) {
		for (int column = 0; column < PQnfields(result); column++)
			if (column == CONSUMERS_BEHIND)
				table_count(table, row_int8(result, row, column),
					row_bool(result, row, CONSUMERS_MORE));
			else
				table_cell(table, result, row, column);
		table_end_row(table);
	}
	table_end(table, "no consumer is registered: notifications are deleted by their age alone");
	return EX_OK;
}

static int forget(struct ctl *ctl, const char *name)
{
	static const struct column columns[] = {
		{ "name", "NAME", COLUMN_ID },
		{ "done_through", "DONE THROUGH", COLUMN_RIGHT },
	};
	PGresult *result CLEANUP(ctl_clear) = NULL;
	int code = ctl_query_id(ctl, QUERY_CTL_CONSUMERS_FORGET, name, &result);
	if (code != EX_OK)
		return code;
	if (PQntuples(result) == 0)
		return ctl_error(EX_DATAERR, "there is no consumer \"%s\"", name);
	struct table *table = table_begin(stdout, ctl->json, columns, ARRAY_LEN(columns));
	table_rows(table, result);
	table_end(table, NULL);
	return EX_OK;
}

static int run(struct ctl *ctl, int argc, char **argv)
{
	const char *name = NULL;
	while (ctl_getopt(ctl, argc, argv) != -1)
		name = optarg;
	if (optind < argc)
		return ctl_usage(ctl, "consumers takes no argument");
	return name ? forget(ctl, name) : list(ctl);
}

/* To forget one is the owner's, or whoever may delete from recurd.consumers. */
const struct ctl_command command_consumers = {
	.name = "consumers",
	.args = "",
	.help = "who says how far he is with the notifications",
	.run = run,
	.options = options,
	.role = NULL,
};
