/* A connection, its fitness, its limits; see the header. */
#include "db/dbsession.h"

#include <stdlib.h>
#include <string.h>

#include "db/conninfo.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/mem.h"

#define UNFIT_TOLD_EVERY (60 * USEC_PER_SEC) /* looked at every few seconds, perhaps for hours */

struct dbsession {
	struct conn *conn;
	char *app_schema, *search_path;
	struct conn_limits limits;
	usec_t lock_timeout; /* as configured */
	struct fitness fitness;
	struct err unfit; /* why, as last told; "": fit */
	usec_t unfit_told_at;
	struct dbsession_callbacks callbacks;
};

/* ---- fitness ---- */

/* When both an application and we wait, the application must not be the victim. */
static void limit_lock_timeout(struct dbsession *session, usec_t deadlock_timeout)
{
	usec_t limit = deadlock_timeout / 3 - USEC_PER_MSEC;
	session->limits.lock_timeout = session->lock_timeout;
	if (session->limits.lock_timeout > limit)
		session->limits.lock_timeout = limit > USEC_PER_MSEC ? limit : USEC_PER_MSEC;
}

static void tell_unfit(struct dbsession *session, const char *why)
{
	usec_t now = clock_monotonic();
	struct err text;
	err_set(&text, "%s", why);
	bool told = strcmp(session->unfit.text, text.text) == 0 &&
		    now - session->unfit_told_at < UNFIT_TOLD_EVERY;
	log_msg(told ? LOG_DEBUG : LOG_ERR, "database_unfit", "%s", why);
	if (told)
		return;
	session->unfit = text;
	session->unfit_told_at = now;
}

static const char keys_differ[] =
	"rows of recurd.notifications, copied from elsewhere perhaps, have keys of the format from "
	"before recurd.keys_from(), and lie behind it: what comes again of them is told again; "
	"run recurctl migrate repair";

static void on_checked(void *arg, const struct fitness_report *report)
{
	struct dbsession *session = arg;
	const struct dbsession_callbacks *callbacks = &session->callbacks;
	switch (report->verdict) {
	case FITNESS_GOOD:
		session->unfit = (struct err){ 0 };
		limit_lock_timeout(session, report->deadlock_timeout);
		conn_proved(session->conn);
		if (report->keys_differ)
			log_msg(LOG_WARNING, "keys_differ", "%s", keys_differ);
		callbacks->fit(callbacks->arg, report);
		break;
	case FITNESS_WAIT:
		tell_unfit(session, report->why);
		conn_retry(session->conn, report->why);
		callbacks->unfit(callbacks->arg, report);
		break;
	case FITNESS_INCOMPATIBLE:
		callbacks->unfit(callbacks->arg, report);
		break;
	case FITNESS_LOST:
		callbacks->lost(callbacks->arg);
		break;
	}
}

/* ---- the connection ---- */

static void on_ready(void *arg)
{
	struct dbsession *session = arg;
	session->callbacks.checking(session->callbacks.arg);
	fitness_check(&session->fitness, session->conn, session->app_schema, session->limits,
		on_checked, session);
}

static void on_lost(void *arg)
{
	struct dbsession *session = arg;
	session->callbacks.lost(session->callbacks.arg);
}

static void on_failed(void *arg, const char *why)
{
	struct dbsession *session = arg;
	session->callbacks.unreachable(session->callbacks.arg, why);
}

static bool create_conn(struct dbsession *session, struct ev_loop *loop, const struct conf *conf,
	const char *name, struct err *err)
{
	char *password CLEANUP(mem_cleanup) = NULL;
	if (conf->password_file && !conninfo_read_password(conf->password_file, &password, err))
		return false;
	struct conn_options options = { .name = name,
		.conninfo = conf->database_url,
		.password = password,
		.connect_timeout = conf->connect_timeout,
		.query_timeout = conf->query_timeout,
		.reconnect_limit = conf->reconnect_limit };
	struct conn_callbacks callbacks = {
		.arg = session, .ready = on_ready, .lost = on_lost, .failed = on_failed
	};
	return conn_create(loop, &options, &callbacks, &session->conn, err);
}

bool dbsession_create(struct ev_loop *loop, const struct conf *conf, const char *name,
	const struct dbsession_callbacks *callbacks, struct dbsession **ret_session,
	struct err *err)
{
	struct dbsession *session = mem_alloc(sizeof(*session));
	if (!create_conn(session, loop, conf, name, err)) {
		free(session);
		return false;
	}
	session->callbacks = *callbacks;
	session->app_schema = mem_strdup(conf->app_schema);
	session->search_path = mem_printf("\"%s\", pg_temp", conf->app_schema);
	session->lock_timeout = conf->lock_timeout;
	session->limits = (struct conn_limits){ .statement_timeout = conf->statement_timeout,
		.lock_timeout = conf->lock_timeout,
		.search_path = session->search_path };
	*ret_session = session;
	return true;
}

void dbsession_destroy(struct dbsession *session)
{
	if (!session)
		return;
	conn_destroy(session->conn);
	free(session->app_schema);
	free(session->search_path);
	free(session);
}

void dbsession_open(struct dbsession *session)
{
	conn_open(session->conn);
}

void dbsession_close(struct dbsession *session)
{
	conn_close(session->conn);
}

void dbsession_retry(struct dbsession *session, const char *why)
{
	conn_retry(session->conn, why);
}

/* ---- flights ---- */

struct conn *dbsession_conn(const struct dbsession *session)
{
	return session->conn;
}

const struct conn_limits *dbsession_limits(const struct dbsession *session)
{
	return &session->limits;
}

struct conn *dbsession_ask(struct dbsession *session)
{
	/* The server gives up before we do, so that a mere slow one loses no session, and leaves no
	 * backend behind. */
	struct conn_limits limits = session->limits;
	if (limits.statement_timeout > DBSESSION_ASK_DEADLINE * 4 / 5)
		limits.statement_timeout = DBSESSION_ASK_DEADLINE * 4 / 5;
	conn_add_limits(session->conn, limits);
	return session->conn;
}

struct conn *dbsession_write(struct dbsession *session)
{
	conn_begin(session->conn, session->limits);
	return session->conn;
}
