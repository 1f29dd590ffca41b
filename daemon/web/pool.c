/* Connections and the queue before them; see the header. */
#include "web/pool.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "db/conninfo.h"
#include "db/fitness.h"
#include "db/rows.h"
#include "util/charset.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/mem.h"

#define STATEMENT_TIMEOUT (1 * USEC_PER_SEC)
#define LOCK_TIMEOUT      (800 * USEC_PER_MSEC)
#define QUERY_TIMEOUT     (6 * USEC_PER_SEC)
#define RECONNECT_LIMIT   (4 * USEC_PER_SEC)
#define SLOTS_MAX         16
#define WHY_MAX           512

struct question {
	struct question *next;
	enum query_id query;
	struct params params;
	char *actor;
	bool writes;
	usec_t deadline; /* monotonic */
	usec_t patience;
	reply_fn *fn;
	void *arg;
	int skip; /* results before its own */
};

struct slot {
	struct pool *pool;
	struct conn *conn;
	bool fit;
	struct question *question; /* under way */
};

struct pool {
	struct ev_loop *loop;
	struct slot slots[SLOTS_MAX];
	size_t slots_n;
	struct question *first, **last;
	size_t waiting;
	struct ev_timer timer; /* for the first deadline */
	char *search_path;
	char why[WHY_MAX];
	bool closing;
};

/* ---- questions ---- */

static void question_free(struct question *question)
{
	params_free(&question->params);
	free(question->actor);
	free(question);
}

static void fail(struct question *question, const char *why)
{
	struct reply reply = { .status = REPLY_LOST, .message = why, .object = "" };
	question->fn(question->arg, &reply);
	question_free(question);
}

static struct question *take_first(struct pool *pool)
{
	struct question *question = pool->first;
	pool->first = question->next;
	if (!pool->first)
		pool->last = &pool->first;
	pool->waiting--;
	return question;
}

static void arm(struct pool *pool)
{
	ev_timer_stop(pool->loop, &pool->timer);
	if (!pool->first)
		return;
	usec_t left = pool->first->deadline - clock_monotonic();
	ev_timer_set(&pool->timer, left > 0 ? (double)left / 1e6 : 0., 0.);
	ev_timer_start(pool->loop, &pool->timer);
}

/* All have the same patience, nearly: the first in the queue is the first to lose it. */
static void on_timer(struct ev_loop *loop, struct ev_timer *timer, int events)
{
	struct pool *pool = timer->data;
	(void)loop;
	(void)events;
	usec_t now = clock_monotonic();
	while (pool->first && pool->first->deadline <= now)
		fail(take_first(pool), pool_is_up(pool) ? "the database is busy" : pool->why);
	arm(pool);
}

/* ---- flights ---- */

static void serve(struct pool *pool);

static void on_reply(void *arg, const struct reply *reply)
{
	struct slot *slot = arg;
	struct pool *pool = slot->pool;
	struct question *question = slot->question;
	slot->question = NULL;
	if (reply->status == REPLY_LOST)
		slot->fit = false;
	else
		conn_proved(slot->conn);
	struct reply own = *reply;
	if (reply->status == REPLY_OK) {
		own.results += question->skip;
		own.n -= question->skip;
	}
	question->fn(question->arg, &own);
	question_free(question);
	serve(pool);
}

static void fly(struct slot *slot, struct question *question)
{
	struct pool *pool = slot->pool;
	usec_t statement = question->patience > POOL_DEADLINE ? question->patience
							      : STATEMENT_TIMEOUT;
	struct conn_limits limits = { statement, LOCK_TIMEOUT, pool->search_path };
	slot->question = question;
	if (question->writes) {
		struct params actor CLEANUP(params_free);
		params_init(&actor);
		params_utf8(&actor, question->actor);
		conn_begin(slot->conn, limits);
		conn_add(slot->conn, QUERY_WEB_ACTOR, &actor);
		question->skip = 3;
	} else {
		conn_add_limits(slot->conn, limits);
		conn_add(slot->conn, QUERY_WEB_READ_ONLY, NULL);
		question->skip = 2;
	}
	conn_add(slot->conn, question->query, &question->params);
	usec_t left = question->deadline - clock_monotonic();
	conn_fly_within(slot->conn, left > USEC_PER_MSEC ? left : USEC_PER_MSEC, on_reply, slot);
}

