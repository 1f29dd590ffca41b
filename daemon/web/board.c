/* What is known, and who waits for it; see the header. */
#include "web/board.h"

#include <ev.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "db/fitness.h"
#include "db/rows.h"
#include "db/settings_row.h"
#include "look/rows_read.h"
#include "plan/calendars_row.h"
#include "plan/policy_settings.h"
#include "plan/template_row.h"
#include "recur/zone.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/mem.h"
#include "web/pool.h"
#include "web/watch.h"

#define FRESH         (990 * USEC_PER_MSEC)
#define FRESH_MINUTES (10 * USEC_PER_SEC)
#define FRESH_HEAT    (600 * USEC_PER_SEC)
#define FRESH_RULES   (60 * USEC_PER_SEC) /* settings, and calendars, which may be many */
#define SLICE         (5 * USEC_PER_MSEC)
#define SLICE_PAUSE   0.01
#define HEAT_PATIENCE (5 * USEC_PER_SEC)
#define UPCOMING      12
#define LISTED        8

enum item {
	ITEM_NOW,
	ITEM_UPCOMING,
	ITEM_QUARANTINE,
	ITEM_DECISIONS,
	ITEM_MINUTES,
	ITEM_SETTINGS,
	ITEM_CALENDARS,
	ITEMS
};

struct waiter {
	struct waiter *next;
	board_fn *fn;
	void *arg;
};

struct board {
	struct web *web;
	PGresult *results[ITEMS];
	usec_t read_at; /* monotonic; 0: never */
	usec_t minutes_read, minutes_at, heat_read, settings_read;
	int pending; /* answers that are still to come */
	bool failed; /* one of them did not */
	struct waiter *first, **last;
	/* Made of the results. */
	struct now views[AUDIENCES];
	struct texts texts;
	struct upcoming_row *titled, *plain;
	struct quarantine_row *quarantine;
	struct decision_row *decisions;
	struct settings *settings; /* the defaults, until they were read */
	bool settings_fresh;
	usec_t as_of, away_since;
	char *database, *away;
	struct strbuf fronts[AUDIENCES];
	bool fronted[AUDIENCES];
	/* The week. */
	PGresult *sample;
	int sample_row;
	bool sampling;
	struct heat heat, growing;
	int64_t templates;
	ev_timer slice;
	struct watch *watch;
};

/* Where no database says what time it is. */
static usec_t wall_now(void)
{
	return time(NULL) * USEC_PER_SEC;
}

/* ---- what was read ---- */

static const struct zone *zone_of(const PGresult *result)
{
	const struct zone *zone;
	struct err err;
	const char *name = result && PQntuples(result) == 1 ? row_text(result, 0, 1) : NULL;
	if (name && zone_load_default(name, &zone, &err))
		return zone;
	if (!zone_load_default("UTC", &zone, &err))
		mem_abort("UTC was there, and is not: %s", err.text);
	return zone;
}

static void forget_views(struct board *board)
{
	free(board->titled);
	free(board->plain);
	free(board->quarantine);
	free(board->decisions);
	texts_free(&board->texts);
	board->titled = board->plain = NULL;
	board->quarantine = NULL;
	board->decisions = NULL;
}

static void read_lists(struct board *board, struct now *operator, struct now * nobody)
{
	bool titles = board->web->conf->show_titles;
	board->titled = read_upcoming(
		board->results[ITEM_UPCOMING], &board->texts, titles, &operator->upcoming_n);
	board->plain = read_upcoming(
		board->results[ITEM_UPCOMING], &board->texts, false, &nobody->upcoming_n);
	board->quarantine = read_quarantine(
		board->results[ITEM_QUARANTINE], &board->texts, titles, &operator->quarantine_n);
	board->decisions = read_decisions(
		board->results[ITEM_DECISIONS], &board->texts, &operator->decisions_n);
	operator->upcoming = board->titled;
	nobody->upcoming = board->plain;
	operator->quarantine = board->quarantine;
	operator->decisions = board->decisions;
	operator->lists = true;
}

