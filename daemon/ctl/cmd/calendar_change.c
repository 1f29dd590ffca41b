/* recurctl calendar create, weekend, delete, import, add, remove.  What goes by a calendar is planned anew by the
 * database, in the same transaction. */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ctl/cmd/calendar.h"
#include "ctl/convert/calendar.h"
#include "ctl/convert/holidays.h"
#include "ctl/slurp.h"
#include "ctl/table.h"
#include "db/rows.h"
#include "recur/calendars.h"
#include "util/mem.h"
#include "util/timefmt.h"

#define DAY_SECS 86400

/* ---- transactions ---- */

/* Somebody else's row lock must not hold us up without a word. */
static int begin(struct ctl *ctl)
{
	return ctl_exec(ctl, "begin; set local lock_timeout = '5s'");
}

/* *ret_n: how many rows it returned. */
static int ask(struct ctl *ctl, enum query_id id, const struct params *params, int *ret_n)
{
	PGresult *result CLEANUP(ctl_clear) = NULL;
	int code = ctl_query(ctl, id, params, &result);
	if (code == EX_OK)
		*ret_n = PQntuples(result);
	return code;
}

/* One statement, in a transaction. */
static int change(struct ctl *ctl, enum query_id id, const struct params *params, int *ret_n)
{
	int code = begin(ctl);
	if (code == EX_OK)
		code = ask(ctl, id, params, ret_n);
	return code == EX_OK ? ctl_exec(ctl, "commit") : code;
}

/* ---- weekends ---- */

/* "sat,sun": "{6,7}" */
static bool read_weekend(const char *text, struct strbuf *array, struct err *err)
{
	static const char *const names[] = { "mon", "tue", "wed", "thu", "fri", "sat", "sun" };
	struct slice list = { text, strlen(text) }, item;
	strbuf_add_char(array, '{');
	while (!slice_is(list, "none") && slice_item(&list, &item)) {
		size_t day = 0;
		while (day < ARRAY_LEN(names) && !slice_is(item, names[day]))
			day++;
		if (day == ARRAY_LEN(names))
			return err_set(err,
				"weekend: expected days like sat,sun, or none, got \"%.60s\"",
				text);
		strbuf_addf(array, "%s%zu", array->len > 1 ? "," : "", day + 1);
		if (list.len == 0)
			break;
	}
	if (array->len == 1 && strcasecmp(text, "none") != 0)
		return err_set(
			err, "weekend: expected days like sat,sun, or none, got \"%.60s\"", text);
	strbuf_add_char(array, '}');
	return true;
}

static int create(struct ctl *ctl, const char *name, const char *weekend, int *ret_n)
{
	struct params params CLEANUP(params_free);
	params_init(&params);
	params_text(&params, name);
	params_text(&params, weekend);
	return ask(ctl, QUERY_CTL_CALENDAR_CREATE, &params, ret_n);
}

int calendar_create(struct ctl *ctl, const char *name, const struct calendar_options *options)
{
	struct strbuf array CLEANUP(strbuf_free) = STRBUF(256);
	struct err err;
	int n = 0;
	if (options->weekend && !read_weekend(options->weekend, &array, &err))
		return ctl_error(EX_DATAERR, "%s", err.text);
	int code = begin(ctl);
	if (code == EX_OK)
		code = create(ctl, name, options->weekend ? array.data : NULL, &n);
	if (code == EX_OK)
		code = ctl_exec(ctl, "commit");
	if (code == EX_OK && n == 0)
		return ctl_error(EX_DATAERR, "there is a calendar \"%s\" already", name);
	return code;
}

int calendar_weekend(struct ctl *ctl, const char *name, const char *weekend)
{
	struct strbuf array CLEANUP(strbuf_free) = STRBUF(256);
	struct params params CLEANUP(params_free);
	struct err err;
	int n = 0;
	params_init(&params);
	if (!read_weekend(weekend, &array, &err))
		return ctl_error(EX_DATAERR, "%s", err.text);
	params_text(&params, name);
	params_text(&params, array.data);
	int code = change(ctl, QUERY_CTL_CALENDAR_WEEKEND, &params, &n);
	return code == EX_OK && n == 0 ? calendar_unknown(ctl, name) : code;
}

