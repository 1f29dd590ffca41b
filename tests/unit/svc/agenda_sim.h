/* An agenda with the real jobs at which nothing is due but what a test says. */
#pragma once

#include <assert.h>
#include <string.h>

#include "job/beat.h"
#include "job/zones.h"
#include "svc/agenda.h"

#define MS USEC_PER_MSEC

struct sim {
	struct agenda agenda;
	struct job_shared shared;
	struct heartbeat heartbeat;
};

static inline size_t number_of(const char *name)
{
	const struct job *job = job_find(name);
	assert(job);
	return job_number(job);
}

static inline struct agenda_item *item_of(struct sim *sim, const char *name)
{
	return &sim->agenda.items[number_of(name)];
}

static inline void sim_init(struct sim *sim)
{
	memset(sim, 0, sizeof(*sim));
	agenda_reset(&sim->agenda);
	sim->agenda.polled = true;
	sim->shared.heartbeat = &sim->heartbeat;
	sim->shared.zonewatch = zonewatch_create();
	sim->shared.settings = settings_create();
	sim->shared.settings
		->notification_retention = 0; /* nothing to prune, unless a test says so */
	sim->shared.settings->audit_retention = 0;
	sim->heartbeat.due_at = sim->shared.poll_at = sim->shared.tally_at = INT64_MAX;
	sim->shared.settled = true;
	item_of(sim, "zones")->under_way = 1; /* on a lane that is none of the test's */
}

static inline void sim_finish(struct sim *sim)
{
	zonewatch_destroy(sim->shared.zonewatch);
	settings_drop(sim->shared.settings);
}

/* "-": none. */
static inline const char *sim_next(const struct sim *sim, usec_t now)
{
	const struct job *job = next_job(&sim->agenda, &sim->shared, now);
	return job ? job->name : "-";
}

/* As the poll says it.  The clocks of the database and ours are the same; AGENDA_NEVER: nothing. */
static inline void sim_see(
	struct sim *sim, const char *name, usec_t now, usec_t oldest, usec_t next)
{
	struct agenda_seen seen = { now, oldest, next, next };
	agenda_see(&sim->agenda, number_of(name), &seen);
}

static inline void sim_due(struct sim *sim, const char *name)
{
	sim_see(sim, name, 0, 0, AGENDA_NEVER);
}

static inline struct job_order sim_start(struct sim *sim, const char *name, usec_t now)
{
	return agenda_start(&sim->agenda, job_find(name), now);
}

static inline void sim_served(
	struct sim *sim, const char *name, const struct job_order *order, usec_t took, bool full)
{
	agenda_ended(&sim->agenda, job_find(name), took);
	agenda_served(&sim->agenda, job_find(name), order, full);
}

/* A run from its start to a good end. */
static inline struct job_order sim_run(
	struct sim *sim, const char *name, usec_t now, usec_t took, bool full)
{
	struct job_order order = sim_start(sim, name, now);
	sim_served(sim, name, &order, took, full);
	return order;
}
