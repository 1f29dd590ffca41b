/* recurctl preflight: what a first start of recurd would do on this database.
 *
 * Reads only, also before the migration.  Everything is gathered first (the facts come before the
 * listings); what is kept of templates is bounded, however many there are.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "conf/value.h"
#include "ctl/cmd/preflight.h"
#include "ctl/ctl.h"
#include "ctl/migrate/lines.h"
#include "ctl/migrate/migrate_plan.h"
#include "ctl/settings.h"
#include "ctl/table.h"
#include "db/rows.h"
#include "util/duration.h"
#include "util/mem.h"
#include "util/timefmt.h"

enum { OPT_ROLE = 256 };

static const struct ctl_option options[] = {
	{ "role", OPT_ROLE, "NAME", "the role that recurd will use (default: this one)" },
	{ NULL, 0, NULL, NULL },
};

#define SERVER_MIN 140000
/* A difference of the clocks that is worth a word. */
#define CLOCK_DRIFT (2 * USEC_PER_SEC)

/* Columns of ctl_preflight_server.sql. */
enum {
	F_VERSION,
	F_VERSION_TEXT,
	F_STANDBY,
	F_DATABASE,
	F_ROLE,
	F_ROLE_EXISTS,
	F_CLOCK,
	F_DEADLOCK,
	F_TABLES,
	F_RECURD,
	F_MIGRATIONS,
	F_PREFERENCES,
	F_READABLE,
	F_TASKS,
	F_COLUMNS
};

void preflight_find(struct preflight *preflight, enum finding_level level, const char *check,
	const char *fmt, ...)
{
	va_list args;
	struct strbuf text;
	strbuf_init(&text, SIZE_MAX);
	va_start(args, fmt);
	strbuf_vaddf(&text, fmt, args);
	va_end(args);
	preflight->findings = mem_realloc_array(
		preflight->findings, preflight->findings_n + 1, sizeof(*preflight->findings));
	preflight->findings[preflight->findings_n++] = (struct preflight_finding){ level,
		mem_strdup(check), strbuf_steal(&text) };
	preflight->problems += level == FINDING_PROBLEM;
}

static void check_server(struct preflight *preflight, const PGresult *server)
{
	const struct conf *conf = preflight->conf;
	if (row_int4(server, 0, F_VERSION) < SERVER_MIN)
		preflight_find(preflight, FINDING_PROBLEM, "server",
			"PostgreSQL %s is too old; recurd needs 14 or newer",
			row_text(server, 0, F_VERSION_TEXT));
	if (row_bool(server, 0, F_STANDBY))
		preflight_find(preflight, FINDING_PROBLEM, "server",
			"this server is a standby; recurd must reach the primary");
	if (!row_bool(server, 0, F_TABLES))
		preflight_find(preflight, FINDING_PROBLEM, "schema",
			"schema %s has no %s; set app_schema, or run: recurctl migrate up, "
			"then: recurctl migrate repair",
			conf->app_schema,
			row_bool(server, 0, F_TASKS) ? "table recurring_tasks"
						     : "tables tasks and recurring_tasks");
	if (!row_bool(server, 0, F_READABLE))
		preflight_find(preflight, FINDING_PROBLEM, "rights",
			"the role that runs this may not read tasks and recurring_tasks, so "
			"nothing "
			"is said of them; run it as their owner");
	if (!row_bool(server, 0, F_ROLE_EXISTS))
		preflight_find(preflight, FINDING_PROBLEM, "grants", "there is no role \"%s\"",
			row_text(server, 0, F_ROLE));
	if (conf->lock_timeout * 3 > row_int8(server, 0, F_DEADLOCK))
		preflight_find(preflight, FINDING_NOTE, "locks",
			"lock_timeout is cut to a third of the server's deadlock_timeout (%" PRId64
			"ms)",
			row_int8(server, 0, F_DEADLOCK) / USEC_PER_MSEC);
}

static void check_clock(struct preflight *preflight, const PGresult *server)
{
	struct timespec here;
	struct strbuf text CLEANUP(strbuf_free) = STRBUF(SIZE_MAX);
	(void)clock_gettime(CLOCK_REALTIME, &here);
	usec_t ahead = here.tv_sec * USEC_PER_SEC + here.tv_nsec / 1000 -
		       row_instant(server, 0, F_CLOCK);
	if (ahead > -CLOCK_DRIFT && ahead < CLOCK_DRIFT)
		return;
	duration_tell(ahead < 0 ? -ahead : ahead, &text);
	preflight_find(preflight, FINDING_NOTE, "clock",
		"this host's clock is %s %s the database's; only the database's counts", text.data,
		ahead < 0 ? "behind" : "ahead of");
}

