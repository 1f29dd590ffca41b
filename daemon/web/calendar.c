/* Calendars at an address of their own: GET /calendar/SECRET.ics.
 *
 * Who knows the address sees titles and times of one user's tasks, so it is a secret: the database has its SHA-256
 * alone, and no line of the log has it.
 */
#include <ev.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "db/rows.h"
#include "db/settings_row.h"
#include "plan/calendars_row.h"
#include "plan/policy_settings.h"
#include "util/clock.h"
#include "util/mem.h"
#include "web/foretold.h"
#include "web/pool.h"
#include "web/routes.h"

#define DAY           (INT64_C(86400) * USEC_PER_SEC)
#define BEHIND        (30 * DAY)
#define AHEAD         (120 * DAY)
#define SECRET_LEN    43
#define TEMPLATES_MAX 1000
#define SLICE         (4 * USEC_PER_MSEC)
#define SLICE_PAUSE   0.001

struct fetch {
	struct web *web;
	struct request *request;
	char secret[SECRET_LEN + 1];
	char *name;
	const struct zone *zone;
	bool todo, alarms;
	usec_t live_since;
	struct settings *settings;
	struct foretold foretold;
	/* What is foretold is so in slices, so that nobody waits for it. */
	PGresult *templates;
	int row;
	struct plan_policy policy;
	ev_timer slice;
	struct fetch *prev, *next; /* of those that are at it */
};

static void begin_slices(struct fetch *fetch)
{
	fetch->next = fetch->web->fetches;
	if (fetch->next)
		fetch->next->prev = fetch;
	fetch->web->fetches = fetch;
	ev_timer_start(fetch->web->loop, &fetch->slice);
}

static void end_slices(struct fetch *fetch)
{
	ev_timer_stop(fetch->web->loop, &fetch->slice);
	if (fetch->prev)
		fetch->prev->next = fetch->next;
	else
		fetch->web->fetches = fetch->next;
	if (fetch->next)
		fetch->next->prev = fetch->prev;
}

static void fetch_free(struct fetch *fetch)
{
	if (fetch->templates)
		end_slices(fetch);
	PQclear(fetch->templates);
	explicit_bzero(fetch->secret, sizeof(fetch->secret));
	free(fetch->name);
	settings_drop(fetch->settings);
	foretold_free(&fetch->foretold);
	free(fetch);
}

static void give_up(struct fetch *fetch, unsigned status, const char *why)
{
	if (status == 503)
		request_unavailable(fetch->request, 60, why);
	else
		request_problem(fetch->request, status, why, NULL);
	fetch_free(fetch);
}

static bool is_good(struct fetch *fetch, const struct reply *reply)
{
	if (reply->status == REPLY_OK)
		return true;
	give_up(fetch, 503, "the database does not answer; the same may work in a moment");
	return false;
}

/* ---- the answer ---- */

static usec_t last_change(const struct foretold *foretold)
{
	usec_t last = 0;
	for (size_t i = 0; i < foretold->n; i++)
		if (foretold->events[i].stamp > last)
			last = foretold->events[i].stamp;
	return last;
}

static void add_date(struct request *request, const char *name, usec_t instant)
{
	char text[64];
	time_t seconds = (time_t)(instant / USEC_PER_SEC);
	struct tm tm;
	if (instant <= 0 || !gmtime_r(&seconds, &tm))
		return;
	strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S GMT", &tm);
	request_header_add(request, name, text);
}

static void make_tag(const struct strbuf *text, char ret_tag[static 2 * SHA256_DIGEST_LENGTH + 3])
{
	unsigned char digest[SHA256_DIGEST_LENGTH];
	SHA256((const unsigned char *)text->data, text->len, digest);
	ret_tag[0] = '"';
	for (size_t i = 0; i < sizeof(digest); i++)
		snprintf(ret_tag + 1 + 2 * i, 3, "%02x", digest[i]);
	memcpy(ret_tag + 1 + 2 * sizeof(digest), "\"", 2);
}

