/* migrator: connection, locks and statements; see the header for the protocol. */
#include "ctl/migrate/migrator.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/rows.h"
#include "util/clock.h"
#include "util/mem.h"

#define LOCK_KEY           INT64_C(0x7265637572640001) /* "recurd", 1 */
#define SERVER_VERSION_MIN 140000
#define WATCH_FIRST_MS     1000
#define WATCH_AGAIN_MS     30000
#define PAUSE_LOCK_MS      250
#define PAUSE_BLOCKED_MS   1000 /* the application's turn */
/* The lock comes before what the grant holds: another migrator has it, and may want that. */
#define BOOTSTRAP_SQL                                                                           \
	"create table if not exists recurd.migrations ("                                        \
	" number integer constraint pk_migrations primary key,"                                 \
	" name text not null,"                                                                  \
	" checksum text not null,"                                                              \
	" adopted boolean not null,"                                                            \
	" accepted text,"                                                                       \
	" started_at timestamptz not null default pg_catalog.now(),"                            \
	" applied_at timestamptz);"                                                             \
	"lock table recurd.migrations in share update exclusive mode;"                          \
	"grant select on recurd.migrations to public;"                                          \
	"comment on table recurd.migrations is 'what recurctl migrate has done; applied_at is " \
	"null"                                                                                  \
	" while a step is unfinished';"

static PGcancel *cancel_handle;
static volatile sig_atomic_t is_interrupted;

/* The server ends the statement, as psql has it do; a second signal ends us.  PQcancel is made for
 * signal handlers. */
static void on_signal(int number)
{
	char error[256];
	(void)number;
	is_interrupted = 1;
	(void)PQcancel(cancel_handle, error, sizeof(error));
}

static void catch_signals(PGconn *pq)
{
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESETHAND };
	cancel_handle = PQgetCancel(pq);
	(void)sigaction(SIGINT, &action, NULL);
	(void)sigaction(SIGTERM, &action, NULL);
}

static void pause_ms(int ms)
{
	(void)poll(NULL, 0, ms);
}

/* Notices of the server are for the person at the terminal. */
static void take_notice(void *arg, const PGresult *result)
{
	struct migrator *migrator = arg;
	const char *text = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	if (text)
		report_note(&migrator->report, "%s", text);
}

/* attached: where recurd's triggers are; NULL: nowhere yet. */
static bool check_app_schema(const char *name, const char *attached, struct err *err)
{
	if (strcmp(name, "recurd") == 0 || strcmp(name, "information_schema") == 0 ||
		strncmp(name, "pg_", 3) == 0)
		return err_set(err,
			"app_schema is \"%s\", which is not the application's: set it to the "
			"schema of its tables",
			name);
	if (attached && strcmp(attached, name) != 0)
		return err_set(err,
			"app_schema is \"%s\", but the migrations were applied to the tables in "
			"schema \"%s\": set app_schema to that",
			name, attached);
	return true;
}

bool migrator_prepare(struct migrator *migrator, bool writes, struct err *err)
{
	PGconn *pq = session_pq(migrator->session);
	struct params params CLEANUP(params_free);
	PGresult *result CLEANUP(ctl_clear) = NULL;
	params_init(&params);
	params_text(&params, migrator->app_schema);
	if (!session_query(migrator->session, QUERY_CTL_MIGRATE_SERVER, &params, &result, err))
		return false;
	if (row_int4(result, 0, 0) < SERVER_VERSION_MIN)
		return err_set(err, "PostgreSQL 14 or newer is needed, this is %s",
			PQparameterStatus(pq, "server_version"));
	if (writes && row_bool(result, 0, 1))
		return err_set(err, "this server is a standby: migrate the primary");
	/* A pooler invents a pid of its own for the client. */
	if (row_int4(result, 0, 2) != PQbackendPID(pq))
		return err_set(err,
			"this connection goes through a pooler, and migrations need one to the "
			"server itself: pass its address with --dsn");
	if (!row_bool(result, 0, 3))
		return err_set(err,
			"there is no schema \"%s\": set app_schema to the schema of the "
			"application's tables, or create it",
			migrator->app_schema);
	if (!check_app_schema(migrator->app_schema, row_text(result, 0, 4), err))
		return false;

	(void)PQsetNoticeReceiver(pq, take_notice, migrator);
	catch_signals(pq);
	char *schema = PQescapeIdentifier(pq, migrator->app_schema, strlen(migrator->app_schema));
	char *sql CLEANUP(mem_cleanup) = mem_printf(
		"set search_path = %s; set client_min_messages = warning; set lock_timeout = 0;"
		"set statement_timeout = 0; set idle_in_transaction_session_timeout = 0;"
		"set standard_conforming_strings = on; set check_function_bodies = on;"
		"set default_transaction_isolation = 'read committed';"
		"set default_transaction_read_only = off; set default_transaction_deferrable = off",
		schema);
	PQfreemem(schema);
	return session_exec(migrator->session, sql, NULL, err);
}