static int read_settings(struct ctl *ctl, struct preflight *preflight)
{
	PGresult *rows CLEANUP(ctl_clear) = NULL;
	int code = settings_query(ctl, &rows);
	struct settings *settings = code == EX_OK ? settings_of_rows(rows) : NULL;
	if (!settings)
		return code;
	settings_try_calendars(ctl, settings);
	settings_drop(preflight->settings);
	preflight->settings = settings;
	return EX_OK;
}

#define OLD_TEXT_MAX 80

static void check_settings(struct preflight *preflight, const char *old)
{
	struct strbuf kept CLEANUP(strbuf_free) = STRBUF(ERR_TEXT_MAX);
	const struct settings *settings = preflight->settings;
	struct err err;
	if (*settings->trouble.text)
		preflight_find(
			preflight, FINDING_PROBLEM, "settings", "%s", settings->trouble.text);
	if (!settings_check_zone(settings, &err))
		preflight_find(preflight, FINDING_PROBLEM, "time zone", "%s", err.text);
	duration_format(settings->notification_retention, &kept);
	if (settings->notification_retention > 0)
		preflight_find(preflight, FINDING_NOTE, "retention",
			"rows of recurd.notifications and recurd.decisions are deleted after %s%s; "
			"to keep them for ever: recurctl settings set notification_retention 0",
			kept.data, old);
}

#define OLD_MAX 1000000 /* counted */

/* What the first prune would take is worth a number. */
static int read_old(
	struct ctl *ctl, const struct preflight *preflight, char old[static OLD_TEXT_MAX])
{
	PGresult *result CLEANUP(ctl_clear) = NULL;
	struct params params CLEANUP(params_free);
	params_init(&params);
	params_int8(&params, preflight->settings->notification_retention);
	params_int8(&params, OLD_MAX);
	int code = ctl_query(ctl, QUERY_CTL_PREFLIGHT_OLD, &params, &result);
	if (code == EX_OK && row_int8(result, 0, 0) > 0)
		snprintf(old, OLD_TEXT_MAX, ", and %" PRId64 "%s notifications are that old now",
			row_int8(result, 0, 0),
			row_int8(result, 0, 0) == OLD_MAX ? " or more" : "");
	return code;
}

static int read_live(struct ctl *ctl, struct preflight *preflight)
{
	PGresult *live CLEANUP(ctl_clear) = NULL;
	int code = ctl_query(ctl, QUERY_CTL_PREFLIGHT_LIVE, NULL, &live);
	if (code != EX_OK || PQntuples(live) == 0)
		return code;
	preflight->compatible_from = row_is_null(live, 0, 3) ? 0 : row_int4(live, 0, 3);
	if (row_is_null(live, 0, 1))
		preflight_find(preflight, FINDING_PROBLEM, "clock",
			"recurd.now() was replaced and gives null: nothing would ever be due; "
			"pg_catalog.now() is taken here");
	else
		preflight->now = row_instant(live, 0, 1);
	preflight->live = !row_is_null(live, 0, 0);
	if (preflight->live)
		preflight->live_since = row_instant(live, 0, 0);
	if (!row_is_null(live, 0, 2) && !row_bool(live, 0, 2))
		preflight_find(preflight, FINDING_WARNING, "clock",
			"recurd.now() was replaced and does not give the server's time");
	return EX_OK;
}

static int read_schema(struct ctl *ctl, struct preflight *preflight, bool installed, bool tables)
{
	struct params params CLEANUP(params_free);
	PGresult *result CLEANUP(ctl_clear) = NULL;
	params_init(&params);
	params_text(&params, preflight->role);
	int code = ctl_query(ctl, QUERY_CTL_PREFLIGHT_SCHEMA, &params, &result);
	for (int row = 0; code == EX_OK && row < PQntuples(result); row++) {
		/* Without a schema of recurd, or the application's tables, its parts are not worth
		 * naming one by one. */
		bool about_rows = strcmp(row_text(result, row, 0), "row-level security") == 0;
		bool about_parts = strcmp(row_text(result, row, 0), "schema") == 0;
		if (about_parts ? installed && tables : installed || about_rows)
			preflight_find(preflight, FINDING_PROBLEM, row_text(result, row, 0), "%s",
				row_text(result, row, 1));
	}
	if (code == EX_OK && !installed)
		preflight_find(preflight, FINDING_PROBLEM, "schema",
			"recurd's schema is not there; run: recurctl migrate up");
	return code;
}

