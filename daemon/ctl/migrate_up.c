/* migrate up: adopts what is there, applies what is missing.
 *
 * What runs in no transaction (concurrent index builds) cuts a step's file into several of them.  Such
 * a step is recorded as begun in the first, and its file is written so that it may run again from the
 * top: IF NOT EXISTS, and indexes that are valid are not built twice.
 */
#include <stdlib.h>
#include <string.h>

#include "ctl/alembic.h"
#include "ctl/escape.h"
#include "ctl/migrator.h"
#include "db/rows.h"
#include "util/clock.h"
#include "util/mem.h"

/* The lines of problems that recurd cannot live with, on one line. */
static void add_needed(struct strbuf *buf, const char *problems)
{
	for (const char *line = problems; line && *line;) {
		size_t len = strcspn(line, "\n");
		char *one CLEANUP(mem_cleanup) = mem_strndup(line, len);
		if (strstr(one, "[needed]"))
			strbuf_addf(buf, "%s%s", buf->len ? "; " : "", one);
		line += len + (line[len] == '\n');
	}
}

/* What is there and does not fit explains a failure better than the statement that stumbled over it. */
static bool cannot_adopt(const struct migration *step, const char *problems, struct err *err)
{
	struct strbuf needed CLEANUP(strbuf_free);
	strbuf_init(&needed, ERR_TEXT_MAX);
	add_needed(&needed, problems);
	return err_set(err, "%s cannot be adopted: %.380s; change that and run it again",
		step->name, needed.data);
}

/* What became of a step, for the report. */
struct outcome {
	const char *state; /* NULL: it was done already */
	char *problems, *note;
};

static void outcome_free(struct outcome *outcome)
{
	free(outcome->problems);
	free(outcome->note);
	*outcome = (struct outcome){ .state = NULL };
}

static void clear_result(PGresult **result)
{
	PQclear(*result);
}

/* ret_state: 't' valid, 'f' invalid, 0: there is none. */
static bool read_index(
	struct migrator *migrator, const char *name, char *ret_state, struct err *err)
{
	struct params params CLEANUP(params_free);
	PGresult *result CLEANUP(clear_result) = NULL;
	params_init(&params);
	params_text(&params, name);
	if (!session_query(migrator->session, QUERY_CTL_MIGRATE_INDEX, &params, &result, err))
		return false;
	*ret_state = '\0';
	if (PQntuples(result) > 0)
		*ret_state = row_bool(result, 0, 0) ? 't' : 'f';
	return true;
}

/* No lock_timeout here: it would leave the index invalid, and the build stops no writes. */
static bool build_index(struct migrator *migrator, const char *file,
	const struct statement *statement, struct err *err)
{
	char state;
	if (!read_index(migrator, statement->concurrent_index, &state, err))
		return false;
	if (state == 't')
		return true;
	if (state == 'f') {
		char *drop CLEANUP(mem_cleanup) = mem_printf(
			"drop index concurrently %s", statement->concurrent_index);
		if (!migrator_exec(migrator, drop, NULL, err))
			return err_prefix(err, "%s, line %d: ", file, statement->line);
	}
	if (!migrator_run(migrator, file, statement, err) ||
		!read_index(migrator, statement->concurrent_index, &state, err))
		return false;
	if (state == 't')
		return true;
	return err_set(err, "%s, line %d: index %s is %s after its build; run it again", file,
		statement->line, statement->concurrent_index, state ? "invalid" : "missing");
}

/* Inside a transaction, and again inside one afterwards. */
static bool run_file(struct migrator *migrator, const struct migration *step, struct err *err)
{
	char *file CLEANUP(mem_cleanup) = mem_printf("%s.up.sql", step->name);
	struct script script CLEANUP(script_free);
	script_parse(step->up, &script);
	for (size_t i = 0; i < script.n; i++) {
		const struct statement *statement = &script.statements[i];
		if (!statement->concurrent_index[0]) {
			if (!migrator_run(migrator, file, statement, err))
				return false;
			continue;
		}
		if (!migrator_commit(migrator, err) ||
			!build_index(migrator, file, statement, err) ||
			!migrator_begin(migrator, err))
			return false;
	}
	return true;
}

static bool record_begin(
	struct migrator *migrator, const struct migration *step, bool adopted, struct err *err)
{
	struct params params CLEANUP(params_free);
	params_init(&params);
	params_int4(&params, step->number);
	params_text(&params, step->name);
	params_text(&params, step->checksum);
	params_bool(&params, adopted);
	return migrator_query(migrator, QUERY_CTL_MIGRATE_RECORD_BEGIN, &params, err);
}

