/* calendars_row: calendars from rows of calendars_read.sql.
 *
 * What cannot be taken, because somebody dropped a CHECK or the rule in a row is wrong, makes its calendar one by
 * which nobody may go (workdays_break): half a calendar would have people work on holidays.
 */
#pragma once

#include <libpq-fe.h>

#include "recur/calendars.h"

#define CALENDARS_ROWS_MAX 50000 /* calendars and days; $1 is one more */

/* With one reference.  Zones must be open.  Of more than CALENDARS_MAX the rest is not there. */
struct calendars *calendars_of_rows(const PGresult *result);
