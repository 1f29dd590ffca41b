/* Causes and their rows; see the header. */
#include "job/retry.h"

#include <stdlib.h>
#include <string.h>

#include "db/rows.h"
#include "job/waiting.h"
#include "util/clock.h"
#include "util/mem.h"

#define PROBED_IN \
	16 /* attempts in which all rows of a cause had their turn, of those that are counted */

void retry_clear(struct retry *retry)
{
	free(retry->cause);
	free(retry->after);
	PQclear(retry->chosen);
	*retry = (struct retry){ 0 };
}

void retry_add_pick(struct retry *retry, const char *kind, struct conn *conn)
{
	struct params params CLEANUP(params_free);
	params_init(&params);
	params_text(&params, kind);
	conn_add(conn, QUERY_RETRY_PICK, &params);
	retry->kind = kind;
	retry->began = clock_monotonic();
}

bool retry_take_pick(struct retry *retry, const PGresult *result)
{
	if (PQntuples(result) == 0 || !waiting_why_parse(row_text(result, 0, 1), &retry->why))
		return false;
	retry->cause = mem_strdup(row_text(result, 0, 0));
	retry->tries = row_int4(result, 0, 2);
	retry->after = mem_strdup(row_text(result, 0, 3));
	retry->count = (size_t)row_int8(result, 0, 4);
	return true;
}

static size_t rows_wanted(const struct retry *retry, size_t full)
{
	size_t rows = retry_rows(retry->why, retry->tries, full);
	bool probing = retry->why == WAITING_REFUSED && rows < full;
	size_t share = retry->count / PROBED_IN < full ? retry->count / PROBED_IN : full;
	return probing && share > rows ? share : rows;
}

void retry_add_choose(struct retry *retry, size_t full, struct conn *conn)
{
	static const enum query_id queries[] = { [WAITING_HELD] = QUERY_RETRY_CHOOSE_HELD,
		[WAITING_REFUSED] = QUERY_RETRY_CHOOSE,
		[WAITING_KILLING] = QUERY_RETRY_CHOOSE_KILLING };
	struct params params CLEANUP(params_free);
	params_init(&params);
	params_text(&params, retry->kind);
	if (retry->why != WAITING_HELD)
		params_text(&params, retry->cause);
	retry->limit = retry->why == WAITING_KILLING ? HUNT_SUSPECTS : rows_wanted(retry, full);
	params_int8(&params, (int64_t)retry->limit);
	if (retry->why == WAITING_HELD)
		params_text(&params, retry->after);
	if (retry->why == WAITING_KILLING)
		params_int4(&params, HUNT_PROVEN);
	conn_add(conn, queries[retry->why], &params);
}

void retry_take_choose(struct retry *retry, const struct reply *reply, int result)
{
	retry->chosen = reply_take(reply, result);
	if (retry->why == WAITING_KILLING && retry_chosen(retry) > 0)
		retry->tries = row_int4(retry->chosen, 0, 1);
}

size_t retry_chosen(const struct retry *retry)
{
	return (size_t)PQntuples(retry->chosen);
}

const char *retry_id(const struct retry *retry, size_t i)
{
	return row_text(retry->chosen, (int)i, 0);
}

static void add_end(
	const struct retry *retry, int tries, usec_t pause, const char *after, struct conn *conn)
{
	struct params params CLEANUP(params_free);
	params_init(&params);
	params_text(&params, retry->kind);
	params_text(&params, retry->cause);
	params_int4(&params, tries);
	params_int8(&params, pause);
	params_text(&params, after);
	conn_add(conn, QUERY_RETRY_END, &params);
}

void retry_add_passed(const struct retry *retry, const char *const *ids, struct conn *conn)
{
	struct params params CLEANUP(params_free);
	params_init(&params);
	params_text(&params, retry->kind);
	params_texts(&params, ids, retry_chosen(retry));
	conn_add(conn, QUERY_RETRY_PASSED, &params);
}

/* Proven ones are chosen when there are no others: then the pause is theirs. */
void retry_add_count(const struct retry *retry, struct conn *conn)
{
	int tries = retry->tries + 1;
	bool lives = strcmp(retry->cause, waiting_why_name(WAITING_KILLING)) !=
		     0; /* with an SQLSTATE */
	add_end(retry, tries,
		retry->tries < HUNT_PROVEN ? retry_group_pause(lives)
					   : retry_pause(WAITING_KILLING, tries, 0),
		"", conn);
}

/* Of those that are held: what follows at once, and when the next pass begins. */
static void add_end_of_held(
	const struct retry *retry, bool worked, const char *last, struct conn *conn)
{
	usec_t took = clock_monotonic() - retry->began;
	bool more = last || retry_chosen(retry) == retry->limit;
	if (more && !last)
		last = retry_id(retry, retry_chosen(retry) - 1);
	int tries = worked ? 1 : retry->tries + !more;
	usec_t pause = retry_pause(WAITING_HELD, more ? 1 : tries, took);
	add_end(retry, tries, more && worked ? 0 : pause, more ? last : "", conn);
}

#define ELSEWHERE_TRIES 4 /* whoever tries next may have what the last one lacked */

void retry_add_end(
	const struct retry *retry, bool worked, bool forgot, const char *last, struct conn *conn)
{
	usec_t took = clock_monotonic() - retry->began;
	int tries = worked ? 0 : retry->tries + !forgot;
	if (waiting_is_elsewhere(retry->cause) && tries > ELSEWHERE_TRIES)
		tries = ELSEWHERE_TRIES;
	if (retry->why == WAITING_HELD)
		add_end_of_held(retry, worked || forgot, last, conn);
	else
		add_end(retry, tries, worked || forgot ? 0 : retry_pause(retry->why, tries, took),
			"", conn);
}
