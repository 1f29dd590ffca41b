/* The daemon's life; see the header. */
#include "svc/app.h"

#include <ev.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "conf/conf.h"
#include "db/conninfo.h"
#include "db/query.h"
#include "recur/zone.h"
#include "recur/zone_names.h"
#include "svc/face.h"
#include "svc/scheduler.h"
#include "svc/wakeup.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/sdnotify.h"
#include "util/version.h"

#define STOP_LIMIT_S 4.
#define CHANGED_MAX  4096

struct app {
	const struct app_options *options;
	struct ev_loop *loop;
	struct conf *conf;
	struct scheduler *scheduler;
	struct wakeup *wakeup;
	struct face *face;
	struct ev_signal hup, term, interrupt, usr1;
	struct ev_timer watchdog, stop_limit;
	bool stopping;
	int status;
};

static void open_log(const struct app *app)
{
	enum log_sink here = isatty(STDERR_FILENO) ? LOG_SINK_TERMINAL : LOG_SINK_STDERR;
	log_open(app->options->foreground ? here : LOG_SINK_SYSLOG,
		(enum log_form)app->conf->log_format, "recurd", app->conf->log_level);
}

static void on_ended(void *arg, enum scheduler_end end, const char *why)
{
	struct app *app = arg;
	if (end == SCHEDULER_INCOMPATIBLE) {
		log_msg(LOG_CRIT, "incompatible", "%s", why);
		app->status = EX_CONFIG;
	} else if (end == SCHEDULER_UNREACHABLE) {
		log_msg(LOG_ERR, "unavailable", "%s", why);
		app->status = EX_UNAVAILABLE;
	}
	ev_break(app->loop, EVBREAK_ALL);
}

static void on_woken(void *arg)
{
	struct app *app = arg;
	scheduler_poke(app->scheduler);
}

/* ---- reload ---- */

static void release_conf(void *arg, struct conf *old)
{
	(void)arg;
	conf_free(old);
}

bool app_check_conf(const struct conf *conf, struct err *err)
{
	const struct zone *zone;
	char *password CLEANUP(mem_cleanup) = NULL;
	if (conf->password_file && !conninfo_read_password(conf->password_file, &password, err))
		return false;
	if (conf->misplaced)
		return err_set(err, "%s", conf->misplaced);
	if (!face_check(conf, err))
		return false;
	return zone_load_default("UTC", &zone, err);
}

/* Names and places only: no value, which might be a password. */
void app_tell_conf(const struct conf *conf, FILE *out)
{
	char tzdata[ZONES_VERSION_MAX];
	zones_version(tzdata);
	fprintf(out, "good: %s%s; time zone data %s in %s\n",
		conf->file ? conf->file : CONF_DEFAULT_FILE, conf->file ? "" : " is not there",
		*tzdata ? tzdata : "of an unknown version", conf->zoneinfo_dir);
	for (size_t i = 0; i < conf_options_len; i++) {
		if (strcmp(conf->sources[i], "default") != 0)
			fprintf(out, "%s: %s\n", conf_options[i].name, conf->sources[i]);
	}
	fputs("What decides what is made is in the database: recurctl settings\n", out);
}

static bool load_again(const struct app *app, struct conf **ret_conf, struct err *err)
{
	struct conf *conf;
	if (!conf_load(app->options->file, app->options->overrides, app->options->overrides_len,
		    &conf, err))
		return false;
	const char *fixed = conf_needs_restart(app->conf, conf);
	if (fixed || !app_check_conf(conf, err)) {
		if (fixed)
			err_set(err, "%s cannot be changed while recurd runs: restart it", fixed);
		conf_free(conf);
		return false;
	}
	*ret_conf = conf;
	return true;
}

