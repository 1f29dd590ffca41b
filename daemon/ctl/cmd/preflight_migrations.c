/* The schema as a first start would find it, and as `recurctl migrate up` would change it. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/cmd/preflight.h"
#include "ctl/migrate/lines.h"
#include "ctl/migrate/migrate_plan.h"
#include "util/mem.h"

#define SEQUENCES_STEP "0028_restores"

struct pending {
	struct preflight *preflight;
	struct strbuf steps;
	bool misfit; /* tables that cannot be read as those of the application */
	const struct migration **applied;
	size_t applied_n;
};

/* What one step lacks, a right mostly, those after it lack as well. */
static bool is_told(const struct preflight *preflight, const struct line *line)
{
	for (size_t i = 0; i < preflight->findings_n; i++) {
		const char *detail = preflight->findings[i].detail;
		size_t whole = strlen(detail);
		if (whole > line->len &&
			strncmp(detail + whole - line->len, line->text, line->len) == 0)
			return true;
	}
	return false;
}

static void take_step(void *arg, const struct migration *step, const struct outcome *outcome)
{
	struct pending *pending = arg;
	const char *why = outcome->problems ? outcome->problems : outcome->note;
	if (!outcome->state) {
		pending->applied[pending->applied_n++] = step;
		return;
	}
	strbuf_addf(&pending->steps, "%s%s", pending->steps.len > 0 ? ", " : "", step->name);
	struct line line;
	while (outcome->refused && lines_next(&why, &line)) {
		if (!is_told(pending->preflight, &line))
			preflight_find(pending->preflight, FINDING_PROBLEM, "migration", "%s: %.*s",
				step->name, (int)line.len, line.text);
		pending->misfit = pending->misfit || line_is_needed(&line);
	}
}

/* A failure of what was asked, for want of a right say, is worth a warning; a lost connection ends it. */
static int cannot(struct preflight *preflight, const struct migrator *migrator, const char *check,
	const char *what, const struct err *err)
{
	if (migrator_is_cut_off(migrator))
		return ctl_error(EX_UNAVAILABLE, "%s", err->text);
	preflight_find(preflight, FINDING_WARNING, check, "%s this role: %s", what, err->text);
	return EX_OK;
}

static int foretell(struct migrator *migrator, struct pending *pending)
{
	struct err err;
	if (migrate_plan(migrator, INT_MAX, NULL, take_step, pending, &err))
		return EX_OK;
	strbuf_reset(&pending->steps);
	return cannot(pending->preflight, migrator, "migration", "cannot be foretold for", &err);
}

/* Of what the verify files miss, that which no other check of preflight's looks at. */
static bool is_news(const struct line *line)
{
	static const char *const words[] = { " runs with ", " run with ", " may be null",
		" has no row", " may not execute ", " to execute ", " may be executed by ",
		" has no sequence" };
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (memmem(line->text, line->len, words[i], strlen(words[i])))
			return true;
	return false;
}

static void find_lost(
	struct preflight *preflight, const struct migration *step, const char *problems)
{
	/* Rows that came without the sequences that gave them their ids: a restore, a change-over. */
	bool sequences = strcmp(step->name, SEQUENCES_STEP) == 0;
	struct line line;
	while (lines_next(&problems, &line))
		if (sequences || is_news(&line))
			preflight_find(preflight, FINDING_PROBLEM,
				sequences ? "sequence" : "schema", "%.*s%s", (int)line.len,
				line.text, sequences ? "" : "; run: recurctl migrate repair");
}

/* What a role may not look at, another one is to; a step of sequences says so. */
static int look_at_applied(
	struct preflight *preflight, struct migrator *migrator, const struct pending *pending)
{
	struct err err;
	int code = EX_OK;
	bool ok = migrator_exec(migrator, "begin read only", NULL, &err);
	for (size_t i = 0; ok && code == EX_OK && i < pending->applied_n; i++) {
		const struct migration *step = pending->applied[i];
		struct finding finding CLEANUP(finding_free);
		finding = (struct finding){ .present = false };
		if (finding_read(migrator, step, &finding, &err))
			find_lost(preflight, step, finding.problems);
		else if (migrator_is_cut_off(migrator) || strcmp(step->name, SEQUENCES_STEP) == 0)
			code = cannot(
				preflight, migrator, "sequence", "cannot be looked at by", &err);
	}
	migrator_rollback(migrator);
	return ok ? code : cannot(preflight, migrator, "sequence", "cannot be looked at by", &err);
}

/* Steps that this program has and the database does not, and what would refuse them. */
int preflight_read_migrations(
	struct ctl *ctl, struct preflight *preflight, bool recorded, bool *ret_misfit)
{
	struct err err;
	struct pending pending = { .preflight = preflight, .steps = STRBUF(4096) };
	struct migrator migrator = { .session = ctl_session(ctl, &err),
		.app_schema = ctl->conf->app_schema,
		.conninfo = ctl->conf->database_url,
		.password_file = ctl->conf->password_file };
	if (!migration_set_load(NULL, &migrator.set, &err))
		return ctl_error(EX_SOFTWARE, "%s", err.text);
	if (preflight->compatible_from > migration_last(&migrator.set))
		preflight_find(preflight, FINDING_PROBLEM, "version",
			"the schema needs a recurd that knows migration %d (compatible_from), this "
			"one knows %d: install the newer recurd",
			preflight->compatible_from, migration_last(&migrator.set));
	pending.applied = mem_alloc_array(migrator.set.n, sizeof(const struct migration *));
	int code = foretell(&migrator, &pending);
	if (code == EX_OK && pending.steps.len > 0 && recorded)
		preflight_find(preflight, FINDING_PROBLEM, "schema",
			"not applied: %s; run: recurctl migrate up", pending.steps.data);
	if (code == EX_OK && pending.applied_n > 0)
		code = look_at_applied(preflight, &migrator, &pending);
	*ret_misfit = pending.misfit;
	strbuf_free(&pending.steps);
	free(pending.applied);
	migrator_finish(&migrator);
	return code;
}
