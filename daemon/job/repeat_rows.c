/* Completed tasks on their way to the server and into the log; see the header. */
#include "job/repeat_rows.h"

#include <stdlib.h>

#include "job/events.h"
#include "job/kinds.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/mem.h"

void repeat_rows_add(struct repeat_rows *rows, const struct repeat_row *row)
{
	if (rows->n == rows->size) {
		rows->size = rows->size ? rows->size * 2 : 64;
		rows->rows = mem_realloc_array(rows->rows, rows->size, sizeof(*rows->rows));
	}
	rows->rows[rows->n++] = *row;
}

void repeat_rows_clear(struct repeat_rows *rows)
{
	for (size_t i = 0; i < rows->n; i++)
		successor_finish(&rows->rows[i].successor);
	free(rows->rows);
	*rows = (struct repeat_rows){ 0 };
}

size_t repeat_rows_count(const struct repeat_rows *rows, enum repeat_fate fate)
{
	size_t n = 0;
	for (size_t i = 0; i < rows->n; i++)
		n += rows->rows[i].written && rows->rows[i].fate == fate;
	return n;
}

/* ---- parameters ---- */

/* Those of a stretch that have one fate, and room for what is told of them. */
struct some {
	const struct repeat_row **rows;
	size_t n;
	const char **texts;
	usec_t *instants;
	bool *present;
	struct row_place *places;
};

static void pick(const struct repeat_row *rows, size_t n, unsigned fates, struct some *some)
{
	*some = (struct some){ .rows = mem_alloc_array(n, sizeof(*some->rows)),
		.texts = mem_alloc_array(n, sizeof(*some->texts)),
		.instants = mem_alloc_array(n, sizeof(*some->instants)),
		.present = mem_alloc_array(n, sizeof(*some->present)),
		.places = mem_alloc_array(n, sizeof(*some->places)) };
	for (size_t i = 0; i < n; i++) {
		if (fates >> rows[i].fate & 1)
			some->rows[some->n++] = &rows[i];
	}
}

static void drop(struct some *some)
{
	free(some->rows);
	free(some->texts);
	free(some->instants);
	free(some->present);
	free(some->places);
}

static void add_ids(const struct some *some, struct params *params)
{
	for (size_t i = 0; i < some->n; i++)
		some->texts[i] = some->rows[i]->id;
	params_texts(params, some->texts, some->n);
}

/* One instant of each successor, at that offset. */
static void add_instants(const struct some *some, size_t offset, struct params *params)
{
	for (size_t i = 0; i < some->n; i++) {
		const char *successor = (const char *)&some->rows[i]->successor;
		some->instants[i] = *(const usec_t *)(const void *)(successor + offset);
		some->present[i] = some->instants[i] != TEMPLATE_NONE;
	}
	params_instants(params, some->instants, some->present, some->n);
}

static void add_anchors(const struct some *some, struct params *params)
{
	for (size_t i = 0; i < some->n; i++) {
		some->instants[i] = template_wall_us(some->rows[i]->successor.starts_local, 0);
		some->texts[i] = some->rows[i]->successor.starts_zone;
	}
	params_walls_us(params, some->instants, NULL, some->n);
	params_texts(params, some->texts, some->n);
}

static void add_successors(const struct some *some, struct params *params)
{
	add_ids(some, params);
	for (size_t i = 0; i < some->n; i++)
		some->places[i] = some->rows[i]->place;
	params_places(params, some->places, some->n);
	for (size_t i = 0; i < some->n; i++)
		some->texts[i] = some->rows[i]->successor_id;
	params_texts(params, some->texts, some->n);
	add_instants(some, offsetof(struct successor, due_at), params);
	add_instants(some, offsetof(struct successor, remind_at), params);
	add_instants(some, offsetof(struct successor, reminded_at), params);
	for (size_t i = 0; i < some->n; i++)
		some->texts[i] = some->rows[i]->successor.rule;
	params_utf8s(params, some->texts, some->n);
	add_anchors(some, params);
}

static void add_failures(const struct some *some, struct params *params)
{
	add_ids(some, params);
	for (size_t i = 0; i < some->n; i++)
		some->texts[i] = some->rows[i]->successor.failure.text;
	params_utf8s(params, some->texts, some->n);
}

static const char *event_of(const struct repeat_row *row)
{
	return row->fate == REPEAT_QUARANTINED ? "quarantined" : "ended";
}

