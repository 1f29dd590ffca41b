/* settings_row: the settings of a database (conf/settings.h) from rows of settings_read.sql.
 *
 * A value that this binary cannot take, because somebody dropped a CHECK or a newer version allows more, is no
 * reason to go by another one: it is the trouble of the settings, and nothing is made by them.
 */
#pragma once

#include <libpq-fe.h>

#include "conf/settings.h"
#include "db/params.h"

/* Columns of settings_read.sql. */
enum settings_column {
	SETTINGS_VERSION,
	SETTINGS_NAME,
	SETTINGS_VALUE, /* null: the default */
	SETTINGS_SINCE,
	SETTINGS_BY,
	SETTINGS_TEMPLATES,
};

/* The parameters of settings_read.sql. */
void settings_params(struct params *params);
/* With one reference.  NULL: recurd.settings has no row. */
struct settings *settings_of_rows(const PGresult *result);
