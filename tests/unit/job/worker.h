/* A worker over the simulated server: the real agenda, jobs and lowwater; what the scheduler and its lanes do
 * with them (svc/scheduler.c, svc/scheduler_poll.c) in short. */
#pragma once

#include "job/beat.h"
#include "job/run.h"
#include "job/server_statements.h"
#include "job/zones.h"
#include "svc/agenda.h"
#include "svc/lowwater.h"

#define VAIN_FIRST      (20 * MS)
#define FAILED_FIRST    (100 * MS)
#define FAILED_LIMIT    (30 * SEC)
#define POLL_INTERVAL   (5 * SEC)
#define POLL_IN_BACKLOG (500 * MS)
#define POLL_COST       (1 * MS)
#define RECONNECT       (50 * MS)
#define BATCH_SIZE      1000

enum lane_is { IDLE, FLYING, DOING, OFFLINE };

struct lane {
	enum lane_is is;
	struct conn *conn;
	const struct job *job;
	struct job_order order;
	void *run;
	usec_t began, until; /* DOING: its end; OFFLINE: the new session */
	/* A poll's answer. */
	usec_t sent_at, oldest, next, retry_at, cost;
	bool full;
};

static struct {
	struct agenda agenda;
	struct job_shared shared;
	struct heartbeat heartbeat;
	struct lowwater lowwater;
	struct conf conf;
	struct lane lanes[LANES_MAX];
	size_t lanes_n;
	bool stale;
} worker;

static void outdate(void)
{
	worker.agenda.polled = false;
	worker.stale = true;
	worker.shared.poll_at = 0;
}

static void worker_start(size_t lanes)
{
	memset(&worker, 0, sizeof(worker));
	worker.conf = (struct conf){ .batch_size = BATCH_SIZE,
		.statement_timeout = 30 * SEC,
		.poll_interval = POLL_INTERVAL };
	worker.lanes_n = lanes;
	for (size_t i = 0; i < lanes; i++)
		worker.lanes[i].conn = &server.conns[i];
	agenda_reset(&worker.agenda);
	worker.agenda.items[job_number(&job_zones)].under_way = 1; /* nobody asks for them */
	worker.shared.heartbeat = &worker.heartbeat;
	worker.shared.zonewatch = zonewatch_create();
	worker.shared.settings = settings_create();
	worker.shared.settings->notification_retention = 0;
	worker.shared.settings->audit_retention = 0;
	worker.shared.settings->version = server.settings_version;
	worker.shared.settled = true;
	worker.heartbeat.due_at = worker.shared.tally_at = INT64_MAX;
	outdate();
}

/* As a process that is killed: what is under way ends with its session. */
static void worker_stop(void)
{
	for (size_t i = 0; i < worker.lanes_n; i++) {
		struct lane *lane = &worker.lanes[i];
		if (lane->run)
			lane->job->destroy(lane->run);
		forget(lane->conn);
		flight_clear(lane->conn);
	}
	job_shared_finish(&worker.shared);
	zonewatch_destroy(worker.shared.zonewatch);
}

/* ---- the poll ---- */

static void poll_start(struct lane *lane)
{
	lane->full = lowwater_full(&worker.lowwater, server.now);
	usec_t from = lowwater_from(&worker.lowwater, LOWWATER_REMIND, lane->full);
	int start = lower_bound(from < DATABASE - 1000000 * SEC ? from : from - DATABASE);
	int open = next_open(start), ahead = lower_bound(server.now + 1);
	while (ahead < server.n && server.rows[ahead].done)
		ahead++;
	bool due = open < server.n && server.rows[open].at <= server.now;
	lane->sent_at = server.now;
	lane->oldest = due ? server.rows[open].at + DATABASE : AGENDA_NEVER;
	lane->next = ahead < server.n ? server.rows[ahead].at + DATABASE : AGENDA_NEVER;
	lane->retry_at = AGENDA_NEVER;
	for (int i = 0; i < server.causes_n; i++) {
		const struct cause *cause = &server.causes[i];
		if (cause->exists && cause->next_try_at < lane->retry_at)
			lane->retry_at = cause->next_try_at;
	}
	int end = due ? open : lower_bound(server.now + 1);
	lane->cost = (end > start ? end - start : 0) * COST_PASSED;
	lane->until = server.now + POLL_COST + lane->cost;
	worker.stale = false;
}

static void see_remind(const struct lane *lane)
{
	usec_t now = lane->sent_at + DATABASE;
	struct agenda_seen seen = { now, lane->oldest, lane->next, lane->next };
	if (lane->next != AGENDA_NEVER)
		seen.next_at = lane->next - DATABASE;
	lowwater_clean(&worker.lowwater, LOWWATER_REMIND,
		lane->oldest != AGENDA_NEVER ? lane->oldest : now);
	agenda_see(&worker.agenda, job_number(job_find("remind")), &seen);
}

static void see_retry(const struct lane *lane)
{
	const struct job *retry = job_find("retry remind");
	usec_t at = lane->retry_at;
	bool any = at != AGENDA_NEVER, due = any && at <= lane->sent_at;
	struct agenda_seen seen = { lane->sent_at + DATABASE, due ? at + DATABASE : AGENDA_NEVER,
		any && !due ? at + DATABASE : AGENDA_NEVER, any && !due ? at : AGENDA_NEVER };
	job_trouble(&worker.shared, retry)->hunt.waiting = any;
	if (any && worker.shared.tally_at == INT64_MAX)
		worker.shared.tally_at = server.now + SEC;
	agenda_see(&worker.agenda, job_number(retry), &seen);
}

