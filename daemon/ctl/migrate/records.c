/* records: what recurd.migrations says, and what the catalog says (see migrator.h). */
#include <stdlib.h>
#include <string.h>

#include "ctl/migrate/migrator.h"
#include "db/rows.h"
#include "util/mem.h"

static char *copy_text(const PGresult *result, int row, int column)
{
	return mem_strdup(row_text(result, row, column));
}

/* Where somebody's hand has put null, it is the text of no step. */
static char *copy_text_or_empty(const PGresult *result, int row, int column)
{
	const char *text = row_text(result, row, column);
	return mem_strdup(text ? text : "");
}

bool records_read(struct migrator *migrator, struct records *ret_records, struct err *err)
{
	PGresult *there CLEANUP(ctl_clear) = NULL;
	PGresult *result CLEANUP(ctl_clear) = NULL;
	struct records records = { .n = 0 };
	if (!session_query(migrator->session, QUERY_CTL_MIGRATE_HAS_RECORD, NULL, &there, err))
		return false;
	if (!row_bool(there, 0, 0)) {
		*ret_records = records;
		return true;
	}
	if (!session_query(migrator->session, QUERY_CTL_MIGRATE_RECORDS, NULL, &result, err))
		return false;
	records.n = (size_t)PQntuples(result);
	records.rows = mem_alloc_array(records.n, sizeof(*records.rows));
	for (int row = 0; row < PQntuples(result); row++)
		records.rows[row] = (struct record){
			.number = row_int4(result, row, 0),
			.name = copy_text_or_empty(result, row, 1),
			.checksum = copy_text_or_empty(result, row, 2),
			.adopted = !row_is_null(result, row, 3) && row_bool(result, row, 3),
			.accepted = copy_text(result, row, 4),
			.finished = !row_is_null(result, row, 5),
			.applied_at = row_is_null(result, row, 5) ? 0 : row_instant(result, row, 5),
		};
	*ret_records = records;
	return true;
}

void records_free(struct records *records)
{
	for (size_t i = 0; i < records->n; i++) {
		free(records->rows[i].name);
		free(records->rows[i].checksum);
		free(records->rows[i].accepted);
	}
	free(records->rows);
	*records = (struct records){ .n = 0 };
}

const struct record *records_find(const struct records *records, int number)
{
	for (size_t i = 0; i < records->n; i++)
		if (records->rows[i].number == number)
			return &records->rows[i];
	return NULL;
}

/* Expressions of the file's head; NULL is false. */
static bool read_heads(struct migrator *migrator, const struct migration *step,
	struct finding *finding, struct err *err)
{
	PGresult *result CLEANUP(ctl_clear) = NULL;
	char *sql CLEANUP(mem_cleanup) = mem_printf(
		"select coalesce(%s, false), coalesce(%s, false)",
		step->adopts ? step->adopts : "false", step->leave ? step->leave : "false");
	if (!migrator_exec(migrator, sql, &result, err))
		return err_prefix(
			err, "%s.up.sql, \"adopts\" or \"leave\" in its head: ", step->name);
	finding->present = strcmp(PQgetvalue(result, 0, 0), "t") == 0;
	finding->leave = strcmp(PQgetvalue(result, 0, 1), "t") == 0;
	return true;
}

/* A verify file raises its problems as an exception of its own (P0001). */
static bool read_problems(struct migrator *migrator, const struct migration *step,
	struct finding *finding, struct err *err)
{
	char *raised CLEANUP(mem_cleanup) = NULL;
	char sqlstate[6];
	if (!migrator_look(migrator, step->verify, &raised, sqlstate, err))
		return err_prefix(err, "%s.verify.sql: ", step->name);
	if (raised && strcmp(sqlstate, "P0001") != 0)
		return err_set(err, "%s.verify.sql: %.380s%s", step->name, raised,
			strcmp(sqlstate, "42501") == 0
				? "; run this as the owner of the application's tables"
				: "");
	finding->problems = raised;
	raised = NULL;
	finding->needed = finding->problems && strstr(finding->problems, "[needed]") != NULL;
	return true;
}

bool finding_read(struct migrator *migrator, const struct migration *step,
	struct finding *ret_finding, struct err *err)
{
	struct finding finding = { .present = false };
	if (!read_heads(migrator, step, &finding, err) ||
		!read_problems(migrator, step, &finding, err)) {
		finding_free(&finding);
		return false;
	}
	finding.leave = finding.leave && finding.problems;
	*ret_finding = finding;
	return true;
}

void finding_free(struct finding *finding)
{
	free(finding->problems);
	*finding = (struct finding){ .present = false };
}
