/* The schema as a first start would find it, and as `recurctl migrate up` would change it. */
#include <limits.h>
#include <string.h>

#include "ctl/cmd/preflight.h"
#include "ctl/migrate/lines.h"
#include "ctl/migrate/migrate_plan.h"

#define SEQUENCES_STEP "0028_restores"

struct pending {
	struct preflight *preflight;
	struct strbuf steps;
	bool misfit; /* tables that cannot be read as those of the application */
	const struct migration
		*sequences; /* the step whose verify file looks at them, once applied */
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
	if (!outcome->state && strcmp(step->name, SEQUENCES_STEP) == 0)
		pending->sequences = step;
	if (!outcome->state)
		return;
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

/* Rows that came without the sequences that gave them their ids: a restore, a change-over. */
static int find_sequences(
	struct preflight *preflight, struct migrator *migrator, const struct migration *step)
{
	struct finding finding CLEANUP(finding_free) = { .present = false };
	struct err err;
	bool ok = migrator_exec(migrator, "begin read only", NULL, &err) &&
		  finding_read(migrator, step, &finding, &err);
	const char *problems = finding.problems;
	struct line line;
	while (lines_next(&problems, &line))
		preflight_find(
			preflight, FINDING_PROBLEM, "sequence", "%.*s", (int)line.len, line.text);
	migrator_rollback(migrator);
	return ok ? EX_OK : cannot(preflight, migrator, "sequence", "cannot be looked at by", &err);
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
	int code = foretell(&migrator, &pending);
	if (code == EX_OK && pending.steps.len > 0 && recorded)
		preflight_find(preflight, FINDING_PROBLEM, "schema",
			"not applied: %s; run: recurctl migrate up", pending.steps.data);
	if (code == EX_OK && pending.sequences)
		code = find_sequences(preflight, &migrator, pending.sequences);
	*ret_misfit = pending.misfit;
	strbuf_free(&pending.steps);
	migrator_finish(&migrator);
	return code;
}