static bool record_finish(struct migrator *migrator, const struct migration *step,
	const char *accepted, struct err *err)
{
	struct params params CLEANUP(params_free);
	params_init(&params);
	params_int4(&params, step->number);
	params_text(&params, accepted);
	return migrator_query(migrator, QUERY_CTL_MIGRATE_RECORD_FINISH, &params, err) &&
	       migrator_commit(migrator, err);
}

static bool check_applied(struct migrator *migrator, const struct migration *step,
	const struct record *record, struct outcome *outcome, struct err *err)
{
	if (strcmp(record->checksum, step->checksum) == 0)
		return migrator_commit(migrator, err);
	if (!migrator->accept_changes)
		return err_set(err,
			"%s.up.sql is not the file that was applied (its SHA-256 begins with "
			"%.12s, recorded is %.12s): restore it, or run with --accept-changes "
			"if the difference does not matter",
			step->name, step->checksum, record->checksum);
	struct params params CLEANUP(params_free);
	params_init(&params);
	params_int4(&params, step->number);
	params_text(&params, step->checksum);
	outcome->state = "accepted";
	outcome->note = mem_strdup("its file has changed since it was applied");
	return migrator_query(migrator, QUERY_CTL_MIGRATE_RECORD_CHECKSUM, &params, err) &&
	       migrator_commit(migrator, err);
}

