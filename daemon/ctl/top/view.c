/* The screen; see the header. */
#include "ctl/top/view.h"

#include <stdio.h>
#include <string.h>

#include "plan/template.h"
#include "util/text.h"

enum style {
	STYLE_PLAIN,
	STYLE_BOLD,
	STYLE_SOFT,
	STYLE_REVERSE,
	STYLE_GOOD,
	STYLE_WARN,
	STYLE_BAD
};

/* One line under way. */
struct line {
	struct strbuf *out;
	const struct top_view *view;
	size_t left; /* columns */
};

static struct line begin(struct strbuf *out, const struct top_view *view)
{
	return (struct line){ out, view, view->width };
}

static void set_style(const struct line *line, enum style style)
{
	static const char *const codes[] = { "0", "1", "2", "7", "32", "33", "31" };
	bool colour = style >= STYLE_GOOD;
	if (!line->view->plain && (!colour || line->view->colours))
		strbuf_addf(line->out, "\033[%sm", codes[style]);
}

static void pad(struct line *line, size_t columns)
{
	for (; columns > 0 && line->left > 0; columns--, line->left--)
		strbuf_add_char(line->out, ' ');
}

/* At most so many columns, 0: what is left. */
static size_t add(struct line *line, const char *text, size_t width)
{
	size_t most = width == 0 || width > line->left ? line->left : width;
	if (most == 0)
		return 0;
	struct strbuf piece CLEANUP(strbuf_free) = STRBUF(65536);
	size_t used = text_add_terminal(&piece, text, most);
	/* Where not even the dots of what is cut have room, there is nothing. */
	if (used > most)
		return 0;
	strbuf_add(line->out, piece.data, piece.len);
	line->left -= used;
	return used;
}

static void add_styled(struct line *line, enum style style, const char *text)
{
	set_style(line, style);
	(void)add(line, text, 0);
	set_style(line, STYLE_PLAIN);
}

static void end(struct line *line)
{
	/* Of a printed screen no line ends in blanks. */
	while (line->view->plain && line->out->len > 0 &&
		line->out->data[line->out->len - 1] == ' ')
		line->out->data[--line->out->len] = '\0';
	strbuf_add_char(line->out, '\n');
}

/* ---- the head ---- */

static void draw_title(struct strbuf *out, const struct top_data *data, const struct top_view *view)
{
	struct line line = begin(out, view);
	char at[SHOW_TEXT_MAX], interval[SHOW_TEXT_MAX], text[256];
	const struct face *face = &data->standing.face;
	add_styled(&line, STYLE_BOLD, "recurd top  ");
	(void)add(&line, data->database ? data->database : "", 40);
	snprintf(text, sizeof(text), "  %s %s  %s%s", show_instant(face, face->now, at),
		zone_name(face->zone), view->paused ? "paused" : "every ",
		view->paused ? "" : show_span(view->interval, interval));
	(void)add(&line, text, 0);
	end(&line);
}

static void draw_verdict(
	struct strbuf *out, const struct top_data *data, const struct top_view *view)
{
	static const enum style styles[] = { STYLE_GOOD, STYLE_WARN, STYLE_BAD };
	static const char *const marks[] = { "● ", "▲ ", "■ " }, *const plain[] = { "", "! ",
		"!! " };
	struct said said;
	struct line line = begin(out, view);
	verdict_say(&data->standing, &said);
	set_style(&line, styles[said.verdict]);
	strbuf_add_text(out, view->ascii ? plain[said.verdict] : marks[said.verdict]);
	line.left -= view->ascii ? strlen(plain[said.verdict]) : 2;
	add_styled(&line, STYLE_BOLD, said.words);
	(void)add(&line, " ", 0);
	(void)add(&line, *said.reason ? said.reason : said.more, 0);
	end(&line);
}

static void add_figure(struct line *line, const char *label, const char *value, bool bad)
{
	(void)add(line, line->left == line->view->width ? "" : "   ", 0);
	(void)add(line, label, 0);
	(void)add(line, " ", 0);
	add_styled(line, bad ? STYLE_BAD : STYLE_BOLD, value);
}

static usec_t first_of(usec_t a, usec_t b)
{
	return a == INSTANT_NONE || (b != INSTANT_NONE && b < a) ? b : a;
}

