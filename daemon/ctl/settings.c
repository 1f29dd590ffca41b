/* The settings of the database, for recurctl; see the header. */
#include "ctl/settings.h"

#include "plan/calendars_row.h"
#include "recur/zone.h"

int settings_query(struct ctl *ctl, PGresult **ret_rows)
{
	struct params params CLEANUP(params_free);
	settings_params(&params);
	return ctl_query(ctl, QUERY_SETTINGS_READ, &params, ret_rows);
}

static void rows_params(struct params *params)
{
	params_init(params);
	params_int4(params, CALENDARS_ROWS_MAX + 1);
}

static void take_calendars(struct settings *settings, const PGresult *rows)
{
	settings->calendars = calendars_of_rows(rows);
	settings->drop_calendars = calendars_drop;
}

bool settings_check_zone(const struct settings *settings, struct err *err)
{
	const struct zone *zone;
	return zone_load_default(settings->default_time_zone, &zone, err) ||
	       err_prefix(err, "recurd.settings.");
}

int settings_load(struct ctl *ctl, struct settings **ret_settings)
{
	PGresult *rows CLEANUP(ctl_clear) = NULL;
	int code = settings_query(ctl, &rows);
	if (code != EX_OK)
		return code;
	struct settings *settings CLEANUP(settings_cleanup) = settings_of_rows(rows);
	if (!settings)
		return ctl_error(EX_DATAERR,
			"recurd.settings has no row: insert into recurd.settings "
			"default values");
	if (*settings->trouble.text)
		return ctl_error(EX_DATAERR, "%s", settings->trouble.text);
	PGresult *calendars CLEANUP(ctl_clear) = NULL;
	struct params params CLEANUP(params_free);
	rows_params(&params);
	code = ctl_query(ctl, QUERY_CALENDARS_READ, &params, &calendars);
	if (code != EX_OK)
		return code;
	take_calendars(settings, calendars);
	*ret_settings = settings_share(settings);
	return EX_OK;
}

void settings_try_calendars(struct ctl *ctl, struct settings *settings)
{
	PGresult *rows CLEANUP(ctl_clear) = NULL;
	struct params params CLEANUP(params_free);
	struct err ignored;
	rows_params(&params);
	struct session *session = ctl_session(ctl, &ignored);
	if (session && session_query(session, QUERY_CALENDARS_READ, &params, &rows, &ignored))
		take_calendars(settings, rows);
}

struct settings *settings_load_or_default(struct ctl *ctl, struct err *ret_why)
{
	PGresult *rows CLEANUP(ctl_clear) = NULL;
	struct params params CLEANUP(params_free);
	settings_params(&params);
	*ret_why = (struct err){ .text = "no database is named" };
	struct session *session = ctl->conf->database_url ? ctl_session(ctl, ret_why) : NULL;
	bool read = session && session_query(session, QUERY_SETTINGS_READ, &params, &rows, ret_why);
	struct settings *settings = read ? settings_of_rows(rows) : NULL;
	if (settings) {
		settings_try_calendars(ctl, settings);
		*ret_why = settings->trouble;
	}
	return settings ? settings : settings_create();
}
