/* A rule on trial; see the header. */
#include "web/try.h"

#include <stdio.h>
#include <string.h>

#include "recur/typed.h"
#include "web/months.h"
#include "web/place.h"

#define NEXT       10
#define ROUNDS_MAX 25 /* of RECUR_AGAIN: others wait no longer than that */
#define MARKS_MAX  4000

static bool is_given(const char *text)
{
	return text && text[strspn(text, " \t\r\n")];
}

static bool open_trial(const struct trial *trial, struct typed_rule *tried, struct err *err)
{
	struct typed_ground ground = { .zone_name = is_given(trial->zone) ? trial->zone : NULL,
		.default_time_zone = zone_name(trial->face.zone),
		.min_interval = trial->min_interval,
		.calendars = trial->calendars,
		.now = sec_from_usec(trial->face.now) };
	sec_t start;
	if (strlen(trial->rule) > RULE_BYTES_MAX)
		return err_set(err, "recurrence_rule: larger than %d bytes", RULE_BYTES_MAX);
	if (!is_given(trial->start))
		return typed_open(&ground, trial->rule, NULL, tried, err);
	/* As browsers write it, without seconds, too. */
	char whole[INSTANT_TEXT_MAX];
	snprintf(whole, sizeof(whole), "%.19s%s", trial->start,
		strlen(trial->start) == 16 ? ":00" : "");
	if (!wall_parse(strlen(trial->start) > 19 ? trial->start : whole, &start, err))
		return err_prefix(err, "begins: ");
	return typed_open(&ground, trial->rule, &start, tried, err);
}

/* ---- what comes ---- */

static enum recur_status next_of(
	struct typed_rule *tried, int *rounds, struct occurrence *ret_next, struct err *err)
{
	enum recur_status status;
	do
		status = recurrence_next(tried->recurrence, ret_next, err);
	while (status == RECUR_AGAIN && ++*rounds < ROUNDS_MAX);
	return status;
}

static const char *note_of(const struct occurrence *next)
{
	if (next->at != next->nominal)
		return "moved by an override";
	if (next->fit == ZONE_GAP)
		return "the clock skips this time: it comes later";
	return next->fit == ZONE_FOLD ? "the clock shows this time twice: the first" : NULL;
}

static void show_next(struct strbuf *out, const struct face *face, const struct occurrence *next)
{
	char at[SHOW_TEXT_MAX], in[SHOW_TEXT_MAX];
	usec_t instant = next->at * USEC_PER_SEC;
	strbuf_add_text(out, "<tr>");
	FILL(out, FRAGMENT_RULE_NEXT, { "text", show_whole(face, instant, at) },
		{ "in", show_distance(face, instant, in) }, { "note", note_of(next) });
	strbuf_add_text(out, "</tr>\n");
}

static void say_end(struct strbuf *out, enum recur_status status, int shown, const struct err *err)
{
	const char
		*text = status == RECUR_FAILED ? err->text
			: status == RECUR_AGAIN
				? "It takes long to find more: the rule is rare, or never matches."
			: shown == 0 ? "Nothing comes of it any more."
				     : "That is all: the rule ends there.";
	FILL(out, FRAGMENT_NOTHING, { "text", text });
}

static void show_dates(struct strbuf *out, const struct trial *trial, struct typed_rule *tried)
{
	static const char *const labels[] = { "Next", "In", "Note", NULL };
	struct face face = { tried->zone, trial->face.now };
	sec_t now = sec_from_usec(face.now), today = zone_to_wall(tried->zone, now);
	struct months months;
	struct occurrence next;
	struct err err;
	int shown = 0, rounds = 0;
	enum recur_status status;
	months_begin(&months, today, tried->start > today ? tried->start : today, 0, 3);
	recurrence_seek(tried->recurrence, now - 1);
	page_table(out, "What comes next", labels);
	while ((status = next_of(tried, &rounds, &next, &err)) == RECUR_FOUND &&
		shown < MARKS_MAX) {
		sec_t wall = zone_to_wall(tried->zone, next.at);
		if (shown >= NEXT && wall >= months_end(&months))
			break;
		months_mark(&months, wall, DAY_COMES, NULL);
		if (shown++ < NEXT)
			show_next(out, &face, &next);
	}
	page_table_end(out);
	if (status != RECUR_FOUND && (shown < NEXT || status == RECUR_FAILED))
		say_end(out, status, shown, &err);
	months_show(out, &months);
}

static void show_rule(struct strbuf *out, const struct typed_rule *tried)
{
	struct strbuf text CLEANUP(strbuf_free) = STRBUF(4 * RULE_BYTES_MAX);
	struct strbuf lines CLEANUP(strbuf_free) = STRBUF(4 * RULE_BYTES_MAX);
	rule_describe(tried->rule, tried->start, &text);
	FILL(out, FRAGMENT_RULE_SENTENCE, { "sentence", text.data });
	strbuf_reset(&text);
	rule_to_json(tried->rule, &text);
	if (!rule_is_of_workdays(tried->rule))
		rule_to_lines(tried->rule, &lines);
	FILL(out, FRAGMENT_RULE_FORMS, { "json", text.data }, { "lines", lines.data });
}

void try_preview(struct strbuf *out, const struct trial *trial)
{
	struct typed_rule tried CLEANUP(typed_rule_close) = { 0 };
	struct err err;
	if (!is_given(trial->rule)) {
		FILL(out, FRAGMENT_NOTHING, { "text", "What comes of a rule will stand here." });
		return;
	}
	if (open_trial(trial, &tried, &err)) {
		show_rule(out, &tried);
		FILL(out, FRAGMENT_RULE_ZONE, { "zone", zone_name(tried.zone) });
		show_dates(out, trial, &tried);
	} else {
		FILL(out, FRAGMENT_RULE_PROBLEM, { "reason", err.text });
		place_show(out, trial->rule, err.text);
	}
}

void try_show(struct strbuf *out, const struct trial *trial)
{
	char now[INSTANT_TEXT_MAX];
	wall_format(zone_to_wall(trial->face.zone, sec_from_usec(trial->face.now)), now);
	strbuf_add_text(out, "<div class=\"try\">\n");
	FILL(out, FRAGMENT_RULE_FORM, { "rule", trial->rule }, { "start", trial->start },
		{ "zone", trial->zone }, { "now", now },
		{ "default_zone", zone_name(trial->face.zone) });
	strbuf_add_text(out,
		"<section id=\"preview\" aria-live=\"polite\" aria-label=\"What comes of it\">\n");
	try_preview(out, trial);
	strbuf_add_text(out, "</section>\n</div>\n");
}