/* Advice: what is told is the application's, and nothing fails for it. */
static int read_burdens(struct ctl *ctl, struct preflight *preflight)
{
	PGresult *result CLEANUP(ctl_clear) = NULL;
	int code = ctl_query(ctl, QUERY_CTL_PREFLIGHT_BURDENS, NULL, &result);
	for (int row = 0; code == EX_OK && row < PQntuples(result); row++)
		preflight_find(preflight, FINDING_NOTE, row_text(result, row, 0), "%s",
			row_text(result, row, 1));
	return code;
}

static int read_reminders(struct ctl *ctl, struct preflight *preflight)
{
	struct params params CLEANUP(params_free);
	PGresult *result CLEANUP(ctl_clear) = NULL;
	params_init(&params);
	params_instant(&params, preflight->now);
	int code = ctl_query(ctl, QUERY_CTL_PREFLIGHT_REMINDERS, &params, &result);
	if (code == EX_OK)
		preflight->reminders = row_int8(result, 0, 0);
	return code;
}

static int read_templates(struct ctl *ctl, struct preflight *preflight, const PGresult *server)
{
	bool migrated = row_bool(server, 0, F_PREFERENCES);
	return ctl_stream(ctl, migrated ? QUERY_CTL_PREFLIGHT_OPEN : QUERY_CTL_PREFLIGHT_EARLY_OPEN,
		NULL, false, preflight_take_template, preflight);
}

static int gather(struct ctl *ctl, struct preflight *preflight, const PGresult *server)
{
	int code = EX_OK;
	bool misfit = false;
	char old[OLD_TEXT_MAX] = "";
	preflight->now = row_instant(server, 0, F_CLOCK);
	preflight->role = row_text(server, 0, F_ROLE);
	check_server(preflight, server);
	check_clock(preflight, server);
	if (row_bool(server, 0, F_RECURD))
		code = read_live(ctl, preflight);
	if (code == EX_OK && row_bool(server, 0, F_RECURD))
		code = read_settings(ctl, preflight);
	if (code == EX_OK && row_bool(server, 0, F_PREFERENCES) && /* came after notifications */
		preflight->settings->notification_retention > 0)
		code = read_old(ctl, preflight, old);
	check_settings(preflight, old);
	if (code == EX_OK && !row_bool(server, 0, F_STANDBY))
		code = preflight_read_migrations(
			ctl, preflight, row_bool(server, 0, F_MIGRATIONS), &misfit);
	if (code == EX_OK && row_bool(server, 0, F_ROLE_EXISTS))
		code = read_schema(ctl, preflight, row_bool(server, 0, F_RECURD),
			row_bool(server, 0, F_TABLES));
	if (code == EX_OK)
		code = read_burdens(ctl, preflight);
	misfit = misfit || (row_bool(server, 0, F_TABLES) && !row_bool(server, 0, F_COLUMNS));
	bool readable = row_bool(server, 0, F_TABLES) && row_bool(server, 0, F_READABLE) && !misfit;
	if (misfit)
		preflight_find(preflight, FINDING_NOTE, "rows",
			"nothing is said of templates and reminders while columns are missing or "
			"of another type");
	if (code == EX_OK && readable)
		code = read_reminders(ctl, preflight);
	if (code == EX_OK && readable)
		code = read_templates(ctl, preflight, server);
	if (code == EX_OK)
		preflight_conclude(preflight);
	return code;
}

static void print_findings(struct table *record, const struct preflight *preflight)
{
	static const struct column columns[] = {
		{ "level", "LEVEL", 0 },
		{ "check", "CHECK", 0 },
		{ "detail", "DETAIL", COLUMN_WHOLE },
	};
	static const char *const levels[] = {
		[FINDING_PROBLEM] = "problem",
		[FINDING_WARNING] = "warning",
		[FINDING_NOTE] = "note",
	};
	struct table *table = record_nest(
		record, "findings", "findings", columns, ARRAY_LEN(columns));
	for (int level = FINDING_PROBLEM; level <= FINDING_NOTE; level++) {
		for (size_t i = 0; i < preflight->findings_n; i++) {
			const struct preflight_finding *finding = &preflight->findings[i];
			if ((int)finding->level != level)
				continue;
			table_text(table, levels[level]);
			table_text(table, finding->check);
			table_text(table, finding->detail);
			table_end_row(table);
		}
	}
	table_end(table, "none");
}

