/* Figures and health over HTTP; see the header. */
#include "svc/face.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "svc/httpd.h"
#include "svc/metrics.h"
#include "util/clock.h"
#include "util/mem.h"

#define PAGE_MAX   (256 * 1024)
#define POLLS_LATE 3 /* intervals, and a moment, without an answer: it does not see what is due */
#define MOMENT     (10 * USEC_PER_SEC)

struct face {
	struct ev_loop *loop;
	face_measure_fn *measure;
	void *arg;
	struct httpd *httpd;
	char *listen; /* where it listens; NULL: nowhere */
	struct ev_prepare before; /* the loop sleeps */
	struct ev_check after;
	usec_t woke, busy, longest;
	bool reload_failed;
	double reloaded_at;
	struct strbuf page, health;
	enum exposition_format format; /* of the page */
	usec_t made_at; /* monotonic; 0: there is none */
};

/* ---- the loop's time ---- */

static void on_before(struct ev_loop *loop, struct ev_prepare *prepare, int events)
{
	struct face *face = prepare->data;
	(void)loop;
	(void)events;
	if (!face->woke)
		return;
	usec_t took = clock_monotonic() - face->woke;
	face->busy += took;
	if (took > face->longest)
		face->longest = took;
}

static void on_after(struct ev_loop *loop, struct ev_check *check, int events)
{
	struct face *face = check->data;
	(void)loop;
	(void)events;
	face->woke = clock_monotonic();
}

static void take_measures(struct face *face, struct measures *ret_measures)
{
	face->measure(face->arg, ret_measures);
	ret_measures->reload_failed = face->reload_failed;
	ret_measures->reloaded_at = face->reloaded_at;
	ret_measures->busy = face->busy;
	ret_measures->longest = face->longest;
}

/* ---- /metrics ---- */

static void serve_metrics(
	struct face *face, const struct httpd_request *request, struct httpd_answer *ret_answer)
{
	enum exposition_format format = exposition_format(request->accept);
	usec_t now = clock_monotonic();
	if (!face->made_at || now - face->made_at > FACE_KEEP || format != face->format) {
		struct measures measures;
		take_measures(face, &measures);
		strbuf_reset(&face->page);
		metrics_add(format, &measures, &face->page);
		face->format = format;
		face->made_at = now;
		face->longest = 0;
	}
	ret_answer->type = exposition_type(format);
	ret_answer->text = face->page.data;
	ret_answer->len = face->page.len;
}

/* ---- health ---- */

static const char *check_database(const struct measures *m)
{
	bool up = m->asleep || m->lanes[LANE_IDLE] + m->lanes[LANE_BUSY] > 0;
	return up ? NULL : "no connection to a database that is fit to work on: see the log";
}

static const char *check_settings(const struct measures *m)
{
	return m->settings ? NULL : "recurd.settings was not read yet";
}

static const char *check_poll(const struct measures *m)
{
	usec_t limit = POLLS_LATE * m->poll_interval + MOMENT;
	return m->asleep || (m->poll_age >= 0 && m->poll_age <= limit)
		       ? NULL
		       : "polls get no answer: what is due is not seen";
}

static const char *check_stopping(const struct measures *m)
{
	return m->stopping ? "recurd is stopping" : NULL;
}

static const struct {
	const char *name;
	const char *(*failure)(const struct measures *measures);
} checks[] = {
	{ "database", check_database },
	{ "settings", check_settings },
	{ "poll", check_poll },
	{ "running", check_stopping },
};

static void serve_ready(
	struct face *face, const struct httpd_request *request, struct httpd_answer *ret_answer)
{
	struct measures measures;
	take_measures(face, &measures);
	bool ready = true;
	strbuf_reset(&face->health);
	for (size_t i = 0; i < ARRAY_LEN(checks); i++) {
		const char *failure = checks[i].failure(&measures);
		ready = ready && !failure;
		if (failure || request->verbose)
			strbuf_addf(&face->health, "[%c]%s %s\n", failure ? '-' : '+',
				checks[i].name, failure ? failure : "ok");
	}
	strbuf_add_text(&face->health, ready ? "ok\n" : "not ready\n");
	ret_answer->status = ready ? 200 : 503;
	ret_answer->text = face->health.data;
	ret_answer->len = face->health.len;
}

static void serve_live(
	struct face *face, const struct httpd_request *request, struct httpd_answer *ret_answer)
{
	(void)face;
	(void)request;
	ret_answer->text = "ok\n";
	ret_answer->len = strlen(ret_answer->text);
}

static const struct {
	const char *path;
	void (*serve)(struct face *face, const struct httpd_request *request,
		struct httpd_answer *ret_answer);
} pages[] = {
	{ "/metrics", serve_metrics },
	{ "/livez", serve_live },
	{ "/readyz", serve_ready },
};

static void on_request(
	void *arg, const struct httpd_request *request, struct httpd_answer *ret_answer)
{
	for (size_t i = 0; i < ARRAY_LEN(pages); i++) {
		if (strcmp(pages[i].path, request->path) == 0) {
			pages[i].serve(arg, request, ret_answer);
			return;
		}
	}
	ret_answer->status = 404;
	ret_answer->text = "here are /metrics, /livez and /readyz\n";
	ret_answer->len = strlen(ret_answer->text);
}

/* ---- life ---- */

bool face_check(const struct conf *conf, struct err *err)
{
	struct address address;
	if (!conf->metrics_listen)
		return true;
	if (!address_parse(conf->metrics_listen, &address, err))
		return err_prefix(err, "metrics_listen: ");
	return address_is_loopback(&address) || conf->metrics_exposed ||
	       err_set(err,
		       "metrics_listen: %s can be reached from other machines: where that is "
		       "meant, set metrics_exposed = on too",
		       conf->metrics_listen);
}

struct face *face_create(struct ev_loop *loop, face_measure_fn *measure, void *arg)
{
	struct face *face = mem_alloc(sizeof(*face));
	face->loop = loop;
	face->measure = measure;
	face->arg = arg;
	strbuf_init(&face->page, PAGE_MAX);
	strbuf_init(&face->health, PAGE_MAX);
	face->reloaded_at = (double)time(NULL);
	ev_prepare_init(&face->before, on_before);
	ev_check_init(&face->after, on_after);
	face->before.data = face->after.data = face;
	return face;
}

static void close_listener(struct face *face)
{
	httpd_destroy(face->httpd);
	face->httpd = NULL;
	free(face->listen);
	face->listen = NULL;
	ev_prepare_stop(face->loop, &face->before);
	ev_check_stop(face->loop, &face->after);
	face->woke = 0;
}

void face_destroy(struct face *face)
{
	if (!face)
		return;
	close_listener(face);
	strbuf_free(&face->page);
	strbuf_free(&face->health);
	free(face);
}

void face_apply(struct face *face, const struct conf *conf)
{
	struct address address;
	struct err err;
	bool same = face->listen && conf->metrics_listen &&
		    strcmp(face->listen, conf->metrics_listen) == 0;
	if (same)
		return;
	close_listener(face);
	if (!conf->metrics_listen || !address_parse(conf->metrics_listen, &address, &err))
		return;
	face->listen = mem_strdup(conf->metrics_listen);
	face->httpd = httpd_create(face->loop, &address, face->listen, on_request, face);
	ev_prepare_start(face->loop, &face->before);
	ev_check_start(face->loop, &face->after);
}

void face_reloaded(struct face *face, bool good)
{
	face->reload_failed = !good;
	if (good)
		face->reloaded_at = (double)time(NULL);
}
