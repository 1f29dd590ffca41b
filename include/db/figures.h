/* figures: those of the database in the words of Prometheus (util/exposition.h), from the row of figures.sql.
 *
 * They are told once for a database, by recurd-http or by recurctl metrics; each worker tells its own in its own
 * /metrics.  Names and units are in recurd-http(8).
 */
#pragma once

#include <libpq-fe.h>

#include "util/exposition.h"

/* false: there is no row, and nothing was added. */
bool figures_add(const struct exposition *page, const PGresult *result);
