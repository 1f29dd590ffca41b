/* migrate_plan: see the header. */
#include "ctl/migrate/migrate_plan.h"

#include <stdlib.h>
#include <string.h>

#include "ctl/migrate/alembic.h"
#include "ctl/migrate/conversion.h"
#include "ctl/migrate/foretell.h"
#include "ctl/migrate/lines.h"
#include "util/duration.h"
#include "util/mem.h"

#define CONVERT_RUNS   "recurctl migrate up --convert runs these statements, in one transaction"
#define CONVERT_AGREES "recurctl migrate up --convert agrees to it"

void outcome_free(struct outcome *outcome)
{
	free(outcome->problems);
	free(outcome->note);
	*outcome = (struct outcome){ .state = NULL };
}

void outcome_report(struct migrator *migrator, const struct migration *step,
	const struct outcome *outcome, usec_t elapsed)
{
	struct strbuf span CLEANUP(strbuf_free) = STRBUF(SIZE_MAX);
	if (!outcome->state)
		return;
	if (elapsed >= USEC_PER_SEC)
		duration_tell(elapsed, &span);
	report_step(&migrator->report, step->number, step->name, outcome->state, span.data);
	report_lines(&migrator->report, "problems", outcome->problems);
	report_lines(&migrator->report, "notes", outcome->note);
}

bool step_is_wanted(const struct migration *step, int to, const char *with)
{
	return step->number <= to &&
	       (!step->optional || (with && strcmp(with, step->optional) == 0));
}

bool plan_compare_alembic(struct migrator *migrator, const struct migration *step, bool present,
	char **ret_note, struct err *err)
{
	struct alembic alembic CLEANUP(alembic_free) = { .there = false };
	*ret_note = NULL;
	if (!step->revision)
		return true;
	if (!alembic_read(migrator, &alembic, err))
		return false;
	if (alembic.number < 0 || alembic.rows != 1)
		return true;
	if (present && alembic.number < step->number)
		*ret_note = mem_printf(
			"alembic_version (%s) does not have this step, the database does",
			alembic.revision);
	else if (!present && alembic.number >= step->number)
		*ret_note = mem_printf("alembic_version (%s) has this step, the database did not",
			alembic.revision);
	return true;
}

const char *plan_state(const struct finding *finding)
{
	if (finding->leave)
		return "left alone";
	if (finding->present)
		return finding->problems ? "completed" : "adopted";
	return finding->problems ? "applied" : "found";
}

static void plan_applied(struct migrator *migrator, const struct migration *step,
	const struct record *record, struct outcome *outcome)
{
	if (strcmp(record->checksum, step->checksum) == 0)
		return;
	outcome->refused = !migrator->accept_changes;
	outcome->state = outcome->refused ? "refused" : "accepted";
	outcome->note = mem_strdup("its file has changed since it was applied");
}

/* What a person should know beside it.  runs: the step's file would. */
static bool plan_note(struct migrator *migrator, const struct migration *step, bool met, bool runs,
	const struct finding *finding, struct outcome *outcome, struct err *err)
{
	if (!met && !plan_compare_alembic(migrator, step, finding->present, &outcome->note, err))
		return false;
	return !runs || outcome->note || alembic_foretell(migrator, step, &outcome->note, err);
}

static void add_lines(struct outcome *outcome, const char *lines)
{
	char *before = outcome->problems;
	outcome->problems = before ? mem_printf("%s\n%s", before, lines) : mem_strdup(lines);
	free(before);
}

/* The lines that say no more than that the shape is there, which the conversion says again. */
static bool is_said(const char *conversion, const struct line *line)
{
	struct line one, shape;
	while (lines_next(&conversion, &one))
		if (line_after(&one, "shape: ", &shape) && shape.len == line->len &&
			memcmp(shape.text, line->text, line->len) == 0)
			return true;
	return false;
}

/* ret_rest: what no conversion mends. */
static void leave_out_shapes(struct outcome *outcome, const char *conversion, bool *ret_rest)
{
	struct strbuf kept CLEANUP(strbuf_free) = STRBUF(SIZE_MAX);
	const char *rest = outcome->problems;
	struct line line;
	*ret_rest = false;
	while (lines_next(&rest, &line)) {
		if (is_said(conversion, &line))
			continue;
		*ret_rest = *ret_rest || !line_is_needed(&line);
		lines_add(&kept, "\n", &line);
	}
	free(outcome->problems);
	outcome->problems = kept.len > 0 ? strbuf_steal(&kept) : NULL;
}

/* What is refused for the shape of a table that is known is told with what mends it.  state: what becomes of
 * the step where nothing refuses it. */
