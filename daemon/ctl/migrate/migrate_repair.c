/* migrate repair: brings back what applied steps made and the database has lost: an application's
 * migration dropped it, a restore left it out.
 *
 * What is missing is what the verify files say, but for what was accepted at adoption.  How it is made is
 * in recipe.h.  Each step is repaired in a transaction, with its locks tried again as those of up are;
 * what fails for a reason of its own is told and left, and the rest goes on.  Rows are never invented:
 * a table that is missing is made only where that is asked for, and then it is empty.
 */
#include <stdlib.h>
#include <string.h>

#include "ctl/migrate/migrate_index.h"
#include "ctl/migrate/migrator.h"
#include "ctl/migrate/recipe.h"
#include "util/mem.h"
#include "util/strbuf.h"

/* What is made in the first round, a column say, may be what something of the second needs. */
#define ROUNDS_MAX 4

struct repair {
	bool new_tables;
	size_t mended, left;
	int level; /* the last step that is applied */
	struct strbuf gone; /* tables that are missing and stay so, with ", " between */
	/* Of the step under way: */
	char *before; /* what was missing */
	char *after; /* what still is */
	struct strbuf statements; /* run, or to be run; each ends with ";\n" */
	size_t committed; /* of these, bytes that no rollback takes back */
	bool waits; /* for a table that is gone */
	struct strbuf failures;
	struct strbuf notes;
	struct strbuf promised; /* lines of this and earlier steps that have a recipe */
};

static void begin_step(struct repair *repair)
{
	free(repair->before);
	free(repair->after);
	repair->before = repair->after = NULL;
	repair->committed = 0;
	repair->waits = false;
	strbuf_reset(&repair->statements);
	strbuf_reset(&repair->failures);
	strbuf_reset(&repair->notes);
}

/* Another attempt: what was rolled back was not made; what was built concurrently stands. */
static void begin_again(struct repair *repair)
{
	char *kept CLEANUP(mem_cleanup) = mem_strndup(repair->statements.data, repair->committed);
	free(repair->after);
	repair->after = NULL;
	if (repair->committed == 0)
		begin_step(repair);
	strbuf_reset(&repair->statements);
	strbuf_add_text(&repair->statements, kept);
}

static void add_text(struct strbuf *lines, const char *text)
{
	lines_add(lines, "\n", &(struct line){ text, strlen(text) });
}

/* ---- what is missing, and how it is made ---- */

/* ret_problems: NULL: nothing is missing. */
static bool read_missing(struct migrator *migrator, const struct migration *step,
	const struct record *record, char **ret_problems, struct err *err)
{
	struct finding finding CLEANUP(finding_free) = { .present = false };
	if (!finding_read(migrator, step, &finding, err))
		return false;
	*ret_problems = lines_filter(finding.problems, record ? record->accepted : NULL, false);
	return true;
}

/* Several steps may miss the same; their marks differ. */
static struct line without_mark(const struct line *line)
{
	const char *mark = memmem(line->text, line->len, " [", 2);
	return (struct line){ line->text, mark ? (size_t)(mark - line->text) : line->len };
}

static bool comes_with_table(const struct repair *repair, const struct thing *thing)
{
	char *text CLEANUP(mem_cleanup) = mem_printf("table %s is missing", thing->table);
	return lines_have(repair->promised.data, &(struct line){ text, strlen(text) });
}

static bool is_gone(const struct repair *repair, const char *table)
{
	size_t len = strlen(table);
	const char *at = repair->gone.data;
	while (len > 0 && (at = strstr(at, table))) {
		if ((at == repair->gone.data || at[-1] == ' ') &&
			(at[len] == ',' || at[len] == '\0'))
			return true;
		at += len;
	}
	return false;
}

static void add_gone(struct repair *repair, const char *table)
{
	if (!is_gone(repair, table))
		strbuf_addf(&repair->gone, "%s%s", repair->gone.len > 0 ? ", " : "", table);
}

