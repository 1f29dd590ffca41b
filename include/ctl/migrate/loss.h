/* loss: what `recurctl migrate down` takes away, and what would refuse it, before anything is changed. */
#pragma once

#include "ctl/migrate/migrator.h"

/* What the down files of some steps drop. */
struct loss {
	char **tables; /* and views, as the files write them */
	size_t tables_n;
	char **column_tables, **columns; /* side by side */
	size_t columns_n;
};

void loss_add(struct loss *loss, const struct migration *step);
void loss_free(struct loss *loss);
/* A line each: tables with their rows, columns, and what of others PostgreSQL drops along with these without a word:
 * indexes, checks, statistics.  Inside a transaction.  NULL: nothing; free it. */
bool loss_tell(struct migrator *migrator, const struct migration *step, char **ret_lines,
	struct err *err) NODISCARD;
/* Objects of others that hold on to what would be dropped, a line each.  NULL: none; free it. */
bool loss_dependents(struct migrator *migrator, const struct loss *loss, char **ret_lines,
	struct err *err) NODISCARD;
