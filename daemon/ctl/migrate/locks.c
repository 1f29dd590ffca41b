/* locks: see the header. */
#include "ctl/migrate/locks.h"

#include "db/rows.h"
#include "util/mem.h"

bool locks_take(struct migrator *migrator, const char *needs, struct err *err)
{
	PGresult *tables CLEANUP(ctl_clear) = NULL;
	struct params params CLEANUP(params_free);
	params_init(&params);
	params_text(&params, needs);
	if (!session_query(migrator->session, QUERY_CTL_MIGRATE_LOCKED, &params, &tables, err))
		return false;
	for (int row = 0; row < PQntuples(tables); row++) {
		char *sql CLEANUP(mem_cleanup) = mem_printf(
			"lock table %s in access exclusive mode%s", row_text(tables, row, 0),
			row > 0 ? "" : "; set local lock_timeout = '100ms'");
		if (!migrator_exec(migrator, sql, NULL, err))
			return false;
	}
	return migrator_exec(
		migrator, "set local lock_timeout = '" MIGRATE_LOCK_TIMEOUT "'", NULL, err);
}