/* Another struct whenever they were read: whoever works in slices asks anew in each. */
static void read_settings(struct board *board)
{
	const PGresult *rows = board->results[ITEM_SETTINGS];
	const PGresult *calendars = board->results[ITEM_CALENDARS];
	struct settings *settings = NULL;
	if (board->settings_fresh && rows && calendars)
		settings = settings_of_rows(rows);
	board->settings_fresh = false;
	if (!settings)
		return;
	settings->calendars = calendars_of_rows(calendars);
	settings->drop_calendars = calendars_drop;
	settings_drop(board->settings);
	board->settings = settings;
}

static void read_results(struct board *board)
{
	struct now now = { .away_since = INSTANT_NONE };
	forget_views(board);
	now.face.zone = zone_of(board->results[ITEM_NOW]);
	if (!read_figures(board->results[ITEM_NOW], &board->texts, &now.figures, &now.face.now))
		now.face.now = wall_now();
	board->as_of = now.face.now;
	read_settings(board);
	board->templates = row_int8(board->results[ITEM_NOW], 0, 16);
	free(board->database);
	board->database = mem_strdup(row_text(board->results[ITEM_NOW], 0, 2));
	if (board->results[ITEM_MINUTES])
		read_minutes(board->results[ITEM_MINUTES], now.minutes);
	if (board->minutes_at == INSTANT_NONE)
		board->minutes_at = now.face.now;
	now.minutes_at = board->minutes_at;
	board->views[AUDIENCE_OPERATOR] = board->views[AUDIENCE_NOBODY] = now;
	read_lists(board, &board->views[AUDIENCE_OPERATOR], &board->views[AUDIENCE_NOBODY]);
}

/* Nothing was ever read. */
static void show_emptiness(struct board *board)
{
	struct now now = { .face = { zone_of(NULL), wall_now() }, .away_since = INSTANT_NONE };
	now.minutes_at = now.face.now;
	now.figures.next_due_at = now.figures.next_remind_at = now.figures.last_seen = INSTANT_NONE;
	board->views[AUDIENCE_OPERATOR] = board->views[AUDIENCE_NOBODY] = now;
}

static void tell_away(struct board *board, const char *why)
{
	if (!why) {
		free(board->away);
		board->away = NULL;
		board->away_since = INSTANT_NONE;
	} else if (!board->away || strcmp(board->away, why) != 0) {
		board->away_since = board->away ? board->away_since : wall_now();
		free(board->away);
		board->away = mem_strdup(why);
	}
	for (int i = 0; i < AUDIENCES; i++) {
		board->views[i].away = board->away;
		board->views[i].away_since = board->away_since;
	}
}

static void put_heat(struct board *board)
{
	for (int i = 0; i < AUDIENCES; i++)
		board->views[i].heat = board->heat;
}

/* ---- the week, in slices ---- */

static void end_sample(struct board *board)
{
	struct heat *heat = &board->growing;
	heat->of = board->templates > heat->sampled ? board->templates : heat->sampled;
	/* Fewer than were asked for: those are all. */
	if (heat->sampled < HEAT_SAMPLE && heat->of < HEAT_SAMPLE * 5 / 4)
		heat->of = heat->sampled;
	board->heat = *heat;
	PQclear(board->sample);
	board->sample = NULL;
	board->sampling = false;
	put_heat(board);
	memset(board->fronted, 0, sizeof(board->fronted));
}

static void on_slice(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct board *board = timer->data;
	const struct face *face = &board->views[AUDIENCE_NOBODY].face;
	struct plan_policy policy = policy_of_settings(board->settings, INT64_MIN);
	usec_t until = clock_monotonic() + SLICE;
	(void)events;
	while (board->sample_row < PQntuples(board->sample)) {
		struct template template;
		template_row_read(board->sample, board->sample_row++, TEMPLATE_FIRST, &template);
		heat_add(&board->growing, face, &template, &policy);
		if (clock_monotonic() > until) {
			ev_timer_set(timer, SLICE_PAUSE, 0.);
			ev_timer_start(loop, timer);
			return;
		}
	}
	end_sample(board);
}

