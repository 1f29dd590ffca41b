/* remind: the reminders of tasks, for the commands remind, snooze, show and list. */
#pragma once

#include "ctl/ctl.h"
#include "ctl/table.h"

/* Of a task, at most 100: rows of ctl_reminders.sql. */
int reminders_query(struct ctl *ctl, const char *task, PGresult **ret_result) NODISCARD;
/* For such rows. */
struct table *reminders_table(const struct ctl *ctl);
/* Under "reminders" in the record of the task; in text nothing where there is none but its own. */
void reminders_print(struct table *record, const PGresult *reminders, bool json);
/* All that are to come, or only a user's (NULL: everybody's); number: at most so many, 0: all. */
int reminders_list(struct ctl *ctl, const char *user, int64_t number) NODISCARD;
