/* settings: the settings of the database, as recurctl goes by them: what it foretells is what will happen. */
#pragma once

#include "conf/settings.h"
#include "ctl/ctl.h"
#include "db/settings_row.h"

/* Rows of settings_read.sql; also of a database whose recurd.settings has not all of the columns yet.  Exit code as
 * ctl_query. */
int settings_query(struct ctl *ctl, PGresult **ret_rows) NODISCARD;
/* With one reference.  Settings that nobody can go by are an error, which was told. */
int settings_load(struct ctl *ctl, struct settings **ret_settings) NODISCARD;
/* The same where a database is named and answers; else the built-in defaults, and *ret_why says why. */
struct settings *settings_load_or_default(struct ctl *ctl, struct err *ret_why);
/* Reads the calendars of a database that may be from before there were any, or may not show them to us.  Zones must
 * be open for this, and for those above that read calendars. */
void settings_try_calendars(struct ctl *ctl, struct settings *settings);
/* Whether this machine has the data of the zone, too, that they name. */
bool settings_check_zone(const struct settings *settings, struct err *err) NODISCARD;