/* What alembic_version says about a step that recurd meets for the first time, where it errs. */
static bool compare_alembic(struct migrator *migrator, const struct migration *step, bool present,
	char **ret_note, struct err *err)
{
	struct alembic alembic CLEANUP(alembic_free);
	alembic = (struct alembic){ .there = false };
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

/* After the file ran: what its verify file still misses decides. */
static bool finish_step(struct migrator *migrator, const struct migration *step, bool adopted,
	struct outcome *outcome, struct err *err)
{
	struct finding finding CLEANUP(finding_free);
	finding = (struct finding){ .present = false };
	if (!finding_read(migrator, step, &finding, err))
		return false;
	if (adopted && finding.needed)
		return cannot_adopt(step, finding.problems, err);
	if (!adopted && finding.problems)
		return err_set(err, "%s does not verify: %.380s; mend that and run it again",
			step->name, finding.problems);
	char *note;
	if (!alembic_stamp(migrator, step, &note, err))
		return false;
	if (note) {
		free(outcome->note);
		outcome->note = note;
	}
	if (!record_finish(migrator, step, finding.problems, err))
		return false;
	outcome->problems = finding.problems;
	finding.problems = NULL;
	return true;
}

/* The step has no record yet.  ret_done: it was there already. */
static bool meet_step(struct migrator *migrator, const struct migration *step,
	struct finding *finding, bool *ret_done, struct outcome *outcome, struct err *err)
{
	if (!compare_alembic(migrator, step, finding->present, &outcome->note, err) ||
		!record_begin(migrator, step, finding->present || finding->leave, err))
		return false;
	*ret_done = finding->leave || !finding->problems;
	outcome->state = finding->leave ? "left alone" : finding->present ? "completed" : "applied";
	if (!*ret_done)
		return true;
	if (!finding->leave)
		outcome->state = finding->present ? "adopted" : "found";
	if (!record_finish(migrator, step, finding->problems, err))
		return false;
	outcome->problems = finding->problems;
	finding->problems = NULL;
	return true;
}

static bool begin_step(struct migrator *migrator, const struct migration *step,
	const struct record *record, struct finding *finding, bool *ret_done,
	struct outcome *outcome, struct err *err)
{
	*ret_done = false;
	if (!finding_read(migrator, step, finding, err))
		return false;
	if (!record)
		return meet_step(migrator, step, finding, ret_done, outcome, err);
	outcome->state = "finished"; /* what was interrupted */
	return record_begin(migrator, step, record->adopted, err);
}

static bool try_step(
	struct migrator *migrator, const struct migration *step, void *arg, struct err *err)
{
	struct outcome *outcome = arg;
	struct records records CLEANUP(records_free);
	struct finding finding CLEANUP(finding_free);
	records = (struct records){ .n = 0 };
	finding = (struct finding){ .present = false };
	bool is_done;
	outcome_free(outcome);
	if (!migrator_begin(migrator, err) || !records_read(migrator, &records, err))
		return false;
	const struct record *record = records_find(&records, step->number);
	if (record && record->finished)
		return check_applied(migrator, step, record, outcome, err);
	if (!begin_step(migrator, step, record, &finding, &is_done, outcome, err))
		return false;
	if (is_done)
		return true;
	bool adopted = record ? record->adopted : finding.present;
	if (run_file(migrator, step, err))
		return finish_step(migrator, step, adopted, outcome, err);
	if (adopted && finding.needed && !migrator_is_blocked(migrator))
		return cannot_adopt(step, finding.problems, err);
	return false;
}

static bool is_wanted(const struct migration *step, int to, const char *with)
{
	return step->number <= to &&
	       (!step->optional || (with && strcmp(with, step->optional) == 0));
}

static bool check_with(const struct migrator *migrator, const char *with, struct err *err)
{
	if (!with)
		return true;
	for (size_t i = 0; i < migrator->set.n; i++)
		if (migrator->set.steps[i].optional &&
			strcmp(migrator->set.steps[i].optional, with) == 0)
			return true;
	return err_set(err, "there is no optional migration \"%s\"", with);
}

static void report_outcome(struct migrator *migrator, const struct migration *step,
	const struct outcome *outcome, usec_t elapsed)
{
	struct strbuf span CLEANUP(strbuf_free);
	strbuf_init(&span, SIZE_MAX);
	if (!outcome->state)
		return;
	if (elapsed >= USEC_PER_SEC)
		span_format(elapsed, &span);
	report_step(&migrator->report, step->number, step->name, outcome->state, span.data);
	report_lines(&migrator->report, "problems", outcome->problems);
	report_lines(&migrator->report, "notes", outcome->note);
}

bool migrate_up(struct migrator *migrator, int to, const char *with, struct err *err)
{
	struct outcome outcome CLEANUP(outcome_free);
	outcome = (struct outcome){ .state = NULL };
	size_t changed = 0;
	if (!check_with(migrator, with, err) || !migrator_lock(migrator, err) ||
		!migrator_bootstrap(migrator, err))
		return false;
	for (size_t i = 0; i < migrator->set.n; i++) {
		const struct migration *step = &migrator->set.steps[i];
		if (!is_wanted(step, to, with))
			continue;
		usec_t start = clock_monotonic();
		if (!migrator_retry(migrator, step, try_step, &outcome, err))
			return false;
		report_outcome(migrator, step, &outcome, clock_monotonic() - start);
		changed += outcome.state != NULL;
	}
	if (changed == 0 && !migrator->report.json)
		report_note(&migrator->report, "nothing to do");
	return true;
}

static bool plan_step(struct migrator *migrator, const struct migration *step,
	const struct record *record, struct outcome *outcome, struct err *err)
{
	struct finding finding CLEANUP(finding_free);
	finding = (struct finding){ .present = false };
	if (record && record->finished) {
		if (strcmp(record->checksum, step->checksum) == 0)
			return true;
		outcome->state = migrator->accept_changes ? "accepted" : "refused";
		outcome->note = mem_strdup("its file has changed since it was applied");
		return true;
	}
	if (!finding_read(migrator, step, &finding, err) ||
		!compare_alembic(migrator, step, finding.present, &outcome->note, err))
		return false;
	if (record)
		outcome->state = "finished";
	else if (finding.leave)
		outcome->state = "left alone";
	else if (finding.present)
		outcome->state = finding.problems ? "completed" : "adopted";
	else
		outcome->state = finding.problems ? "applied" : "found";
	if (finding.present && finding.problems) {
		outcome->problems = finding.problems;
		finding.problems = NULL;
	}
	return true;
}

bool migrate_up_plan(struct migrator *migrator, int to, const char *with, struct err *err)
{
	struct records records CLEANUP(records_free);
	records = (struct records){ .n = 0 };
	size_t changes = 0;
	bool ok = check_with(migrator, with, err) &&
		  migrator_exec(migrator, "begin read only", NULL, err) &&
		  records_read(migrator, &records, err);
	for (size_t i = 0; ok && i < migrator->set.n; i++) {
		const struct migration *step = &migrator->set.steps[i];
		struct outcome outcome CLEANUP(outcome_free);
		outcome = (struct outcome){ .state = NULL };
		if (!is_wanted(step, to, with))
			continue;
		ok = plan_step(migrator, step, records_find(&records, step->number), &outcome, err);
		if (ok)
			report_outcome(migrator, step, &outcome, 0);
		changes += outcome.state != NULL;
	}
	migrator_rollback(migrator);
	if (ok && changes == 0 && !migrator->report.json)
		report_note(&migrator->report, "nothing to do");
	return ok;
}
