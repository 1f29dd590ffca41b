/* recode: texts of a result in UTF-8, and parameters in the encoding of the database (util/charset.h).
 *
 * For recurctl, whose readers want text, while what it reads comes as the database has it.  Nothing
 * happens where the charset is UTF-8 anyway.
 */
#pragma once

#include "db/params.h"
#include "util/charset.h"

/* Every text of the result, in place. */
void recode_result(struct charset *charset, PGresult *result);
/* Text and text[] of params, into another, which the caller has initialised; the rest as it is. */
void recode_params(struct charset *charset, const struct params *params, struct params *ret_params);