static void answer(struct fetch *fetch)
{
	struct request *request = fetch->request;
	struct strbuf text CLEANUP(strbuf_free) = STRBUF(SIZE_MAX);
	char tag[2 * SHA256_DIGEST_LENGTH + 3];
	const struct foretold *foretold = &fetch->foretold;
	const struct feed_form form = { fetch->name, fetch->zone, foretold->from, foretold->until,
		fetch->todo, fetch->alarms };
	feed_write(&text, &form, foretold->events, foretold->n);
	make_tag(&text, tag);
	request_header_add(request, "ETag", tag);
	request_header_add(request, "Cache-Control", "private, max-age=300");
	/* Never later than Date (RFC 9110, 8.8.2.1), whatever an application writes. */
	usec_t last = last_change(foretold);
	add_date(request, "Last-Modified", last < foretold->now ? last : foretold->now);
	tag[strlen(tag) - 1] = '\0';
	if (request_knows(request, tag + 1))
		request_answer(request, 304, NULL, NULL);
	else
		request_answer(request, 200, "text/calendar; charset=utf-8", &text);
	fetch_free(fetch);
}

/* ---- one question after the other ---- */

static void on_slice(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct fetch *fetch = timer->data;
	usec_t until = clock_monotonic() + SLICE;
	(void)events;
	while (fetch->row < PQntuples(fetch->templates)) {
		foretold_add_template(
			&fetch->foretold, &fetch->policy, fetch->templates, fetch->row++);
		if (clock_monotonic() > until) {
			ev_timer_set(timer, SLICE_PAUSE, 0.);
			ev_timer_start(loop, timer);
			return;
		}
	}
	foretold_finish(&fetch->foretold);
	answer(fetch);
}

static void on_templates(void *arg, const struct reply *reply)
{
	struct fetch *fetch = arg;
	if (!is_good(fetch, reply))
		return;
	fetch->templates = reply_take(reply, 0);
	fetch->policy = policy_of_settings(fetch->settings, fetch->live_since);
	ev_timer_init(&fetch->slice, on_slice, 0., 0.);
	fetch->slice.data = fetch;
	begin_slices(fetch);
}

void calendar_stop(struct web *web)
{
	for (struct fetch *fetch = web->fetches, *next; fetch; fetch = next) {
		next = fetch->next;
		give_up(fetch, 503, "recurd-http is stopping");
	}
}

static void on_tasks(void *arg, const struct reply *reply)
{
	struct fetch *fetch = arg;
	struct params params CLEANUP(params_free);
	params_init(&params);
	if (!is_good(fetch, reply))
		return;
	foretold_add_tasks(&fetch->foretold, reply->results[0]);
	params_text(&params, fetch->secret);
	params_instant(&params, fetch->foretold.until);
	params_int4(&params, TEMPLATES_MAX);
	pool_ask(fetch->web->pool, QUERY_WEB_FEED_TEMPLATES, &params, on_templates, fetch);
}

static void on_calendars(void *arg, const struct reply *reply)
{
	struct fetch *fetch = arg;
	struct params params CLEANUP(params_free);
	params_init(&params);
	if (!is_good(fetch, reply))
		return;
	fetch->settings->calendars = calendars_of_rows(reply->results[0]);
	fetch->settings->drop_calendars = calendars_drop;
	params_text(&params, fetch->secret);
	params_instant(&params, fetch->foretold.from);
	params_instant(&params, fetch->foretold.until);
	params_int4(&params, FEED_EVENTS_MAX);
	pool_ask(fetch->web->pool, QUERY_WEB_FEED_TASKS, &params, on_tasks, fetch);
}

