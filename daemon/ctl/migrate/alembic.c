/* alembic: see the header. */
#include "ctl/migrate/alembic.h"

#include <stdlib.h>
#include <string.h>

#include "util/mem.h"

#define FIND_SQL                                                                              \
	"select a.atttypmod - 4 from pg_catalog.pg_attribute a"                               \
	" where a.attrelid = to_regclass('alembic_version') and a.attname = 'version_num'"    \
	" and not a.attisdropped"                                                             \
	" and has_table_privilege(a.attrelid, 'select') and has_table_privilege(a.attrelid, " \
	"'update')"

static int number_of(const struct migration_set *set, const char *revision)
{
	for (size_t i = 0; i < set->n; i++)
		if (set->steps[i].revision && strcmp(set->steps[i].revision, revision) == 0)
			return set->steps[i].number;
	return -1;
}

bool alembic_read(struct migrator *migrator, struct alembic *ret_alembic, struct err *err)
{
	PGresult *column CLEANUP(ctl_clear) = NULL;
	PGresult *rows CLEANUP(ctl_clear) = NULL;
	struct alembic alembic = { .there = false };
	if (!migrator_exec(migrator, FIND_SQL, &column, err))
		return false;
	if (PQntuples(column) == 0) {
		*ret_alembic = alembic;
		return true;
	}
	if (!migrator_exec(migrator, "select version_num from alembic_version limit 2", &rows, err))
		return false;
	alembic.there = true;
	alembic.columns_max = atoi(PQgetvalue(column, 0, 0)); /* -5: no limit */
	if (alembic.columns_max < 0)
		alembic.columns_max = 0;
	alembic.rows = PQntuples(rows);
	if (alembic.rows == 1) {
		alembic.revision = mem_strdup(PQgetvalue(rows, 0, 0));
		alembic.number = number_of(&migrator->set, alembic.revision);
	}
	*ret_alembic = alembic;
	return true;
}

void alembic_free(struct alembic *alembic)
{
	free(alembic->revision);
	*alembic = (struct alembic){ .there = false };
}

static bool write_revision(
	struct migrator *migrator, const char *revision, bool is_first, struct err *err)
{
	PGconn *pq = session_pq(migrator->session);
	char *literal = PQescapeLiteral(pq, revision, strlen(revision));
	char *sql CLEANUP(mem_cleanup) = mem_printf(
		is_first ? "insert into alembic_version (version_num) values (%s)"
			 : "update alembic_version set version_num = %s",
		literal);
	PQfreemem(literal);
	if (migrator_exec(migrator, sql, NULL, err))
		return true;
	return err_prefix(err, "alembic_version cannot be moved to %s: ", revision);
}

/* Whether the step has a place behind what is stamped. */
static bool is_next(const struct alembic *alembic, const struct migration *step)
{
	return alembic->there && alembic->rows <= 1 && alembic->number >= 0 &&
	       alembic->number < step->number;
}

/* NULL: the column holds the step's revision. */
static char *too_narrow(const struct alembic *alembic, const struct migration *step)
{
	int len = (int)strlen(step->revision);
	if (alembic->columns_max == 0 || len <= alembic->columns_max)
		return NULL;
	return mem_printf(
		"alembic_version stays where it is: %s has %d characters and the column holds %d;"
		" widen it and run `alembic stamp %s`, or the application's chain will try this "
		"step again",
		step->revision, len, alembic->columns_max, step->revision);
}

/* As alembic_read, of a step that may be none of alembic's. */
static bool read_for(struct migrator *migrator, const struct migration *step,
	struct alembic *ret_alembic, struct err *err)
{
	return !step->revision || alembic_read(migrator, ret_alembic, err);
}

bool alembic_foretell(
	struct migrator *migrator, const struct migration *step, char **ret_note, struct err *err)
{
	struct alembic alembic CLEANUP(alembic_free) = { .there = false };
	if (!read_for(migrator, step, &alembic, err))
		return false;
	*ret_note = is_next(&alembic, step) ? too_narrow(&alembic, step) : NULL;
	return true;
}

bool alembic_stamp(
	struct migrator *migrator, const struct migration *step, char **ret_note, struct err *err)
{
	struct alembic alembic CLEANUP(alembic_free) = { .there = false };
	*ret_note = NULL;
	if (!read_for(migrator, step, &alembic, err))
		return false;
	if (!is_next(&alembic, step))
		return true;
	*ret_note = too_narrow(&alembic, step);
	return *ret_note || write_revision(migrator, step->revision, alembic.rows == 0, err);
}

bool alembic_unstamp(struct migrator *migrator, const struct migration *step, struct err *err)
{
	const char *previous = NULL;
	struct alembic alembic CLEANUP(alembic_free) = { .there = false };
	if (!read_for(migrator, step, &alembic, err))
		return false;
	if (!alembic.there || alembic.rows != 1 || alembic.number != step->number)
		return true;
	for (size_t i = 0; i < migrator->set.n; i++)
		if (migrator->set.steps[i].revision && migrator->set.steps[i].number < step->number)
			previous = migrator->set.steps[i].revision;
	if (previous)
		return write_revision(migrator, previous, false, err);
	return migrator_exec(migrator, "delete from alembic_version", NULL, err);
}