static const char *detail_of(const struct repeat_row *row)
{
	return row->fate == REPEAT_QUARANTINED ? row->successor.failure.text : NULL;
}

static void add_decisions(const struct some *some, struct params *params)
{
	add_ids(some, params);
	for (size_t i = 0; i < some->n; i++)
		some->texts[i] = event_of(some->rows[i]);
	params_texts(params, some->texts, some->n);
	for (size_t i = 0; i < some->n; i++)
		some->instants[i] = some->rows[i]->completed_at;
	params_instants(params, some->instants, NULL, some->n);
	for (size_t i = 0; i < some->n; i++)
		some->texts[i] = detail_of(some->rows[i]);
	params_utf8s(params, some->texts, some->n);
}

#define DECIDED (1u << REPEAT_QUARANTINED | 1u << REPEAT_ENDED)

void repeat_rows_params(const struct repeat_rows *rows, size_t from, size_t n, const char *kind,
	struct params *params)
{
	static const struct {
		unsigned fates;
		void (*add)(const struct some *some, struct params *params);
	} parts[] = {
		{ 1u << REPEAT_FOLLOWED, add_successors },
		{ 1u << REPEAT_FOLLOWED | 1u << REPEAT_ENDED | 1u << REPEAT_OVER, add_ids },
		{ 1u << REPEAT_REOPENED, add_ids },
		{ 1u << REPEAT_QUARANTINED, add_failures },
		{ DECIDED, add_decisions },
	};
	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		struct some some;
		pick(rows->rows + from, n, parts[i].fates, &some);
		parts[i].add(&some, params);
		drop(&some);
		if (i == 0)
			params_text(params, kind);
	}
}

bool repeat_rows_before(const struct repeat_rows *rows, usec_t keys_from)
{
	for (size_t i = 0; i < rows->n; i++) {
		const struct repeat_row *row = &rows->rows[i];
		if (row->fate == REPEAT_FOLLOWED && row->successor.due_at < keys_from)
			return true;
	}
	return false;
}

size_t repeat_rows_decisions(const struct repeat_rows *rows, size_t from, size_t n)
{
	size_t all = 0;
	for (size_t i = from; i < from + n; i++)
		all += DECIDED >> rows->rows[i].fate & 1;
	return all;
}

/* ---- log lines ---- */

static void log_successor(const struct repeat_row *row, usec_t clock, usec_t keys_from)
{
	struct event event;
	event_make(&kind_task_created, row->successor_id, row->successor.due_at, keys_from, &event);
	struct log_line line;
	log_begin(&line, kind_task_created.priority, "repeated");
	log_text(&line, "task", row->successor_id);
	log_stored(&line, "repeat_of", row->id);
	log_stored(&line, "user", row->user_id);
	log_instant(&line, "due", row->successor.due_at);
	log_instant(&line, "completed", row->completed_at);
	log_int(&line, "late_ms", (clock - row->completed_at) / USEC_PER_MSEC);
	log_text(&line, "key", event.key);
	log_end(&line);
}

static void log_decided(const struct repeat_row *row)
{
	struct log_line line;
	log_begin(&line, row->fate == REPEAT_QUARANTINED ? LOG_WARNING : LOG_NOTICE, event_of(row));
	log_stored(&line, "task", row->id);
	log_stored(&line, "user", row->user_id);
	log_instant(&line, "completed", row->completed_at);
	log_text(&line, "reason", detail_of(row));
	log_end(&line);
}

static void log_row(const struct repeat_row *row, usec_t clock, usec_t keys_from)
{
	if (row->fate == REPEAT_FOLLOWED)
		log_successor(row, clock, keys_from);
	else
		log_decided(row);
}

size_t repeat_rows_log(const struct repeat_rows *rows, usec_t clock, usec_t keys_from,
	struct tell_rate *rate, struct tell_hint *hint)
{
	size_t silent = 0;
	for (size_t i = 0; i < rows->n; i++) {
		const struct repeat_row *row = &rows->rows[i];
		if (!row->written || row->fate == REPEAT_OVER || row->fate == REPEAT_REOPENED)
			continue;
		if (row->fate == REPEAT_FOLLOWED)
			tell_hint_add(hint, row->successor_id);
		if (tell_rate_take(rate, clock_monotonic()))
			log_row(row, clock, keys_from);
		else
			silent++;
	}
	return silent;
}
