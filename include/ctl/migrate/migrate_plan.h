/* migrate_plan: what `recurctl migrate up` would do, step by step, from what is there; and what it
 * shares with the doing.
 */
#pragma once

#include <stdbool.h>

#include "ctl/migrate/migrator.h"

/* What becomes of a step, for the report. */
struct outcome {
	const char *state; /* NULL: it is done already */
	char *problems; /* what differs, or why it is refused; a line each */
	char *note;
	bool refused;
};

void outcome_free(struct outcome *outcome);
void outcome_report(struct migrator *migrator, const struct migration *step,
	const struct outcome *outcome, usec_t elapsed);

/* with: the optional migration that is asked for, NULL: none. */
bool step_is_wanted(const struct migration *step, int to, const char *with);
/* What alembic_version says about a step that recurd meets for the first time, where it errs.
 * ret_note: NULL: nothing; free it. */
bool plan_compare_alembic(struct migrator *migrator, const struct migration *step, bool present,
	char **ret_note, struct err *err) NODISCARD;
/* The word for a step without a record: what up would make of it. */
const char *plan_state(const struct finding *finding);

/* Asks of each wanted step, in a read-only transaction of its own, where search_path need not be set, or in
 * the one that is open, which goes on. */
typedef void plan_step_fn(void *arg, const struct migration *step, const struct outcome *outcome);
bool migrate_plan(struct migrator *migrator, int to, const char *with, plan_step_fn *fn, void *arg,
	struct err *err) NODISCARD;
