/* The life of recurd-http; see the header. */
#include "web/app.h"

#include <ev.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <sysexits.h>
#include <unistd.h>

#include "conf/web.h"
#include "db/conninfo.h"
#include "db/query.h"
#include "recur/zone.h"
#include "recur/zone_names.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/sdnotify.h"
#include "util/version.h"
#include "web/auth.h"
#include "web/board.h"
#include "web/pool.h"
#include "web/server.h"
#include "web/tally.h"

struct web_app {
	struct web web;
	struct web_conf *conf;
	const struct web_app_options *options;
	struct ev_signal hup, term, interrupt;
	struct ev_timer watchdog;
};

static void open_log(const struct web_app *app)
{
	enum log_sink here = isatty(STDERR_FILENO) ? LOG_SINK_TERMINAL : LOG_SINK_STDERR;
	log_open(app->options->foreground ? here : LOG_SINK_SYSLOG,
		(enum log_form)app->conf->log_format, "recurd-http", app->conf->log_level);
}

bool web_app_check(const struct web_conf *conf, struct err *err)
{
	const struct zone *zone;
	char *password CLEANUP(mem_cleanup) = NULL;
	if (conf->password_file && !conninfo_read_password(conf->password_file, &password, err))
		return false;
	return server_check(conf, err) && auth_check(conf, err) &&
	       zone_load_default("UTC", &zone, err);
}

/* ---- reload ---- */

static bool load_again(const struct web_app *app, struct web_conf **ret_conf, struct err *err)
{
	struct web_conf *conf;
	if (!web_conf_load(app->options->file, app->options->overrides, app->options->overrides_len,
		    &conf, err))
		return false;
	const char *fixed = web_conf_needs_restart(app->conf, conf);
	if (fixed || !web_app_check(conf, err)) {
		if (fixed)
			err_set(err, "%s cannot be changed while recurd-http runs: restart it",
				fixed);
		web_conf_free(conf);
		return false;
	}
	*ret_conf = conf;
	return true;
}

static bool reload(struct web_app *app, struct err *err)
{
	struct web_conf *conf;
	struct auth *auth;
	if (!load_again(app, &conf, err))
		return false;
	if (!auth_create(conf, app->web.pool, &auth, err)) {
		web_conf_free(conf);
		return false;
	}
	auth_destroy(app->web.auth);
	web_conf_free(app->conf);
	app->web.auth = auth;
	app->web.conf = app->conf = conf;
	return true;
}

static void on_hup(struct ev_loop *loop, struct ev_signal *signal, int events)
{
	struct web_app *app = signal->data;
	struct err err;
	(void)loop;
	(void)events;
	sdnotify_reloading();
	if (reload(app, &err)) {
		open_log(app);
		log_msg(LOG_NOTICE, "http_reloaded", "in force now");
	} else {
		log_msg(LOG_ERR, "http_reload_failed", "nothing was changed: %s", err.text);
	}
	sdnotify_send("READY=1");
}

/* ---- the end ---- */

static void on_drained(void *arg)
{
	struct web_app *app = arg;
	ev_break(app->web.loop, EVBREAK_ALL);
}

static void on_term(struct ev_loop *loop, struct ev_signal *signal, int events)
{
	struct web_app *app = signal->data;
	(void)events;
	if (app->web.stopping) {
		ev_break(loop, EVBREAK_ALL);
		return;
	}
	app->web.stopping = true;
	log_msg(LOG_NOTICE, "http_stopping", "signal %d: answering what was asked", signal->signum);
	sdnotify_send("STOPPING=1");
	server_stop(app->web.server, on_drained, app);
}

static void on_watchdog(struct ev_loop *loop, struct ev_timer *timer, int events)
{
	(void)loop;
	(void)timer;
	(void)events;
	sdnotify_send("WATCHDOG=1");
}

/* ---- life ---- */

static void start_signal(struct web_app *app, struct ev_signal *watcher,
	void (*fn)(struct ev_loop *, struct ev_signal *, int), int number)
{
	ev_signal_init(watcher, fn, number);
	watcher->data = app;
	ev_signal_start(app->web.loop, watcher);
}

static void start_watchers(struct web_app *app)
{
	start_signal(app, &app->hup, on_hup, SIGHUP);
	start_signal(app, &app->term, on_term, SIGTERM);
	start_signal(app, &app->interrupt, on_term, SIGINT);
	double feed = (double)sdnotify_watchdog() / 2e6;
	ev_timer_init(&app->watchdog, on_watchdog, feed, feed);
	if (feed > 0.)
		ev_timer_start(app->web.loop, &app->watchdog);
}

static void stop_watchers(struct web_app *app)
{
	struct ev_signal *const all[] = { &app->hup, &app->term, &app->interrupt };
	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		ev_signal_stop(app->web.loop, all[i]);
		signal(all[i]->signum, SIG_IGN);
	}
	ev_timer_stop(app->web.loop, &app->watchdog);
}

static bool start(struct web_app *app, struct err *err)
{
	struct web *web = &app->web;
	mallopt(M_ARENA_MAX, 1);
	signal(SIGPIPE, SIG_IGN);
	open_log(app);
	sdnotify_open();
	queries_bind(app->conf->app_schema);
	zones_open(app->conf->zoneinfo_dir);
	zone_names_open();
	if (!web_app_check(app->conf, err))
		return false;
	web->conf = app->conf;
	web->tally = tally_create();
	struct ev_loop *loop = ev_default_loop(EVFLAG_AUTO);
	if (!loop)
		return err_set_passing(err, "cannot start an event loop");
	web->loop = loop;
	start_watchers(app);
	return pool_create(loop, app->conf, &web->pool, err) &&
	       auth_create(app->conf, web->pool, &web->auth, err) &&
	       server_create(web, &web->server, err);
}

static void stop(struct web_app *app)
{
	struct web *web = &app->web;
	if (web->loop) {
		/* Handlers that wait for the database answer before their connections go. */
		pool_destroy(web->pool);
		calendar_stop(web);
		server_destroy(web->server);
		board_destroy(web->board);
		auth_destroy(web->auth);
		stop_watchers(app);
		ev_loop_destroy(web->loop);
	}
	PQclear(web->figures);
	tally_destroy(web->tally);
	zones_close();
	sdnotify_close();
	log_close();
	web_conf_free(app->conf);
}

int web_app_run(const struct web_app_options *options)
{
	struct web_app app = { .options = options };
	struct err err;
	int status = EX_OK;
	signal(SIGHUP, SIG_IGN);
	if (!web_conf_load(
		    options->file, options->overrides, options->overrides_len, &app.conf, &err)) {
		fprintf(stderr, "recurd-http: %s\n", err.text);
		return EX_CONFIG;
	}
	if (start(&app, &err)) {
		log_msg(LOG_NOTICE, "http_started", "recurd-http %s", recurd_version);
		sdnotify_send("READY=1");
		pool_open(app.web.pool);
		ev_run(app.web.loop, 0);
		log_msg(LOG_NOTICE, "http_stopped", "status %d", status);
	} else {
		log_msg(LOG_CRIT, "http_start_failed", "%s", err.text);
		status = err.passing ? EX_OSERR : EX_CONFIG;
	}
	stop(&app);
	return status;
}
