/* sqlstate: what an error of the server means for us, in one table.
 *
 * PostgreSQL manual, appendix A.  A class of two characters stands for all of its codes that have no
 * row of their own.
 */
#pragma once

#include <stdbool.h>

enum sqlstate_class {
	SQLSTATE_RETRY, /* the same again, later: resources, shutdown, read-only standby */
	SQLSTATE_CONFLICT, /* somebody else holds a lock: smaller, later */
	SQLSTATE_ROW, /* this row's data: it alone is to blame */
	SQLSTATE_OPERATOR, /* rights, missing objects, wrong password: a person must act */
	SQLSTATE_BUG, /* ours */
};

/* sqlstate: five characters, or NULL (no code: the link broke), which is SQLSTATE_RETRY. */
enum sqlstate_class sqlstate_classify(const char *sqlstate);
const char *sqlstate_class_name(enum sqlstate_class sqlstate_class);
/* The session is gone with this error (57P0x, 08xxx, 25P03), or of no more use.  See also reply.outdated. */
bool sqlstate_ends_session(const char *sqlstate);
/* An error with this code left the session alive, but of no more use.  (Triggers may raise any code: one of
 * the above that the session survives is theirs.) */
bool sqlstate_spoils_session(const char *sqlstate);
