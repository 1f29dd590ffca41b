/* The first page; see the header. */
#include "web/now.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *const ids[] = { "verdict", "figures", "strip", "heat", "upcoming", "quarantine",
	"decisions" };

const char *now_part_id(enum now_part part)
{
	return ids[part];
}

/* ---- the verdict ---- */

void now_say(const struct now *now, struct said *ret_said)
{
	const struct standing standing = { now->face, now->figures, now->upcoming, now->upcoming_n,
		now->away, now->away_since };
	verdict_say(&standing, ret_said);
}

static void show_verdict(struct strbuf *out, const struct now *now)
{
	static const char *const classes[] = { "fine", "warn", "late" };
	struct said said;
	now_say(now, &said);
	FILL(out, FRAGMENT_VERDICT, { "class", classes[said.verdict] }, { "words", said.words },
		{ "more", said.more }, { "reason", said.reason });
}

void now_tab(const struct said *said, char *ret_title, size_t size)
{
	static const char *const marks[] = { "●", "▲", "■" };
	snprintf(ret_title, size, "%s %s – recurd", marks[said->verdict], said->words);
}

enum asset_id now_icon(const struct said *said)
{
	static const enum asset_id icons[] = { ASSET_OK_SVG, ASSET_WARN_SVG, ASSET_LATE_SVG };
	return icons[said->verdict];
}

/* ---- figures ---- */

static void figure(struct strbuf *out, const char *class, const char *href, const char *value,
	const char *label)
{
	FILL(out, FRAGMENT_FIGURE, { "class", class }, { "href", href },
		{ "plain", href ? NULL : value }, { "value", value }, { "label", label });
}

static usec_t first_of(usec_t a, usec_t b)
{
	if (a == INSTANT_NONE || b == INSTANT_NONE)
		return a == INSTANT_NONE ? b : a;
	return a < b ? a : b;
}

static void figure_next(struct strbuf *out, const struct now *now)
{
	char text[SHOW_TEXT_MAX];
	usec_t next = first_of(now->figures.next_due_at, now->figures.next_remind_at);
	usec_t left = next == INSTANT_NONE ? 0 : next - now->face.now;
	figure(out, NULL, "upcoming",
		next == INSTANT_NONE ? "–"
				     : show_span(left > 0 ? left - left % USEC_PER_SEC : 0, text),
		"until the next");
}

static void show_figures(struct strbuf *out, const struct now *now)
{
	const struct figures *f = &now->figures;
	char text[SHOW_TEXT_MAX];
	usec_t lag = f->lag_templates > f->lag_reminders ? f->lag_templates : f->lag_reminders;
	bool late = lag > NOW_LATE;
	strbuf_add_text(out, "<dl class=\"figures\">\n");
	figure(out, late ? "bad" : NULL, NULL,
		show_count(f->due_templates + f->due_reminders, f->due_capped, text), "due now");
	figure(out, late ? "bad" : NULL, NULL, lag == 0 ? "0 s" : show_span(lag, text),
		"the oldest waits");
	figure_next(out, now);
	figure(out, f->alive == 0 ? "bad" : NULL, "workers", show_count(f->alive, false, text),
		f->alive == 1 ? "worker alive" : "workers alive");
	figure(out, f->quarantined > 0 ? "warn" : NULL, "quarantine",
		show_count(f->quarantined, f->quarantined_capped, text), "quarantined");
	figure(out, NULL, NULL, show_count(f->told, f->told_capped, text), "events last hour");
	strbuf_add_text(out, "</dl>\n");
}

/* ---- an hour back, an hour ahead ---- */

#define BAR        9 /* and 1 between two */
#define STRIP_HIGH 96

static int64_t highest(const struct now *now)
{
	int64_t most = 1;
	for (int i = 0; i < 2 * NOW_MINUTES; i++) {
		const struct minute *m = &now->minutes[i];
		int64_t all = m->made + m->told + m->due;
		most = all > most ? all : most;
	}
	return most;
}

/* What is there is seen, however little it is beside the highest. */
static double height(int64_t n, int64_t most)
{
	double high = (double)n * (STRIP_HIGH - 4) / (double)most;
	return n > 0 && high < 1.5 ? 1.5 : high;
}

static void bar(struct strbuf *out, const char *class, int x, double *top, double high)
{
	if (high <= 0)
		return;
	*top -= high;
	strbuf_addf(out, "<rect class=\"%s\" x=\"%d\" y=\"%.1f\" width=\"%d\" height=\"%.1f\"/>",
		class, x, *top, BAR, high);
}

static void show_bars(struct strbuf *out, const struct now *now)
{
	int64_t most = highest(now);
	for (int i = 0; i < 2 * NOW_MINUTES; i++) {
		const struct minute *m = &now->minutes[i];
		double top = STRIP_HIGH - 1;
		int x = i * (BAR + 1);
		bar(out, "made", x, &top, height(m->made, most));
		bar(out, "told", x, &top, height(m->told, most));
		bar(out, "due", x, &top, height(m->due, most));
	}
}