int calendar_delete(struct ctl *ctl, const char *name, const struct calendar_options *options)
{
	PGresult *used CLEANUP(ctl_clear) = NULL;
	struct params params CLEANUP(params_free);
	int n = 0;
	params_init(&params);
	params_text(&params, name);
	int code = ctl_query(ctl, QUERY_CTL_CALENDAR_USED, &params, &used);
	if (code != EX_OK)
		return code;
	int64_t templates = row_int8(used, 0, 0);
	if (templates > 0 && !options->force)
		return ctl_error(EX_DATAERR,
			"%" PRId64 "%s templates go by calendar \"%s\" and would be quarantined; "
			"--force deletes it all the same",
			templates > 1000 ? 1000 : templates, templates > 1000 ? "+" : "", name);
	code = change(ctl, QUERY_CTL_CALENDAR_DELETE, &params, &n);
	return code == EX_OK && n == 0 ? calendar_unknown(ctl, name) : code;
}

/* ---- days ---- */

static json_t *day_to_json(
	const char *name, int64_t first, int64_t span, const char *rule, bool working)
{
	char day[INSTANT_TEXT_MAX];
	wall_format(first * DAY_SECS, day);
	*strchr(day, 'T') = '\0';
	return json_pack("{ss, sI, ss, ss?, sb}", "day", day, "days", (json_int_t)span, "name",
		name, "rule", rule, "working", working);
}

static int add_days(struct ctl *ctl, const char *name, const char *days, bool imported, int *ret_n)
{
	struct params params CLEANUP(params_free);
	params_init(&params);
	params_text(&params, name);
	params_text(&params, days);
	params_bool(&params, imported);
	return ask(ctl, QUERY_CTL_CALENDAR_ADD, &params, ret_n);
}

static int forget_days(struct ctl *ctl, const char *name, const char *days, int *ret_n)
{
	struct params params CLEANUP(params_free);
	params_init(&params);
	params_text(&params, name);
	params_text(&params, days);
	return ask(ctl, QUERY_CTL_CALENDAR_FORGET, &params, ret_n);
}

static bool read_day(const char *text, int64_t *ret_day, struct err *err)
{
	char *moment CLEANUP(mem_cleanup) = mem_printf("%sT00:00:00", text);
	sec_t wall;
	if (strlen(text) != 10 || !wall_parse(moment, &wall, NULL) ||
		wall < days_from_civil(1, 1, 1) * DAY_SECS)
		return err_set(err, "expected a day like 2026-12-24, got \"%.40s\"", text);
	*ret_day = wall / DAY_SECS - (wall % DAY_SECS < 0);
	return true;
}

static bool is_there(struct ctl *ctl, const char *name, int *ret_code)
{
	PGresult *result CLEANUP(ctl_clear) = NULL;
	struct params params CLEANUP(params_free);
	params_init(&params);
	params_text(&params, name);
	*ret_code = ctl_query(ctl, QUERY_CTL_CALENDARS, &params, &result);
	if (*ret_code == EX_OK && PQntuples(result) == 0)
		*ret_code = calendar_unknown(ctl, name);
	return *ret_code == EX_OK;
}

int calendar_add(struct ctl *ctl, const char *name, const char *day, const char *title,
	const struct calendar_options *options)
{
	struct workdays *scratch CLEANUP(workdays_cleanup) = workdays_create(name, 0);
	struct workdays_day it = { title, 0, (int)options->days, options->rule, options->working };
	struct err err;
	int code = EX_OK, n = 0;
	if (!read_day(day, &it.first, &err))
		return ctl_error(EX_DATAERR, "%s", err.text);
	if (!workdays_add(scratch, &it, &err))
		return ctl_error(EX_DATAERR, "--every: %s", err.text);
	json_auto_t *list = json_array();
	if (strlen(title) > HOLIDAY_NAME_MAX ||
		json_array_append_new(
			list, day_to_json(title, it.first, it.span, it.rule, it.working)) != 0)
		return ctl_error(
			EX_DATAERR, "TITLE: expected UTF-8, at most %d bytes", HOLIDAY_NAME_MAX);
	char *days CLEANUP(mem_cleanup) = json_dumps(list, JSON_ENSURE_ASCII | JSON_COMPACT);
	if (!is_there(ctl, name, &code))
		return code;
	code = begin(ctl);
	if (code == EX_OK)
		code = add_days(ctl, name, days, false, &n);
	return code == EX_OK ? ctl_exec(ctl, "commit") : code;
}

int calendar_remove(struct ctl *ctl, const char *name, const char *day, const char *title)
{
	struct params params CLEANUP(params_free);
	struct err err;
	int64_t first;
	int code = EX_OK, n = 0;
	params_init(&params);
	if (!read_day(day, &first, &err))
		return ctl_error(EX_DATAERR, "%s", err.text);
	if (!is_there(ctl, name, &code))
		return code;
	params_text(&params, name);
	params_text(&params, day);
	params_utf8(&params, title);
	code = change(ctl, QUERY_CTL_CALENDAR_REMOVE, &params, &n);
	if (code == EX_OK && n == 0)
		return ctl_error(EX_DATAERR,
			"calendar \"%s\" has nothing %s%s%s that begins on %s; what recurs stands "
			"there with its first day: recurctl calendar show %s",
			name, title ? "called \"" : "", title ? title : "", title ? "\"" : "", day,
			name);
	return code;
}