/* No recipe: why not. */
static void note_left(struct repair *repair, const struct line *line, const struct thing *thing)
{
	struct line bare = without_mark(line);
	struct strbuf text CLEANUP(strbuf_free) = STRBUF(SIZE_MAX);
	if (is_gone(repair, thing->table)) {
		repair->waits = true;
		return;
	}
	if (lines_have(repair->promised.data, &bare) || comes_with_table(repair, thing))
		return;
	if (thing->kind == THING_TABLE) {
		add_gone(repair, thing->name);
		strbuf_addf(&text,
			"table %s and its rows are gone: bring it back from a backup, or have it "
			"made anew, empty, with --new-tables",
			thing->name);
	} else {
		strbuf_addf(&text, "not repairable: %.*s", (int)line->len, line->text);
	}
	add_text(&repair->failures, text.data);
}

static void note_lost(struct repair *repair, const struct line *line, const struct thing *thing)
{
	struct line bare = without_mark(line);
	struct strbuf text CLEANUP(strbuf_free) = STRBUF(SIZE_MAX);
	lines_add(&repair->promised, "\n", &bare);
	if (thing->kind == THING_TABLE)
		strbuf_addf(&text, "table %s is made empty: what it held is lost", thing->name);
	else if (thing->kind == THING_ROW)
		strbuf_addf(&text,
			"table %s has its row again, with defaults: what it held is lost",
			thing->name);
	else if (thing->kind == THING_COLUMN)
		strbuf_addf(&text, "column %s.%s comes back without what it held", thing->table,
			thing->name);
	if (text.len > 0)
		add_text(&repair->notes, text.data);
}

static void collect(struct migrator *migrator, const struct migration *step, struct repair *repair,
	const char *problems, struct recipes *ret_recipes)
{
	struct line line;
	size_t n = 0;
	for (const char *rest = problems; lines_next(&rest, &line);)
		n++;
	struct thing *things = mem_alloc_array(n, sizeof(*things));
	n = 0;
	for (const char *rest = problems; lines_next(&rest, &line);)
		thing_read(&line, &things[n++]);
	recipes_collect(
		&migrator->set, step, repair->level, repair->new_tables, things, n, ret_recipes);
	n = 0;
	for (const char *rest = problems; lines_next(&rest, &line); n++)
		(things[n].found ? note_lost : note_left)(repair, &line, &things[n]);
	free(things);
}

/* ---- making it ---- */

/* In the words of migrator_run, of the file that the recipe is from. */
static bool run_statement(struct migrator *migrator, const struct migration *step,
	const struct recipe *recipe, struct err *err)
{
	char *file CLEANUP(mem_cleanup) = mem_printf("%s.%s.sql", step->name, recipe->file);
	struct statement statement = {
		.text = recipe->sql, .len = strlen(recipe->sql), .line = recipe->line
	};
	if (!recipe->index[0])
		return migrator_run(migrator, file, &statement, err);
	return index_build(migrator, file, &statement, recipe->index, err);
}

/* What stands on a table that is gone cannot be there either: that the table is, has been said. */
static void note_failure(
	const struct migrator *migrator, struct repair *repair, const struct err *err)
{
	static const char *const missing[] = { "42P01", "42704", "42883" };
	for (size_t i = 0; repair->gone.len > 0 && i < ARRAY_LEN(missing); i++) {
		if (strcmp(migrator->sqlstate, missing[i]) == 0) {
			repair->waits = true;
			return;
		}
	}
	add_text(&repair->failures, err->text);
}

/* Once, though another attempt found it built. */
static void note_done(struct repair *repair, const struct recipe *recipe)
{
	char *text CLEANUP(mem_cleanup) = mem_printf("%s;\n", recipe->sql);
	if (!strstr(repair->statements.data, text))
		strbuf_add_text(&repair->statements, text);
}

/* false: the whole step must stop, or be tried again. */
static bool run_concurrent(struct migrator *migrator, const struct migration *step,
	const struct recipe *recipe, struct repair *repair, struct err *err)
{
	if (!migrator_commit(migrator, err))
		return false;
	repair->committed = repair->statements.len;
	if (run_statement(migrator, step, recipe, err)) {
		note_done(repair, recipe);
		repair->committed = repair->statements.len;
	} else {
		if (migrator_is_cut_off(migrator))
			return false;
		note_failure(migrator, repair, err);
		if (recipe->index[0] && !index_drop_invalid(migrator, recipe->index, err))
			return false;
	}
	return migrator_begin(migrator, err);
}

