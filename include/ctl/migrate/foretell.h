/* foretell: what would refuse a step of `recurctl migrate up`, before anything is changed.
 *
 * Asked by --dry-run, by up itself before its first change, and by preflight, so that they cannot
 * differ.  A refusal is something that rows, names or rights make certain; locks, a full disk and what
 * is written in the meantime are not.
 */
#pragma once

#include <stdbool.h>

#include "ctl/migrate/migrator.h"

/* Inside a transaction, which goes on whatever the answer.  finding: NULL: the step would be recorded
 * only, its file would not run.  first: the records may have to be made before it.
 * ret_refusals: a line each, NULL: none; free it. */
bool foretell_step(struct migrator *migrator, const struct migration *step,
	const struct finding *finding, bool first, char **ret_refusals, struct err *err) NODISCARD;
/* The part of it that the rows decide: what the check file says. */
bool foretell_rows(struct migrator *migrator, const struct migration *step, char **ret_refusals,
	struct err *err) NODISCARD;
