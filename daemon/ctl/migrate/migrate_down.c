/* migrate down: undoes steps, the newest first.
 *
 * In one transaction, so that what cannot be foretold leaves nothing half undone: a down file builds
 * nothing concurrently.  Before it, what would refuse a step is looked for, workers that are at work are
 * named, and what will be lost is told to whoever must agree to it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/migrate/alembic.h"
#include "ctl/migrate/lines.h"
#include "ctl/migrate/locks.h"
#include "ctl/migrate/loss.h"
#include "ctl/migrate/migrate_down.h"
#include "db/rows.h"
#include "util/mem.h"
#include "util/strbuf.h"

#define UNBOOTSTRAP_SQL "drop table recurd.migrations; drop schema recurd"
#define WORKERS_THERE_SQL                                                                         \
	"select from pg_catalog.pg_attribute where attrelid = to_regclass('recurd.workers') and " \
	"attname = 'heartbeat' and to_regprocedure('recurd.now()') is not null"

struct undoing {
	const struct down_order *order;
	const struct migration **steps; /* the newest first */
	char **losses; /* of each; NULL: none */
	size_t n;
};

static void free_undoing(struct undoing *undoing)
{
	for (size_t i = 0; i < undoing->n; i++)
		free(undoing->losses[i]);
	free(undoing->losses);
	free(undoing->steps);
}

/* ---- workers ---- */

/* NULL: the table is not there, or has no such columns any more: an undoing before this one took it. */
static bool read_workers(struct migrator *migrator, PGresult **ret_workers, struct err *err)
{
	PGresult *there CLEANUP(ctl_clear) = NULL;
	if (!migrator_exec(migrator, WORKERS_THERE_SQL, &there, err))
		return false;
	*ret_workers = NULL;
	return PQntuples(there) == 0 ||
	       session_query(migrator->session, QUERY_CTL_MIGRATE_WORKERS, NULL, ret_workers, err);
}

/* Those that say that they live, else the sessions that bear the daemon's name. */
static bool check_workers(
	struct migrator *migrator, const struct down_order *order, struct err *err)
{
	PGresult *result CLEANUP(ctl_clear) = NULL;
	if (!read_workers(migrator, &result, err))
		return false;
	if (PQntuples(result) == 0) {
		PQclear(result);
		result = NULL;
		if (!session_query(
			    migrator->session, QUERY_CTL_MIGRATE_SESSIONS, NULL, &result, err))
			return false;
	}
	for (int row = 0; row < PQntuples(result); row++)
		report_note(&migrator->report, "at work: %s", row_text(result, row, 0));
	if (PQntuples(result) == 0 || order->beside_workers || order->dry_run)
		return true;
	return err_set(err,
		"%d worker%s at work on this database, %s among them: stop %s first, or add "
		"--beside-workers; nothing was changed",
		PQntuples(result), PQntuples(result) == 1 ? " is" : "s are", row_text(result, 0, 0),
		PQntuples(result) == 1 ? "it" : "them");
}

/* ---- the undoing ---- */

static bool forget(struct migrator *migrator, const struct migration *step, struct err *err)
{
	struct params params CLEANUP(params_free);
	params_init(&params);
	params_int4(&params, step->number);
	return migrator_query(migrator, QUERY_CTL_MIGRATE_RECORD_FORGET, &params, err);
}

static bool undo(struct migrator *migrator, const struct migration *step, struct err *err)
{
	struct script script CLEANUP(script_free) = { .n = 0 };
	char *file CLEANUP(mem_cleanup) = mem_printf("%s.down.sql", step->name);
	script_parse(step->down, &script);
	for (size_t i = 0; i < script.n; i++)
		if (!migrator_run(migrator, file, &script.statements[i], err))
			return false;
	return alembic_unstamp(migrator, step, err) && forget(migrator, step, err);
}