static bool run_recipe(struct migrator *migrator, const struct migration *step,
	const struct recipe *recipe, struct repair *repair, struct err *err)
{
	if (recipe->concurrent)
		return run_concurrent(migrator, step, recipe, repair, err);
	if (!migrator_exec(migrator, "savepoint repair", NULL, err))
		return false;
	if (run_statement(migrator, step, recipe, err)) {
		note_done(repair, recipe);
		return migrator_exec(migrator, "release savepoint repair", NULL, err);
	}
	if (migrator_is_cut_off(migrator))
		return false;
	note_failure(migrator, repair, err);
	return migrator_exec(
		migrator, "rollback to savepoint repair; release savepoint repair", NULL, err);
}

static bool run_recipes(struct migrator *migrator, const struct migration *step,
	struct repair *repair, const struct recipes *recipes, struct err *err)
{
	for (size_t i = 0; i < recipes->n; i++)
		if (!run_recipe(migrator, step, &recipes->rows[i], repair, err))
			return false;
	return true;
}

/* One round.  ret_again: something was made, and something is missing still. */
static bool mend_round(struct migrator *migrator, const struct migration *step,
	struct repair *repair, const struct record *record, bool *ret_again, struct err *err)
{
	struct recipes recipes CLEANUP(recipes_free) = { .n = 0 };
	char *problems = repair->after;
	repair->after = NULL;
	repair->waits = false;
	strbuf_reset(&repair->failures);
	collect(migrator, step, repair, problems, &recipes);
	bool ok = run_recipes(migrator, step, repair, &recipes, err) &&
		  read_missing(migrator, step, record, &repair->after, err);
	*ret_again = ok && repair->after && strcmp(repair->after, problems) != 0;
	if (repair->before)
		free(problems);
	else
		repair->before = problems;
	return ok;
}

static bool try_repair(
	struct migrator *migrator, const struct migration *step, void *arg, struct err *err)
{
	struct repair *repair = arg;
	struct records records CLEANUP(records_free) = { .n = 0 };
	begin_again(repair);
	if (!migrator_begin(migrator, err) || !records_read(migrator, &records, err))
		return false;
	const struct record *record = records_find(&records, step->number);
	if (record && record->finished &&
		!read_missing(migrator, step, record, &repair->after, err))
		return false;
	bool again = repair->after != NULL;
	for (int round = 0; again && round < ROUNDS_MAX; round++)
		if (!mend_round(migrator, step, repair, record, &again, err))
			return false;
	return migrator_commit(migrator, err);
}

/* ---- telling it ---- */

static void tell_step(
	struct migrator *migrator, const struct migration *step, struct repair *repair)
{
	struct report *report = &migrator->report;
	bool is_left = repair->after || repair->failures.len > 0 || repair->waits;
	if (!repair->before)
		return;
	report_step(report, step->number, step->name,
		!is_left                     ? "repaired"
		: repair->statements.len > 0 ? "repaired in part"
					     : "left as it is",
		NULL);
	report_lines(report, "problems", repair->before);
	report_lines(report, "notes", repair->notes.data);
	report_statements(report, repair->statements.data);
	if (repair->waits) {
		char *text CLEANUP(mem_cleanup) = mem_printf(
			"the rest waits for what is gone (%s): run it again once that "
			"is back",
			repair->gone.data);
		add_text(&repair->failures, text);
	}
	report_lines(report, "failures", repair->failures.data);
	report_lines(report, "missing", repair->failures.len > 0 ? NULL : repair->after);
	repair->mended += repair->statements.len > 0;
	repair->left += is_left;
}

/* ---- --dry-run ---- */

/* The statements alone; what they meet is for the run itself to say. */
static bool plan_step(struct migrator *migrator, const struct migration *step,
	const struct record *record, struct repair *repair, struct err *err)
{
	struct recipes recipes CLEANUP(recipes_free) = { .n = 0 };
	begin_step(repair);
	if (!read_missing(migrator, step, record, &repair->before, err))
		return false;
	if (!repair->before)
		return true;
	collect(migrator, step, repair, repair->before, &recipes);
	for (size_t i = 0; i < recipes.n; i++)
		strbuf_addf(&repair->statements, "%s;\n", recipes.rows[i].sql);
	return true;
}

