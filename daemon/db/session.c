/* session: see the header.
 *
 * The password of password_file is handed over before the conninfo, whose own password overrides it:
 * PQconnectdbParams lets later words win, and expands the conninfo at the place of "dbname".
 */
#include "db/session.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/conninfo.h"
#include "db/recode.h"
#include "db/shape.h"
#include "util/mem.h"

struct session {
	PGconn *pq;
	struct charset *charset;
	char sqlstate[6];
	int slow_ms;
	bool (*slow)(void *arg);
	void *slow_arg;
};

#define SLOW_AGAIN_MS 1000

static void remember_sqlstate(struct session *session, const PGresult *result)
{
	const char *code = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
	snprintf(session->sqlstate, sizeof session->sqlstate, "%s", code ? code : "");
}

/* libpq's texts have several lines, and every line says "ERROR:" or "connection to server". */
static void text_to_line(char *text)
{
	size_t len = strlen(text);
	while (len > 0 && strchr(" \r\n", text[len - 1]))
		text[--len] = '\0';
	for (char *c = text; *c; c++)
		if (*c == '\n' || *c == '\r' || *c == '\t')
			*c = ' ';
}

static bool link_error(const struct session *session, struct err *err)
{
	CLEANUP(mem_cleanup) char *text = mem_strdup(PQerrorMessage(session->pq));
	text_to_line(text);
	return err_set(err, "%s", text[0] ? text : "the connection is lost");
}

/* A pooler may have given us another client_encoding than we asked for. */
static void take_encodings(struct session *session)
{
	const char *server = PQparameterStatus(session->pq, "server_encoding");
	const char *client = PQparameterStatus(session->pq, "client_encoding");
	if (!client || strcmp(client, CONNINFO_CLIENT_ENCODING) != 0)
		(void)PQsetClientEncoding(session->pq, CONNINFO_CLIENT_ENCODING);
	session->charset = charset_open(server ? server : "UTF8");
}

bool session_open(const char *conninfo, const char *password_file, struct session **ret_session,
	struct err *err)
{
	CLEANUP(mem_cleanup) char *normal = conninfo_plain_uri(conninfo ? conninfo : "");
	CLEANUP(mem_cleanup) char *password = NULL;
	if (password_file && !conninfo_read_password(password_file, &password, err))
		return false;
	/* An empty value counts as not given. */
	const char *const words[] = { "password", "connect_timeout", "fallback_application_name",
		"dbname", "client_encoding", NULL };
	const char *const values[] = { password, getenv("PGCONNECT_TIMEOUT") ? NULL : "10",
		"recurctl", normal, CONNINFO_CLIENT_ENCODING, NULL };

	struct session *session = mem_alloc(sizeof *session);
	session->pq = PQconnectdbParams(words, values, 1);
	if (!session->pq)
		abort(); /* out of memory */
	if (PQstatus(session->pq) != CONNECTION_OK) {
		link_error(session, err);
		session_close(session);
		return false;
	}
	take_encodings(session);
	*ret_session = session;
	return true;
}

void session_close(struct session *session)
{
	if (!session)
		return;
	PQfinish(session->pq);
	charset_close(session->charset);
	free(session);
}

PGconn *session_pq(struct session *session)
{
	return session->pq;
}

const char *session_sqlstate(const struct session *session)
{
	return session->sqlstate;
}

void session_describe(const struct session *session, const PGresult *result, struct err *err)
{
	const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	const char *detail = PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL);
	const char *hint = PQresultErrorField(result, PG_DIAG_MESSAGE_HINT);
	const char *code = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	if (!message)
		message = PQresultErrorMessage(result);
	CLEANUP(mem_cleanup)
	char *text = mem_printf("%s%s%s%s%s%s%s%s", message, code ? " (SQLSTATE " : "",
		code ? code : "", code ? ")" : "", detail ? ": " : "", detail ? detail : "",
		hint ? "; hint: " : "", hint ? hint : "");
	text_to_line(text);
	struct strbuf utf8 CLEANUP(strbuf_free) = STRBUF(SIZE_MAX);
	if (!charset_is_utf8(session->charset))
		(void)charset_to_utf8(session->charset, text, strlen(text), &utf8);
	err_set(err, "%s", utf8.len ? utf8.data : text);
}

/* Takes the result over: hands it to the caller where it is a good one. */
static bool finish(
	struct session *session, PGresult *result, PGresult **ret_result, struct err *err)
{
	ExecStatusType status = PQresultStatus(result); /* NULL is a fatal error */
	if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) {
		recode_result(session->charset, result);
		if (ret_result)
			*ret_result = result;
		else
			PQclear(result);
		return true;
	}
	remember_sqlstate(session, result);
	if (result && (session->sqlstate[0] || PQstatus(session->pq) == CONNECTION_OK))
		session_describe(session, result, err);
	else
		link_error(session, err);
	PQclear(result);
	return false;
}

static bool shaped(
	struct session *session, enum query_id id, const PGresult *result, struct err *err)
{
	if (shape_check(id, result, err))
		return true;
	(void)err_prefix(err, "the database does not answer as expected: ");
	strcpy(session->sqlstate, SHAPE_SQLSTATE);
	return false;
}

void session_watch(struct session *session, int after_ms, bool (*slow)(void *arg), void *arg)
{
	session->slow_ms = after_ms;
	session->slow = slow;
	session->slow_arg = arg;
}

/* Until something has come of what was sent. */
static void wait_for_answer(struct session *session)
{
	int timeout = session->slow ? session->slow_ms : -1;
	while (PQisBusy(session->pq)) {
		struct pollfd fd = { .fd = PQsocket(session->pq), .events = POLLIN };
		int ready = poll(&fd, 1, timeout);
		if (ready == 0 && session->slow) {
			timeout = session->slow(session->slow_arg) ? SLOW_AGAIN_MS
								   : session->slow_ms;
		} else if (ready > 0 && !PQconsumeInput(session->pq)) {
			return; /* PQgetResult says what is wrong */
		}
	}
}

/* As PQexec has it: the last result, or the first that failed. */
static PGresult *take_result(struct session *session, bool sent)
{
	PGresult *kept = NULL;
	while (sent) {
		wait_for_answer(session);
		PGresult *result = PQgetResult(session->pq);
		if (!result)
			break;
		if (kept && PQresultStatus(kept) == PGRES_FATAL_ERROR) {
			PQclear(result);
			continue;
		}
		PQclear(kept);
		kept = result;
	}
	return kept;
}

bool session_query(struct session *session, enum query_id id, const struct params *params,
	PGresult **ret_result, struct err *err)
{
	const char *values[PARAMS_MAX];
	struct params recoded CLEANUP(params_free);
	params_init(&recoded);
	if (params)
		recode_params(session->charset, params, &recoded);
	params_values(&recoded, values);
	bool sent = PQsendQueryParams(session->pq, query_text(id, false), recoded.n, recoded.types,
		values, recoded.lengths, recoded.formats, 1);
	PGresult *result = take_result(session, sent);
	PGresult *good = NULL;
	bool ok = finish(session, result, &good, err) && shaped(session, id, good, err);
	if (ok && ret_result)
		*ret_result = good;
	else
		PQclear(good);
	return ok;
}

bool session_exec(struct session *session, const char *sql, PGresult **ret_result, struct err *err)
{
	PGresult *result = take_result(session, PQsendQuery(session->pq, sql));
	return finish(session, result, ret_result, err);
}