static void print_stale(struct table *record, const struct preflight *preflight)
{
	static const struct column columns[] = {
		{ "id", "ID", COLUMN_ID },
		{ "user_id", "USER", COLUMN_ID },
		{ "next_due_at", "NEXT DUE", 0 },
		{ "missed", "MISSED", COLUMN_RIGHT },
		{ "to_make", "TO MAKE", COLUMN_RIGHT },
		{ "title", "TITLE", 0 },
	};
	struct table *table = record_nest(record, "stale_templates",
		"stale templates that missed most", columns, ARRAY_LEN(columns));
	for (size_t i = 0; i < preflight->stale_n; i++) {
		const struct stale *stale = &preflight->stale[i];
		table_text(table, stale->id);
		table_text(table, stale->user);
		table_instant(table, stale->next_due_at);
		table_int(table, stale->missed);
		table_int(table, stale->to_make);
		table_text(table, stale->title);
		table_end_row(table);
	}
	table_end(table, "none");
}

static void print_broken(struct table *record, const struct preflight *preflight)
{
	static const struct column columns[] = {
		{ "id", "ID", COLUMN_ID },
		{ "user_id", "USER", COLUMN_ID },
		{ "problem", "PROBLEM", COLUMN_WHOLE },
	};
	struct table *table = record_nest(record, "to_quarantine",
		"templates that would be quarantined", columns, ARRAY_LEN(columns));
	for (size_t i = 0; i < preflight->broken_n; i++) {
		table_text(table, preflight->broken[i].id);
		table_text(table, preflight->broken[i].user);
		table_text(table, preflight->broken[i].problem);
		table_end_row(table);
	}
	table_end(table, "none");
}

static void print_preflight(
	struct ctl *ctl, const struct preflight *preflight, const PGresult *server)
{
	static const struct column columns[] = {
		{ "database", "database", 0 },
		{ "server_version", "PostgreSQL", 0 },
		{ "app_schema", "application schema", 0 },
		{ "role", "role", 0 },
		{ "now", "now", 0 },
		{ "live_since", "live since", 0 },
		{ "compatible_from", "needs recurd of level", 0 },
		{ "adopt_backlog", "adopt_backlog", 0 },
		{ "reminders_past", "reminders in the past", 0 },
		{ "templates", "active templates", 0 },
		{ "templates_stale", "  due before now", 0 },
		{ "occurrences_missed", "  occurrences missed", 0 },
		{ "occurrences_to_make", "  of them to be made", 0 },
		{ "templates_to_quarantine", "  to be quarantined", 0 },
	};
	struct strbuf adopt CLEANUP(strbuf_free) = STRBUF(ERR_TEXT_MAX);
	(void)value_format(preflight->settings, settings_find("adopt_backlog"), &adopt);
	struct table *record = record_begin(stdout, ctl->json, columns, ARRAY_LEN(columns));
	table_text(record, row_text(server, 0, F_DATABASE));
	table_text(record, row_text(server, 0, F_VERSION_TEXT));
	table_text(record, ctl->conf->app_schema);
	table_text(record, preflight->role);
	table_instant(record, preflight->now);
	if (preflight->live)
		table_instant(record, preflight->live_since);
	else
		table_null(record);
	if (preflight->compatible_from > 0)
		table_int(record, preflight->compatible_from);
	else
		table_null(record);
	table_text(record, adopt.data);
	table_int(record, preflight->reminders);
	table_int(record, preflight->templates);
	table_int(record, preflight->stale_count);
	table_int(record, preflight->missed);
	table_int(record, preflight->to_make);
	table_int(record, preflight->broken_count);
	table_end_row(record);
	print_findings(record, preflight);
	print_stale(record, preflight);
	print_broken(record, preflight);
	table_end(record, "");
}

static int run(struct ctl *ctl, int argc, char **argv)
{
	struct params params CLEANUP(params_free);
	PGresult *server CLEANUP(ctl_clear) = NULL;
	const char *role = NULL;
	while (ctl_getopt(ctl, argc, argv) != -1)
		role = optarg;
	params_init(&params);
	if (optind < argc)
		return ctl_usage(ctl, "preflight takes no argument");
	params_text(&params, role);
	int code = ctl_query(ctl, QUERY_CTL_PREFLIGHT_SERVER, &params, &server);
	if (code != EX_OK)
		return code;
	struct preflight *preflight CLEANUP(preflight_cleanup) = preflight_create(ctl->conf);
	zones_open(ctl->conf->zoneinfo_dir);
	code = gather(ctl, preflight, server);
	zones_close();
	if (code != EX_OK)
		return code;
	print_preflight(ctl, preflight, server);
	return preflight->problems > 0 ? CTL_FOUND : EX_OK;
}

const struct ctl_command command_preflight = {
	.name = "preflight",
	.args = "",
	.help = "what a first start of recurd would do on this database",
	.run = run,
	.options = options,
	.role = NULL,
};
