/* What became of each occurrence; see the header. */
#include "web/story.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/mem.h"
#include "web/rows.h"

#define LATE_MIN (60 * USEC_PER_SEC) /* less is on time, as far as people care */

static const char *words_of(const struct account_entry *entry)
{
	switch (entry->verdict) {
	case ACCOUNT_MADE:
		return "made";
	case ACCOUNT_OUTSIDE:
		return "made";
	case ACCOUNT_DECIDED:
		return entry->decision->kind;
	case ACCOUNT_EXCLUDED:
		return "excluded";
	case ACCOUNT_PASSED:
		return "passed over";
	case ACCOUNT_GONE:
		return "gone";
	case ACCOUNT_RESTS:
		return "in a pause";
	case ACCOUNT_DUE:
		return "due";
	default:
		return "to come";
	}
}

static const char *class_of(const struct account_entry *entry)
{
	if (entry->verdict == ACCOUNT_MADE || entry->verdict == ACCOUNT_OUTSIDE)
		return "good";
	if (entry->verdict == ACCOUNT_DUE)
		return "bad";
	return entry->verdict == ACCOUNT_COMES ? "plain" : "warn";
}

static enum day_mark mark_of(const struct account_entry *entry)
{
	if (entry->verdict == ACCOUNT_MADE || entry->verdict == ACCOUNT_OUTSIDE)
		return DAY_MADE;
	if (entry->verdict == ACCOUNT_COMES || entry->verdict == ACCOUNT_DUE)
		return entry->kind == FATE_MADE ? DAY_COMES : DAY_NOT;
	return entry->verdict == ACCOUNT_GONE ? DAY_MADE : DAY_NOT;
}

static void say_decision(
	struct strbuf *why, const struct face *face, const struct account_decision *d)
{
	char at[SHOW_TEXT_MAX];
	strbuf_add_text(why, decision_words(d->kind));
	if (d->detail)
		strbuf_addf(why, "; %s", d->detail);
	strbuf_addf(why, "; decided %s", show_instant(face, d->at, at));
	if (d->by)
		strbuf_addf(why, " by %s", d->by);
}

static void say_made(struct strbuf *why, const struct face *face, const struct account_entry *entry)
{
	char span[SHOW_TEXT_MAX];
	usec_t late = entry->late;
	if (entry->decision)
		say_decision(why, face, entry->decision);
	else if (entry->verdict == ACCOUNT_OUTSIDE)
		strbuf_add_text(why, "not by the rule as it is known: next_due_at was set, or the "
				     "rule was another");
	if (late != INSTANT_NONE && late > LATE_MIN)
		strbuf_addf(why, "%smade %s late", why->len > 0 ? "; " : "", show_span(late, span));
	else if (why->len == 0)
		strbuf_add_text(why, entry->task && entry->task->complete
					     ? "on time; its task is complete"
					     : "on time");
}

static void say_change(
	struct strbuf *why, const struct face *face, const struct account_change *change)
{
	char at[SHOW_TEXT_MAX];
	strbuf_addf(why, "%s %s by %s, before it was looked at",
		change->set != TEMPLATE_NONE ? "next_due_at was set" : "the rule was edited",
		show_instant(face, change->at, at), change->by ? change->by : "somebody");
}

/* What policies, or an override, have due, or made, at another time than the rule. */
static void say_planned(
	struct strbuf *why, const struct face *face, const struct account_entry *entry)
{
	char text[SHOW_TEXT_MAX];
	if (entry->due != entry->nominal)
		strbuf_addf(why, "; due %s", show_instant(face, entry->due, text));
	if (entry->fire != entry->due)
		strbuf_addf(why, "; its policies have it made %s",
			show_instant(face, entry->fire, text));
}