static void draw_figures(
	struct strbuf *out, const struct top_data *data, const struct top_view *view)
{
	const struct figures *f = &data->standing.figures;
	const struct face *face = &data->standing.face;
	struct line line = begin(out, view);
	char text[SHOW_TEXT_MAX];
	usec_t lag = f->lag_templates > f->lag_reminders ? f->lag_templates : f->lag_reminders;
	usec_t next = first_of(f->next_due_at, f->next_remind_at);
	bool late = lag > NOW_LATE;
	add_figure(&line, "tasks due", show_count(f->due_templates, f->due_capped, text), late);
	add_figure(&line, "reminders due",
		show_count(f->due_reminders, f->due_capped && f->due_reminders >= 1000, text),
		late);
	add_figure(&line, "oldest", show_span(lag, text), late);
	add_figure(
		&line, "next", next == INSTANT_NONE ? "-" : show_distance(face, next, text), false);
	add_figure(&line, "workers", show_count(f->alive, false, text), f->alive == 0);
	add_figure(&line, "quarantined", show_count(f->quarantined, f->quarantined_capped, text),
		f->quarantined > 0);
	add_figure(&line, "events/h", show_count(f->told, f->told_capped, text), false);
	end(&line);
}

static int64_t of_minutes(const struct top_data *data, size_t from, size_t to)
{
	int64_t sum = 0;
	for (size_t i = from; i < to; i++)
		sum += data->minutes[i].made + data->minutes[i].told + data->minutes[i].due;
	return sum;
}

