/* recurctl settings: what decides what is made, once for all workers of a database. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/value.h"
#include "ctl/settings.h"
#include "ctl/table.h"
#include "db/rows.h"
#include "recur/zone.h"
#include "util/mem.h"
#include "util/nearest.h"

#define VALUE_MAX      4096
#define TRIES_MAX      20 /* each waits as long as lock_timeout says */
#define INT8_TYPE      20
#define WATCH_AFTER_MS 150

static const struct ctl_option options[] = {
	{ NULL, 0, NULL, NULL },
};

/* ---- listing ---- */

static void put_value(
	struct table *table, const struct settings *settings, const struct conf_option *setting)
{
	struct strbuf value CLEANUP(strbuf_free) = STRBUF(VALUE_MAX);
	(void)value_format(settings, setting, &value);
	table_text(table, value.data);
}

static void put_row(struct table *table, const struct settings *settings,
	const struct settings *defaults, const PGresult *rows, int row)
{
	const struct conf_option *setting = &settings_options[row];
	table_text(table, setting->name);
	put_value(table, settings, setting);
	put_value(table, defaults, setting);
	table_bool(table, !row_is_null(rows, row, SETTINGS_VALUE));
	table_cell(table, rows, row, SETTINGS_SINCE);
	table_cell(table, rows, row, SETTINGS_BY);
	table_text(table, setting->help);
	table_end_row(table);
}

static int list(struct ctl *ctl)
{
	static const struct column columns[] = {
		{ "setting", "SETTING", COLUMN_WHOLE },
		{ "value", "VALUE", COLUMN_ID },
		{ "default", "DEFAULT", 0 },
		{ "set", "SET", COLUMN_JSON_ONLY },
		{ "since", "SINCE", 0 },
		{ "by", "BY", COLUMN_ID },
		{ "meaning", "MEANING", COLUMN_WHOLE },
	};
	PGresult *rows CLEANUP(ctl_clear) = NULL;
	int code = settings_query(ctl, &rows);
	if (code != EX_OK)
		return code;
	struct settings *settings CLEANUP(settings_cleanup) = settings_of_rows(rows);
	if (!settings)
		return ctl_error(EX_DATAERR,
			"recurd.settings has no row: insert into recurd.settings "
			"default values");
	struct settings *defaults CLEANUP(settings_cleanup) = settings_create();
	struct table *table = table_begin(stdout, ctl->json, columns, ARRAY_LEN(columns));
	for (int row = 0; row < PQntuples(rows); row++)
		put_row(table, settings, defaults, rows, row);
	table_end(table, NULL);
	return *settings->trouble.text ? ctl_error(CTL_FOUND, "%s", settings->trouble.text) : EX_OK;
}

/* ---- changing ---- */

struct change {
	const struct conf_option *setting;
	struct settings *wanted; /* with the value; NULL: back to the default */
	PGresult *before, *after; /* rows of settings_read.sql */
};

static void change_finish(struct change *change)
{
	settings_drop(change->wanted);
	PQclear(change->before);
	PQclear(change->after);
}

static bool parse(struct change *change, const char *text, struct err *err)
{
	change->wanted = settings_create();
	if (!value_set(change->wanted, change->setting, text, err))
		return err_prefix(err, "%s: ", change->setting->name);
	const struct zone *zone;
	if (!zone_load_default(change->wanted->default_time_zone, &zone, err))
		return false;
	/* As the data of time zones write it, however it was typed. */
	free(change->wanted->default_time_zone);
	change->wanted->default_time_zone = mem_strdup(zone_name(zone));
	return true;
}

static void add_params(const struct change *change, struct params *params)
{
	struct strbuf value CLEANUP(strbuf_free) = STRBUF(VALUE_MAX);
	const struct conf_option *setting = change->setting;
	bool is_span = setting->type == CONF_DURATION;
	params_init(params);
	params_text(params, setting->name);
	if (change->wanted && !is_span)
		(void)value_format(change->wanted, setting, &value);
	params_text(params, change->wanted && !is_span ? value.data : NULL);
	if (change->wanted && is_span)
		params_int8(params, *(const usec_t *)(const void *)((const char *)change->wanted +
								    setting->offset));
	else
		params_null(params, INT8_TYPE);
}

