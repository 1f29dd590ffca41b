/* Rows of results; see the header. */
#include "look/rows_read.h"

#include <string.h>

#include "db/rows.h"
#include "util/mem.h"

static usec_t instant(const PGresult *result, int row, int column)
{
	return row_is_null(result, row, column) ? INSTANT_NONE : row_instant(result, row, column);
}

static usec_t wall(const PGresult *result, int row, int column)
{
	return row_is_null(result, row, column) ? INSTANT_NONE : row_wall_us(result, row, column);
}

static bool is_capped(const char *list, const char *name)
{
	return list && strstr(list, name) != NULL;
}

bool read_figures(
	const PGresult *result, struct texts *texts, struct figures *ret_figures, usec_t *ret_now)
{
	if (PQntuples(result) != 1 || !row_clock(result, 0, 0, ret_now))
		return false;
	const char *capped = row_text(result, 0, 14);
	*ret_figures = (struct figures){
		.due_templates = row_int8(result, 0, 4),
		.lag_templates = row_int8(result, 0, 5),
		.next_due_at = instant(result, 0, 6),
		.due_reminders = row_int8(result, 0, 7),
		.lag_reminders = row_int8(result, 0, 8),
		.next_remind_at = instant(result, 0, 9),
		.alive = row_int8(result, 0, 10),
		.last_seen = instant(result, 0, 11),
		.quarantined = row_int8(result, 0, 12),
		.told = row_int8(result, 0, 13),
		.due_capped = row_int8(result, 0, 4) >= 1000 || row_int8(result, 0, 7) >= 1000,
		.quarantined_capped = is_capped(capped, "templates_quarantined"),
		.told_capped = is_capped(capped, "notifications_last_hour"),
		.waits = texts_cell(texts, result, 0, 15),
	};
	return true;
}

void read_minutes(const PGresult *result, struct minute minutes[static 2 * NOW_MINUTES])
{
	memset(minutes, 0, 2 * NOW_MINUTES * sizeof(*minutes));
	for (int row = 0; row < PQntuples(result); row++) {
		int at = row_int4(result, row, 0) + NOW_MINUTES;
		if (at >= 0 && at < 2 * NOW_MINUTES)
			minutes[at] = (struct minute){ row_int8(result, row, 1),
				row_int8(result, row, 2), row_int8(result, row, 3) };
	}
}

struct upcoming_row *read_upcoming(
	const PGresult *result, struct texts *texts, bool titles, size_t *ret_n)
{
	size_t n = (size_t)PQntuples(result);
	struct upcoming_row *rows = mem_alloc_array(n + 1, sizeof(*rows));
	for (int i = 0; i < (int)n; i++)
		rows[i] = (struct upcoming_row){ .at = row_instant(result, i, 0),
			.reminder = strcmp(row_text(result, i, 1), "reminder") == 0,
			.user = texts_cell(texts, result, i, 2),
			.template = texts_cell(texts, result, i, 3),
			.task = texts_cell(texts, result, i, 4),
			.title = titles ? texts_cell(texts, result, i, 5) : NULL,
			.rule = texts_cell(texts, result, i, 6),
			.starts = wall(result, i, 7) };
	*ret_n = n;
	return rows;
}

struct quarantine_row *read_quarantine(
	const PGresult *result, struct texts *texts, bool titles, size_t *ret_n)
{
	size_t n = (size_t)PQntuples(result);
	struct quarantine_row *rows = mem_alloc_array(n + 1, sizeof(*rows));
	for (int i = 0; i < (int)n; i++)
		rows[i] = (struct quarantine_row){ .template = texts_cell(
							   texts, result, i, TEMPLATE_FIRST),
			.user = texts_cell(texts, result, i, TEMPLATE_FIRST + 1),
			.title = titles ? texts_cell(texts, result, i, TEMPLATE_TITLE) : NULL,
			.rule = texts_cell(texts, result, i, TEMPLATE_FIRST + 2),
			.failure = texts_cell(texts, result, i, TEMPLATE_FAILURE),
			.zone = texts_cell(texts, result, i, TEMPLATE_ZONE),
			.failed_at = instant(result, i, TEMPLATE_FAILED_AT),
			.due_at = instant(result, i, TEMPLATE_FIRST + 3),
			.starts = wall(result, i, TEMPLATE_FIRST + 4) };
	*ret_n = n;
	return rows;
}

struct decision_row *read_decisions(const PGresult *result, struct texts *texts, size_t *ret_n)
{
	size_t n = (size_t)PQntuples(result);
	struct decision_row *rows = mem_alloc_array(n + 1, sizeof(*rows));
	for (int i = 0; i < (int)n; i++)
		rows[i] = (struct decision_row){ .at = instant(result, i, 1),
			.kind = texts_cell(texts, result, i, 2),
			.template = texts_cell(texts, result, i, 3),
			.first = instant(result, i, 4),
			.last = instant(result, i, 5),
			.n = row_int8(result, i, 6),
			.detail = texts_cell(texts, result, i, 7),
			.by = texts_cell(texts, result, i, 8) };
	*ret_n = n;
	return rows;
}