static void say_coming(struct strbuf *why, const struct face *face,
	const struct account_entry *entry, const char *hindrance)
{
	if (entry->kind == FATE_PAUSED)
		strbuf_add_text(why, "fell into a pause: it will not be made");
	else if (entry->kind == FATE_ADOPTED)
		strbuf_add_text(why, decision_words("adopted"));
	else if (hindrance)
		strbuf_add_text(why, hindrance);
	else if (entry->verdict == ACCOUNT_DUE)
		strbuf_add_text(why, "no worker has been there yet");
	else
		strbuf_add_text(why, "the rule gives it");
	if (entry->due != INSTANT_NONE && entry->verdict != ACCOUNT_DUE)
		say_planned(why, face, entry);
}

void story_why(struct strbuf *why, const struct face *face, const struct account_entry *entry,
	const char *hindrance)
{
	switch (entry->verdict) {
	case ACCOUNT_MADE:
	case ACCOUNT_OUTSIDE:
		say_made(why, face, entry);
		break;
	case ACCOUNT_DECIDED:
		say_decision(why, face, entry->decision);
		break;
	case ACCOUNT_EXCLUDED:
		strbuf_add_text(
			why, decision_words(entry->kind == FATE_SKIPPED ? "skipped" : "excluded"));
		break;
	case ACCOUNT_PASSED:
		say_change(why, face, entry->change);
		break;
	case ACCOUNT_GONE:
		strbuf_add_text(why, "was made, and its task is not there any more: deleted, or "
				     "past its retention");
		break;
	case ACCOUNT_RESTS:
		strbuf_add_text(why, "falls into the pause: it will not be made");
		break;
	default:
		say_coming(why, face, entry, hindrance);
	}
}

/* ---- one after the other ---- */

static void add_row(struct strbuf *out, const struct face *face, const struct account_entry *entry,
	const char *why)
{
	char distance[SHOW_TEXT_MAX];
	strbuf_add_text(out, "<tr><td class=\"at\">");
	show_time(out, face, entry->nominal);
	strbuf_addf(out, "</td><td class=\"in wide\">%s</td><td>",
		show_distance(face, entry->nominal, distance));
	FILL(out, FRAGMENT_KIND, { "class", class_of(entry) }, { "kind", words_of(entry) });
	strbuf_add_text(out, "</td>");
	page_cell(out, "wide", entry->task ? entry->task->id : NULL);
	page_cell(out, "text", why);
	strbuf_add_text(out, "</tr>\n");
}

static void show_rows(struct strbuf *out, struct strbuf *rows, size_t n)
{
	static const char *const labels[] = { "Occurrence", "|In", "What", "|Task", "Why", NULL };
	page_section(out, "occurrences", "Occurrences", "what became of each, and why");
	page_table(out, "Occurrences, the newest first", labels);
	for (size_t i = n; i-- > 0;)
		strbuf_add(out, rows[i].data, rows[i].len);
	page_table_end(out);
	page_section_end(out);
}

void story_show(
	struct strbuf *out, const struct face *face, struct account *account, const char *hindrance)
{
	struct strbuf *rows CLEANUP(mem_cleanup) = mem_alloc_array(STORY_ROWS, sizeof(*rows));
	sec_t today = zone_to_wall(face->zone, sec_from_usec(face->now));
	struct account_entry entry;
	struct months months;
	size_t n = 0, ahead = 0;
	months_begin(&months, today, today, 1, 3);
	while (account_next(account, &entry) && n < STORY_ROWS) {
		struct strbuf why CLEANUP(strbuf_free) = STRBUF(4096);
		story_why(&why, face, &entry, hindrance);
		if (entry.nominal <= face->now || ahead++ < STORY_AHEAD) {
			strbuf_init(&rows[n], PAGE_MAX);
			add_row(&rows[n++], face, &entry, why.data);
		}
		months_mark(&months, zone_to_wall(face->zone, sec_from_usec(entry.nominal)),
			mark_of(&entry), why.data);
	}
	if (account_problem(account))
		FILL(out, FRAGMENT_RULE_PROBLEM, { "reason", account_problem(account) });
	months_show(out, &months);
	if (n == STORY_ROWS)
		FILL(out, FRAGMENT_NOTHING,
			{ "text", "There are more than are shown: recurctl explain has all." });
	show_rows(out, rows, n);
	for (size_t i = 0; i < n; i++)
		strbuf_free(&rows[i]);
}