static bool read_rows(struct session *session, PGresult **ret_rows, struct err *err)
{
	struct params params CLEANUP(params_free);
	settings_params(&params);
	PQclear(*ret_rows);
	*ret_rows = NULL;
	return session_query(session, QUERY_SETTINGS_READ, &params, ret_rows, err);
}

/* In one transaction: who changes the zone changes the templates that go by it. */
static bool attempt(
	struct ctl *ctl, struct session *session, struct change *change, struct err *err)
{
	struct params params CLEANUP(params_free);
	char *begin CLEANUP(mem_cleanup) = mem_printf("begin isolation level read committed read "
						      "write; set local lock_timeout = %" PRId64,
		ctl->conf->lock_timeout / USEC_PER_MSEC);
	add_params(change, &params);
	return session_exec(session, begin, NULL, err) &&
	       session_query(session, QUERY_CTL_SETTINGS_LOCK, NULL, NULL, err) &&
	       read_rows(session, &change->before, err) &&
	       session_query(session, QUERY_CTL_SETTINGS_SET, &params, NULL, err) &&
	       read_rows(session, &change->after, err) &&
	       session_exec(session, "commit", NULL, err);
}

static bool is_conflict(const char *sqlstate)
{
	return strcmp(sqlstate, "55P03") == 0 || strcmp(sqlstate, "40P01") == 0;
}

/* Workers and applications hold rows for a moment: an application that waits for us must not be the victim. */
static int carry_out(struct ctl *ctl, struct change *change)
{
	struct err err;
	struct session *session = ctl_session(ctl, &err);
	if (!session)
		return ctl_error(EX_UNAVAILABLE, "%s", err.text);
	/* No attempt waits longer than lock_timeout. */
	usec_t half = ctl->conf->lock_timeout / USEC_PER_MSEC / 2;
	ctl_watch_after(ctl, half < WATCH_AFTER_MS ? (int)half : WATCH_AFTER_MS);
	for (int i = 1; !attempt(ctl, session, change, &err); i++) {
		char sqlstate[6];
		snprintf(sqlstate, sizeof(sqlstate), "%s", session_sqlstate(session));
		if (strcmp(sqlstate, "42501") == 0)
			return ctl_error(EX_CONFIG,
				"%s; run it as the owner of the application's tables, or grant "
				"update "
				"on recurd.settings",
				err.text);
		if (strcmp(sqlstate, "22023") == 0)
			return ctl_error(EX_DATAERR, "%s", err.text);
		if (!is_conflict(sqlstate) || i == TRIES_MAX)
			return ctl_query_failed(ctl, &err);
		if (!session_exec(session, "rollback", NULL, &err))
			return ctl_query_failed(ctl, &err);
	}
	return EX_OK;
}

static void value_of(const PGresult *rows, const struct conf_option *setting, struct strbuf *out)
{
	struct settings *settings CLEANUP(settings_cleanup) = settings_of_rows(rows);
	(void)value_format(settings, setting, out);
}

static const char *concerned(const struct conf_option *setting)
{
	return strcmp(setting->name, "default_time_zone") == 0
		       ? "templates go by it and are planned anew"
		       : "templates in quarantine are tried again";
}

