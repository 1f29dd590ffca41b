/* What was made and what will be; see the header. */
#include "web/foretold.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "db/rows.h"
#include "plan/identity.h"
#include "plan/simulate.h"
#include "plan/template_row.h"
#include "util/charset.h"
#include "util/mem.h"

#define DAY        (INT64_C(86400) * USEC_PER_SEC)
#define YEAR_1     (INT64_C(-62135596800) * USEC_PER_SEC)
#define YEAR_10000 (INT64_C(253402300800) * USEC_PER_SEC)
#define GATHERED   (4 * FEED_EVENTS_MAX) /* at which the latest are put away */

void foretold_init(struct foretold *foretold, usec_t from, usec_t now, usec_t until)
{
	*foretold = (struct foretold){ .from = from, .now = now, .until = until };
}

void foretold_free(struct foretold *foretold)
{
	for (size_t i = 0; i < foretold->texts_n; i++)
		free(foretold->texts[i]);
	free(foretold->texts);
	free(foretold->events);
}

/* ---- gathering ---- */

/* Kept as long as the events; in UTF-8. */
static const char *keep_text(struct foretold *foretold, const char *text)
{
	struct strbuf plain CLEANUP(strbuf_free) = STRBUF(SIZE_MAX);
	if (!text)
		return NULL;
	if (!charset_to_utf8(charset_bound(), text, strlen(text), &plain)) {
		strbuf_reset(&plain);
		strbuf_add_text(&plain, text);
	}
	if (foretold->texts_n == foretold->texts_alloc) {
		foretold->texts_alloc = 2 * foretold->texts_alloc + 64;
		foretold->texts = mem_realloc_array(
			foretold->texts, foretold->texts_alloc, sizeof(*foretold->texts));
	}
	return foretold->texts[foretold->texts_n++] = mem_strdup(plain.data);
}

/* A task's stands before one that is foretold: it may have been changed since. */
static int compare_ids(const void *a, const void *b)
{
	const struct feed_event *left = a, *right = b;
	int order = strcmp(left->id, right->id);
	return order ? order
		     : (left->foretold > right->foretold) - (left->foretold < right->foretold);
}

static void drop_doubles(struct foretold *foretold)
{
	size_t n = 0;
	if (foretold->n > 1)
		qsort(foretold->events, foretold->n, sizeof(*foretold->events), compare_ids);
	for (size_t i = 0; i < foretold->n; i++)
		if (n == 0 || strcmp(foretold->events[i].id, foretold->events[n - 1].id) != 0)
			foretold->events[n++] = foretold->events[i];
	foretold->n = n;
}

void foretold_finish(struct foretold *foretold)
{
	drop_doubles(foretold);
	if (foretold->n > 1)
		qsort(foretold->events, foretold->n, sizeof(*foretold->events), feed_compare);
	if (foretold->n <= FEED_EVENTS_MAX)
		return;
	foretold->n = FEED_EVENTS_MAX;
	if (foretold->events[foretold->n - 1].at < foretold->until)
		foretold->until = foretold->events[foretold->n - 1].at;
}

static void add_event(struct foretold *foretold, const struct feed_event *event)
{
	if (event->at < foretold->from || event->at > foretold->until)
		return;
	if (foretold->n == GATHERED)
		foretold_finish(foretold);
	if (foretold->n == foretold->alloc) {
		foretold->alloc = 2 * foretold->alloc + 64;
		foretold->events = mem_realloc_array(
			foretold->events, foretold->alloc, sizeof(*foretold->events));
	}
	foretold->events[foretold->n++] = *event;
}

/* From a list of names in JSON. */
static void take_tags(struct foretold *foretold, const char *list, struct feed_event *event)
{
	json_t *names = list ? json_loads(list, 0, NULL) : NULL;
	const json_t *name;
	size_t i;
	json_array_foreach(
		names, i, name) if (json_is_string(name) && event->tags_n < FEED_TAGS_MAX)
		event->tags[event->tags_n++] = keep_text(foretold, json_string_value(name));
	json_decref(names);
}

static usec_t instant_or(const PGresult *result, int row, int column, usec_t otherwise)
{
	return row_is_null(result, row, column) ? otherwise : row_instant(result, row, column);
}

/* ---- tasks ---- */

/* A calendar has years of four digits, and one that has another is refused whole. */
static bool is_writable(usec_t instant)
{
	return instant != USEC_INFINITY && instant != USEC_MINUS_INFINITY &&
	       instant != INSTANT_NONE && instant >= YEAR_1 && instant < YEAR_10000;
}

