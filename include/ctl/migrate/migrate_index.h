/* migrate_index: an index that is built concurrently, and stands there valid afterwards. */
#pragma once

#include "ctl/migrate/migrator.h"

/* In no transaction.  One that is there and valid stays; one that is invalid is dropped first.  name: as
 * to_regclass takes it. */
bool index_build(struct migrator *migrator, const char *file, const struct statement *statement,
	const char *name, struct err *err) NODISCARD;
/* In no transaction.  What a build that failed leaves behind: it costs every write, and serves nobody. */
bool index_drop_invalid(struct migrator *migrator, const char *name, struct err *err) NODISCARD;