void migrator_finish(struct migrator *migrator)
{
	(void)signal(SIGINT, SIG_DFL);
	(void)signal(SIGTERM, SIG_DFL);
	PQfreeCancel(cancel_handle);
	cancel_handle = NULL;
	session_close(migrator->watcher);
	migrator->watcher = NULL;
	migration_set_free(&migrator->set);
}

static void tell_holder(struct migrator *migrator, const struct params *key)
{
	PGresult *result CLEANUP(ctl_clear) = NULL;
	struct err err;
	if (session_query(migrator->session, QUERY_CTL_MIGRATE_LOCK_HOLDER, key, &result, &err) &&
		PQntuples(result) > 0)
		report_waiting(&migrator->report,
			"another migrator is at work (%s), waiting for it", row_text(result, 0, 0));
}

bool migrator_lock(struct migrator *migrator, struct err *err)
{
	struct params key CLEANUP(params_free);
	params_init(&key);
	params_int8(&key, LOCK_KEY);
	for (int tries = 0;; tries++) {
		PGresult *result CLEANUP(ctl_clear) = NULL;
		if (!session_query(
			    migrator->session, QUERY_CTL_MIGRATE_TRY_LOCK, &key, &result, err))
			return false;
		if (row_bool(result, 0, 0))
			return true;
		if (is_interrupted)
			return err_set(err, "interrupted");
		if (tries % (WATCH_AGAIN_MS / PAUSE_LOCK_MS) == 0)
			tell_holder(migrator, &key);
		pause_ms(PAUSE_LOCK_MS);
	}
}

/* Who keeps us waiting, asked over a second connection; "" where that cannot be known. */
static void read_blockers(struct migrator *migrator)
{
	PGresult *result CLEANUP(ctl_clear) = NULL;
	struct params params CLEANUP(params_free);
	struct err err;
	migrator->blockers.text[0] = '\0';
	if (!migrator->watcher && !session_open(migrator->conninfo, migrator->password_file,
					  &migrator->watcher, &err)) {
		migrator->watcher = NULL;
		return;
	}
	params_init(&params);
	params_int4(&params, PQbackendPID(session_pq(migrator->session)));
	if (session_query(migrator->watcher, QUERY_CTL_BLOCKERS, &params, &result, &err) &&
		!row_is_null(result, 0, 0))
		(void)err_set(&migrator->blockers, "%s", row_text(result, 0, 0));
}

/* Waits until the sent statement has an answer, and tells who delays it. */
static bool wait_for_answer(struct migrator *migrator, struct err *err)
{
	PGconn *pq = session_pq(migrator->session);
	int timeout = WATCH_FIRST_MS;
	while (PQisBusy(pq)) {
		struct pollfd fd = { .fd = PQsocket(pq), .events = POLLIN };
		int ready = poll(&fd, 1, timeout);
		if (ready > 0 && !PQconsumeInput(pq))
			return err_set(err, "the connection is lost: %.200s", PQerrorMessage(pq));
		if (ready != 0)
			continue;
		read_blockers(migrator);
		if (migrator->blockers.text[0])
			report_waiting(
				&migrator->report, "waiting for %s", migrator->blockers.text);
		timeout = WATCH_AGAIN_MS;
	}
	return true;
}

/* Sends and takes the last result, or the first that failed.  NULL: the link broke. */
static PGresult *send_and_wait(struct migrator *migrator, const char *sql, struct err *err)
{
	PGconn *pq = session_pq(migrator->session);
	PGresult *kept = NULL;
	migrator->sqlstate[0] = '\0';
	migrator->blockers.text[0] = '\0';
	migrator->looks = false;
	if (is_interrupted) {
		err_set(err, "interrupted; run it again to go on");
		return NULL;
	}
	if (!PQsendQuery(pq, sql)) {
		err_set(err, "the connection is lost: %.200s", PQerrorMessage(pq));
		return NULL;
	}
	for (;;) {
		if (!wait_for_answer(migrator, err)) {
			PQclear(kept);
			return NULL;
		}
		PGresult *result = PQgetResult(pq);
		if (!result)
			break;
		if (kept && PQresultStatus(kept) == PGRES_FATAL_ERROR) {
			PQclear(result);
			continue;
		}
		PQclear(kept);
		kept = result;
	}
	if (!kept)
		err_set(err, "the server sent no answer");
	return kept;
}

