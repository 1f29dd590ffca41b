/* measures: what /metrics and /readyz tell, taken from the process as it is, without a question to the database. */
#pragma once

#include "job/job.h"
#include "svc/lane.h"

#define LANE_STATES 4

struct measured_kind {
	const char *kind; /* the job's name */
	usec_t lag; /* how old the oldest was that the last poll saw due; 0: nothing was due */
	usec_t next; /* until the next instant ahead; -1: none is known */
};

/* Of the scheduler. */
struct measures {
	const struct counters *counters;
	const struct spans *spans;
	struct measured_kind kinds[JOBS_MAX];
	size_t kinds_n;
	usec_t poll_age; /* since the last answer to a poll; -1: there was none */
	usec_t poll_interval;
	size_t lanes[LANE_STATES]; /* by enum lane_state */
	bool settings; /* they are known */
	bool asleep; /* without a connection, until the next instant */
	bool stopping;
	/* Of the process; svc/face.c. */
	int listening; /* 1: wake-ups arrive, 0: they do not, -1: listen_dsn is not set */
	bool reload_failed; /* the last one */
	double reloaded_at; /* Unix time of the last good one, or of the start */
	usec_t busy, longest; /* of the loop: in all; the longest turn since the last look */
	usec_t taken_at; /* monotonic */
};