static void poll_end(struct lane *lane)
{
	see_remind(lane);
	see_retry(lane);
	lowwater_polled(&worker.lowwater, lane->full, server.now, lane->cost);
	worker.shared.poll_at = worker.stale ? 0 : server.now + POLL_INTERVAL;
	worker.agenda.polled = !worker.stale;
	worker.agenda.polled_at = lane->sent_at;
}

/* ---- runs ---- */

static void take_failure(const struct lane *lane, const struct job_report *report)
{
	bool failed = report->outcome == BATCH_FAILED;
	if (!report->again)
		agenda_in_vain(&worker.agenda, lane->job, server.now,
			failed ? FAILED_FIRST : VAIN_FIRST, failed ? FAILED_LIMIT : POLL_INTERVAL);
}

static void take_outcome(const struct lane *lane, const struct job_report *report)
{
	const struct job_order *order = &lane->order;
	switch (report->outcome) {
	case BATCH_COMMITTED:
		agenda_served(&worker.agenda, lane->job, order, report->full);
		break;
	case BATCH_NOTHING:
		if (!order->foreseen && !order->fresh && !order->presumed)
			agenda_in_vain(
				&worker.agenda, lane->job, server.now, VAIN_FIRST, POLL_INTERVAL);
		break;
	case BATCH_CONFLICT:
	case BATCH_ROW:
	case BATCH_FAILED:
		take_failure(lane, report);
		break;
	case BATCH_OUTDATED: /* as if job/settings.c had read them anew */
		worker.shared.settings->version = server.settings_version;
		agenda_in_vain(&worker.agenda, lane->job, server.now, VAIN_FIRST, POLL_INTERVAL);
		break;
	case BATCH_LOST:
		break;
	}
}

static void go_offline(struct lane *lane)
{
	bool up = false;
	lane->is = OFFLINE;
	lane->until = server.now + RECONNECT;
	for (size_t i = 0; i < worker.lanes_n; i++)
		up = up || worker.lanes[i].is != OFFLINE;
	if (!up)
		agenda_forget(&worker.agenda);
}

static void on_done(void *arg, const struct job_report *report)
{
	struct lane *lane = arg;
	lane->is = IDLE;
	agenda_ended(&worker.agenda, lane->job, server.now - lane->began);
	if (!report->alone || !agenda_goes_on(&worker.agenda, lane->job, &lane->order,
				      report->through, server.now, POLL_IN_BACKLOG))
		outdate();
	take_outcome(lane, report);
	if (report->outcome == BATCH_LOST)
		go_offline(lane);
	lane->job->destroy(lane->run);
	lane->run = NULL;
}

static void lane_start(struct lane *lane, const struct job *job)
{
	struct job_site site = { .conn = lane->conn,
		.conf = &worker.conf,
		.settings = worker.shared.settings,
		.live_since = LIVE_SINCE,
		.shared = &worker.shared };
	lane->job = job;
	lane->order = agenda_start(&worker.agenda, job, server.now);
	lane->began = server.now;
	lane->is = DOING;
	if (job->rank == JOB_POLL) {
		poll_start(lane);
	} else if (strcmp(job->name, "tally") == 0) {
		lane->until = server.now + 10 * MS;
	} else {
		lane->is = FLYING;
		lane->run = job->start(job, &site, &lane->order, on_done, lane);
	}
}

static void tally_end(void)
{
	bool left = false;
	server_tally();
	for (int i = 0; i < server.causes_n; i++)
		left = left || server.causes[i].exists;
	worker.shared.tally_at = left ? server.now + 10 * SEC : INT64_MAX;
	outdate();
}

/* ---- time ---- */

static usec_t ends_at(const struct lane *lane)
{
	if (lane->is == IDLE)
		return INT64_MAX;
	return lane->is == FLYING ? lane->conn->home_at : lane->until;
}

static void lane_event(struct lane *lane)
{
	enum lane_is was = lane->is;
	if (was == FLYING) {
		conn_land(lane->conn);
		return;
	}
	lane->is = IDLE;
	if (was == OFFLINE) {
		outdate();
		return;
	}
	agenda_ended(&worker.agenda, lane->job, server.now - lane->began);
	if (lane->job->rank == JOB_POLL)
		poll_end(lane);
	else
		tally_end();
}

/* Everybody who is idle gets something to do. */
static bool assign(void)
{
	bool idle = false;
	for (size_t i = 0; i < worker.lanes_n; i++) {
		if (worker.lanes[i].is != IDLE)
			continue;
		const struct job *job = next_job(&worker.agenda, &worker.shared, server.now);
		if (job)
			lane_start(&worker.lanes[i], job);
		idle = idle || !job;
	}
	return idle;
}

static void work(usec_t until)
{
	while (server.now < until) {
		struct lane *next = &worker.lanes[0];
		bool idle = assign();
		for (size_t i = 1; i < worker.lanes_n; i++) {
			if (ends_at(&worker.lanes[i]) < ends_at(next))
				next = &worker.lanes[i];
		}
		usec_t at = ends_at(next);
		usec_t wake = idle ? agenda_next(&worker.agenda, &worker.shared, server.now)
				   : AGENDA_NEVER;
		if (at > until && wake > until) {
			server.now = until;
		} else if (wake < at) {
			server.now = wake > server.now ? wake : server.now + 1;
		} else {
			server.now = at;
			lane_event(next);
		}
	}
}
