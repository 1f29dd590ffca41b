/* migrate up: adopts what is there, applies what is missing.
 *
 * What runs in no transaction (concurrent index builds) cuts a step's file into several of them.  Such
 * a step is recorded as begun in the first, and its file is written so that it may run again from the
 * top: IF NOT EXISTS, and indexes that are valid are not built twice.
 *
 * What can be foretold (foretell.h) is refused before the first change.
 */
#include <stdlib.h>
#include <string.h>

#include "ctl/migrate/alembic.h"
#include "ctl/migrate/conversion.h"
#include "ctl/migrate/foretell.h"
#include "ctl/migrate/lines.h"
#include "ctl/migrate/locks.h"
#include "ctl/migrate/migrate_index.h"
#include "ctl/migrate/migrate_plan.h"
#include "util/clock.h"
#include "util/mem.h"

/* What is there and does not fit explains a failure better than the statement that stumbled over it. */
static bool cannot_adopt(const struct migration *step, const char *problems, struct err *err)
{
	struct strbuf needed CLEANUP(strbuf_free) = STRBUF(ERR_TEXT_MAX);
	lines_add_needed(&needed, "; ", problems);
	return err_set(err, "%s cannot be adopted: %.380s; change that and run it again",
		step->name, needed.data);
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
			!index_build(migrator, file, statement, statement->concurrent_index, err) ||
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

/* Rows that came after the look at them, and that a file of several transactions could not end with.
 * What it took back because of them must stay taken back: hence the COMMIT. */
static bool check_rows(struct migrator *migrator, const struct migration *step, struct err *err)
{
	char *refusals CLEANUP(mem_cleanup) = NULL;
	struct script script CLEANUP(script_free);
	script_parse(step->up, &script);
	if (!script_has_concurrent(&script))
		return true;
	if (!foretell_rows(migrator, step, &refusals, err))
		return false;
	if (!refusals)
		return true;
	if (!migrator_commit(migrator, err))
		return false;
	return err_set(err, "%s: %.380s; mend that and run it again", step->name, refusals);
}

/* After the file ran: what its verify file still misses decides. */
static bool finish_step(struct migrator *migrator, const struct migration *step, bool adopted,
	struct outcome *outcome, struct err *err)
{
	struct finding finding CLEANUP(finding_free) = { .present = false };
	if (!check_rows(migrator, step, err) || !finding_read(migrator, step, &finding, err))
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
	if (!plan_compare_alembic(migrator, step, finding->present, &outcome->note, err) ||
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
	struct records records CLEANUP(records_free) = { .n = 0 };
	struct finding finding CLEANUP(finding_free);
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

struct wanted {
	int to;
	const char *with;
	struct conversion *conversions; /* of the steps side by side; .lines: NULL: none */
};

struct refusals {
	struct migrator *migrator;
	struct err *err;
	size_t n;
};

/* What no conversion speaks of. */
static bool is_plain(const struct line *line)
{
	static const char *const words[] = {
		"shape: ", "run: ", "undo: ", "refused: ", "note: ", "recurctl migrate up --convert"
	};
	struct line rest;
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (line_after(line, words[i], &rest))
			return false;
	return !line_is_needed(line);
}

/* What a step's lines come to: a shape that is known, with what keeps it from being converted or the way
 * out, says more than the type that stands first. */
static void sum_up(const char *problems, struct strbuf *text)
{
	struct line first = { .text = "" }, shape = first, refused = first, line, run;
	bool has_run = false;
	while (lines_next(&problems, &line)) {
		first = first.len > 0 ? first : line;
		has_run = has_run || line_after(&line, "run: ", &run);
		if (shape.len == 0 && line_after(&line, "shape: ", &shape))
			continue;
		if (refused.len == 0 && !line_after(&line, "refused: ", &refused) &&
			is_plain(&line))
			refused = line;
	}
	lines_add(text, "", shape.len > 0 ? &shape : &first);
	if (shape.len > 0 && refused.len > 0)
		lines_add(text, "; ", &refused);
	else if (shape.len > 0)
		strbuf_addf(text, "; %s: recurctl migrate up --convert",
			has_run ? "run the statements above, or have them run"
				: "if that is meant");
}

/* A changed file is not among them: its own complaint says more. */
static void take_refusal(void *arg, const struct migration *step, const struct outcome *outcome)
{
	struct refusals *refusals = arg;
	if (!outcome->refused || !outcome->problems)
		return;
	outcome_report(refusals->migrator, step, outcome, 0);
	if (refusals->n++ > 0)
		return;
	struct strbuf why CLEANUP(strbuf_free) = STRBUF(SIZE_MAX);
	sum_up(outcome->problems, &why);
	err_set(refusals->err, "%s cannot be done: %s", step->name, why.data);
}

static bool check_plan(struct migrator *migrator, int to, const char *with, struct err *err)
{
	struct err why = { .text = "" };
	struct refusals refusals = { .migrator = migrator, .err = &why };
	if (!migrate_plan(migrator, to, with, take_refusal, &refusals, err))
		return false;
	if (refusals.n == 0)
		return true;
	return err_set(err, "%.380s%s; nothing was changed", why.text,
		refusals.n > 1 ? ", and more (see above)" : "");
}

/* ---- --convert ---- */

static void forget_conversions(const struct migrator *migrator, const struct wanted *wanted)
{
	for (size_t i = 0; i < migrator->set.n; i++)
		conversion_free(&wanted->conversions[i]);
}

/* needs: of the steps whose tables it would change; NULL: it changes them. */
static bool convert_step(struct migrator *migrator, const struct migration *step,
	struct conversion *conversion, struct strbuf *needs, struct err *err)
{
	conversion_free(conversion);
	if (!conversion_read(migrator, step, conversion, err))
		return false;
	if (!conversion->lines || conversion->refused)
		return true; /* the plan says why */
	if (needs && step->needs)
		strbuf_addf(needs, "%s ", step->needs);
	return needs || conversion_run(migrator, step, conversion, err);
}

/* What it must know of the tables that are there is asked before they are locked, and again afterwards. */
static bool convert_steps(struct migrator *migrator, const struct wanted *wanted,
	const struct records *records, struct strbuf *needs, struct err *err)
{
	for (size_t i = 0; i < migrator->set.n; i++) {
		const struct migration *step = &migrator->set.steps[i];
		const struct record *record = records_find(records, step->number);
		if (step_is_wanted(step, wanted->to, wanted->with) &&
			!(record && record->finished) &&
			!convert_step(migrator, step, &wanted->conversions[i], needs, err))
			return false;
	}
	return true;
}

/* One transaction, and the look for what would refuse a step is in it: what cannot be gone on with is taken
 * back. */
static bool try_convert(
	struct migrator *migrator, const struct migration *first, void *arg, struct err *err)
{
	const struct wanted *wanted = arg;
	struct records records CLEANUP(records_free) = { .n = 0 };
	struct strbuf needs CLEANUP(strbuf_free) = STRBUF(SIZE_MAX);
	(void)first;
	return migrator_exec(migrator, "begin; set local lock_timeout = '" MIGRATE_LOCK_TIMEOUT "'",
		       NULL, err) &&
	       records_read(migrator, &records, err) &&
	       convert_steps(migrator, wanted, &records, &needs, err) &&
	       locks_take(migrator, needs.data, err) &&
	       convert_steps(migrator, wanted, &records, NULL, err) &&
	       check_plan(migrator, wanted->to, wanted->with, err) &&
	       migrator_commit(migrator, err);
}

/* Told when it is done for good: what was taken back, or tried again, was not. */
static bool convert(struct migrator *migrator, struct wanted *wanted, struct err *err)
{
	wanted->conversions = mem_alloc_array(migrator->set.n, sizeof(*wanted->conversions));
	bool ok = migrator_retry(migrator, &migrator->set.steps[0], try_convert, wanted, err);
	for (size_t i = 0; ok && i < migrator->set.n; i++)
		if (wanted->conversions[i].runs && !wanted->conversions[i].refused)
			conversion_report(
				migrator, &migrator->set.steps[i], &wanted->conversions[i]);
	forget_conversions(migrator, wanted);
	free(wanted->conversions);
	return ok;
}

static bool prepare(struct migrator *migrator, int to, const char *with, struct err *err)
{
	struct wanted wanted = { .to = to, .with = with };
	return migrator->convert ? convert(migrator, &wanted, err)
				 : check_plan(migrator, to, with, err);
}

/* What other hands took away since is none of up's: whoever runs it because something is missing must not
 * hear that there is nothing to do. */
static bool tell_missing(struct migrator *migrator, int to, struct err *err)
{
	struct records records CLEANUP(records_free) = { .n = 0 };
	struct strbuf steps CLEANUP(strbuf_free) = STRBUF(ERR_TEXT_MAX);
	bool ok = migrator_exec(migrator, "begin read only", NULL, err) &&
		  records_read(migrator, &records, err);
	for (size_t i = 0; ok && i < records.n && records.rows[i].number <= to; i++) {
		const struct migration *step = migration_find(
			&migrator->set, records.rows[i].number);
		struct finding finding CLEANUP(finding_free);
		finding = (struct finding){ .present = false };
		if (!step || !records.rows[i].finished)
			continue;
		ok = finding_read(migrator, step, &finding, err);
		char *lost CLEANUP(mem_cleanup) = lines_filter(
			finding.problems, records.rows[i].accepted, false);
		if (lost)
			strbuf_addf(&steps, "%s%s", steps.len > 0 ? ", " : "", step->name);
	}
	migrator_rollback(migrator);
	if (ok && steps.len > 0)
		report_note(&migrator->report,
			"something that applied steps made is missing (%s); see recurctl migrate "
			"repair --dry-run, then run: recurctl migrate repair",
			steps.data);
	return ok;
}

bool migrate_up(struct migrator *migrator, int to, const char *with, struct err *err)
{
	struct outcome outcome CLEANUP(outcome_free) = { .state = NULL };
	size_t changed = 0;
	migrator->keeps = true;
	if (!migrator_lock(migrator, err) || !prepare(migrator, to, with, err) ||
		!migrator_bootstrap(migrator, err))
		return false;
	for (size_t i = 0; i < migrator->set.n; i++) {
		const struct migration *step = &migrator->set.steps[i];
		if (!step_is_wanted(step, to, with))
			continue;
		usec_t start = clock_monotonic();
		if (!migrator_retry(migrator, step, try_step, &outcome, err))
			return false;
		outcome_report(migrator, step, &outcome, clock_monotonic() - start);
		changed += outcome.state != NULL;
	}
	if (changed == 0 && !migrator->report.json)
		report_note(&migrator->report, "nothing to do");
	return tell_missing(migrator, to, err);
}