static int tell(struct ctl *ctl, const struct change *change)
{
	static const struct column columns[] = {
		{ "setting", "setting", 0 },
		{ "from", "from", 0 },
		{ "to", "to", 0 },
		{ "templates", "templates concerned", 0 },
	};
	struct strbuf from CLEANUP(strbuf_free) = STRBUF(VALUE_MAX);
	struct strbuf to CLEANUP(strbuf_free) = STRBUF(VALUE_MAX);
	int row = (int)(change->setting - settings_options);
	value_of(change->before, change->setting, &from);
	value_of(change->after, change->setting, &to);
	/* Otherwise the row has the number of some change before. */
	bool changed = strcmp(from.data, to.data) != 0;
	bool counted = changed && !row_is_null(change->after, row, SETTINGS_TEMPLATES);
	int64_t templates = counted ? row_int8(change->after, row, SETTINGS_TEMPLATES) : 0;
	if (ctl->json) {
		struct table *record = record_begin(stdout, true, columns, ARRAY_LEN(columns));
		table_text(record, change->setting->name);
		table_text(record, from.data);
		table_text(record, to.data);
		if (counted)
			table_int(record, templates);
		else
			table_null(record);
		table_end_row(record);
		table_end(record, "");
		return EX_OK;
	}
	if (changed)
		printf("%s: %s, was %s", change->setting->name, to.data, from.data);
	else
		printf("%s is %s, as before", change->setting->name, to.data);
	if (templates > 0)
		printf("; %" PRId64 " %s", templates, concerned(change->setting));
	printf("\n");
	return EX_OK;
}

static int unknown_setting(const struct ctl *ctl, const char *name)
{
	struct strbuf names CLEANUP(strbuf_free) = STRBUF(VALUE_MAX);
	struct nearest nearest = NEAREST(name);
	for (size_t i = 0; i < settings_options_len; i++) {
		strbuf_addf(&names, "%s%s", i > 0 ? ", " : "", settings_options[i].name);
		nearest_offer(&nearest, settings_options[i].name);
	}
	if (conf_option_find(name))
		return ctl_usage(ctl,
			"%s is no setting of the database but an option of each process, for its "
			"file (recurd.conf)",
			name);
	return ctl_usage(ctl, "there is no setting \"%s\"%s; there are %s", name,
		nearest_hint(&nearest), names.data);
}

/* value: NULL resets. */
static int set(struct ctl *ctl, const char *name, const char *value)
{
	struct change change CLEANUP(change_finish) = { .setting = settings_find(name) };
	struct err err;
	if (!change.setting)
		return unknown_setting(ctl, name);
	zones_open(ctl->conf->zoneinfo_dir);
	bool good = !value || parse(&change, value, &err);
	zones_close();
	if (!good)
		return ctl_error(EX_DATAERR, "%s", err.text);
	int code = carry_out(ctl, &change);
	if (code == EX_OK && PQntuples(change.after) == 0)
		return ctl_error(EX_DATAERR,
			"recurd.settings has no row: insert into recurd.settings "
			"default values");
	return code == EX_OK ? tell(ctl, &change) : code;
}

static int run(struct ctl *ctl, int argc, char **argv)
{
	while (ctl_getopt(ctl, argc, argv) != -1)
		;
	int n = argc - optind;
	char **words = argv + optind;
	if (n == 0)
		return list(ctl);
	if (strcmp(words[0], "set") == 0 && n == 3)
		return set(ctl, words[1], words[2]);
	if (strcmp(words[0], "reset") == 0 && n == 2)
		return set(ctl, words[1], NULL);
	return ctl_usage(ctl, "settings takes nothing, set KEY VALUE, or reset KEY");
}

static void print_keys(void)
{
	struct settings *defaults CLEANUP(settings_cleanup) = settings_create();
	printf("settings, with their defaults:\n");
	for (size_t i = 0; i < settings_options_len; i++) {
		struct strbuf value CLEANUP(strbuf_free) = STRBUF(VALUE_MAX);
		(void)value_format(defaults, &settings_options[i], &value);
		printf("  %-26s %s (%s)\n", settings_options[i].name, settings_options[i].help,
			value.data);
	}
}

const struct ctl_command command_settings = {
	.name = "settings",
	.args = "[set KEY VALUE | reset KEY]",
	.help = "what decides what is made, the same for all workers",
	.run = run,
	.options = options,
	.print_more = print_keys,
	.role = "recurd_reader",
};