static void draw_strip(struct strbuf *out, const struct top_data *data, const struct top_view *view)
{
	static const char *const bars[] = { " ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };
	static const char *const marks[] = { " ", ".", ":", "-", "=", "+", "*", "#", "@" };
	/* As many minutes to a column as make them fit, the present between two columns. */
	size_t each = 1, half;
	while (2 * (NOW_MINUTES / each) + 1 > view->width)
		each++;
	half = NOW_MINUTES / each;
	int64_t most = 1;
	for (size_t i = 0; i < 2 * half; i++) {
		int64_t n = of_minutes(data, i * each, (i + 1) * each);
		most = n > most ? n : most;
	}
	for (size_t i = 0; i < 2 * half; i++) {
		int64_t n = of_minutes(data, i * each, (i + 1) * each);
		/* What is there is seen, however little it is beside the highest. */
		size_t level = (size_t)((n * 8 + most - 1) / most);
		if (i == half)
			strbuf_add_text(out, view->ascii ? "|" : "│");
		strbuf_add_text(out, view->ascii ? marks[level] : bars[level]);
	}
	struct line line = { out, view, 0 };
	end(&line);
}

static void draw_tabs(struct strbuf *out, const struct top_data *data, const struct top_view *view)
{
	struct line line = begin(out, view);
	char text[32];
	for (size_t i = 0; i < TOP_SCREENS; i++) {
		snprintf(text, sizeof(text), " %zu %s ", i + 1, top_screen_names[i]);
		add_styled(&line,
			i == (size_t)data->screen && !data->template ? STYLE_REVERSE : STYLE_PLAIN,
			text);
	}
	if (*view->filter || view->typing) {
		(void)add(&line, "  /", 0);
		(void)add(&line, view->filter, 0);
		if (view->typing)
			(void)add(&line, "_", 0);
	}
	end(&line);
}

/* ---- one template ---- */

static void draw_fact(
	struct strbuf *out, const struct top_view *view, const char *label, const char *text)
{
	struct line line = begin(out, view);
	if (!text || !*text)
		return;
	add_styled(&line, STYLE_SOFT, label);
	(void)add(&line, text, 0);
	end(&line);
}

static const char *state_of(const PGresult *row)
{
	enum { ENDED = TEMPLATE_FIRST + 12 };
	return !PQgetisnull(row, 0, TEMPLATE_FAILED_AT) ? "quarantined"
	       : !PQgetisnull(row, 0, ENDED)            ? "ended"
	       : *PQgetvalue(row, 0, TEMPLATE_ACTIVE)   ? "active"
							: "paused";
}

static void draw_template(struct strbuf *out, struct top_data *data, const struct top_view *view)
{
	const PGresult *row = data->template;
	struct strbuf words CLEANUP(strbuf_free) = STRBUF(4096);
	if (PQntuples(row) == 0) {
		draw_fact(out, view, "", "It is gone.");
		return;
	}
	rule_words(texts_cell(&data->texts, row, 0, TEMPLATE_FIRST + 2), INSTANT_NONE, &words);
	draw_fact(out, view, "template  ", texts_cell(&data->texts, row, 0, TEMPLATE_FIRST));
	draw_fact(out, view, "title     ", texts_cell(&data->texts, row, 0, TEMPLATE_TITLE));
	draw_fact(out, view, "user      ", texts_cell(&data->texts, row, 0, TEMPLATE_FIRST + 1));
	draw_fact(out, view, "state     ", state_of(row));
	draw_fact(out, view, "rule      ", words.data);
	draw_fact(out, view, "failure   ", texts_cell(&data->texts, row, 0, TEMPLATE_FAILURE));
}

/* ---- the list ---- */

static size_t width_of(const struct top_column *column, const struct top_view *view)
{
	return column->from > view->width ? 0 : column->width;
}

static bool is_shown(const struct top_column *column, const struct top_view *view)
{
	return column->from <= view->width;
}

/* What the one column without a width of its own has. */
static size_t rest_of(const struct top_list *list, const struct top_view *view)
{
	size_t used = 0;
	for (size_t i = 0; i < list->columns_n; i++)
		if (is_shown(&list->columns[i], view))
			used += width_of(&list->columns[i], view) + 2;
	return used + 8 < view->width ? view->width - used : 8;
}

static void draw_cells(struct strbuf *out, const struct top_list *list,
	const char *const cells[TOP_COLUMNS], const struct top_view *view, enum style style)
{
	struct line line = begin(out, view);
	size_t rest = rest_of(list, view);
	set_style(&line, style);
	for (size_t i = 0; i < list->columns_n; i++) {
		const struct top_column *column = &list->columns[i];
		struct strbuf cell CLEANUP(strbuf_free) = STRBUF(4096);
		if (!is_shown(column, view))
			continue;
		size_t width = column->width ? column->width : rest;
		size_t used = text_add_terminal(&cell, cells[i] ? cells[i] : "", width);
		size_t blanks = used < width ? width - used : 0;
		if (column->right)
			pad(&line, blanks);
		if (used <= line.left) {
			strbuf_add(out, cell.data, cell.len);
			line.left -= used;
		}
		pad(&line, (column->right ? 0 : blanks) + 2);
	}
	if (style == STYLE_REVERSE)
		pad(&line, line.left);
	set_style(&line, STYLE_PLAIN);
	end(&line);
}

static void keep_in_sight(struct top_view *view, size_t n, size_t rows)
{
	if (view->selected >= n)
		view->selected = n > 0 ? n - 1 : 0;
	if (view->first > view->selected)
		view->first = view->selected;
	if (rows > 0 && view->selected >= view->first + rows)
		view->first = view->selected - rows + 1;
}

static void draw_list(
	struct strbuf *out, const struct top_list *list, struct top_view *view, size_t rows)
{
	const char *headings[TOP_COLUMNS] = { NULL };
	for (size_t i = 0; i < list->columns_n; i++)
		headings[i] = list->columns[i].heading;
	keep_in_sight(view, list->n, rows);
	draw_cells(out, list, headings, view, STYLE_SOFT);
	if (list->n == 0)
		draw_fact(out, view, "", list->empty);
	for (size_t i = view->first; i < list->n && i < view->first + rows; i++) {
		const struct top_item *item = &list->items[i];
		enum style style = i == view->selected && !view->plain ? STYLE_REVERSE
				   : item->bad                         ? STYLE_BAD
								       : STYLE_PLAIN;
		draw_cells(out, list, item->cells, view, style);
	}
}

/* ---- the end ---- */

static void draw_help(struct strbuf *out, const struct top_view *view)
{
	static const char *const lines[] = { "1-6, Tab     another screen",
		"Up, Down     another row; also k, j, PgUp, PgDn",
		"Enter        why: what was decided about the template of the row",
		"/            rows that have a text; Esc: all of them",
		"r            try a template in quarantine again, once you have said y",
		"p, R         pause a template, resume it, once you have said y",
		"Space        stop and go on", "+, -         look less often, more often",
		"q            leave" };
	for (size_t i = 0; i < ARRAY_LEN(lines); i++)
		draw_fact(out, view, "", lines[i]);
}

static size_t lines_of(const struct strbuf *out)
{
	size_t n = 0;
	for (size_t i = 0; i < out->len; i++)
		n += out->data[i] == '\n';
	return n;
}

static void draw_foot(struct strbuf *out, const struct top_view *view)
{
	struct line line = begin(out, view);
	const char *text = view->message ? view->message
			   : view->typing
				   ? "Enter: keep the filter   Esc: none"
				   : "Enter why  / filter  r retry  p pause  R resume  Space "
				     "stop  ? help  q quit";
	add_styled(&line, view->message ? STYLE_BOLD : STYLE_SOFT, text);
	end(&line);
}

void top_draw(struct strbuf *out, struct top_data *data, const struct top_list *list,
	struct top_view *view)
{
	draw_title(out, data, view);
	draw_verdict(out, data, view);
	draw_figures(out, data, view);
	draw_strip(out, data, view);
	draw_tabs(out, data, view);
	if (data->template)
		draw_template(out, data, view);
	if (view->help)
		draw_help(out, view);
	/* The head of the list, and the foot. */
	size_t taken = lines_of(out) + 2;
	size_t rows = view->height == 0 ? list->n : view->height > taken ? view->height - taken : 1;
	if (!view->help)
		draw_list(out, list, view, rows);
	if (view->plain)
		return;
	while (lines_of(out) + 1 < view->height)
		strbuf_add_char(out, '\n');
	draw_foot(out, view);
}
