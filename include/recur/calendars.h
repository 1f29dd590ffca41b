/* calendars: those of a database, by their names.
 *
 * They do not change once they are shared: who reads them anew makes others.  Whoever keeps them holds a
 * reference.
 */
#pragma once

#include "recur/workdays.h"

#define CALENDARS_MAX 1000

struct calendars;

struct calendars *calendars_create(void); /* with one reference */
struct calendars *calendars_share(struct calendars *calendars); /* one more; NULL: NULL */
void calendars_drop(struct calendars *calendars); /* one less, the last frees; accepts NULL */
void calendars_cleanup(struct calendars **calendars); /* for CLEANUP */

/* Takes it over, in the order of their names, each of them once. */
void calendars_add(struct calendars *calendars, struct workdays *workdays);
/* false: there is none, or nobody may go by it; err says which.  calendars: NULL has none. */
bool calendars_find(const struct calendars *calendars, const char *name,
	const struct workdays **ret_workdays, struct err *err) NODISCARD;
/* NULL: fewer than that. */
const struct workdays *calendars_at(const struct calendars *calendars, size_t index);
/* What may be a name: letters, digits, and between them dots, hyphens and underscores. */
bool calendars_name_is_sane(const char *name);
