/* session: a synchronous connection, for recurctl only (the daemon's is db/conn.h).
 *
 * Texts of results, and of errors, are UTF-8, and so are those of parameters, whatever the database is in
 * (db/recode.h); where it has no encoding, they are the bytes that it has.
 *
 * May block, and may keep session state where it goes to the server directly.  An error is one line:
 * the server's message, its SQLSTATE, detail and hint.  Where a function has a ret_result, NULL means
 * that the caller does not want it; otherwise the caller PQclears it.
 */
#pragma once

#include <libpq-fe.h>
#include <stdbool.h>

#include "db/params.h"
#include "db/query.h"
#include "util/err.h"

struct session;

/* conninfo: NULL or "" means libpq's PG* variables.  SQLAlchemy's postgresql+driver:// is accepted.
 * password_file: NULL, or its first line is the password where conninfo has none.  Without a
 * connect_timeout of the user's, a host is given up after 10 seconds. */
bool session_open(const char *conninfo, const char *password_file, struct session **ret_session,
	struct err *err) NODISCARD;
void session_close(struct session *session);
PGconn *session_pq(struct session *session);

/* slow is called when a statement has no answer after so many milliseconds, and again after as many; every second
 * from the time on when it returns true, because it could say why, over another session.  It must not use this one. */
void session_watch(struct session *session, int after_ms, bool (*slow)(void *arg), void *arg);

/* One embedded statement, binary results.  params may be NULL. */
bool session_query(struct session *session, enum query_id id, const struct params *params,
	PGresult **ret_result, struct err *err) NODISCARD;
/* Free SQL without parameters, text results, last result only. */
bool session_exec(
	struct session *session, const char *sql, PGresult **ret_result, struct err *err) NODISCARD;
/* SQLSTATE of the last failure, "" if the link broke. */
const char *session_sqlstate(const struct session *session);
/* The words of a failed result, as the functions above give them. */
void session_describe(const struct session *session, const PGresult *result, struct err *err);
