/* migrate_index: see the header. */
#include "ctl/migrate/migrate_index.h"

#include "db/rows.h"
#include "util/mem.h"

/* ret_state: 't' valid, 'f' invalid, 0: there is none. */
static bool read_index(
	struct migrator *migrator, const char *name, char *ret_state, struct err *err)
{
	struct params params CLEANUP(params_free);
	PGresult *result CLEANUP(ctl_clear) = NULL;
	params_init(&params);
	params_text(&params, name);
	if (!session_query(migrator->session, QUERY_CTL_MIGRATE_INDEX, &params, &result, err))
		return false;
	*ret_state = '\0';
	if (PQntuples(result) > 0)
		*ret_state = row_bool(result, 0, 0) ? 't' : 'f';
	return true;
}

bool index_drop_invalid(struct migrator *migrator, const char *name, struct err *err)
{
	char state;
	if (!read_index(migrator, name, &state, err))
		return false;
	if (state != 'f')
		return true;
	char *drop CLEANUP(mem_cleanup) = mem_printf("drop index concurrently %s", name);
	return migrator_exec(migrator, drop, NULL, err);
}

/* No lock_timeout here: it would leave the index invalid, and the build stops no writes. */
bool index_build(struct migrator *migrator, const char *file, const struct statement *statement,
	const char *name, struct err *err)
{
	char state;
	if (!index_drop_invalid(migrator, name, err))
		return err_prefix(err, "%s, line %d: ", file, statement->line);
	if (!read_index(migrator, name, &state, err))
		return false;
	if (state == 't')
		return true;
	if (!migrator_run(migrator, file, statement, err) ||
		!read_index(migrator, name, &state, err))
		return false;
	if (state == 't')
		return true;
	return err_set(err, "%s, line %d: index %s is %s after its build; run it again", file,
		statement->line, name, state ? "invalid" : "missing");
}
