/* What the figures come to, in words; see the header. */
#include "look/verdict.h"

#include <stdio.h>
#include <string.h>

static usec_t lag_of(const struct figures *f)
{
	return f->lag_templates > f->lag_reminders ? f->lag_templates : f->lag_reminders;
}

/* "43 reminders wait", "1,000+ tasks and 2 reminders wait" */
static void say_waiting(const struct figures *f, char *words, size_t size)
{
	char reminders[SHOW_TEXT_MAX], tasks[SHOW_TEXT_MAX];
	bool capped = f->due_capped;
	show_count(f->due_reminders, capped && f->due_reminders >= 1000, reminders);
	show_count(f->due_templates, capped && f->due_templates >= 1000, tasks);
	const char *of_reminders = f->due_reminders == 1 ? "reminder" : "reminders";
	const char *of_tasks = f->due_templates == 1 ? "task" : "tasks";
	int64_t all = f->due_reminders + f->due_templates;
	if (f->due_templates == 0)
		snprintf(words, size, "%s %s %s", reminders, of_reminders,
			all == 1 ? "waits" : "wait");
	else if (f->due_reminders == 0)
		snprintf(words, size, "%s %s %s", tasks, of_tasks, all == 1 ? "waits" : "wait");
	else
		snprintf(words, size, "%.20s %s and %.20s %s wait", reminders, of_reminders, tasks,
			of_tasks);
}

static void say_nobody(const struct standing *now, char *text, size_t size)
{
	char at[SHOW_TEXT_MAX], ago[SHOW_TEXT_MAX];
	usec_t seen = now->figures.last_seen;
	if (seen == INSTANT_NONE)
		snprintf(text, size, "no worker was ever here");
	else
		snprintf(text, size, "no worker runs since %s (%s)",
			show_instant(&now->face, seen, at), show_distance(&now->face, seen, ago));
}

static void say_late(const struct standing *now, struct said *said)
{
	const struct figures *f = &now->figures;
	char waiting[90], span[SHOW_TEXT_MAX];
	said->verdict = VERDICT_LATE;
	say_waiting(f, waiting, sizeof(waiting));
	snprintf(said->words, sizeof(said->words), "%s, the oldest %s.", waiting,
		show_span(lag_of(f), span));
	if (f->alive == 0)
		say_nobody(now, said->reason, sizeof(said->reason));
	else if (f->waits)
		snprintf(said->reason, sizeof(said->reason), "%s", f->waits);
	else
		snprintf(said->more, sizeof(said->more), "Workers are there: they catch up.");
	if (*said->reason >= 'a' && *said->reason <= 'z')
		*said->reason += 'A' - 'a';
}

static void say_next(const struct standing *now, struct said *said)
{
	char distance[SHOW_TEXT_MAX];
	for (size_t i = 0; i < now->upcoming_n; i++) {
		const struct upcoming_row *next = &now->upcoming[i];
		if (next->at < now->face.now)
			continue;
		/* A title is cut at a character, not within one. */
		const char *title = next->title && *next->title ? next->title
				    : next->reminder            ? "a reminder"
								: "an occurrence";
		int len = (int)strnlen(title, 80);
		while (len > 0 && title[len] && ((unsigned char)title[len] & 0xc0) == 0x80)
			len--;
		snprintf(said->more, sizeof(said->more), "Next: %.*s%s, %s.", len, title,
			title[len] ? "…" : "", show_distance(&now->face, next->at, distance));
		return;
	}
	snprintf(said->more, sizeof(said->more), "Nothing is to come.");
}

void verdict_say(const struct standing *now, struct said *ret_said)
{
	const struct figures *f = &now->figures;
	char at[SHOW_TEXT_MAX];
	*ret_said = (struct said){ .verdict = VERDICT_FINE };
	if (now->away) {
		ret_said->verdict = VERDICT_LATE;
		snprintf(ret_said->words, sizeof(ret_said->words), "The database does not answer.");
		if (now->away_since != INSTANT_NONE)
			snprintf(ret_said->more, sizeof(ret_said->more), "Since %s.",
				show_instant(&now->face, now->away_since, at));
		snprintf(ret_said->reason, sizeof(ret_said->reason), "%s", now->away);
	} else if (lag_of(f) > NOW_LATE) {
		say_late(now, ret_said);
	} else if (f->alive == 0) {
		ret_said->verdict = VERDICT_WARN;
		snprintf(ret_said->words, sizeof(ret_said->words), "No worker is running.");
		snprintf(ret_said->more, sizeof(ret_said->more), "What comes next will be late.");
		say_nobody(now, ret_said->reason, sizeof(ret_said->reason));
		*ret_said->reason += 'A' - 'a';
	} else {
		snprintf(ret_said->words, sizeof(ret_said->words), "All on time.");
		say_next(now, ret_said);
	}
}
