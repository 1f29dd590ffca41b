/* migrate_down: what `recurctl migrate down` is told. */
#pragma once

#include "ctl/migrate/migrator.h"

struct down_order {
	int to; /* the last step to keep; 0: none */
	bool destroy; /* also what was there before recurd */
	bool beside_workers; /* though they are at work */
	bool yes; /* do not ask */
	bool dry_run;
};

bool migrate_down(
	struct migrator *migrator, const struct down_order *order, struct err *err) NODISCARD;
