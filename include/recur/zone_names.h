/* zone_names: zone names as people and other programs write them, made names of the IANA database.
 *
 * Taken, in this order: a name of the folder, in any case (as PostgreSQL takes it); "/vendor/.../Europe/Paris"
 * by its tail; Windows' names ("W. Europe Standard Time", by ICU's table); what Windows and Exchange show
 * ("(UTC+01:00) Amsterdam, Berlin, ...").  What comes out is spelled as the folder spells it, and comes out
 * the same when it is read again.
 *
 * A name that is none of these but could be one ("Mars/Olympus") comes out as it is: whoever loads it hears
 * that it is unknown.  Looks into the folder; see zone.h for which.
 */
#pragma once

#include <stdbool.h>

#include "util/err.h"

/* text: len bytes, any; blanks around it and a pair of quotes are not part of the name.  Owner of the result:
 * free.  err says what was expected, without a path before it. */
bool zone_names_read(const char *text, size_t len, char **ret_name, struct err *err) NODISCARD;
/* Has ICU read its table, which takes 0.2 ms, and 6 to 12 where its file is not in memory: too long for a loop that
 * serves others, where the first such name would come.  Names are read without this, too. */
void zone_names_open(void);
/* Forgets what was found in the folder: it is to be another one, or may have other names now.  For zone.h. */
void zone_names_forget(void);
