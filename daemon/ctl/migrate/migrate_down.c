/* migrate down: undoes steps, the newest first. */
#include <string.h>

#include "ctl/migrate/alembic.h"
#include "ctl/migrate/migrator.h"

#define UNBOOTSTRAP_SQL "begin; drop table recurd.migrations; drop schema recurd; commit"

static bool forget(struct migrator *migrator, const struct migration *step, struct err *err)
{
	struct params params CLEANUP(params_free);
	params_init(&params);
	params_int4(&params, step->number);
	return migrator_query(migrator, QUERY_CTL_MIGRATE_RECORD_FORGET, &params, err);
}

/* One transaction: a down file builds nothing concurrently. */
static bool try_undo(
	struct migrator *migrator, const struct migration *step, void *arg, struct err *err)
{
	bool *ret_undone = arg;
	char file[128];
	struct records records CLEANUP(records_free) = { .n = 0 };
	struct script script CLEANUP(script_free);
	script_parse(step->down, &script);
	snprintf(file, sizeof(file), "%.100s.down.sql", step->name);
	if (!migrator_begin(migrator, err) || !records_read(migrator, &records, err))
		return false;
	*ret_undone = records_find(&records, step->number) != NULL;
	for (size_t i = 0; *ret_undone && i < script.n; i++)
		if (!migrator_run(migrator, file, &script.statements[i], err))
			return false;
	return alembic_unstamp(migrator, step, err) && forget(migrator, step, err) &&
	       migrator_commit(migrator, err);
}

/* Before anything is undone, everything must be known and allowed. */
static bool check_steps(struct migrator *migrator, const struct records *records, int to,
	bool destroy, struct err *err)
{
	for (size_t i = 0; i < records->n; i++) {
		const struct record *record = &records->rows[i];
		if (record->number <= to)
			continue;
		if (!migration_find(&migrator->set, record->number))
			return err_set(err,
				"%s was applied by a newer recurctl, which must undo it",
				record->name);
		if (record->adopted && !destroy)
			return err_set(err,
				"%s was there before recurd came: undoing it destroys the "
				"application's own data; if that is meant, add --destroy",
				record->name);
	}
	return true;
}

static bool undo(
	struct migrator *migrator, const struct migration *step, bool dry_run, struct err *err)
{
	bool undone = true;
	if (!dry_run && !migrator_retry(migrator, step, try_undo, &undone, err))
		return false;
	if (undone)
		report_step(&migrator->report, step->number, step->name, "undone", NULL);
	return true;
}

/* The table of records goes with the last step. */
static bool unbootstrap(struct migrator *migrator, struct err *err)
{
	if (migrator_exec(migrator, UNBOOTSTRAP_SQL, NULL, err))
		return true;
	migrator_rollback(migrator);
	return err_prefix(err, "schema recurd stays: ");
}

bool migrate_down(struct migrator *migrator, int to, bool destroy, bool dry_run, struct err *err)
{
	struct records records CLEANUP(records_free) = { .n = 0 };
	if ((!dry_run && !migrator_lock(migrator, err)) || !records_read(migrator, &records, err) ||
		!check_steps(migrator, &records, to, destroy, err))
		return false;
	if (records.n == 0 || records.rows[records.n - 1].number <= to)
		report_note(&migrator->report, "nothing to do");
	for (size_t i = records.n; i > 0 && records.rows[i - 1].number > to; i--)
		if (!undo(migrator, migration_find(&migrator->set, records.rows[i - 1].number),
			    dry_run, err))
			return false;
	return dry_run || to > 0 || records.n == 0 || unbootstrap(migrator, err);
}