/* The table of records goes with the last step. */
static bool unbootstrap(struct migrator *migrator, struct err *err)
{
	return migrator_exec(migrator, UNBOOTSTRAP_SQL, NULL, err) ||
	       err_prefix(err, "schema recurd cannot go: ");
}

static bool lock_tables(struct migrator *migrator, const struct undoing *undoing, struct err *err)
{
	struct strbuf needs CLEANUP(strbuf_free) = STRBUF(SIZE_MAX);
	for (size_t i = 0; i < undoing->n; i++)
		if (undoing->steps[i]->needs)
			strbuf_addf(&needs, "%s ", undoing->steps[i]->needs);
	return locks_take(migrator, needs.data, err);
}

static bool try_undo(
	struct migrator *migrator, const struct migration *step, void *arg, struct err *err)
{
	struct undoing *undoing = arg;
	struct records records CLEANUP(records_free) = { .n = 0 };
	(void)step;
	if (!migrator_begin(migrator, err) || !records_read(migrator, &records, err) ||
		!lock_tables(migrator, undoing, err) ||
		/* One may have come while whoever must agree was thinking. */
		!check_workers(migrator, undoing->order, err))
		return false;
	for (size_t i = 0; i < undoing->n; i++)
		if (records_find(&records, undoing->steps[i]->number) &&
			!undo(migrator, undoing->steps[i], err))
			return false;
	return (undoing->order->to > 0 || unbootstrap(migrator, err)) &&
	       migrator_commit(migrator, err);
}

/* ---- before it ---- */

/* Before anything is undone, everything must be known and allowed. */
static bool check_steps(struct migrator *migrator, const struct records *records,
	const struct down_order *order, struct err *err)
{
	for (size_t i = 0; i < records->n; i++) {
		const struct record *record = &records->rows[i];
		if (record->number <= order->to)
			continue;
		if (!migration_find(&migrator->set, record->number))
			return err_set(err,
				"%s was applied by a newer recurctl, which must undo it",
				record->name);
		if (record->adopted && !order->destroy)
			return err_set(err,
				"%s was there before recurd came: undoing it destroys the "
				"application's own data; if that is meant, add --destroy",
				record->name);
	}
	return true;
}

static void choose_steps(
	struct migrator *migrator, const struct records *records, struct undoing *undoing)
{
	undoing->steps = mem_alloc_array(records->n, sizeof(const struct migration *));
	undoing->losses = mem_alloc_array(records->n, sizeof(*undoing->losses));
	for (size_t i = records->n; i > 0 && records->rows[i - 1].number > undoing->order->to; i--)
		undoing->steps[undoing->n++] = migration_find(
			&migrator->set, records->rows[i - 1].number);
}

static bool foretell_undoing(
	struct migrator *migrator, const struct migration *step, char **ret_lines, struct err *err)
{
	char sqlstate[6];
	if (!step->down_check)
		return true;
	if (!migrator_look(migrator, step->down_check, ret_lines, sqlstate, err))
		return err_prefix(err, "%s.down_check.sql: ", step->name);
	if (!*ret_lines || strcmp(sqlstate, "P0001") == 0)
		return true;
	return err_set(err, "%s.down_check.sql: %.380s", step->name, *ret_lines);
}

static bool look(struct migrator *migrator, struct undoing *undoing, struct strbuf *refusals,
	struct err *err)
{
	struct loss loss CLEANUP(loss_free) = { .tables_n = 0 };
	char *dependents CLEANUP(mem_cleanup) = NULL;
	if (!migrator_exec(migrator, "begin read only", NULL, err))
		return false;
	for (size_t i = 0; i < undoing->n; i++) {
		const struct migration *step = undoing->steps[i];
		char *lines CLEANUP(mem_cleanup) = NULL;
		loss_add(&loss, step);
		if (!loss_tell(migrator, step, &undoing->losses[i], err) ||
			!foretell_undoing(migrator, step, &lines, err))
			return false;
		if (lines)
			lines_add(refusals, "\n", &(struct line){ lines, strlen(lines) });
	}
	if (!loss_dependents(migrator, &loss, &dependents, err))
		return false;
	if (dependents)
		lines_add(refusals, "\n", &(struct line){ dependents, strlen(dependents) });
	return true;
}