static struct slot *free_slot(struct pool *pool)
{
	for (size_t i = 0; i < pool->slots_n; i++) {
		struct slot *slot = &pool->slots[i];
		if (slot->fit && !slot->question && conn_state(slot->conn) == CONN_READY)
			return slot;
	}
	return NULL;
}

static void serve(struct pool *pool)
{
	struct slot *slot;
	while (!pool->closing && pool->first && (slot = free_slot(pool)))
		fly(slot, take_first(pool));
	arm(pool);
}

static void add(struct pool *pool, enum query_id query, const struct params *params, bool writes,
	const char *actor, usec_t patience, reply_fn *fn, void *arg)
{
	struct question *question = mem_alloc(sizeof(*question));
	question->query = query;
	params_init(&question->params);
	if (params) {
		question->params = *params;
		strbuf_init(&question->params.data, PARAMS_BYTES_MAX);
		strbuf_add(&question->params.data, params->data.data, params->data.len);
	}
	question->writes = writes;
	question->actor = mem_strdup(actor);
	question->patience = patience;
	question->deadline = clock_monotonic() + patience;
	question->fn = fn;
	question->arg = arg;
	if (pool->closing || pool->waiting >= POOL_QUEUE_MAX) {
		fail(question, pool->closing ? "recurd-http is stopping"
					     : "too many requests wait for the database");
		return;
	}
	*pool->last = question;
	pool->last = &question->next;
	pool->waiting++;
	serve(pool);
}

void pool_ask(struct pool *pool, enum query_id query, const struct params *params, reply_fn *fn,
	void *arg)
{
	add(pool, query, params, false, NULL, POOL_DEADLINE, fn, arg);
}

void pool_ask_within(struct pool *pool, enum query_id query, const struct params *params,
	usec_t deadline, reply_fn *fn, void *arg)
{
	add(pool, query, params, false, NULL, deadline, fn, arg);
}

void pool_call(struct pool *pool, enum query_id query, const struct params *params,
	const char *actor, reply_fn *fn, void *arg)
{
	add(pool, query, params, true, actor, POOL_DEADLINE, fn, arg);
}

/* ---- sessions ---- */

static void refuse(struct slot *slot, const char *why)
{
	struct pool *pool = slot->pool;
	if (strncmp(pool->why, why, sizeof(pool->why) - 1) != 0)
		log_msg(LOG_ERR, "http_database_unfit", "%s", why);
	strncpy(pool->why, why, sizeof(pool->why) - 1);
	conn_retry(slot->conn, why);
}

static void on_session(void *arg, const struct reply *reply)
{
	struct slot *slot = arg;
	struct err why;
	if (reply->status == REPLY_LOST)
		return;
	if (reply->status == REPLY_FAILED) {
		err_set(&why, "%s%s", reply->message,
			strcmp(reply->sqlstate, "42501") == 0
				? ": this role needs recurd_web: grant recurd_web to it; where it "
				  "has that, run recurctl migrate up, then recurctl migrate repair"
				: "");
		refuse(slot, why.text);
		return;
	}
	const PGresult *result = reply->results[reply->n - 1];
	const char *missing = row_text(result, 0, 1);
	if (row_bool(result, 0, 0)) {
		refuse(slot, "the server is a standby: waiting for the primary");
	} else if (missing) {
		err_set(&why,
			"this role may not call %s: grant recurd_web to it; where it has that, run "
			"recurctl migrate up, then recurctl migrate repair",
			missing);
		refuse(slot, why.text);
	} else if (row_int4(result, 0, 4) > SCHEMA_LEVEL) {
		err_set(&why,
			"the schema needs a recurd-http that knows migration %" PRId32
			"; this one knows %d: upgrade it",
			row_int4(result, 0, 4), SCHEMA_LEVEL);
		refuse(slot, why.text);
	} else {
		conn_direct(slot->conn, row_int4(result, 0, 2));
		charset_bind(row_text(result, 0, 3));
		conn_proved(slot->conn);
		if (!pool_is_up(slot->pool))
			log_msg(LOG_NOTICE, "http_database_up", "%s", conn_endpoint(slot->conn));
		slot->fit = true;
		*slot->pool->why = '\0';
		serve(slot->pool);
	}
}

