/* recurctl next --template: what comes of a template, by the state that it is in. */
#include <stdio.h>

#include "ctl/cmd/rule.h"
#include "ctl/table.h"
#include "ctl/template.h"
#include "db/rows.h"

/* The first of the columns of ctl_template.sql that an outlook is opened from. */
#define T_OUTLOOK 23
#define TEXT_MAX  (4 * RULE_BYTES_MAX)

void outlook_print(struct outlook *outlook, struct table *record, const char *name,
	const char *heading, int64_t n, const char *none)
{
	static const struct column columns[] = {
		{ "at", "AT", 0 },
		{ "local", "LOCAL TIME", 0 },
		{ "note", "NOTE", COLUMN_WHOLE },
	};
	static const char *const notes[] = {
		[ZONE_GAP] = "shifted: the clock skips this time",
		[ZONE_FOLD] = "the first of two: the clock shows this time twice",
	};
	struct table *table = record_nest(record, name, heading, columns, ARRAY_LEN(columns));
	struct occurrence next = { .at = 0 };
	struct err err;
	enum recur_status status = RECUR_FOUND;
	for (; outlook && n > 0; n--) {
		status = outlook_next(outlook, &next, &err);
		if (status != RECUR_FOUND)
			break;
		table_instant(table, next.at * USEC_PER_SEC);
		table_wall(table, zone_to_wall(outlook_zone(outlook), next.at));
		table_text(table, next.at != next.nominal ? "moved" : notes[next.fit]);
		table_end_row(table);
	}
	table_end(table, status == RECUR_FAILED ? err.text : none);
}

static void print(struct ctl *ctl, struct outlook *outlook, int64_t n)
{
	static const struct column columns[] = {
		{ "description", "meaning", COLUMN_WHOLE },
		{ "start", "start", 0 },
		{ "time_zone", "zone", 0 },
		{ "rule", "json", COLUMN_WHOLE | COLUMN_RAW },
		{ "rrule", "rrule", COLUMN_WHOLE },
	};
	struct strbuf text CLEANUP(strbuf_free) = STRBUF(TEXT_MAX);
	struct table *record = record_begin(stdout, ctl->json, columns, ARRAY_LEN(columns));
	rule_describe(outlook_rule(outlook), outlook_start(outlook), &text);
	table_text(record, text.data);
	table_wall(record, outlook_start(outlook));
	table_text(record, zone_name(outlook_zone(outlook)));
	strbuf_reset(&text);
	rule_to_json(outlook_rule(outlook), &text);
	table_json(record, text.data);
	strbuf_reset(&text);
	rule_to_rrule(outlook_rule(outlook), &text);
	table_text(record, text.data);
	table_end_row(record);
	outlook_print(outlook, record, "occurrences", "occurrences", n, "none");
	table_end(record, "");
}

int next_of_template(struct ctl *ctl, const char *id, int64_t n)
{
	struct outlook *outlook CLEANUP(outlook_cleanup) = NULL;
	struct params params CLEANUP(params_free);
	PGresult *result CLEANUP(ctl_clear) = NULL;
	struct plan_policy policy;
	struct err err;
	template_policy(ctl->conf, &policy);
	params_init(&params);
	params_text(&params, id);
	int code = ctl_query(ctl, QUERY_CTL_TEMPLATE, &params, &result);
	if (code != EX_OK)
		return code;
	if (PQntuples(result) == 0)
		return ctl_error(EX_DATAERR, "there is no template \"%s\"", id);
	if (!outlook_open_row(&policy, result, 0, T_OUTLOOK, &outlook, &err))
		return ctl_error(EX_DATAERR, "%s", err.text);
	print(ctl, outlook, n);
	return EX_OK;
}
