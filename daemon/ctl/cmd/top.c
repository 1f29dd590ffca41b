/* recurctl top: how it stands, in the terminal, live. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/args.h"
#include "ctl/ctl.h"
#include "ctl/top/terminal.h"
#include "ctl/top/view.h"
#include "recur/zone.h"
#include "util/clock.h"
#include "util/mem.h"

#define INTERVAL_MIN (200 * USEC_PER_MSEC)
#define INTERVAL_MAX (3600 * USEC_PER_SEC)
#define SLOW_MS      1000
#define FRAME_MAX    (1024u * 1024)
#define ONCE_WIDTH   100
#define FILTER_MAX   64

enum { OPT_ONCE = 'b', OPT_INTERVAL = 256, OPT_SCREEN, OPT_READ_ONLY };

static const struct ctl_option options[] = {
	{ "once", OPT_ONCE, NULL, "print one screen and end, as where there is no terminal" },
	{ "interval", OPT_INTERVAL, "SPAN", "look so often (default: 1s; from 200ms to 1h)" },
	{ "screen", OPT_SCREEN, "NAME",
		"upcoming, late, quarantine, decisions, workers or waits (default: upcoming)" },
	{ "read-only", OPT_READ_ONLY, NULL, "no retry, no pause, no resume" },
	{ NULL, 0, NULL, NULL },
};

struct top {
	struct ctl *ctl;
	struct session *session; /* NULL: to be opened again */
	struct top_data data;
	struct top_view view;
	struct top_list list;
	enum top_screen screen;
	char *template; /* why is asked of this one; NULL: of none */
	char filter[FILTER_MAX];
	char message[ERR_TEXT_MAX];
	/* Asked, and not answered yet: 'r', 'p' or 'R' of `subject`; 0: nothing. */
	int question;
	char *subject;
	bool once, read_only, open, leaving; /* open: the terminal is */
	usec_t read_at;
};

/* ---- the database ---- */

static bool wait_for_it(void *arg);

static bool connect_to(struct top *top, struct err *err)
{
	const struct conf *conf = top->ctl->conf;
	if (top->session)
		return true;
	if (!session_open(conf->database_url, conf->password_file, &top->session, err))
		return false;
	if (!top->once)
		session_watch(top->session, SLOW_MS, wait_for_it, top);
	return true;
}

static void disconnect(struct top *top)
{
	session_close(top->session);
	top->session = NULL;
}

/* Whatever goes wrong, the last that was known stays, and why it is not newer is said. */
static bool look(struct top *top, struct err *err)
{
	struct standing *standing = &top->data.standing;
	top->read_at = clock_monotonic();
	if (connect_to(top, err) &&
		top_read(top->session, top->screen, top->template, &top->data, err))
		return true;
	snprintf(top->data.away, sizeof(top->data.away), "%s", err->text);
	if (!standing->away)
		standing->away_since = standing->face.now;
	standing->away = top->data.away;
	if (top->session && PQstatus(session_pq(top->session)) != CONNECTION_OK)
		disconnect(top);
	return false;
}

/* ---- drawing ---- */

static void draw(struct top *top, struct strbuf *out)
{
	top->view.filter = top->filter;
	top->view.message = *top->message ? top->message : NULL;
	free(top->list.items);
	top->list.items = NULL;
	top_list(&top->data, top->template ? "" : top->filter, &top->list);
	top_draw(out, &top->data, &top->list, &top->view);
}

static void show(struct top *top)
{
	struct strbuf frame CLEANUP(strbuf_free) = STRBUF(FRAME_MAX);
	terminal_size(&top->view.width, &top->view.height);
	draw(top, &frame);
	terminal_show(&frame);
}

/* Called while a statement has no answer: who has enough of it may leave. */
static bool wait_for_it(void *arg)
{
	struct top *top = arg;
	if (!top->open)
		return false;
	snprintf(top->message, sizeof(top->message), "waiting for the database (q: leave)");
	show(top);
	*top->message = '\0';
	if (terminal_key(0) != 'q')
		return true;
	terminal_close();
	_exit(EX_OK);
}

/* ---- what may be done ---- */

static const struct verb {
	int key;
	enum query_id query;
	const char *question, *done;
} verbs[] = {
	{ 'r', QUERY_CTL_RETRY, "Try %s again?", "%s is tried again" },
	{ 'p', QUERY_CTL_PAUSE, "Pause %s?", "%s is paused" },
	{ 'R', QUERY_CTL_RESUME, "Resume %s?", "%s goes on" },
};

static const struct verb *verb_of(int key)
{
	for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
		if (verbs[i].key == key)
			return &verbs[i];
	return NULL;
}

static void say(struct top *top, const char *form, const char *subject)
{
	const char *at = strstr(form, "%s");
	snprintf(top->message, sizeof(top->message), "%.*s%.200s%s", (int)(at - form), form,
		subject, at + 2);
}

static const struct top_item *selected(const struct top *top)
{
	return top->view.selected < top->list.n ? &top->list.items[top->view.selected] : NULL;
}

