/* recurctl calendar list, show. */
#include <string.h>

#include "ctl/cmd/calendar.h"
#include "ctl/settings.h"
#include "ctl/table.h"
#include "db/rows.h"
#include "recur/calendars.h"
#include "util/nearest.h"
#include "util/timefmt.h"

#define DAY_SECS 86400

enum { NAME, WEEKEND, HOLIDAYS, RECURRING, WORKING, UPDATED };

static const struct column columns[] = {
	{ "name", "NAME", COLUMN_ID },
	{ "weekend", "WEEKEND", COLUMN_WHOLE },
	{ "holidays", "HOLIDAYS", COLUMN_RIGHT },
	{ "recurring", "RECURRING", COLUMN_RIGHT },
	{ "working_days", "WORKING DAYS", COLUMN_RIGHT },
	{ "updated_at", "CHANGED", 0 },
	{ "problem", "PROBLEM", COLUMN_WHOLE },
};

/* "6,7": "sat, sun" */
static void put_weekend(struct table *table, const char *days)
{
	static const char *const names[] = { "mon", "tue", "wed", "thu", "fri", "sat", "sun" };
	struct strbuf text CLEANUP(strbuf_free) = STRBUF(256);
	for (const char *c = days; *c; c++)
		if (*c >= '1' && *c <= '7' && (c == days || c[-1] == ','))
			strbuf_addf(&text, "%s%s", text.len > 0 ? "," : "", names[*c - '1']);
	table_text(table, text.len > 0 ? text.data : "none");
}

/* NULL: it is fine, or not known. */
static const char *problem_of(const struct settings *settings, const char *name, struct err *err)
{
	const struct workdays *workdays;
	return calendars_find(settings->calendars, name, &workdays, err) ? NULL : err->text;
}

/* Returns whether there is a problem. */
static bool put_row(
	struct table *table, const struct settings *settings, const PGresult *result, int row)
{
	struct err err;
	const char *problem = problem_of(settings, row_text(result, row, NAME), &err);
	table_cell(table, result, row, NAME);
	put_weekend(table, row_text(result, row, WEEKEND));
	for (int column = HOLIDAYS; column <= UPDATED; column++)
		table_cell(table, result, row, column);
	table_text(table, problem);
	table_end_row(table);
	return problem;
}

static int ask(struct ctl *ctl, enum query_id id, const char *name, PGresult **ret_result)
{
	struct params params CLEANUP(params_free);
	params_init(&params);
	params_text(&params, name);
	return ctl_query(ctl, id, &params, ret_result);
}

int calendar_list(struct ctl *ctl)
{
	PGresult *result CLEANUP(ctl_clear) = NULL;
	struct settings *settings CLEANUP(settings_cleanup) = NULL;
	bool problem = false;
	int code = settings_load(ctl, &settings);
	if (code == EX_OK)
		code = ask(ctl, QUERY_CTL_CALENDARS, NULL, &result);
	if (code != EX_OK)
		return code;
	struct table *table = table_begin(stdout, ctl->json, columns, ARRAY_LEN(columns));
	for (int row = 0; row < PQntuples(result); row++)
		problem |= put_row(table, settings, result, row);
	table_end(table, "there is no calendar");
	return problem ? CTL_FOUND : EX_OK;
}

int calendar_unknown(struct ctl *ctl, const char *name)
{
	PGresult *result CLEANUP(ctl_clear) = NULL;
	struct nearest nearest = NEAREST(name);
	if (ask(ctl, QUERY_CTL_CALENDARS, NULL, &result) != EX_OK)
		return EX_UNAVAILABLE;
	for (int row = 0; row < PQntuples(result); row++)
		nearest_offer(&nearest, row_text(result, row, NAME));
	return ctl_error(EX_DATAERR,
		"there is no calendar \"%s\"%s; recurctl calendar create %s makes one", name,
		nearest_hint(&nearest), name);
}

int calendar_bad_name(const char *name)
{
	return ctl_error(EX_DATAERR,
		"calendar \"%.100s\": a name has 1 to %d letters, digits, dots, hyphens and "
		"underscores, and begins with a letter or a digit",
		name, WORKDAYS_NAME_MAX);
}

/* ---- one of them ---- */

static void put_days(struct table *record, const PGresult *days)
{
	static const struct column day_columns[] = {
		{ "day", "DAY", 0 },
		{ "days", "DAYS", COLUMN_RIGHT },
		{ "name", "NAME", COLUMN_WHOLE },
		{ "rule", "RULE", 0 },
		{ "working", "WORKING", 0 },
		{ "imported", "IMPORTED", 0 },
	};
	struct table *table = record_nest(
		record, "days", "days", day_columns, ARRAY_LEN(day_columns));
	table_rows(table, days);
	table_end(table, "none");
}

/* Each day of the year that differs from its weekend, with all that makes it so. */
static void put_year(struct table *record, const struct workdays *workdays, int year)
{
	static const struct column day_columns[] = {
		{ "day", "DAY", 0 },
		{ "working", "WORKING", 0 },
		{ "name", "NAME", COLUMN_WHOLE },
	};
	struct table *table = record_nest(
		record, "days", "days", day_columns, ARRAY_LEN(day_columns));
	for (int64_t day = days_from_civil(year, 1, 1); day <= days_from_civil(year, 12, 31);
		day++) {
		const struct workdays_day *why;
		char text[INSTANT_TEXT_MAX];
		wall_format(day * DAY_SECS, text);
		*strchr(text, 'T') = '\0';
		for (size_t n = 0; (why = workdays_why(workdays, day, n)); n++) {
			table_text(table, text);
			table_bool(table, why->working);
			table_text(table, why->name);
			table_end_row(table);
		}
	}
	table_end(table, "none");
}

int calendar_show(struct ctl *ctl, const char *name, const struct calendar_options *options)
{
	PGresult *result CLEANUP(ctl_clear) = NULL, *days CLEANUP(ctl_clear) = NULL;
	struct settings *settings CLEANUP(settings_cleanup) = NULL;
	const struct workdays *workdays = NULL;
	struct err err;
	int code = settings_load(ctl, &settings);
	if (code == EX_OK)
		code = ask(ctl, QUERY_CTL_CALENDARS, name, &result);
	if (code == EX_OK)
		code = ask(ctl, QUERY_CTL_CALENDAR_DAYS, name, &days);
	if (code != EX_OK)
		return code;
	if (PQntuples(result) == 0)
		return calendar_unknown(ctl, name);
	bool fine = calendars_find(settings->calendars, name, &workdays, &err);
	if (options->year > 0 && !fine)
		return ctl_error(EX_DATAERR, "%s", err.text);
	struct table *record = record_begin(stdout, ctl->json, columns, ARRAY_LEN(columns));
	(void)put_row(record, settings, result, 0);
	if (options->year > 0)
		put_year(record, workdays, (int)options->year);
	else
		put_days(record, days);
	table_end(record, "");
	return fine ? EX_OK : CTL_FOUND;
}
