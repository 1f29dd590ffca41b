/* causes: what waits (recurd.causes, recurd.waiting), for the commands status and retry: rows of
 * ctl_causes.sql, the greatest cause first.
 */
#pragma once

#include "ctl/ctl.h"
#include "ctl/table.h"
#include "util/strbuf.h"

/* Templates, or reminders, that wait; ret_more: at least so many. */
int64_t causes_count(const PGresult *causes, bool of_templates, bool *ret_more);
/* A listing for their rows. */
struct table *causes_table(FILE *out, bool json);
void causes_rows(struct table *table, const PGresult *causes);
/* The same as a listing of the record; in text nothing where nothing waits. */
void causes_print(const PGresult *causes, struct table *record, bool json);
/* Appends the greatest cause that a monitor must hear of; nothing: there is none. */
void causes_tell_greatest(const PGresult *causes, struct strbuf *text);
