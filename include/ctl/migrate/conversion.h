/* conversion: shapes of the application's tables that are known, and that no step makes good by itself.
 *
 * The step's convert file, a DO block, raises them, a line each:
 *
 *	shape: WORDS		what is there
 *	run: STATEMENT		brings it to what the step expects, without loss
 *	undo: STATEMENT		takes that back, in this order; or the command, where steps must go first
 *	refused: WORDS		why it cannot be done as things are
 *	note: WORDS		what the application must know
 *
 * One without a run: line is what the up file does by itself, and nobody is to be surprised by.  Its check file
 * raises the words of the shape as well, so that it is refused without --convert.
 *
 * {zone} in them stands for the time zone of times that were stored without one: only a person knows it.
 */
#pragma once

#include <stdbool.h>

#include "ctl/migrate/migrator.h"

struct conversion {
	char *lines; /* as above, with the zone in place and the questions asked; NULL: no known shape */
	bool refused; /* it cannot be done now */
	bool runs; /* it has statements */
};

/* Inside a transaction, which goes on whatever the answer. */
bool conversion_read(struct migrator *migrator, const struct migration *step,
	struct conversion *ret_conversion, struct err *err) NODISCARD;
void conversion_free(struct conversion *conversion);
/* Its statements; inside a transaction. */
bool conversion_run(struct migrator *migrator, const struct migration *step,
	const struct conversion *conversion, struct err *err) NODISCARD;
void conversion_report(struct migrator *migrator, const struct migration *step,
	const struct conversion *conversion);