static void on_settings(void *arg, const struct reply *reply)
{
	struct fetch *fetch = arg;
	struct params params CLEANUP(params_free);
	params_init(&params);
	if (!is_good(fetch, reply))
		return;
	fetch->settings = settings_of_rows(reply->results[0]);
	if (!fetch->settings || *fetch->settings->trouble.text) {
		give_up(fetch, 503, "nothing is made just now: recurctl status says why");
		return;
	}
	params_int4(&params, CALENDARS_ROWS_MAX + 1);
	pool_ask(fetch->web->pool, QUERY_CALENDARS_READ, &params, on_calendars, fetch);
}

/* Days as a whole, or no two answers were the same. */
static void set_span(struct fetch *fetch, usec_t now)
{
	usec_t today = now - ((now % DAY) + DAY) % DAY;
	foretold_init(&fetch->foretold, today - BEHIND, now, today + DAY + AHEAD);
}

static void on_open(void *arg, const struct reply *reply)
{
	struct fetch *fetch = arg;
	struct params params CLEANUP(params_free);
	struct err err;
	usec_t now;
	params_init(&params);
	if (!is_good(fetch, reply))
		return;
	const PGresult *row = reply->results[0];
	if (PQntuples(row) == 0) {
		give_up(fetch, 404, "there is no such calendar, or not any more");
		return;
	}
	const char *zone = row_text(row, 0, 2);
	if (!row_clock(row, 0, 3, &now) || (!zone_load(zone ? zone : "UTC", &fetch->zone, &err) &&
						   !zone_load("UTC", &fetch->zone, &err))) {
		give_up(fetch, 503, "this machine has no clock or no time zones");
		return;
	}
	fetch->live_since = row_instant(row, 0, 4);
	fetch->name = mem_strdup(row_text(row, 0, 1));
	set_span(fetch, now);
	settings_params(&params);
	pool_ask(fetch->web->pool, QUERY_SETTINGS_READ, &params, on_settings, fetch);
}

/* ---- what was asked ---- */

/* "SECRET.ics" */
static bool take_secret(const char *name, char ret_secret[static SECRET_LEN + 1])
{
	static const char letters[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	if (strspn(name, letters) != SECRET_LEN || strcmp(name + SECRET_LEN, ".ics") != 0)
		return false;
	memcpy(ret_secret, name, SECRET_LEN);
	ret_secret[SECRET_LEN] = '\0';
	return true;
}

static bool take_switches(const struct request *request, bool *ret_todo, bool *ret_alarms)
{
	const char *as = request_query(request, "as"), *alarms = request_query(request, "alarms");
	*ret_todo = as && strcmp(as, "todo") == 0;
	*ret_alarms = alarms && strcmp(alarms, "1") == 0;
	return (!as || *ret_todo || strcmp(as, "event") == 0) &&
	       (!alarms || *ret_alarms || strcmp(alarms, "0") == 0);
}

static void serve_calendar(struct web *web, struct request *request)
{
	struct params params CLEANUP(params_free);
	bool todo, alarms;
	char secret[SECRET_LEN + 1];
	params_init(&params);
	if (!take_secret(request_arg(request, 0), secret)) {
		request_problem(request, 404, "there is no such calendar, or not any more", NULL);
		return;
	}
	if (!take_switches(request, &todo, &alarms)) {
		request_problem(request, 400,
			"expected as=todo or as=event, and alarms=1 or alarms=0", NULL);
		return;
	}
	struct fetch *fetch = mem_alloc(sizeof(*fetch));
	fetch->web = web;
	fetch->request = request;
	fetch->todo = todo;
	fetch->alarms = alarms;
	memcpy(fetch->secret, secret, sizeof(secret));
	params_text(&params, secret);
	pool_call(web->pool, QUERY_WEB_FEED_OPEN, &params, NULL, on_open, fetch);
}

const struct route calendar_routes[] = {
	{ "GET", "/calendar/{secret}", serve_calendar, WANTS_NOBODY, 0, NULL },
	{ 0 },
};