/* ret_changed: the options that are different now. */
static bool reload(struct app *app, struct strbuf *ret_changed, struct err *err)
{
	struct conf *conf = NULL;
	struct wakeup *wakeup = NULL;
	if (!load_again(app, &conf, err))
		return false;
	if (!wakeup_create(app->loop, conf, on_woken, app, &wakeup, err)) {
		conf_free(conf);
		return false;
	}
	conf_differences(app->conf, conf, ret_changed); /* the old one may be gone in a moment */
	if (!scheduler_reload(app->scheduler, conf, release_conf, app, err)) {
		wakeup_destroy(wakeup);
		conf_free(conf);
		return false;
	}
	wakeup_destroy(app->wakeup);
	app->wakeup = wakeup;
	app->conf = conf;
	face_apply(app->face, conf);
	return true;
}

static void log_reloaded(const char *changed)
{
	struct log_line line;
	log_begin(&line, LOG_NOTICE, "reloaded");
	log_text(&line, "changed", *changed ? changed : "nothing");
	log_text(&line, "msg", "in force after the batch under way");
	log_end(&line);
}

static void on_hup(struct ev_loop *loop, struct ev_signal *signal, int events)
{
	(void)loop;
	(void)events;
	struct app *app = signal->data;
	struct err err;
	if (app->stopping) { /* new sessions would undo it */
		log_msg(LOG_WARNING, "reload_failed", "nothing was changed: recurd is stopping");
		return;
	}
	sdnotify_reloading();
	struct strbuf changed CLEANUP(strbuf_free) = STRBUF(CHANGED_MAX);
	bool good = reload(app, &changed, &err);
	face_reloaded(app->face, good);
	if (good) {
		open_log(app);
		log_reloaded(changed.data);
	} else {
		log_msg(LOG_ERR, "reload_failed", "nothing was changed: %s", err.text);
	}
	sdnotify_send("READY=1");
}

/* ---- the other signals ---- */

static void on_stop_limit(struct ev_loop *loop, struct ev_timer *timer, int events)
{
	(void)timer;
	(void)events;
	log_msg(LOG_WARNING, "stopping", "the batch under way did not end in time: giving it up");
	ev_break(loop, EVBREAK_ALL);
}

static void on_term(struct ev_loop *loop, struct ev_signal *signal, int events)
{
	(void)events;
	struct app *app = signal->data;
	if (app->stopping) {
		ev_break(loop, EVBREAK_ALL);
		return;
	}
	app->stopping = true;
	log_msg(LOG_NOTICE, "stopping", "signal %d: finishing the batch under way", signal->signum);
	sdnotify_send("STOPPING=1\nSTATUS=finishing the batch under way");
	ev_timer_start(loop, &app->stop_limit);
	scheduler_stop(app->scheduler);
}

static void on_usr1(struct ev_loop *loop, struct ev_signal *signal, int events)
{
	(void)loop;
	(void)events;
	const struct app *app = signal->data;
	scheduler_log_state(app->scheduler);
}

static void on_watchdog(struct ev_loop *loop, struct ev_timer *timer, int events)
{
	(void)loop;
	(void)timer;
	(void)events;
	sdnotify_send("WATCHDOG=1");
}

static void start_signal(struct app *app, struct ev_signal *watcher,
	void (*fn)(struct ev_loop *, struct ev_signal *, int), int number)
{
	ev_signal_init(watcher, fn, number);
	watcher->data = app;
	ev_signal_start(app->loop, watcher);
}

static void start_watchers(struct app *app)
{
	start_signal(app, &app->hup, on_hup, SIGHUP);
	start_signal(app, &app->term, on_term, SIGTERM);
	start_signal(app, &app->interrupt, on_term, SIGINT);
	start_signal(app, &app->usr1, on_usr1, SIGUSR1);
	ev_timer_init(&app->stop_limit, on_stop_limit, STOP_LIMIT_S, 0.);
	double feed = (double)sdnotify_watchdog() / 2e6;
	ev_timer_init(&app->watchdog, on_watchdog, feed, feed);
	if (feed > 0.)
		ev_timer_start(app->loop, &app->watchdog);
}

