/* Rows that wait; see the header. */
#include "job/waiting.h"

#include <stdlib.h>
#include <string.h>

#include "util/clock.h"
#include "util/log.h"
#include "util/mem.h"

void waiting_clear(struct waiting *waiting)
{
	for (size_t i = 0; i < waiting->n; i++) {
		struct waiting_row *row = &waiting->rows[i];
		free(row->id);
		free(row->user_id);
		free(row->cause);
		free(row->reason);
	}
	free(waiting->rows);
	*waiting = (struct waiting){ 0 };
}

bool waiting_is_elsewhere(const char *cause)
{
	return strncmp(cause, WAITING_ZONE, strlen(WAITING_ZONE)) == 0;
}

static char *cause_of(enum waiting_why why, const struct batch_failure *failure)
{
	if (why == WAITING_HELD)
		return mem_strdup(waiting_why_name(why));
	if (why == WAITING_KILLING)
		return mem_printf("%s%s%s", waiting_why_name(why), *failure->sqlstate ? " " : "",
			failure->sqlstate);
	const char *blank = *failure->sqlstate && *failure->object ? " " : "";
	return mem_printf("%s%s%s", failure->sqlstate, blank, failure->object);
}

void waiting_note(struct waiting *waiting, const char *id, const char *user_id, usec_t at,
	struct row_place place, enum waiting_why why, const struct batch_failure *failure)
{
	if (waiting->n == waiting->size) {
		waiting->size = waiting->size ? waiting->size * 2 : 16;
		waiting->rows = mem_realloc_array(
			waiting->rows, waiting->size, sizeof(*waiting->rows));
	}
	struct waiting_row *row = &waiting->rows[waiting->n++];
	*row = (struct waiting_row){ .id = mem_strdup(id),
		.user_id = user_id ? mem_strdup(user_id) : NULL,
		.at = at,
		.place = place,
		.why = why,
		.cause = cause_of(why, failure),
		.reason = mem_strdup(failure->message) };
	memcpy(row->sqlstate, failure->sqlstate, sizeof(row->sqlstate));
}

size_t waiting_count_refused(const struct waiting *waiting)
{
	size_t n = 0;
	for (size_t i = 0; i < waiting->n; i++)
		n += waiting->rows[i].why != WAITING_HELD;
	return n;
}

/* ---- into the database ---- */

enum text { TEXT_ID, TEXT_USER, TEXT_CAUSE, TEXT_WHY, TEXT_SQLSTATE, TEXT_REASON, TEXTS };

static const char *text_of(const struct waiting_row *row, enum text which)
{
	const char *const texts[] = { [TEXT_ID] = row->id,
		[TEXT_USER] = row->user_id,
		[TEXT_CAUSE] = row->cause,
		[TEXT_WHY] = waiting_why_name(row->why),
		[TEXT_SQLSTATE] = row->sqlstate,
		[TEXT_REASON] = row->reason };
	return texts[which];
}

static void add_texts(const struct waiting *waiting, struct params *params)
{
	const char **texts CLEANUP(mem_cleanup) = mem_alloc_array(waiting->n, sizeof(*texts));
	for (enum text which = 0; which < TEXTS; which++) {
		for (size_t i = 0; i < waiting->n; i++)
			texts[i] = text_of(&waiting->rows[i], which);
		bool stored = which == TEXT_ID || which == TEXT_USER;
		(stored ? params_texts : params_utf8s)(params, texts, waiting->n);
	}
}

static usec_t first_pause(const struct waiting_row *row)
{
	return row->why == WAITING_KILLING ? retry_group_pause(*row->sqlstate != '\0')
					   : retry_pause(row->why, 1, 0);
}

void waiting_add(const struct waiting *waiting, const char *kind, struct conn *conn)
{
	size_t n = waiting->n;
	if (n == 0)
		return;
	usec_t *instants CLEANUP(mem_cleanup) = mem_alloc_array(n, sizeof(*instants));
	struct row_place *places CLEANUP(mem_cleanup) = mem_alloc_array(n, sizeof(*places));
	struct params params CLEANUP(params_free);
	params_init(&params);
	params_text(&params, kind);
	add_texts(waiting, &params);
	for (size_t i = 0; i < n; i++) {
		instants[i] = waiting->rows[i].at;
		places[i] = waiting->rows[i].place;
	}
	params_instants(&params, instants, NULL, n);
	params_places(&params, places, n);
	for (size_t i = 0; i < n; i++)
		instants[i] = first_pause(&waiting->rows[i]);
	params_int8s(&params, instants, n);
	conn_add(conn, QUERY_WAITING_ADD, &params);
}

void waiting_done(const char *kind, const char *const *ids, size_t n, struct conn *conn)
{
	struct params params CLEANUP(params_free);
	params_init(&params);
	params_text(&params, kind);
	params_texts(&params, ids, n);
	conn_add(conn, QUERY_WAITING_DONE, &params);
}

/* ---- into the log ---- */

static const char *event_of(const struct waiting_row *row, bool reminder)
{
	if (reminder)
		return "reminder_refused";
	if (waiting_is_elsewhere(row->cause))
		return "elsewhere";
	return row->why == WAITING_REFUSED ? "refused" : "held";
}

static int priority_of(const struct waiting_row *row)
{
	static const int priorities[] = { [WAITING_HELD] = LOG_NOTICE,
		[WAITING_REFUSED] = LOG_WARNING,
		[WAITING_KILLING] = LOG_ERR };
	if (waiting_is_elsewhere(row->cause))
		return LOG_NOTICE;
	bool as_server = row->why == WAITING_REFUSED &&
			 sqlstate_classify(row->sqlstate) != SQLSTATE_ROW;
	return as_server ? LOG_ERR : priorities[row->why];
}

static void log_row(const struct waiting_row *row, const char *named, bool reminder, int priority)
{
	struct log_line line;
	log_begin(&line, priority, event_of(row, reminder));
	log_stored(&line, named, row->id);
	log_stored(&line, "user", row->user_id);
	log_text(&line, "sqlstate", row->sqlstate);
	log_text(&line, "cause", row->cause);
	log_text(&line, "reason", row->reason);
	log_text(&line, "next", "waits and is tried again, the others go on");
	log_end(&line);
}

void waiting_log(
	const struct waiting *waiting, const char *named, bool reminder, struct tell_rate *rate)
{
	for (size_t i = 0; i < waiting->n; i++) {
		bool told = rate && tell_rate_take(rate, clock_monotonic());
		log_row(&waiting->rows[i], named, reminder,
			told ? priority_of(&waiting->rows[i]) : LOG_DEBUG);
	}
}