static void on_ready(void *arg)
{
	struct slot *slot = arg;
	struct conn_limits limits = { STATEMENT_TIMEOUT, LOCK_TIMEOUT, slot->pool->search_path };
	conn_add_limits(slot->conn, limits);
	conn_add(slot->conn, QUERY_WEB_SESSION, NULL);
	conn_fly(slot->conn, on_session, slot);
}

static void on_lost(void *arg)
{
	struct slot *slot = arg;
	slot->fit = false;
}

static void on_failed(void *arg, const char *why)
{
	struct slot *slot = arg;
	slot->fit = false;
	strncpy(slot->pool->why, why, sizeof(slot->pool->why) - 1);
}

/* ---- life ---- */

static bool open_slots(
	struct pool *pool, const struct web_conf *conf, const char *password, struct err *err)
{
	struct conn_options options = {
		.name = "http",
		.conninfo = conf->database_url,
		.password = password,
		.connect_timeout = conf->connect_timeout,
		.query_timeout = QUERY_TIMEOUT,
		.reconnect_limit = RECONNECT_LIMIT,
	};
	for (int64_t i = 0; i < conf->connections; i++) {
		struct slot *slot = &pool->slots[pool->slots_n];
		struct conn_callbacks callbacks = {
			.arg = slot, .ready = on_ready, .lost = on_lost, .failed = on_failed
		};
		slot->pool = pool;
		if (!conn_create(pool->loop, &options, &callbacks, &slot->conn, err))
			return false;
		pool->slots_n++;
	}
	return true;
}

bool pool_create(
	struct ev_loop *loop, const struct web_conf *conf, struct pool **ret_pool, struct err *err)
{
	char *password CLEANUP(mem_cleanup) = NULL;
	if (conf->password_file && !conninfo_read_password(conf->password_file, &password, err))
		return false;
	struct pool *pool = mem_alloc(sizeof(*pool));
	pool->loop = loop;
	pool->last = &pool->first;
	pool->search_path = mem_printf("\"%s\"", conf->app_schema);
	strncpy(pool->why, "no connection to the database yet", sizeof(pool->why) - 1);
	ev_timer_init(&pool->timer, on_timer, 0., 0.);
	pool->timer.data = pool;
	if (!open_slots(pool, conf, password, err)) {
		pool_destroy(pool);
		return false;
	}
	*ret_pool = pool;
	return true;
}

void pool_open(struct pool *pool)
{
	for (size_t i = 0; i < pool->slots_n; i++)
		conn_open(pool->slots[i].conn);
}

void pool_destroy(struct pool *pool)
{
	if (!pool)
		return;
	pool->closing = true;
	for (size_t i = 0; i < pool->slots_n; i++) {
		struct slot *slot = &pool->slots[i];
		conn_destroy(slot->conn);
		if (slot->question)
			fail(slot->question, "recurd-http is stopping");
	}
	while (pool->first)
		fail(take_first(pool), "recurd-http is stopping");
	ev_timer_stop(pool->loop, &pool->timer);
	free(pool->search_path);
	free(pool);
}

bool pool_is_up(const struct pool *pool)
{
	for (size_t i = 0; i < pool->slots_n; i++) {
		if (pool->slots[i].fit)
			return true;
	}
	return false;
}

const char *pool_why(const struct pool *pool)
{
	return pool->why;
}
