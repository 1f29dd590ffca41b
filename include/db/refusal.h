/* refusal: what the server names as refusing a row, in a few words by which many refusals can be told
 * to have one cause: "constraint ck_tasks_title", "column tasks.project_id", "function refuse()".
 *
 * Names of objects only, never texts of rows.  The same in every language that the server may speak.
 */
#pragma once

#include <libpq-fe.h>

#define REFUSAL_OBJECT_MAX 128

/* Fields of an error; NULL: the server does not say. */
struct refusal {
	const char *constraint, *table, *column, *type;
	const char *context; /* the functions under way, the innermost first */
};

struct refusal refusal_read(const PGresult *result);
/* One line of UTF-8; "" where the server names nothing.  Of several functions it is the innermost, without its
 * arguments. */
void refusal_object(const struct refusal *refusal, char ret_object[static REFUSAL_OBJECT_MAX]);