static bool foretell(struct migrator *migrator, struct undoing *undoing, struct err *err)
{
	struct strbuf refusals CLEANUP(strbuf_free) = STRBUF(SIZE_MAX);
	bool ok = look(migrator, undoing, &refusals, err);
	migrator_rollback(migrator);
	if (!ok || refusals.len == 0)
		return ok;
	const char *rest = refusals.data;
	struct line line;
	while (lines_next(&rest, &line))
		report_note(&migrator->report, "%.*s", (int)line.len, line.text);
	return err_set(err, "cannot be undone: %.*s%s; nothing was changed",
		(int)strcspn(refusals.data, "\n"), refusals.data,
		strchr(refusals.data, '\n') ? ", and more (see above)" : "");
}

/* ---- whoever must agree ---- */

static bool ask(struct migrator *migrator, const struct undoing *undoing, struct err *err)
{
	char answer[16];
	PGconn *pq = session_pq(migrator->session);
	for (size_t i = 0; i < undoing->n; i++)
		fprintf(stderr, "%s\n%s%s", undoing->steps[i]->name,
			undoing->losses[i] ? undoing->losses[i] : "",
			undoing->losses[i] ? "\n" : "");
	fprintf(stderr, "Undo these %zu steps in database %s on %s? Type yes: ", undoing->n,
		PQdb(pq), PQhost(pq));
	if (fgets(answer, sizeof(answer), stdin) && strcmp(answer, "yes\n") == 0)
		return true;
	return err_set(err, "not confirmed; nothing was changed");
}

static bool confirm(struct migrator *migrator, const struct undoing *undoing, struct err *err)
{
	if (undoing->order->yes || undoing->order->dry_run)
		return true;
	if (isatty(STDIN_FILENO) && isatty(STDERR_FILENO))
		return ask(migrator, undoing, err);
	return err_set(err,
		"%zu steps would be undone in database %s, and what they hold would be lost (see "
		"--dry-run): if that is meant, add --yes; nothing was changed",
		undoing->n, PQdb(session_pq(migrator->session)));
}

static void tell(struct migrator *migrator, const struct undoing *undoing)
{
	for (size_t i = 0; i < undoing->n; i++) {
		const struct migration *step = undoing->steps[i];
		report_step(&migrator->report, step->number, step->name, "undone", NULL);
		report_lines(&migrator->report, "lost", undoing->losses[i]);
	}
	if (undoing->n == 0)
		report_note(&migrator->report, "nothing to do");
}

static bool carry_out(struct migrator *migrator, struct undoing *undoing, struct err *err)
{
	if (undoing->n == 0 || undoing->order->dry_run)
		return true;
	return migrator_retry(migrator, undoing->steps[0], try_undo, undoing, err) ||
	       err_prefix(err, "nothing was undone: ");
}

bool migrate_down(struct migrator *migrator, const struct down_order *order, struct err *err)
{
	struct records records CLEANUP(records_free) = { .n = 0 };
	struct undoing undoing CLEANUP(free_undoing) = { .order = order };
	if ((!order->dry_run && !migrator_lock(migrator, err)) ||
		!records_read(migrator, &records, err) ||
		!check_steps(migrator, &records, order, err))
		return false;
	choose_steps(migrator, &records, &undoing);
	if (!foretell(migrator, &undoing, err) ||
		(undoing.n > 0 && !check_workers(migrator, order, err)) ||
		(undoing.n > 0 && !confirm(migrator, &undoing, err)) ||
		!carry_out(migrator, &undoing, err))
		return false;
	tell(migrator, &undoing);
	return true;
}
