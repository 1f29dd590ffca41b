/* locks: several tables of the application altered in one transaction.
 *
 * Who holds one lock and waits for the next long enough gets into a deadlock with the application, which may
 * be the one to lose it.  So all are taken before the first table is altered: only the first is waited for, and
 * the others together for less than PostgreSQL's deadlock_timeout; then the whole is tried again.
 */
#pragma once

#include "ctl/migrate/migrator.h"

/* In a transaction.  needs: as the heads of verify files have it, of one step or of several. */
bool locks_take(struct migrator *migrator, const char *needs, struct err *err) NODISCARD;
