/* explained: what plan/account.h merges, from the database: two cursors and what the series went by, in one snapshot.
 */
#pragma once

#include "ctl/ctl.h"
#include "plan/account.h"

struct explained {
	struct ctl *ctl;
	struct explained_rows {
		PGresult *rows;
		int row;
		bool over;
	} tasks, decisions;
	PGresult *changes, *turns;
	struct account_change *change_list;
	struct account_turn *turn_list;
	int code; /* of what failed on the way, told already; EX_OK: nothing did */
};

/* Within a transaction of one snapshot.  Exit code as ctl_query; explained_finish follows either way. */
int explained_open(struct ctl *ctl, const char *template_id, struct account_input *input,
	struct explained *ret_explained) NODISCARD;
void explained_finish(struct explained *explained);
