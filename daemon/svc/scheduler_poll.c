/* The poll: where it looks, and what its answer means for the agenda. */
#include <string.h>

#include "db/rows.h"
#include "job/settings.h"
#include "svc/scheduler_private.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/timefmt.h"

#define FAILED_FIRST (100 * USEC_PER_MSEC)
#define FAILED_LIMIT (30 * USEC_PER_SEC)

/* Columns of poll.sql. */
enum { COLUMN_KIND, COLUMN_DUE, COLUMN_NEXT, COLUMN_COST };

struct job_order scheduler_poll_order(struct scheduler *s)
{
	s->polled_full = s->shared.once || lowwater_full(&s->lowwater, clock_monotonic());
	s->stale = false;
	return (struct job_order){ .from = lowwater_from(
					   &s->lowwater, LOWWATER_REMIND, s->polled_full),
		.from_generate = lowwater_from(&s->lowwater, LOWWATER_GENERATE, s->polled_full),
		.from_reminders = lowwater_from(&s->lowwater, LOWWATER_REMINDERS, s->polled_full) };
}

static usec_t instant_or_never(const PGresult *result, int row, int column)
{
	return row_is_null(result, row, column) ? AGENDA_NEVER : row_instant(result, row, column);
}

static usec_t ahead(usec_t at, usec_t now, usec_t sent_at)
{
	/* Far instants, infinity among them, are none of this worker's business and must not overflow. */
	if (at == AGENDA_NEVER || at > now + 1000000 * USEC_PER_SEC)
		return AGENDA_NEVER;
	return sent_at + (at - now);
}

static void see(struct scheduler *s, const struct job *job, struct agenda_seen seen)
{
	static const char *const names[] = { [LOWWATER_REMIND] = "remind",
		[LOWWATER_GENERATE] = "generate",
		[LOWWATER_REMINDERS] = "reminders" };
	bool due = seen.oldest != AGENDA_NEVER;
	/* Of what says -infinity (another zone) it is not known since when. */
	bool known = due && seen.oldest != USEC_MINUS_INFINITY;
	s->lag[job_number(job)] = known ? seen.now - seen.oldest : 0;
	for (enum lowwater_kind kind = 0; kind < LOWWATER_KINDS; kind++) {
		if (strcmp(job->name, names[kind]) == 0)
			lowwater_clean(&s->lowwater, kind, due ? seen.oldest : seen.now);
	}
	agenda_see(&s->agenda, job_number(job), &seen);
}

static int row_of(const PGresult *result, const char *name)
{
	int row = PQntuples(result) - 1;
	while (row >= 0 && strcmp(row_text(result, row, COLUMN_KIND), name) != 0)
		row--;
	return row;
}

static void note_waiting(struct scheduler *s, const struct job *job, bool waiting, bool refused)
{
	struct hunt *hunt = &job_trouble(&s->shared, job)->hunt;
	hunt->waiting = waiting;
	hunt->refused = refused;
}

static void take_job(struct scheduler *s, const struct job *job, const PGresult *result, usec_t now,
	usec_t sent_at)
{
	int row = row_of(result, job->name);
	struct agenda_seen seen = { now, AGENDA_NEVER, AGENDA_NEVER, AGENDA_NEVER };
	if (job->retries)
		note_waiting(s, job, row >= 0, row >= 0 && row_int8(result, row, COLUMN_COST) > 0);
	if (row >= 0) {
		seen.oldest = instant_or_never(result, row, COLUMN_DUE);
		seen.next = instant_or_never(result, row, COLUMN_NEXT);
		seen.next_at = ahead(seen.next, now, sent_at);
		if (job->retries && s->shared.tally_at == INT64_MAX)
			s->shared.tally_at = clock_monotonic() + USEC_PER_SEC;
	}
	see(s, job, seen);
}

static void look_at_settings(struct scheduler *s, const PGresult *result)
{
	int row = row_of(result, "settings");
	if (row >= 0 && row_int8(result, row, COLUMN_COST) != s->shared.settings->version)
		settings_outdate(&s->shared);
}

static void take_poll(struct scheduler *s, const PGresult *result, usec_t now, usec_t sent_at)
{
	for (size_t i = 0; i < jobs_len; i++) {
		if (jobs[i]->when == JOB_POLLED)
			take_job(s, jobs[i], result, now, sent_at);
	}
	look_at_settings(s, result);
	usec_t monotonic = clock_monotonic();
	if (!s->shared.spans.history)
		s->shared.spans.history = now;
	s->answered_at = monotonic;
	lowwater_polled(&s->lowwater, s->polled_full, monotonic,
		row_int8(result, PQntuples(result) - 1, COLUMN_COST));
	s->poll_pause = 0;
	s->shared.poll_at = monotonic + s->conf->poll_interval;
}

void scheduler_log_waiting(const char *kind, const struct batch_failure *failure)
{
	struct log_line line;
	log_begin(&line, LOG_WARNING, "waiting");
	log_text(&line, "kind", kind);
	log_text(&line, "sqlstate", failure->sqlstate);
	log_text(&line, "statement", failure->statement);
	log_text(&line, "reason", failure->message);
	log_text(&line, "next", "tried again until it works");
	log_end(&line);
}

/* A lock in the way is waited for at the pace of polls and told once; anything else is an error. */
static void poll_failed(struct scheduler *s, const struct job_report *report)
{
	bool conflict = report->outcome == BATCH_CONFLICT;
	usec_t limit = conflict ? s->conf->poll_interval : FAILED_LIMIT;
	bool first = s->poll_pause == 0;
	s->poll_pause = first ? FAILED_FIRST : s->poll_pause * 2;
	if (s->poll_pause > limit)
		s->poll_pause = limit;
	s->shared.poll_at = clock_monotonic() + s->poll_pause;
	if (!conflict)
		batch_log_failure("poll", &report->failure, s->poll_pause);
	else if (first)
		scheduler_log_waiting("poll", &report->failure);
	s->failed = true;
	agenda_forget(&s->agenda);
	lowwater_reset(&s->lowwater);
}

void scheduler_polled(struct scheduler *s, struct lane *lane, const struct lane_report *report)
{
	const PGresult *result = report->run.polled;
	usec_t now;
	if (result && !row_clock(result, PQntuples(result) - 1, COLUMN_DUE, &now)) {
		scheduler_give_up(s, lane, CLOCK_COMPLAINT);
		return;
	}
	if (result && now < lane->fit.live_since) { /* session_first.sql mends it */
		scheduler_give_up(s, lane, "recurd.now() stands before live_since");
		return;
	}
	if (result)
		take_poll(s, result, now, conn_sent_at(lane->conn));
	else
		poll_failed(s, &report->run);
	s->agenda.polled = !s->stale;
	s->agenda.polled_at = conn_sent_at(lane->conn);
	if (s->stale)
		s->shared.poll_at = 0;
	scheduler_turn(s);
}