static bool failed(struct migrator *migrator, const PGresult *result)
{
	if (PQresultStatus(result) == PGRES_COMMAND_OK || PQresultStatus(result) == PGRES_TUPLES_OK)
		return false;
	const char *code = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	snprintf(migrator->sqlstate, sizeof(migrator->sqlstate), "%s", code ? code : "");
	return true;
}

bool migrator_exec(
	struct migrator *migrator, const char *sql, PGresult **ret_result, struct err *err)
{
	PGresult *result = send_and_wait(migrator, sql, err);
	if (!result)
		return false;
	if (failed(migrator, result)) {
		session_describe(migrator->session, result, err);
		PQclear(result);
		return false;
	}
	if (ret_result)
		*ret_result = result;
	else
		PQclear(result);
	return true;
}

struct raised {
	char *text;
	char sqlstate[6];
};

/* INFO reaches every client and no log. */
static void take_raised(void *arg, const PGresult *result)
{
	struct raised *raised = arg;
	const char *severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	if (raised->text || !severity || strcmp(severity, "INFO") != 0)
		return;
	raised->text = mem_strdup(PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY));
	snprintf(raised->sqlstate, sizeof(raised->sqlstate), "%s", state ? state : "");
}

bool migrator_look(struct migrator *migrator, const char *block, char **ret_raised,
	char ret_sqlstate[static 6], struct err *err)
{
	PGconn *pq = session_pq(migrator->session);
	struct raised raised = { .text = NULL };
	char *literal = PQescapeLiteral(pq, block, strlen(block));
	char *inner CLEANUP(mem_cleanup) = mem_printf(
		"begin execute %s; exception when others then "
		"raise info '%%', sqlerrm using errcode = "
		"sqlstate; end",
		literal);
	PQfreemem(literal);
	literal = PQescapeLiteral(pq, inner, strlen(inner));
	char *sql CLEANUP(mem_cleanup) = mem_printf("do %s", literal);
	PQfreemem(literal);
	PQnoticeReceiver before = PQsetNoticeReceiver(pq, take_raised, &raised);
	bool ok = migrator_exec(migrator, sql, NULL, err);
	(void)PQsetNoticeReceiver(pq, before, migrator);
	if (!ok) {
		free(raised.text);
		return false;
	}
	if (raised.text && strcmp(raised.sqlstate, "P0001") != 0) { /* a lock, say */
		memcpy(migrator->sqlstate, raised.sqlstate, sizeof(raised.sqlstate));
		migrator->looks = true;
	}
	*ret_raised = raised.text;
	memcpy(ret_sqlstate, raised.sqlstate, sizeof(raised.sqlstate));
	return true;
}

static const char *what_to_do(const char *sqlstate)
{
	static const struct {
		const char *state, *advice;
	} table[] = {
		{ "42501", "run this as the owner of the application's tables, with the right to "
			   "create "
			   "schemas and roles" },
		{ "42P07", "something else has this name: rename or drop it" },
		{ "42701", "something else has this name: rename or drop it" },
		{ "42723", "something else has this name: rename or drop it" },
		{ "23505", "remove the duplicates" },
		{ "23502", "rows are there, and nothing says what they held: restore it from a "
			   "backup" },
		{ "23503", "repair the rows that point nowhere" },
		{ "23514", "repair the rows that the check refuses" },
		{ "2BP01", "drop or change what depends on it" },
		{ "53100", "make room on the server's disk" },
		{ "57014", "it was cancelled" },
		{ "57P01", "see who ended the session" },
	};
	for (size_t i = 0; i < ARRAY_LEN(table); i++)
		if (strcmp(table[i].state, sqlstate) == 0)
			return table[i].advice;
	return "mend the cause";
}

/* The line in the file: of the place that the server points to, else of the statement. */
static int error_line(const PGresult *result, const struct statement *statement)
{
	const char *position = PQresultErrorField(result, PG_DIAG_STATEMENT_POSITION);
	int line = statement->line;
	size_t characters = position ? strtoul(position, NULL, 10) : 0;
	for (size_t i = 0; i < statement->len && characters > 1; i++) {
		line += statement->text[i] == '\n';
		characters -= (statement->text[i] & 0xc0) != 0x80;
	}
	return line;
}

bool migrator_run(struct migrator *migrator, const char *file, const struct statement *statement,
	struct err *err)
{
	char *sql CLEANUP(mem_cleanup) = mem_strndup(statement->text, statement->len);
	PGresult *result CLEANUP(ctl_clear) = send_and_wait(migrator, sql, err);
	if (!result)
		return err_prefix(err, "%s, line %d: ", file, statement->line);
	if (!failed(migrator, result))
		return true;
	struct err why;
	session_describe(migrator->session, result, &why);
	return err_set(err, "%s, line %d: %.300s (statement: %.50s...); %s and run it again%s",
		file, error_line(result, statement), why.text, sql, what_to_do(migrator->sqlstate),
		migrator->keeps ? ", what was done before stays" : "");
}