static void ask_whether(struct top *top, const struct verb *verb)
{
	const struct top_item *item = selected(top);
	const char *subject = top->template ? top->template : item ? item->template : NULL;
	char text[ERR_TEXT_MAX];
	if (top->read_only) {
		snprintf(top->message, sizeof(top->message), "--read-only: nothing is changed");
	} else if (!subject) {
		snprintf(top->message, sizeof(top->message), "this row is of no template");
	} else {
		free(top->subject);
		top->subject = mem_strdup(subject);
		top->question = verb->key;
		say(top, verb->question, subject);
		snprintf(text, sizeof(text), "%.300s  y: yes, any other key: no", top->message);
		memcpy(top->message, text, sizeof(top->message));
	}
}

static bool carry_out(struct top *top, const struct verb *verb, int *ret_rows, struct err *err)
{
	enum { TIMESTAMPTZ = 1184, TEXT = 25, INT8 = 20 };
	PGresult *result CLEANUP(ctl_clear) = NULL;
	struct params params CLEANUP(params_free);
	struct err ignored;
	params_init(&params);
	params_text(&params, top->subject);
	if (verb->query == QUERY_CTL_PAUSE) {
		params_null(&params, TEXT);
		params_null(&params, TIMESTAMPTZ);
		params_null(&params, INT8);
	}
	if (!connect_to(top, err) ||
		!session_exec(top->session,
			"begin isolation level read committed read write; "
			"set local lock_timeout = '2s'; set local statement_timeout = '5s'",
			NULL, err))
		return false;
	if (!session_query(top->session, verb->query, &params, &result, err)) {
		(void)!session_exec(top->session, "rollback", NULL, &ignored);
		return false;
	}
	*ret_rows = PQntuples(result);
	return session_exec(top->session, "commit", NULL, err);
}

static void answer(struct top *top, int key)
{
	const struct verb *verb = verb_of(top->question);
	struct err err;
	int rows;
	top->question = 0;
	*top->message = '\0';
	if (key != 'y')
		return;
	if (!carry_out(top, verb, &rows, &err))
		snprintf(top->message, sizeof(top->message), "%s", err.text);
	else
		say(top, rows > 0 ? verb->done : "%s: there is nothing to do", top->subject);
	top->read_at = 0;
}

/* ---- keys ---- */

static void go_to(struct top *top, enum top_screen screen)
{
	top->screen = screen;
	free(top->template);
	top->template = NULL;
	top->view.selected = top->view.first = 0;
	top->read_at = 0;
}

static void open_why(struct top *top)
{
	const struct top_item *item = selected(top);
	if (top->template || !item || !item->template)
		return;
	top->template = mem_strdup(item->template);
	top->view.selected = top->view.first = 0;
	top->read_at = 0;
}

static void type_filter(struct top *top, int key)
{
	size_t len = strlen(top->filter);
	if (key == KEY_ENTER || key == KEY_ESCAPE) {
		top->view.typing = false;
		if (key == KEY_ESCAPE)
			*top->filter = '\0';
	} else if (key == KEY_BACKSPACE) {
		/* A character of several bytes goes as a whole. */
		while (len > 0 && ((unsigned char)top->filter[len - 1] & 0xc0) == 0x80)
			len--;
		top->filter[len > 0 ? len - 1 : 0] = '\0';
	} else if (key >= ' ' && key < 256 && len + 1 < sizeof(top->filter)) {
		top->filter[len] = (char)key;
		top->filter[len + 1] = '\0';
	}
	top->view.selected = top->view.first = 0;
}

static void move(struct top *top, int key)
{
	size_t page = top->view.height > 12 ? top->view.height - 10 : 2;
	size_t n = key == KEY_PAGE_UP || key == KEY_PAGE_DOWN ? page : 1;
	size_t *at = &top->view.selected;
	if (key == KEY_UP || key == 'k' || key == KEY_PAGE_UP)
		*at -= n < *at ? n : *at;
	else
		*at += n; /* kept within the list when it is drawn */
}

static void change_interval(struct top *top, bool longer)
{
	usec_t interval = longer ? 2 * top->view.interval : top->view.interval / 2;
	top->view.interval = interval < INTERVAL_MIN   ? INTERVAL_MIN
			     : interval > INTERVAL_MAX ? INTERVAL_MAX
						       : interval;
}

static void escape(struct top *top)
{
	top->view.help = false;
	if (top->template)
		go_to(top, top->screen);
	else
		*top->filter = '\0';
}

static void press(struct top *top, int key)
{
	const struct verb *verb = verb_of(key);
	*top->message = '\0';
	if (verb)
		ask_whether(top, verb);
	else if (key >= '1' && key < '1' + TOP_SCREENS)
		go_to(top, (enum top_screen)(key - '1'));
	else if (key == KEY_TAB)
		go_to(top, (enum top_screen)((top->screen + 1) % TOP_SCREENS));
	else if (key == KEY_ENTER)
		open_why(top);
	else if (key == KEY_ESCAPE)
		escape(top);
	else if (key == '/')
		top->view.typing = true;
	else if (key == ' ')
		top->view.paused = !top->view.paused;
	else if (key == '?')
		top->view.help = !top->view.help;
	else if (key == '+' || key == '-')
		change_interval(top, key == '+');
	else if (key == 'q' || key == KEY_GONE)
		top->leaving = true;
	else if (key != KEY_RESIZED)
		move(top, key);
}

