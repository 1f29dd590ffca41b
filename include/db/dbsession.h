/* dbsession: a connection of which we know whether the session behind it is fit for work, and under
 * which limits it works.  What a lane contains, and a pool of them can.
 *
 *   connecting -> checking -> fit -> lost, and again by itself          (conn.h, fitness.h)
 *
 * Every new session is checked before anything else is asked.  One that is unfit is told (an error, then
 * once a minute for as long as the reason stays) and given up, and the next one comes after a pause.
 * What is done on a fit one, and when, is its owner's business; db/session.h is recurctl's, which may
 * block.
 */
#pragma once

#include <ev.h>

#include "conf/conf.h"
#include "db/conn.h"
#include "db/fitness.h"

struct dbsession;

/* Each is the last thing that happens, and may destroy anything, unless it says otherwise. */
struct dbsession_callbacks {
	void *arg;
	void (*checking)(void *arg); /* connected; must not destroy */
	void (*fit)(void *arg, const struct fitness_report *report);
	/* FITNESS_WAIT: the next session comes by itself.  FITNESS_INCOMPATIBLE: waiting is of no use. */
	void (*unfit)(void *arg, const struct fitness_report *report);
	/* Lost while it was checked, or while no flight was under way that would tell. */
	void (*lost)(void *arg);
	void (*unreachable)(void *arg, const char *why); /* no host; must not destroy */
};

/* conf is read here only.  name: for log lines. */
bool dbsession_create(struct ev_loop *loop, const struct conf *conf, const char *name,
	const struct dbsession_callbacks *callbacks, struct dbsession **ret_session,
	struct err *err) NODISCARD;
void dbsession_destroy(struct dbsession *session); /* accepts NULL */

void dbsession_open(struct dbsession *session);
void dbsession_close(
	struct dbsession *session); /* without callbacks; dbsession_open brings it back */
/* Gives a session up and connects again after a pause, without a callback but those of the next one. */
void dbsession_retry(struct dbsession *session, const char *why);

struct conn *dbsession_conn(const struct dbsession *session);
/* lock_timeout is what was configured, or less, once the server's deadlock_timeout is known. */
const struct conn_limits *dbsession_limits(const struct dbsession *session);

/* A server that stands still looks like one that thinks.  What is asked in a moment is not waited for as
 * long as a batch is, or work would not go on elsewhere. */
#define DBSESSION_ASK_DEADLINE (5 * USEC_PER_SEC)

/* Begin a flight on a fit session, with the limits on the server's side; what is added comes behind.
 * The one asks, and is to be flown within DBSESSION_ASK_DEADLINE; the other writes, in a transaction
 * that says so. */
struct conn *dbsession_ask(struct dbsession *session);
struct conn *dbsession_write(struct dbsession *session);
