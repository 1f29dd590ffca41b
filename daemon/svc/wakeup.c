/* LISTEN and its probe; see the header. */
#include "svc/wakeup.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db/conn.h"
#include "db/conninfo.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/mem.h"

#define PROBE_PREFIX "probe "
#define PROBE_WAIT_S 5.

struct wakeup {
	struct ev_loop *loop;
	struct conn *conn;
	/* Sends the probe and goes.  A session's own notifications come with its replies, through a
	 * pooler too: only what another session sends tells whether we hear. */
	struct conn *prober;
	struct ev_timer deaf;
	wakeup_fn *fn;
	void *arg;
	char probe[64];
	bool hears;
};

static void on_probed(void *arg, const struct reply *reply)
{
	struct wakeup *wakeup = arg;
	if (reply->status == REPLY_LOST)
		return; /* it connects again, and probes again */
	if (reply->status == REPLY_FAILED)
		log_msg(LOG_WARNING, "listen_failed", "%s", reply->message);
	conn_close(wakeup->prober);
	if (wakeup->hears)
		return;
	ev_timer_set(&wakeup->deaf, PROBE_WAIT_S, 0.);
	ev_timer_start(wakeup->loop, &wakeup->deaf);
}

static void on_prober_ready(void *arg)
{
	struct wakeup *wakeup = arg;
	struct params params CLEANUP(params_free);
	params_init(&params);
	params_text(&params, wakeup->probe);
	conn_add(wakeup->prober, QUERY_LISTEN_PROBE, &params);
	conn_fly(wakeup->prober, on_probed, wakeup);
}

static void on_listening(void *arg, const struct reply *reply)
{
	struct wakeup *wakeup = arg;
	if (reply->status == REPLY_FAILED) {
		log_msg(LOG_WARNING, "listen_failed", "%s", reply->message);
		conn_retry(wakeup->conn, reply->message);
		return;
	}
	if (reply->status == REPLY_OK)
		conn_open(wakeup->prober);
}

static void on_ready(void *arg)
{
	struct wakeup *wakeup = arg;
	snprintf(wakeup->probe, sizeof(wakeup->probe), PROBE_PREFIX "%d %" PRId64, getpid(),
		clock_monotonic());
	wakeup->hears = false;
	conn_close(wakeup->prober);
	conn_add(wakeup->conn, QUERY_LISTEN, NULL);
	conn_fly(wakeup->conn, on_listening, wakeup);
	/* What was sent while nobody listened is in the tables. */
	wakeup->fn(wakeup->arg);
}

static void on_lost(void *arg)
{
	struct wakeup *wakeup = arg;
	ev_timer_stop(wakeup->loop, &wakeup->deaf);
	conn_close(wakeup->prober);
}

static void on_notified(void *arg, const char *channel, const char *payload)
{
	struct wakeup *wakeup = arg;
	(void)channel;
	if (strncmp(payload, PROBE_PREFIX, strlen(PROBE_PREFIX)) != 0) {
		wakeup->fn(wakeup->arg);
		return;
	}
	if (strcmp(payload, wakeup->probe) != 0)
		return; /* another worker's */
	wakeup->hears = true;
	ev_timer_stop(wakeup->loop, &wakeup->deaf);
	conn_proved(wakeup->conn);
	log_msg(LOG_INFO, "listening", "wake-ups arrive from %s", conn_endpoint(wakeup->conn));
}

static void on_deaf(struct ev_loop *loop, struct ev_timer *timer, int events)
{
	(void)loop;
	(void)events;
	const struct wakeup *wakeup = timer->data;
	log_msg(LOG_WARNING, "deaf",
		"LISTEN was accepted by %s, but notifications do not arrive: listen_dsn must reach "
		"the server directly, not through a pooler; new rows wait for poll_interval",
		conn_endpoint(wakeup->conn));
}

bool wakeup_create(struct ev_loop *loop, const struct conf *conf, wakeup_fn *fn, void *arg,
	struct wakeup **ret_wakeup, struct err *err)
{
	*ret_wakeup = NULL;
	if (!conf->listen_dsn)
		return true;
	char *password CLEANUP(mem_cleanup) = NULL;
	if (conf->password_file && !conninfo_read_password(conf->password_file, &password, err))
		return false;
	struct wakeup *wakeup = mem_alloc(sizeof(*wakeup));
	wakeup->loop = loop;
	wakeup->fn = fn;
	wakeup->arg = arg;
	ev_timer_init(&wakeup->deaf, on_deaf, 0., 0.);
	wakeup->deaf.data = wakeup;
	struct conn_options options = { .name = "listen",
		.conninfo = conf->listen_dsn,
		.password = password,
		.connect_timeout = conf->connect_timeout,
		.query_timeout = conf->query_timeout,
		.reconnect_limit = conf->reconnect_limit };
	struct conn_callbacks callbacks = {
		.arg = wakeup, .ready = on_ready, .lost = on_lost, .notified = on_notified
	};
	struct conn_callbacks probing = { .arg = wakeup, .ready = on_prober_ready };
	bool ok = conn_create(loop, &options, &callbacks, &wakeup->conn, err);
	options.name = "probe";
	ok = ok && conn_create(loop, &options, &probing, &wakeup->prober, err);
	if (!ok) {
		wakeup_destroy(wakeup);
		return err_prefix(err, "listen_dsn: ");
	}
	conn_open(wakeup->conn);
	*ret_wakeup = wakeup;
	return true;
}

int wakeup_hears(const struct wakeup *wakeup)
{
	return !wakeup ? -1 : wakeup->hears && conn_state(wakeup->conn) == CONN_READY;
}

void wakeup_destroy(struct wakeup *wakeup)
{
	if (!wakeup)
		return;
	ev_timer_stop(wakeup->loop, &wakeup->deaf);
	conn_destroy(wakeup->prober);
	conn_destroy(wakeup->conn);
	free(wakeup);
}