static void take_key(struct top *top, int key)
{
	if (key == KEY_RESIZED || key == KEY_GONE)
		press(top, key);
	else if (top->question)
		answer(top, key);
	else if (top->view.typing)
		type_filter(top, key);
	else
		press(top, key);
}

/* ---- both ways ---- */

static int wait_ms(const struct top *top)
{
	usec_t left = top->read_at + top->view.interval - clock_monotonic();
	if (top->view.paused && top->read_at)
		left = USEC_PER_SEC;
	return left <= 0 ? 0 : (int)(left / USEC_PER_MSEC) + 1;
}

static void live(struct top *top)
{
	struct err err;
	while (!top->leaving) {
		usec_t due = top->read_at + top->view.interval;
		if (!top->read_at || (!top->view.paused && clock_monotonic() >= due))
			(void)look(top, &err);
		show(top);
		int key = terminal_key(wait_ms(top));
		if (key != KEY_NONE)
			take_key(top, key);
	}
}

static void print(struct top *top)
{
	struct strbuf out CLEANUP(strbuf_free) = STRBUF(FRAME_MAX);
	const char *columns = getenv("COLUMNS");
	long width = columns ? strtol(columns, NULL, 10) : 0;
	top->view.width = width >= 60 && width <= 1000 ? (size_t)width : ONCE_WIDTH;
	top->view.plain = true;
	draw(top, &out);
	fputs(out.data, stdout);
}

/* Whether bars may be drawn as such. */
static bool speaks_utf8(void)
{
	static const char *const names[] = { "LC_ALL", "LC_CTYPE", "LANG" };
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		const char *value = getenv(names[i]);
		if (value && *value)
			return strcasestr(value, "utf-8") || strcasestr(value, "utf8");
	}
	return false;
}

static int run_top(struct top *top)
{
	struct err err;
	const char *no_color = getenv("NO_COLOR");
	top->view.colours = !no_color || !*no_color;
	top->view.ascii = !speaks_utf8();
	if (!isatty(STDOUT_FILENO))
		top->once = true;
	/* A host that does not answer is tried again, and others with it. */
	if (!top->once)
		(void)setenv("PGCONNECT_TIMEOUT", "3", 0);
	if (!look(top, &err)) {
		if (top->session)
			top->ctl->session = top->session;
		top->session = NULL;
		return top->ctl->session ? ctl_query_failed(top->ctl, &err)
					 : ctl_error(EX_UNAVAILABLE, "%s", err.text);
	}
	if (top->once) {
		print(top);
		return EX_OK;
	}
	if (!terminal_open(&err))
		return ctl_usage(top->ctl, "%s", err.text);
	top->open = true;
	live(top);
	terminal_close();
	return EX_OK;
}

static bool take_screen(const char *name, enum top_screen *ret_screen, struct err *err)
{
	for (size_t i = 0; i < TOP_SCREENS; i++) {
		if (strcmp(top_screen_names[i], name) == 0) {
			*ret_screen = (enum top_screen)i;
			return true;
		}
	}
	return err_set(err,
		"--screen: expected upcoming, late, quarantine, decisions, workers or waits, got "
		"\"%s\"",
		name);
}

static bool take_interval(const char *text, usec_t *ret_interval, struct err *err)
{
	return (arg_span(text, ret_interval, err) || err_prefix(err, "--interval: ")) &&
	       ((*ret_interval >= INTERVAL_MIN && *ret_interval <= INTERVAL_MAX) ||
		       err_set(err, "--interval: expected 200ms to 1h, got \"%s\"", text));
}

static bool take_option(int letter, struct top *top, struct err *err)
{
	switch (letter) {
	case OPT_INTERVAL:
		return take_interval(optarg, &top->view.interval, err);
	case OPT_SCREEN:
		return take_screen(optarg, &top->screen, err);
	case OPT_ONCE:
		return top->once = true;
	default:
		return top->read_only = true;
	}
}

static int run(struct ctl *ctl, int argc, char **argv)
{
	struct top top = { .ctl = ctl, .view.interval = USEC_PER_SEC };
	struct err err;
	top.data.standing.away_since = INSTANT_NONE;
	for (int letter; (letter = ctl_getopt(ctl, argc, argv)) != -1;)
		if (!take_option(letter, &top, &err))
			return ctl_usage(ctl, "%s", err.text);
	if (optind < argc)
		return ctl_usage(ctl, "top takes no argument");
	if (ctl->json)
		return ctl_usage(ctl, "top is for people; recurctl status has JSON");
	zones_open(ctl->conf->zoneinfo_dir);
	int code = run_top(&top);
	disconnect(&top);
	free(top.list.items);
	free(top.template);
	free(top.subject);
	top_free(&top.data);
	zones_close();
	return code;
}

const struct ctl_command command_top = {
	.name = "top",
	.args = "",
	.help = "how it stands, in the terminal, live",
	.run = run,
	.options = options,
	.role = "recurd_reader",
};
