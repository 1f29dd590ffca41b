/* migrate status, migrate verify: what stands in the database, without changing it. */
#include <stdlib.h>
#include <string.h>

#include "ctl/migrate/alembic.h"
#include "ctl/migrate/lines.h"
#include "ctl/migrate/migrator.h"
#include "util/mem.h"
#include "util/strbuf.h"
#include "util/timefmt.h"

static void verify_step(struct migrator *migrator, const struct migration *step,
	const struct record *record, const struct finding *finding, bool *ret_ok,
	bool *ret_repairable)
{
	struct report *report = &migrator->report;
	const char *accepted = record ? record->accepted : NULL;
	char *problems CLEANUP(mem_cleanup) = lines_filter(finding->problems, accepted, false);
	char *known CLEANUP(mem_cleanup) = lines_filter(finding->problems, accepted, true);
	bool is_interrupted = record && !record->finished;
	bool is_changed = record && strcmp(record->checksum, step->checksum) != 0;
	bool is_good = !problems && !is_interrupted && !is_changed;

	report_step(report, step->number, step->name, is_good ? "good" : "bad",
		record ? NULL : "not recorded");
	report_lines(report, "problems", problems);
	if (is_interrupted)
		report_lines(report, "problems", "interrupted: run recurctl migrate up");
	if (is_changed)
		report_lines(report, "problems", "its up file is not the one that was applied");
	if (known) {
		report_lines(
			report, "accepted", report->json ? NULL : "accepted when it was adopted:");
		report_lines(report, "accepted", known);
	}
	*ret_ok = *ret_ok && is_good;
	*ret_repairable = *ret_repairable || (problems && record && record->finished);
}

bool migrate_verify(struct migrator *migrator, int to, bool *ret_ok, struct err *err)
{
	struct records records CLEANUP(records_free) = { .n = 0 };
	bool is_good = true, is_repairable = false;
	bool ok = migrator_exec(migrator, "begin read only", NULL, err) &&
		  records_read(migrator, &records, err);
	for (size_t i = 0; ok && i < migrator->set.n; i++) {
		const struct migration *step = &migrator->set.steps[i];
		const struct record *record = records_find(&records, step->number);
		struct finding finding CLEANUP(finding_free);
		finding = (struct finding){ .present = false };
		if (step->number > to || (step->optional && !record))
			continue;
		ok = finding_read(migrator, step, &finding, err);
		if (ok)
			verify_step(migrator, step, record, &finding, &is_good, &is_repairable);
	}
	migrator_rollback(migrator);
	if (!ok)
		return false;
	if (is_repairable)
		report_note(&migrator->report,
			"what would bring it back is shown by: recurctl migrate repair --dry-run");
	*ret_ok = is_good;
	return true;
}

static const char *state_of_record(const struct migration *step, const struct record *record)
{
	if (!record->finished)
		return "interrupted";
	if (strcmp(record->checksum, step->checksum) != 0)
		return "changed";
	return record->adopted ? "adopted" : "applied";
}

/* A step without a record.  remark: what up would make of what is there. */
static void show_pending(
	struct migrator *migrator, const struct migration *step, const struct finding *finding)
{
	struct report *report = &migrator->report;
	char *remark CLEANUP(mem_cleanup) = NULL;
	bool whole = !finding->problems, adoptable = finding->present || whole;
	if (adoptable)
		remark = mem_strdup(finding->needed ? "up would refuse it"
				    : whole         ? "up records it as it is"
						    : "up completes it");
	else if (finding->leave)
		remark = mem_strdup("up leaves it alone");
	else if (step->optional)
		remark = mem_printf("apply it with: recurctl migrate up --with %s", step->optional);
	report_step(report, step->number, step->name,
		adoptable        ? "adoptable"
		: step->optional ? "optional"
				 : "pending",
		remark);
	if (adoptable)
		report_lines(report, "problems", finding->problems);
}

static bool show_step(struct migrator *migrator, const struct migration *step,
	const struct record *record, struct err *err)
{
	struct finding finding CLEANUP(finding_free) = { .present = false };
	char when[INSTANT_TEXT_MAX] = "";
	if (!record) {
		if (!finding_read(migrator, step, &finding, err))
			return false;
		show_pending(migrator, step, &finding);
		return true;
	}
	if (record->finished)
		(void)instant_format(record->applied_at - record->applied_at % USEC_PER_SEC, when);
	report_step(
		&migrator->report, step->number, step->name, state_of_record(step, record), when);
	if (record->finished && migrator->report.json)
		json_object_set_new(migrator->report.step, "applied_at", json_string(when));
	report_lines(&migrator->report, "accepted", record->accepted);
	return true;
}

/* Steps of a newer recurctl have no file here. */
static int show_records(struct migrator *migrator, const struct records *records)
{
	int level = 0;
	for (size_t i = 0; i < records->n; i++) {
		const struct record *record = &records->rows[i];
		if (record->finished)
			level = record->number;
		if (!migration_find(&migrator->set, record->number))
			report_step(&migrator->report, record->number, record->name, "newer",
				"applied by a newer recurctl");
	}
	return level;
}

static bool show_alembic(struct migrator *migrator, struct err *err)
{
	struct alembic alembic CLEANUP(alembic_free) = { .there = false };
	if (!alembic_read(migrator, &alembic, err))
		return false;
	if (!alembic.there)
		return true;
	report_fact(&migrator->report, "alembic_version",
		alembic.revision ? json_string(alembic.revision) : json_null());
	if (!migrator->report.json)
		report_note(&migrator->report, "alembic_version: %s",
			alembic.revision   ? alembic.revision
			: alembic.rows > 1 ? "several rows, left as they are"
					   : "no row");
	return true;
}

static bool show_all(struct migrator *migrator, struct records *records, struct err *err)
{
	if (!migrator_exec(migrator, "begin read only", NULL, err) ||
		!records_read(migrator, records, err))
		return false;
	for (size_t i = 0; i < migrator->set.n; i++) {
		const struct migration *step = &migrator->set.steps[i];
		if (!show_step(migrator, step, records_find(records, step->number), err))
			return false;
	}
	report_fact(&migrator->report, "level", json_integer(show_records(migrator, records)));
	return show_alembic(migrator, err);
}

bool migrate_status(struct migrator *migrator, struct err *err)
{
	struct records records CLEANUP(records_free) = { .n = 0 };
	bool ok = show_all(migrator, &records, err);
	migrator_rollback(migrator);
	return ok;
}
