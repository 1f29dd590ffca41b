/* foretell: see the header. */
#include "ctl/migrate/foretell.h"

#include <stdlib.h>
#include <string.h>

#include "ctl/migrate/lines.h"
#include "db/rows.h"
#include "util/mem.h"

#define INSUFFICIENT_PRIVILEGE "42501"

static bool add_rights(struct migrator *migrator, const char *needs, bool first,
	struct strbuf *lines, struct err *err)
{
	struct params params CLEANUP(params_free);
	PGresult *result CLEANUP(ctl_clear) = NULL;
	params_init(&params);
	params_text(&params, needs);
	params_text(&params, migrator->app_schema);
	params_bool(&params, first);
	if (!session_query(migrator->session, QUERY_CTL_MIGRATE_RIGHTS, &params, &result, err))
		return false;
	for (int row = 0; row < PQntuples(result); row++)
		lines_add_text(lines, row_text(result, row, 0));
	return true;
}

static bool add_names(struct migrator *migrator, const struct migration *step,
	const struct finding *finding, struct strbuf *lines, struct err *err)
{
	struct script script CLEANUP(script_free);
	struct params params CLEANUP(params_free);
	PGresult *result CLEANUP(ctl_clear) = NULL;
	script_parse(step->up, &script);
	const char **names = mem_alloc_array(script.n, sizeof(*names));
	size_t n = 0;
	for (size_t i = 0; i < script.n; i++)
		if (script.statements[i].concurrent_index[0])
			names[n++] = script.statements[i].concurrent_index;
	params_init(&params);
	params_texts(&params, names, n);
	params_text(&params, migrator->app_schema);
	params_bool(&params, !finding->present);
	free(names);
	if (!session_query(migrator->session, QUERY_CTL_MIGRATE_NAMES, &params, &result, err))
		return false;
	for (int row = 0; row < PQntuples(result); row++) {
		char *line CLEANUP(mem_cleanup) = mem_printf(
			"%s is %s, and the index of this name cannot be built: rename or drop it",
			row_text(result, row, 0), row_text(result, row, 1));
		lines_add_text(lines, line);
	}
	return true;
}

/* A DO block that raises lines as an exception of its own.  denied: it may not read what it asks. */
static bool run_check(struct migrator *migrator, const struct migration *step, char **ret_lines,
	bool *ret_denied, struct err *err)
{
	char *raised CLEANUP(mem_cleanup) = NULL;
	char sqlstate[6];
	if (!migrator_look(migrator, step->check, &raised, sqlstate, err))
		return err_prefix(err, "%s.check.sql: ", step->name);
	*ret_denied = raised && strcmp(sqlstate, INSUFFICIENT_PRIVILEGE) == 0;
	if (raised && !*ret_denied && strcmp(sqlstate, "P0001") != 0)
		return err_set(err, "%s.check.sql: %.380s", step->name, raised);
	*ret_lines = raised;
	raised = NULL;
	return true;
}

bool foretell_rows(struct migrator *migrator, const struct migration *step, char **ret_refusals,
	struct err *err)
{
	bool denied;
	if (step->check)
		return run_check(migrator, step, ret_refusals, &denied, err);
	*ret_refusals = NULL;
	return true;
}

/* A role that may not read the tables has been told that it is not their owner. */
static bool add_rows(struct migrator *migrator, const struct migration *step, struct strbuf *lines,
	struct err *err)
{
	char *found CLEANUP(mem_cleanup) = NULL;
	bool denied = false;
	if (step->check && !run_check(migrator, step, &found, &denied, err))
		return false;
	if (found && !(denied && lines->len > 0))
		lines_add_text(lines, found);
	return true;
}

bool foretell_step(struct migrator *migrator, const struct migration *step,
	const struct finding *finding, bool first, char **ret_refusals, struct err *err)
{
	struct strbuf lines CLEANUP(strbuf_free) = STRBUF(SIZE_MAX);
	if (!add_rights(migrator, finding ? step->needs : NULL, first, &lines, err))
		return false;
	if (finding) {
		/* What is there, does not fit, and is not made good by the up file. */
		lines_add_needed(&lines, "\n", finding->problems);
		if (!add_names(migrator, step, finding, &lines, err) ||
			!add_rows(migrator, step, &lines, err))
			return false;
	}
	*ret_refusals = lines.len > 0 ? strbuf_steal(&lines) : NULL;
	return true;
}