static bool plan_steps(struct migrator *migrator, const struct records *records,
	struct repair *repair, struct err *err)
{
	if (!migrator_exec(migrator, "begin read only", NULL, err))
		return false;
	for (size_t i = 0; i < records->n; i++) {
		const struct record *record = &records->rows[i];
		const struct migration *step = migration_find(&migrator->set, record->number);
		if (!record->finished)
			continue;
		if (!plan_step(migrator, step, record, repair, err))
			return false;
		tell_step(migrator, step, repair);
	}
	return true;
}

/* ---- the verb ---- */

/* A function comes back where its first step made it, as its last step left it: it may read what comes back behind it. */
#define BODIES_SQL "set check_function_bodies = off"

static bool check_records(struct migrator *migrator, const struct records *records,
	struct repair *repair, struct err *err)
{
	for (size_t i = 0; i < records->n; i++) {
		const struct record *record = &records->rows[i];
		if (!migration_find(&migrator->set, record->number))
			return err_set(err,
				"%s was applied by a newer recurctl, which must repair it; nothing "
				"was changed",
				record->name);
		if (record->finished)
			repair->level = record->number;
	}
	if (repair->level == 0)
		return err_set(err, "no step is recorded here, so that there is nothing to repair; "
				    "run: recurctl migrate up");
	return true;
}

static bool run_steps(struct migrator *migrator, const struct records *records,
	struct repair *repair, struct err *err)
{
	for (size_t i = 0; i < records->n; i++) {
		const struct migration *step = migration_find(
			&migrator->set, records->rows[i].number);
		if (!records->rows[i].finished)
			continue;
		begin_step(repair);
		if (!migrator_retry(migrator, step, try_repair, repair, err))
			return false;
		tell_step(migrator, step, repair);
	}
	return true;
}

/* Steps that are no business of repair's. */
static void tell_pending(struct migrator *migrator, const struct records *records)
{
	struct strbuf steps CLEANUP(strbuf_free) = STRBUF(SIZE_MAX);
	for (size_t i = 0; i < migrator->set.n; i++) {
		const struct migration *step = &migrator->set.steps[i];
		const struct record *record = records_find(records, step->number);
		if ((record && record->finished) || (!record && step->optional))
			continue;
		strbuf_addf(&steps, "%s%s", steps.len > 0 ? ", " : "", step->name);
	}
	if (steps.len > 0)
		report_note(&migrator->report,
			"not applied, or not finished: %s; run: recurctl "
			"migrate up",
			steps.data);
}

static void free_repair(struct repair *repair)
{
	free(repair->before);
	free(repair->after);
	strbuf_free(&repair->gone);
	strbuf_free(&repair->statements);
	strbuf_free(&repair->failures);
	strbuf_free(&repair->notes);
	strbuf_free(&repair->promised);
}

bool migrate_repair(
	struct migrator *migrator, bool new_tables, bool dry_run, bool *ret_ok, struct err *err)
{
	struct records records CLEANUP(records_free) = { .n = 0 };
	struct repair repair CLEANUP(free_repair) = { .new_tables = new_tables,
		.gone = STRBUF(SIZE_MAX),
		.statements = STRBUF(SIZE_MAX),
		.failures = STRBUF(SIZE_MAX),
		.notes = STRBUF(SIZE_MAX),
		.promised = STRBUF(SIZE_MAX) };
	if (!migrator_check_owner(migrator, err) || (!dry_run && !migrator_lock(migrator, err)) ||
		!records_read(migrator, &records, err) ||
		!check_records(migrator, &records, &repair, err) ||
		!migrator_exec(migrator, BODIES_SQL, NULL, err))
		return false;
	bool ok = dry_run ? plan_steps(migrator, &records, &repair, err)
			  : run_steps(migrator, &records, &repair, err);
	migrator_rollback(migrator);
	if (!ok)
		return false;
	tell_pending(migrator, &records);
	if (repair.mended + repair.left == 0 && !migrator->report.json)
		report_note(&migrator->report, "nothing to do");
	report_fact(&migrator->report, "good", json_boolean(repair.left == 0));
	*ret_ok = repair.left == 0;
	return true;
}