static void on_sample(void *arg, const struct reply *reply)
{
	struct board *board = arg;
	if (reply->status != REPLY_OK) {
		board->sampling = false;
		return;
	}
	board->sample = reply_take(reply, 0);
	board->sample_row = 0;
	heat_begin(&board->growing, &board->views[AUDIENCE_NOBODY].face);
	ev_timer_set(&board->slice, 0., 0.);
	ev_timer_start(board->web->loop, &board->slice);
}

static void ask_sample(struct board *board)
{
	enum { TIMESTAMPTZ = 1184, TEXT = 25 };
	struct params params CLEANUP(params_free);
	params_init(&params);
	params_text(&params, "sample");
	params_null(&params, TEXT);
	params_int4(&params, HEAT_SAMPLE);
	params_null(&params, TIMESTAMPTZ);
	params_null(&params, TEXT);
	board->sampling = true;
	board->heat_read = board->read_at;
	pool_ask_within(
		board->web->pool, QUERY_WEB_TEMPLATES, &params, HEAT_PATIENCE, on_sample, board);
}

static bool wants_sample(const struct board *board)
{
	return !board->failed && !board->sampling &&
	       (!board->heat_read || board->read_at - board->heat_read > FRESH_HEAT);
}

/* ---- reading ---- */

static void answer_waiters(struct board *board)
{
	struct waiter *waiter = board->first;
	board->first = NULL;
	board->last = &board->first;
	while (waiter) {
		struct waiter *next = waiter->next;
		waiter->fn(waiter->arg, board);
		free(waiter);
		waiter = next;
	}
}

static void end_reading(struct board *board)
{
	board->read_at = clock_monotonic();
	if (board->failed)
		board->settings_read = 0;
	if (!board->failed && board->results[ITEM_NOW] && PQntuples(board->results[ITEM_NOW]) == 1)
		read_results(board);
	else if (!board->results[ITEM_NOW])
		show_emptiness(board);
	tell_away(board, board->failed ? pool_why(board->web->pool) : NULL);
	put_heat(board);
	memset(board->fronted, 0, sizeof(board->fronted));
	if (wants_sample(board))
		ask_sample(board);
	watch_tell(board->watch, board);
	answer_waiters(board);
}

struct asked {
	struct board *board;
	enum item item;
};

static void on_item(void *arg, const struct reply *reply)
{
	struct asked *asked = arg;
	struct board *board = asked->board;
	if (reply->status == REPLY_OK) {
		PQclear(board->results[asked->item]);
		board->results[asked->item] = reply_take(reply, 0);
	} else {
		board->failed = true;
	}
	free(asked);
	if (--board->pending == 0)
		end_reading(board);
}

static void ask(
	struct board *board, enum item item, enum query_id query, const struct params *params)
{
	struct asked *asked = mem_alloc(sizeof(*asked));
	*asked = (struct asked){ board, item };
	pool_ask(board->web->pool, query, params, on_item, asked);
}

static void ask_lists(struct board *board)
{
	enum { TIMESTAMPTZ = 1184, TEXT = 25, INT8 = 20 };
	struct params upcoming CLEANUP(params_free), quarantine CLEANUP(params_free),
		decisions CLEANUP(params_free);
	params_init(&upcoming);
	params_int4(&upcoming, UPCOMING);
	params_instant(&upcoming, USEC_MINUS_INFINITY);
	ask(board, ITEM_UPCOMING, QUERY_WEB_UPCOMING, &upcoming);
	params_init(&quarantine);
	params_text(&quarantine, "quarantined");
	params_null(&quarantine, TEXT);
	params_int4(&quarantine, LISTED);
	params_null(&quarantine, TIMESTAMPTZ);
	params_null(&quarantine, TEXT);
	ask(board, ITEM_QUARANTINE, QUERY_WEB_TEMPLATES, &quarantine);
	params_init(&decisions);
	params_null(&decisions, TEXT);
	params_int4(&decisions, LISTED);
	params_null(&decisions, TIMESTAMPTZ);
	params_null(&decisions, INT8);
	ask(board, ITEM_DECISIONS, QUERY_WEB_DECISIONS, &decisions);
}

