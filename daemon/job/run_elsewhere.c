/* Rows whose time zone this machine lacks: others are asked whether they have it. */
#include <stdio.h>
#include <stdlib.h>

#include "db/rows.h"
#include "job/run_private.h"
#include "job/zones.h"
#include "recur/zone_lacks.h"
#include "util/mem.h"

static void wait_elsewhere(
	struct run *run, const struct run_row *row, const char *zone, const char *reason)
{
	struct batch_failure failure = { 0 };
	snprintf(failure.message, sizeof(failure.message), "%s", reason);
	snprintf(failure.object, sizeof(failure.object), WAITING_ZONE "%s", zone);
	waiting_note(&run->waiting, row->id, row->user_id, row->at, row->place, WAITING_REFUSED,
		&failure);
	run->elsewhere_n++;
}

static void put_off(struct run *run, int number)
{
	if (!run->undecided)
		run->undecided = mem_alloc_array(run->claimed_n, sizeof(*run->undecided));
	run->undecided[run->undecided_n++] = number;
}

void run_postpone(struct run *run, int number, const struct run_row *row, const char *reason)
{
	const char *zone = zone_lacks_met();
	if (!zone)
		run_wait(run, row, reason);
	else if (zone_lacks_is_unasked(zone))
		put_off(run, number);
	else
		wait_elsewhere(run, row, zone, reason);
}

static void judge(const PGresult *known)
{
	const char *names[ZONE_LACKS_MAX];
	for (int row = 0; row < PQntuples(known); row++)
		zonewatch_judge(row_text(known, row, 0), true);
	size_t n = zone_lacks_unasked(names, ARRAY_LEN(names));
	for (size_t i = 0; i < n; i++)
		zonewatch_judge(names[i], false);
}

/* What is put off again, because there was no room for its name, is left to the next batch. */
static void on_known(void *job, const struct reply *reply)
{
	struct run *run = job;
	size_t n = run->undecided_n;
	judge(reply->results[0]);
	run->undecided_n = 0;
	for (size_t i = 0; i < n; i++)
		run->ops->plan(run, run->undecided[i]);
	run->ops->planned(run);
}

bool run_asks_others(struct run *run)
{
	if (run->undecided_n == 0)
		return false;
	const char *names[ZONE_LACKS_MAX];
	struct params params CLEANUP(params_free);
	params_init(&params);
	params_texts(&params, names, zone_lacks_unasked(names, ARRAY_LEN(names)));
	conn_add(run->batch.conn, QUERY_ZONES_KNOWN, &params);
	batch_fly(&run->batch, on_known);
	return true;
}