static bool plan_conversion(struct migrator *migrator, const struct migration *step,
	const char *state, struct outcome *outcome, struct err *err)
{
	struct conversion conversion CLEANUP(conversion_free) = { .lines = NULL };
	bool is_rest;
	if (!outcome->refused)
		return true;
	if (!conversion_read(migrator, step, &conversion, err))
		return false;
	if (!conversion.lines)
		return true;
	leave_out_shapes(outcome, conversion.lines, &is_rest);
	add_lines(outcome, conversion.lines);
	if (conversion.refused)
		return true;
	if (migrator->convert && !is_rest) {
		outcome->refused = false;
		outcome->state = conversion.runs ? "converted" : state;
	} else if (!migrator->convert) {
		add_lines(outcome, conversion.runs ? CONVERT_RUNS : CONVERT_AGREES);
	}
	return true;
}

/* first: no step before it has anything to do. */
static bool plan_step(struct migrator *migrator, const struct migration *step,
	const struct record *record, bool first, struct outcome *outcome, struct err *err)
{
	struct finding finding CLEANUP(finding_free) = { .present = false };
	char *refusals CLEANUP(mem_cleanup) = NULL;
	if (record && record->finished) {
		plan_applied(migrator, step, record, outcome);
		return true;
	}
	if (!finding_read(migrator, step, &finding, err))
		return false;
	bool runs = record || (finding.problems && !finding.leave);
	/* An interrupted step has built some of its indexes itself. */
	struct finding there = finding;
	there.present = finding.present || record;
	if ((runs || first) &&
		!foretell_step(migrator, step, runs ? &there : NULL, first, &refusals, err))
		return false;
	if (!plan_note(migrator, step, record != NULL, runs, &finding, outcome, err))
		return false;
	const char *state = record ? "finished" : plan_state(&finding);
	outcome->refused = refusals != NULL;
	outcome->state = refusals ? "refused" : state;
	if (refusals || (finding.present && finding.problems)) {
		char **from = refusals ? &refusals : &finding.problems;
		outcome->problems = *from;
		*from = NULL;
	}
	return plan_conversion(migrator, step, state, outcome, err);
}

/* search_path for this transaction alone: the session may be a pooler's. */
static bool begin(struct migrator *migrator, struct err *err)
{
	PGconn *pq = session_pq(migrator->session);
	char *schema = PQescapeIdentifier(pq, migrator->app_schema, strlen(migrator->app_schema));
	char *sql CLEANUP(mem_cleanup) = mem_printf(
		"begin transaction isolation level read committed read only;"
		"set local search_path = %s; set local statement_timeout = 0",
		schema);
	PQfreemem(schema);
	return migrator_exec(migrator, sql, NULL, err);
}

static bool plan_steps(struct migrator *migrator, bool begins, int to, const char *with,
	plan_step_fn *fn, void *arg, struct err *err)
{
	struct records records CLEANUP(records_free) = { .n = 0 };
	bool first = true;
	if ((begins && !begin(migrator, err)) || !records_read(migrator, &records, err))
		return false;
	for (size_t i = 0; i < migrator->set.n; i++) {
		const struct migration *step = &migrator->set.steps[i];
		struct outcome outcome CLEANUP(outcome_free);
		outcome = (struct outcome){ .state = NULL };
		if (!step_is_wanted(step, to, with))
			continue;
		if (!plan_step(migrator, step, records_find(&records, step->number), first,
			    &outcome, err))
			return false;
		first = first && !outcome.state;
		fn(arg, step, &outcome);
	}
	return true;
}

bool migrate_plan(struct migrator *migrator, int to, const char *with, plan_step_fn *fn, void *arg,
	struct err *err)
{
	bool begins = PQtransactionStatus(session_pq(migrator->session)) == PQTRANS_IDLE;
	bool ok = plan_steps(migrator, begins, to, with, fn, arg, err);
	if (begins)
		migrator_rollback(migrator);
	return ok;
}

/* ---- --dry-run ---- */

struct dry_run {
	struct migrator *migrator;
	size_t changes, refused;
};

static void show_step(void *arg, const struct migration *step, const struct outcome *outcome)
{
	struct dry_run *dry_run = arg;
	outcome_report(dry_run->migrator, step, outcome, 0);
	dry_run->changes += outcome->state != NULL;
	dry_run->refused += outcome->refused;
}

bool migrate_up_plan(
	struct migrator *migrator, int to, const char *with, bool *ret_ok, struct err *err)
{
	struct dry_run dry_run = { .migrator = migrator };
	if (!migrate_plan(migrator, to, with, show_step, &dry_run, err))
		return false;
	if (dry_run.changes == 0 && !migrator->report.json)
		report_note(&migrator->report, "nothing to do");
	*ret_ok = dry_run.refused == 0;
	return true;
}