static void ask_settings(struct board *board)
{
	struct params settings CLEANUP(params_free), calendars CLEANUP(params_free);
	board->settings_fresh = true;
	settings_params(&settings);
	ask(board, ITEM_SETTINGS, QUERY_SETTINGS_READ, &settings);
	params_init(&calendars);
	params_int4(&calendars, CALENDARS_ROWS_MAX + 1);
	ask(board, ITEM_CALENDARS, QUERY_CALENDARS_READ, &calendars);
}

static void read_anew(struct board *board)
{
	usec_t now = clock_monotonic();
	bool minutes = board->minutes_read == 0 || now - board->minutes_read > FRESH_MINUTES;
	bool settings = board->settings_read == 0 || now - board->settings_read > FRESH_RULES;
	board->failed = false;
	/* One more, because an answer may come before the next question. */
	board->pending = 5 + minutes + 2 * settings;
	ask(board, ITEM_NOW, QUERY_WEB_NOW, NULL);
	ask_lists(board);
	if (minutes) {
		board->minutes_read = now;
		board->minutes_at = INSTANT_NONE;
		ask(board, ITEM_MINUTES, QUERY_WEB_MINUTES, NULL);
	}
	if (settings) {
		board->settings_read = now;
		ask_settings(board);
	}
	if (--board->pending == 0)
		end_reading(board);
}

/* ---- for others ---- */

void board_want(struct board *board, board_fn *fn, void *arg)
{
	if (board->pending == 0 && board->read_at && clock_monotonic() - board->read_at < FRESH) {
		fn(arg, board);
		return;
	}
	struct waiter *waiter = mem_alloc(sizeof(*waiter));
	*waiter = (struct waiter){ NULL, fn, arg };
	*board->last = waiter;
	board->last = &waiter->next;
	if (board->pending == 0)
		read_anew(board);
}

const struct now *board_now(struct board *board, enum audience audience)
{
	return &board->views[audience];
}

struct outlook_now board_outlook(const struct board *board)
{
	return (struct outlook_now){ board->views[AUDIENCE_NOBODY].face, board->settings,
		board->results[ITEM_SETTINGS], board->away };
}

struct page board_frame(struct board *board, const char *title, const char *current)
{
	const struct now *now = &board->views[AUDIENCE_NOBODY];
	return (struct page){ .title = title,
		.current = current,
		.database = board->database,
		.icon = ASSET_OK_SVG,
		.face = now->face,
		.as_of = board->as_of,
		.quarantined = now->figures.quarantined,
		.quarantined_capped = now->figures.quarantined_capped,
		.schema = SCHEMA_LEVEL,
		.away = board->away };
}

const struct strbuf *board_front(struct board *board, enum audience audience)
{
	struct strbuf *out = &board->fronts[audience];
	struct page page = board_frame(board, "", "now");
	page.live = "now";
	page.away = NULL; /* the verdict says it */
	if (!board->fronted[audience]) {
		strbuf_reset(out);
		now_page(out, &board->views[audience], &page);
		board->fronted[audience] = true;
	}
	return out;
}

void board_watch(struct board *board, struct request *request, enum audience audience)
{
	watch_add(board->watch, board, request, audience);
}

struct board *board_of(struct web *web)
{
	struct board *board = web->board;
	if (board)
		return board;
	board = web->board = mem_alloc(sizeof(*board));
	board->web = web;
	board->last = &board->first;
	board->away_since = board->as_of = board->minutes_at = INSTANT_NONE;
	for (int i = 0; i < AUDIENCES; i++)
		strbuf_init(&board->fronts[i], PAGE_MAX);
	ev_timer_init(&board->slice, on_slice, 0., 0.);
	board->slice.data = board;
	board->watch = watch_create(web->loop);
	board->settings = settings_create();
	show_emptiness(board);
	return board;
}

void board_destroy(struct board *board)
{
	if (!board)
		return;
	ev_timer_stop(board->web->loop, &board->slice);
	watch_destroy(board->watch);
	forget_views(board);
	settings_drop(board->settings);
	for (int i = 0; i < ITEMS; i++)
		PQclear(board->results[i]);
	PQclear(board->sample);
	for (int i = 0; i < AUDIENCES; i++)
		strbuf_free(&board->fronts[i]);
	free(board->database);
	free(board->away);
	free(board);
}