static void show_strip_table(struct strbuf *out, const struct now *now)
{
	static const char *const labels[] = { "From", "Made", "Reminders told", "Due", NULL };
	char n[SHOW_TEXT_MAX];
	strbuf_add_text(out, "<details><summary>As a table, by ten minutes</summary>\n");
	page_table(out, "One hour back, one hour ahead", labels);
	for (int i = 0; i < 2 * NOW_MINUTES; i += 10) {
		struct minute sum = { 0 };
		for (int j = i; j < i + 10; j++) {
			sum.made += now->minutes[j].made;
			sum.told += now->minutes[j].told;
			sum.due += now->minutes[j].due;
		}
		strbuf_add_text(out, "<tr><td>");
		show_time(out, &now->face, now->minutes_at + (i - NOW_MINUTES) * 60 * USEC_PER_SEC);
		strbuf_add_text(out, "</td>");
		page_cell(out, NULL, show_count(sum.made, false, n));
		page_cell(out, NULL, show_count(sum.told, false, n));
		page_cell(out, NULL, show_count(sum.due, false, n));
		strbuf_add_text(out, "</tr>\n");
	}
	page_table_end(out);
	strbuf_add_text(out, "</details>\n");
}

static void show_strip(struct strbuf *out, const struct now *now)
{
	const usec_t hour = 3600 * USEC_PER_SEC;
	char from[SHOW_TEXT_MAX], at[SHOW_TEXT_MAX], to[SHOW_TEXT_MAX];
	strbuf_addf(out,
		"<svg class=\"strip\" viewBox=\"0 0 %d %d\" preserveAspectRatio=\"none\" "
		"role=\"img\" "
		"aria-labelledby=\"strip-name\"><title id=\"strip-name\">Tasks made and reminders "
		"told in "
		"each of the last 60 minutes, and what is due in each of the next 60</title>",
		2 * NOW_MINUTES * (BAR + 1), STRIP_HIGH);
	show_bars(out, now);
	strbuf_addf(out,
		"<path class=\"base\" d=\"M0 %d.5H%d\"/><rect class=\"line\" x=\"%d\" y=\"0\" "
		"width=\"2\" "
		"height=\"%d\"/></svg>\n",
		STRIP_HIGH - 1, 2 * NOW_MINUTES * (BAR + 1), NOW_MINUTES * (BAR + 1) - 2,
		STRIP_HIGH);
	FILL(out, FRAGMENT_STRIP_ENDS,
		{ "from", show_instant(&now->face, now->minutes_at - hour, from) },
		{ "now", show_instant(&now->face, now->minutes_at, at) },
		{ "to", show_instant(&now->face, now->minutes_at + hour, to) });
	show_strip_table(out, now);
}

/* ---- all of it ---- */

void now_part(struct strbuf *out, const struct now *now, enum now_part part)
{
	switch (part) {
	case NOW_VERDICT:
		show_verdict(out, now);
		break;
	case NOW_FIGURES:
		show_figures(out, now);
		break;
	case NOW_STRIP:
		show_strip(out, now);
		break;
	case NOW_HEAT:
		heat_show(out, &now->heat, &now->face);
		break;
	case NOW_UPCOMING:
		rows_upcoming(out, &now->face, now->upcoming, now->upcoming_n);
		break;
	case NOW_QUARANTINE:
		rows_quarantine(out, &now->face, now->quarantine, now->quarantine_n);
		break;
	default:
		rows_decisions(out, &now->face, now->decisions, now->decisions_n);
	}
}

static void add_section(struct strbuf *out, const struct now *now, enum now_part part,
	const char *title, const char *note)
{
	page_section(out, ids[part], title, note);
	now_part(out, now, part);
	page_section_end(out);
}

void now_page(struct strbuf *out, const struct now *now, struct page *page)
{
	struct said said;
	char title[256], note[160];
	now_say(now, &said);
	now_tab(&said, title, sizeof(title));
	page->title = title;
	page->icon = now_icon(&said);
	page->quarantined = now->figures.quarantined;
	page->quarantined_capped = now->figures.quarantined_capped;
	page_begin(out, page);
	strbuf_add_text(out, "<div id=\"verdict\" role=\"status\">");
	now_part(out, now, NOW_VERDICT);
	strbuf_add_text(out, "</div>\n<div id=\"figures\">");
	now_part(out, now, NOW_FIGURES);
	strbuf_add_text(out, "</div>\n");
	add_section(out, now, NOW_STRIP, "One hour back, one hour ahead", NULL);
	heat_note(&now->heat, &now->face, note, sizeof(note));
	add_section(out, now, NOW_HEAT, "Next seven days", now->heat.sampled > 0 ? note : NULL);
	add_section(out, now, NOW_UPCOMING, "Upcoming", NULL);
	if (now->lists) {
		add_section(out, now, NOW_QUARANTINE, "Quarantine",
			"left alone until mended; delays nobody");
		add_section(
			out, now, NOW_DECISIONS, "Decisions", "what was not simply made, and why");
	}
	page_end(out, page);
}
