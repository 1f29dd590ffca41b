/* account_row: what an account goes by, from rows of results.
 *
 * The columns are those of daemon/sql/plan/series_changes.part and series_turns.part.  Texts belong to the results.
 */
#pragma once

#include <libpq-fe.h>

#include "plan/account.h"

/* The newest so many are looked at. */
#define ACCOUNT_CHANGES_MAX 200
#define ACCOUNT_TURNS_MAX   1000

/* The caller frees the lists. */
struct account_change *account_changes_read(const PGresult *rows, struct account_input *input);
struct account_turn *account_turns_read(const PGresult *rows, struct account_input *input);