bool migrator_query(
	struct migrator *migrator, enum query_id id, const struct params *params, struct err *err)
{
	PGresult *result CLEANUP(ctl_clear) = NULL;
	return session_query(migrator->session, id, params, &result, err);
}

bool migrator_is_blocked(const struct migrator *migrator)
{
	static const char *const states[] = { "55P03", "40P01", "40001" };
	for (size_t i = 0; i < ARRAY_LEN(states); i++)
		if (strcmp(migrator->sqlstate, states[i]) == 0)
			return true;
	return false;
}

bool migrator_is_denied(const struct migrator *migrator)
{
	static const char denied[] = "42501";
	return strcmp(migrator->sqlstate, denied) == 0 ||
	       strcmp(session_sqlstate(migrator->session), denied) == 0;
}

bool migrator_check_owner(struct migrator *migrator, struct err *err)
{
	PGresult *result CLEANUP(ctl_clear) = NULL;
	if (!migrator_exec(migrator,
		    "select nspowner::regrole, current_user from pg_catalog.pg_namespace where "
		    "nspname = 'recurd' and not pg_catalog.pg_has_role(nspowner, 'usage')",
		    &result, err))
		return false;
	if (PQntuples(result) == 0)
		return true;
	snprintf(migrator->sqlstate, sizeof(migrator->sqlstate), "42501");
	return err_set(err,
		"schema recurd belongs to %s, and this is role %s: run it as the owner of the "
		"application's tables; nothing was changed",
		PQgetvalue(result, 0, 0), PQgetvalue(result, 0, 1));
}

bool migrator_is_cut_off(const struct migrator *migrator)
{
	/* Connection, resources, operator's intervention, system: the server's trouble. */
	static const char *const classes[] = { "08", "53", "57P", "58" };
	if (PQstatus(session_pq(migrator->session)) != CONNECTION_OK)
		return true;
	for (size_t i = 0; i < ARRAY_LEN(classes); i++)
		if (strncmp(migrator->sqlstate, classes[i], strlen(classes[i])) == 0)
			return true;
	return migrator_is_blocked(migrator);
}

bool migrator_begin(struct migrator *migrator, struct err *err)
{
	return migrator_exec(migrator,
		"begin; set local lock_timeout = '" MIGRATE_LOCK_TIMEOUT "';"
		"lock table recurd.migrations in exclusive mode",
		NULL, err);
}

bool migrator_commit(struct migrator *migrator, struct err *err)
{
	return migrator_exec(migrator, "commit", NULL, err);
}

void migrator_rollback(struct migrator *migrator)
{
	PGconn *pq = session_pq(migrator->session);
	if (PQtransactionStatus(pq) == PQTRANS_INTRANS ||
		PQtransactionStatus(pq) == PQTRANS_INERROR)
		PQclear(PQexec(pq, "rollback"));
}

bool migrator_bootstrap(struct migrator *migrator, struct err *err)
{
	/* IF NOT EXISTS asks for the right to create schemas even where there is nothing to create. */
	if (migrator_exec(migrator,
		    "begin; do $$ begin if to_regnamespace('recurd') is null then create schema "
		    "recurd;"
		    " end if; end $$;" BOOTSTRAP_SQL "commit",
		    NULL, err))
		return true;
	migrator_rollback(migrator);
	return err_set(err, "schema recurd cannot be prepared: %.300s; %s", err->text,
		what_to_do(migrator->sqlstate));
}

bool migrator_retry(struct migrator *migrator, const struct migration *step, migrator_step_fn *fn,
	void *arg, struct err *err)
{
	for (int attempt = 1;; attempt++) {
		if (fn(migrator, step, arg, err))
			return true;
		bool is_blocked = migrator_is_blocked(migrator);
		migrator_rollback(migrator);
		if (!is_blocked)
			return false;
		if (attempt >= migrator->attempts)
			return err_set(err,
				"%s: a lock could not be had in %d attempts "
				"of " MIGRATE_LOCK_TIMEOUT
				"%s%s%.300s; end that transaction and run it again",
				step->name, attempt,
				migrator->looks ? ", to look at what is there" : "",
				migrator->blockers.text[0] ? ", because of " : "",
				migrator->blockers.text);
		pause_ms(PAUSE_BLOCKED_MS);
	}
}
