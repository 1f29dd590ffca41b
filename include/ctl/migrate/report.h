/* report: what `recurctl migrate` prints: a line a step as it happens, or one JSON object at the end.
 *
 * Notes are lines of text that came from the database's catalogs: they are escaped.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "ctl/migrate/migration.h"
#include "util/macros.h"

struct report {
	bool json;
	bool dry_run;
	json_t *steps, *notes, *facts; /* with json */
	json_t *step; /* the last one */
};

void report_begin(struct report *report, bool json, bool dry_run);
/* Prints the JSON object. */
void report_end(struct report *report);

/* state: one word, e.g. "applied"; remark: a few words beside it in text, may be NULL. */
void report_step(
	struct report *report, int number, const char *name, const char *state, const char *remark);
/* Belong to the last step.  lines: a note each, NULL: none; kind: the JSON key, "problems". */
void report_lines(struct report *report, const char *kind, const char *lines);
/* Likewise: text with statements, each ended by ";\n"; JSON: "statements". */
void report_statements(struct report *report, const char *statements);
void report_fact(
	struct report *report, const char *key, json_t *value); /* JSON only; steals value */
/* Belong to the whole; in text they are printed at once. */
void report_note(struct report *report, const char *fmt, ...) PRINTF(2, 3);
/* For the impatient: on standard error, in text mode and JSON mode alike. */
void report_waiting(struct report *report, const char *fmt, ...) PRINTF(2, 3);
