/* session: a synchronous connection, for recurctl only (the daemon's is db/conn.h).
 *
 * Direct, may block, may use temporary session state.  Errors carry the server's message, SQLSTATE
 * and, for session_script, the statement and its line.
 */
#pragma once

#include <libpq-fe.h>
#include <stdbool.h>

#include "db/params.h"
#include "db/query.h"
#include "util/err.h"

struct session;

/* conninfo: NULL or "" means libpq's PG* variables.  SQLAlchemy's postgresql+driver:// is accepted. */
bool session_open(const char *conninfo, const char *password_file, struct session **ret_session,
	struct err *err) NODISCARD;
void session_close(struct session *session);
PGconn *session_pq(struct session *session);

/* One embedded statement, binary results; the caller PQclears.  params may be NULL. */
bool session_query(struct session *session, enum query_id id, const struct params *params,
	PGresult **ret_result, struct err *err) NODISCARD;
/* Free SQL without parameters, text results, last result only. */
bool session_exec(
	struct session *session, const char *sql, PGresult **ret_result, struct err *err) NODISCARD;
/* SQLSTATE of the last failure, "" if the link broke. */
const char *session_sqlstate(const struct session *session);