static void add_task(struct foretold *foretold, const PGresult *tasks, int row)
{
	usec_t remind = instant_or(tasks, row, FEED_TASK_REMIND, INSTANT_NONE);
	usec_t stamp = instant_or(tasks, row, FEED_TASK_STAMP, INSTANT_NONE);
	struct feed_event event = { .id = keep_text(foretold, row_text(tasks, row, FEED_TASK_ID)),
		.at = row_instant(tasks, row, FEED_TASK_DUE),
		.title = keep_text(foretold, row_text(tasks, row, FEED_TASK_TITLE)),
		.priority = feed_priority(row_text(tasks, row, FEED_TASK_PRIORITY)),
		.complete = row_bool(tasks, row, FEED_TASK_COMPLETE),
		.completed_at = instant_or(tasks, row, FEED_TASK_COMPLETED, INSTANT_NONE) };
	event.stamp = is_writable(stamp) ? stamp : event.at;
	if (!is_writable(event.completed_at))
		event.completed_at = INSTANT_NONE;
	if (is_writable(remind))
		event.reminders[event.reminders_n++] = remind;
	take_tags(foretold, row_text(tasks, row, FEED_TASK_TAGS), &event);
	add_event(foretold, &event);
}

void foretold_add_tasks(struct foretold *foretold, const PGresult *tasks)
{
	for (int row = 0; row < PQntuples(tasks); row++)
		add_task(foretold, tasks, row);
}

/* ---- templates ---- */

struct series {
	struct foretold *foretold;
	struct feed_event event; /* what all of it have in common */
	const char *title;
	const char *priority;
	size_t made;
};

static void foretell_one(struct series *series, const struct template *row, const struct fate *fate)
{
	struct feed_event event = series->event;
	char id[INSTANCE_ID_SIZE];
	const char *priority = fate->change.priority ? fate->change.priority : series->priority;
	series->made++;
	if (fate->due < series->foretold->from || fate->due > series->foretold->until)
		return;
	identity_instance(row->id, fate->nominal, id);
	event.id = keep_text(series->foretold, id);
	event.at = fate->due;
	/* Of changes texts go with their plan, in UTF-8 as all of a rule. */
	event.title = keep_text(
		series->foretold, fate->change.title ? fate->change.title : series->title);
	event.priority = feed_priority(priority);
	for (size_t i = 0; row->policies && i < row->policies->remind_before_n &&
			   event.reminders_n < FEED_REMINDERS_MAX;
		i++)
		event.reminders[event.reminders_n++] = fate->due - row->policies->remind_before[i];
	add_event(series->foretold, &event);
}

static void on_look(void *context, const struct simulate_look *look)
{
	for (size_t i = 0; look->plan && i < look->plan->n; i++)
		if (look->plan->fates[i].kind == FATE_MADE)
			foretell_one(context, &look->simulate->row, &look->plan->fates[i]);
}

/* Piece by piece, the next one twice as long, so that one that comes every minute is left early. */
static void run(struct series *series, struct simulate *simulate, const struct plan_policy *policy)
{
	struct foretold *foretold = series->foretold;
	usec_t from = foretold->now;
	for (usec_t piece = DAY; from <= foretold->until && series->made < FEED_EVENTS_MAX;
		piece *= 2) {
		struct simulate_span span = { .from = from, .to = from + piece };
		if (span.to > foretold->until)
			span.to = foretold->until;
		simulate_run(simulate, &span, policy, on_look, series);
		from = span.to + 1;
	}
}

void foretold_add_template(
	struct foretold *foretold, const struct plan_policy *policy, const PGresult *rows, int row)
{
	struct template template;
	struct policies policies;
	struct simulate simulate;
	usec_t stamp = instant_or(rows, row, FEED_TPL_STAMP, INSTANT_NONE);
	struct series series = { .foretold = foretold,
		.title = row_text(rows, row, FEED_TPL_TITLE),
		.priority = row_text(rows, row, FEED_TPL_PRIORITY) };
	template_row_read(rows, row, FEED_TPL_TEMPLATE, &template);
	if (policies_row_read(rows, row, FEED_TPL_TEMPLATE + TEMPLATE_COLUMNS, &policies))
		template.policies = &policies;
	take_tags(foretold, row_text(rows, row, FEED_TPL_TAGS), &series.event);
	series.event.stamp = is_writable(stamp) ? stamp : foretold->now;
	series.event.foretold = true;
	series.event.completed_at = INSTANT_NONE;
	simulate_begin(&template, false,
		instant_or(rows, row, FEED_TPL_PAUSED_UNTIL, TEMPLATE_NONE), &simulate);
	run(&series, &simulate, policy);
}