/* ---- files ---- */

static char *list_of(const struct holidays *holidays, bool working)
{
	json_auto_t *list = json_array();
	for (size_t i = 0; i < holidays->n; i++) {
		const struct holiday *it = &holidays->list[i];
		json_array_append_new(
			list, day_to_json(it->name, it->first, it->span, it->rule, working));
	}
	return json_dumps(list, JSON_ENSURE_ASCII | JSON_COMPACT);
}

struct outcome {
	int made, changed, gone;
};

static int write_import(struct ctl *ctl, const char *name, const char *weekend, const char *days,
	struct outcome *outcome)
{
	int code = begin(ctl);
	if (code == EX_OK)
		code = create(ctl, name, weekend, &outcome->made);
	if (code == EX_OK)
		code = forget_days(ctl, name, days, &outcome->gone);
	if (code == EX_OK)
		code = add_days(ctl, name, days, true, &outcome->changed);
	return code == EX_OK ? ctl_exec(ctl, "commit") : code;
}

static size_t recurring(const struct holidays *holidays)
{
	size_t n = 0;
	for (size_t i = 0; i < holidays->n; i++)
		n += holidays->list[i].rule != NULL;
	return n;
}

static void tell_import(const struct ctl *ctl, const char *name, const struct holidays *holidays,
	const struct outcome *outcome)
{
	static const struct column columns[] = {
		{ "name", "calendar", COLUMN_ID },
		{ "new", "new", 0 },
		{ "days", "days", COLUMN_RIGHT },
		{ "recurring", "recurring", COLUMN_RIGHT },
		{ "changed", "changed", COLUMN_RIGHT },
		{ "gone", "gone", COLUMN_RIGHT },
	};
	static const struct column left_columns[] = { { "left_out", "LEFT OUT", COLUMN_WHOLE } };
	struct table *record = record_begin(stdout, ctl->json, columns, ARRAY_LEN(columns));
	table_text(record, name);
	table_bool(record, outcome->made > 0);
	table_int(record, (int64_t)holidays->n);
	table_int(record, (int64_t)recurring(holidays));
	table_int(record, outcome->changed);
	table_int(record, outcome->gone);
	table_end_row(record);
	struct table *left = record_nest(record, "left_out", "left out", left_columns, 1);
	for (size_t i = 0; i < holidays->left_n; i++) {
		table_text(left, holidays->left[i]);
		table_end_row(left);
	}
	table_end(left, "nothing");
	table_end(record, "");
}

static bool check_size(const struct holidays *holidays, struct err *err)
{
	struct workdays *scratch CLEANUP(workdays_cleanup) = workdays_create("", 0);
	for (size_t i = 0; i < holidays->n; i++) {
		const struct holiday *it = &holidays->list[i];
		struct workdays_day day = { it->name, it->first, it->span, it->rule, false };
		if (!workdays_add(scratch, &day, err))
			return err_prefix(err, "%s: ", it->name);
	}
	return holidays->n > 0 || err_set(err, "no event in it covers a whole day");
}

int calendar_import(
	struct ctl *ctl, const char *name, const char *path, const struct calendar_options *options)
{
	struct strbuf text CLEANUP(strbuf_free) = STRBUF(CALENDAR_BYTES_MAX);
	struct strbuf array CLEANUP(strbuf_free) = STRBUF(256);
	struct holidays holidays CLEANUP(holidays_finish) = { 0 };
	struct err err;
	struct outcome outcome = { 0 };
	if (options->weekend && !read_weekend(options->weekend, &array, &err))
		return ctl_error(EX_DATAERR, "%s", err.text);
	int code = slurp_file(path, &text);
	if (code != EX_OK)
		return code;
	if (!holidays_read(text.data, text.len, &holidays, &err) || !check_size(&holidays, &err))
		return ctl_error(EX_DATAERR, "%s: %s", path, err.text);
	char *days CLEANUP(mem_cleanup) = list_of(&holidays, options->working);
	code = write_import(ctl, name, options->weekend ? array.data : NULL, days, &outcome);
	if (code == EX_OK)
		tell_import(ctl, name, &holidays, &outcome);
	return code;
}
