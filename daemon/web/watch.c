/* Streams of the first page; see the header. */
#include "web/watch.h"

#include <ev.h>
#include <stdlib.h>
#include <string.h>

#include "util/mem.h"
#include "web/request.h"

#define PERIOD 1.0

struct viewer {
	struct watch *watch;
	struct viewer *prev, *next;
	struct stream *stream;
	enum audience audience;
	bool told; /* has all parts, and needs no more than what changes */
};

struct watch {
	struct ev_loop *loop;
	struct board *board;
	ev_timer timer;
	struct viewer *first;
	size_t viewers[AUDIENCES];
	struct strbuf parts[AUDIENCES][NOW_PARTS]; /* as they were sent last */
};

/* ---- events ---- */

/* A line of an event ends with a newline: each line of the text is one of its own. */
static void add_event(struct strbuf *out, const char *event, const char *id, const char *text)
{
	strbuf_addf(out, "event: %s\n", event);
	if (id)
		strbuf_addf(out, "data: %s\n", id);
	while (*text) {
		size_t len = strcspn(text, "\r\n");
		strbuf_add_text(out, "data: ");
		strbuf_add(out, text, len);
		strbuf_add_char(out, '\n');
		text += len + (text[len] != '\0');
	}
	strbuf_add_char(out, '\n');
}

static void add_head(struct strbuf *out, const struct now *now)
{
	struct said said;
	char title[256], at[SHOW_TEXT_MAX];
	now_say(now, &said);
	now_tab(&said, title, sizeof(title));
	for (char *p = title; *p; p++)
		if ((unsigned char)*p < ' ')
			*p = ' ';
	add_event(out, "title", NULL, title);
	add_event(out, "icon", NULL, assets[now_icon(&said)].name);
	add_event(out, "as-of", NULL, show_instant(&now->face, now->face.now, at));
}

/* Renders each part and adds what changed to `changed`, and all to `whole`. */
static void look(struct watch *watch, const struct now *now, enum audience audience,
	struct strbuf *changed, struct strbuf *whole)
{
	for (int part = 0; part < NOW_PARTS; part++) {
		struct strbuf *last = &watch->parts[audience][part];
		struct strbuf fresh CLEANUP(strbuf_free) = STRBUF(PAGE_MAX);
		now_part(&fresh, now, (enum now_part)part);
		if (fresh.len != last->len || memcmp(fresh.data, last->data, fresh.len) != 0) {
			add_event(changed, "part", now_part_id((enum now_part)part), fresh.data);
			strbuf_reset(last);
			strbuf_add(last, fresh.data, fresh.len);
		}
		add_event(whole, "part", now_part_id((enum now_part)part), last->data);
	}
	add_head(changed, now);
	add_head(whole, now);
}

void watch_tell(struct watch *watch, struct board *board)
{
	for (int audience = 0; audience < AUDIENCES; audience++) {
		struct strbuf changed CLEANUP(strbuf_free) = STRBUF(PAGE_MAX);
		struct strbuf whole CLEANUP(strbuf_free) = STRBUF(PAGE_MAX);
		if (watch->viewers[audience] == 0)
			continue;
		look(watch, board_now(board, (enum audience)audience), (enum audience)audience,
			&changed, &whole);
		for (struct viewer *viewer = watch->first; viewer; viewer = viewer->next) {
			struct strbuf *text = viewer->told ? &changed : &whole;
			if (viewer->audience != (enum audience)audience)
				continue;
			viewer->told = true;
			stream_send(viewer->stream, text->data, text->len);
		}
	}
}

/* ---- who looks ---- */

static void ignore(void *arg, struct board *board)
{
	(void)arg;
	(void)board;
}

static void on_second(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct watch *watch = timer->data;
	(void)loop;
	(void)events;
	board_want(watch->board, ignore, NULL);
}

static void on_gone(void *arg)
{
	struct viewer *viewer = arg;
	struct watch *watch = viewer->watch;
	if (viewer->prev)
		viewer->prev->next = viewer->next;
	else
		watch->first = viewer->next;
	if (viewer->next)
		viewer->next->prev = viewer->prev;
	watch->viewers[viewer->audience]--;
	free(viewer);
	if (!watch->first)
		ev_timer_stop(watch->loop, &watch->timer);
}

void watch_add(
	struct watch *watch, struct board *board, struct request *request, enum audience audience)
{
	struct viewer *viewer = mem_alloc(sizeof(*viewer));
	viewer->watch = watch;
	viewer->audience = audience;
	viewer->stream = request_stream(request, on_gone, viewer);
	if (!viewer->stream) {
		free(viewer);
		return;
	}
	viewer->next = watch->first;
	if (viewer->next)
		viewer->next->prev = viewer;
	watch->first = viewer;
	watch->viewers[audience]++;
	watch->board = board;
	stream_send(viewer->stream, "retry: 2000\n\n", strlen("retry: 2000\n\n"));
	if (!ev_is_active(&watch->timer))
		ev_timer_again(watch->loop, &watch->timer);
}

struct watch *watch_create(struct ev_loop *loop)
{
	struct watch *watch = mem_alloc(sizeof(*watch));
	watch->loop = loop;
	ev_timer_init(&watch->timer, on_second, PERIOD, PERIOD);
	watch->timer.repeat = PERIOD;
	watch->timer.data = watch;
	for (int i = 0; i < AUDIENCES; i++)
		for (int part = 0; part < NOW_PARTS; part++)
			strbuf_init(&watch->parts[i][part], PAGE_MAX);
	return watch;
}

void watch_destroy(struct watch *watch)
{
	ev_timer_stop(watch->loop, &watch->timer);
	for (int i = 0; i < AUDIENCES; i++)
		for (int part = 0; part < NOW_PARTS; part++)
			strbuf_free(&watch->parts[i][part]);
	free(watch);
}