/* Its default would make of a clean end, which is all that is left to come, a death by signal. */
static void stop_signal(struct app *app, struct ev_signal *watcher)
{
	ev_signal_stop(app->loop, watcher);
	signal(watcher->signum, SIG_IGN);
}

static void stop_watchers(struct app *app)
{
	stop_signal(app, &app->hup);
	stop_signal(app, &app->term);
	stop_signal(app, &app->interrupt);
	stop_signal(app, &app->usr1);
	ev_timer_stop(app->loop, &app->stop_limit);
	ev_timer_stop(app->loop, &app->watchdog);
}

/* ---- start and stop ---- */

static void measure(void *arg, struct measures *ret_measures)
{
	const struct app *app = arg;
	scheduler_measure(app->scheduler, ret_measures);
	ret_measures->listening = wakeup_hears(app->wakeup);
}

static bool start(struct app *app, struct err *err)
{
	/* One arena: the resolver's threads must not each bring their own. */
	mallopt(M_ARENA_MAX, 1);
	/* A reader of our standard error that goes away is no reason to die. */
	signal(SIGPIPE, SIG_IGN);
	open_log(app);
	sdnotify_open();
	queries_bind(app->conf->app_schema);
	zones_open(app->conf->zoneinfo_dir);
	zone_names_open();
	if (!app_check_conf(app->conf, err))
		return false;
	app->loop = ev_default_loop(EVFLAG_AUTO);
	if (!app->loop)
		return err_set_passing(err, "cannot start an event loop");
	if (!scheduler_create(
		    app->loop, app->conf, app->options->once, on_ended, app, &app->scheduler, err))
		return false;
	if (!wakeup_create(app->loop, app->conf, on_woken, app, &app->wakeup, err))
		return false;
	app->face = face_create(app->loop, measure, app);
	if (!app->options->once)
		face_apply(app->face, app->conf);
	start_watchers(app);
	return true;
}

static void stop(struct app *app)
{
	if (app->loop) {
		face_destroy(app->face);
		wakeup_destroy(app->wakeup);
		scheduler_destroy(app->scheduler);
		stop_watchers(app);
		ev_loop_destroy(app->loop);
	}
	zones_close();
	sdnotify_close();
	log_close();
	conf_free(app->conf);
}

/* The settings of the database follow, once there is one. */
static void log_started(const struct conf *conf)
{
	char tzdata[ZONES_VERSION_MAX];
	struct log_line line;
	zones_version(tzdata);
	log_begin(&line, LOG_NOTICE, "started");
	log_fmt(&line, "msg", "recurd %s", recurd_version);
	log_text(&line, "file", conf->file ? conf->file : "none");
	log_text(&line, "tzdata", *tzdata ? tzdata : "unknown");
	log_end(&line);
}

int app_run(const struct app_options *options)
{
	struct app app = { .options = options, .status = EX_OK };
	struct err err;
	/* Until their watchers stand: who asks for a reload meanwhile gets what is being read now. */
	signal(SIGHUP, SIG_IGN);
	signal(SIGUSR1, SIG_IGN);
	if (!conf_load(
		    options->file, options->overrides, options->overrides_len, &app.conf, &err)) {
		fprintf(stderr, "recurd: %s\n", err.text);
		return EX_CONFIG;
	}
	if (app.conf->misplaced) { /* before the log is open, and however long */
		fprintf(stderr, "recurd: %s\n", app.conf->misplaced);
		conf_free(app.conf);
		return EX_CONFIG;
	}
	if (start(&app, &err)) {
		log_started(app.conf);
		sdnotify_send("READY=1\nSTATUS=connecting");
		scheduler_start(app.scheduler);
		ev_run(app.loop, 0);
		log_msg(LOG_NOTICE, "stopped", "status %d", app.status);
	} else {
		log_msg(LOG_CRIT, "start_failed", "%s", err.text);
		app.status = err.passing ? EX_OSERR : EX_CONFIG;
	}
	stop(&app);
	return app.status;
}
