/* alembic: the application's own record of its chain, table alembic_version.
 *
 * A hint only: what the catalog shows decides.  Where the application keeps one row with a revision
 * of the known chain, steps that are applied or undone move it along, in the same transaction, so
 * that the application's chain goes on.  Anything else is left as it is.
 */
#pragma once

#include <stdbool.h>

#include "ctl/migrate/migrator.h"

struct alembic {
	bool there; /* the table is, and may be read and written */
	int rows;
	char *revision; /* of the only row, NULL: none */
	int number; /* the step that it means; 0: none, -1: a revision that is not in the chain */
	int columns_max; /* characters that version_num holds; 0: no limit */
};

/* Inside a transaction. */
bool alembic_read(
	struct migrator *migrator, struct alembic *ret_alembic, struct err *err) NODISCARD;
void alembic_free(struct alembic *alembic);
/* After step was applied or undone, inside its transaction.  ret_note: what a person should know, or
 * NULL; free it. */
bool alembic_stamp(struct migrator *migrator, const struct migration *step, char **ret_note,
	struct err *err) NODISCARD;
/* The note that alembic_stamp would leave. */
bool alembic_foretell(struct migrator *migrator, const struct migration *step, char **ret_note,
	struct err *err) NODISCARD;
bool alembic_unstamp(
	struct migrator *migrator, const struct migration *step, struct err *err) NODISCARD;
