/* explain: what the two halves of recurctl explain share. */
#pragma once

#include "ctl/ctl.h"

/* A transaction of one snapshot, in the order of the indexes. */
int explain_begin(struct ctl *ctl) NODISCARD;
/* What waits, and why (ctl_waits.sql). */
int explain_waits(
	struct ctl *ctl, const char *id, bool of_template, PGresult **ret_waits) NODISCARD;
/* The notifications of a task, a row of ctl_task.sql. */
int explain_told(struct ctl *ctl, const PGresult *task, PGresult **ret_told) NODISCARD;
int explain_task(struct ctl *ctl, const char *id) NODISCARD;
