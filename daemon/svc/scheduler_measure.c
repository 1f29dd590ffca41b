/* The scheduler as figures; see measures.h. */
#include "svc/scheduler_private.h"
#include "util/clock.h"

static void add_kind(const struct scheduler *s, size_t job, usec_t now, struct measures *measures)
{
	const struct agenda_item *item = &s->agenda.items[job];
	usec_t next = item->next_at == AGENDA_NEVER ? -1 : item->next_at - now;
	measures->kinds[measures->kinds_n++] = (struct measured_kind){ jobs[job]->name, s->lag[job],
		next < -1 ? 0 : next };
}

void scheduler_measure(const struct scheduler *s, struct measures *ret_measures)
{
	usec_t now = clock_monotonic();
	*ret_measures = (struct measures){ .counters = &s->shared.counters,
		.spans = &s->shared.spans,
		.poll_age = s->answered_at ? now - s->answered_at : -1,
		.poll_interval = s->conf->poll_interval,
		.settings = s->shared.settings != NULL,
		.asleep = s->phase == SCHEDULER_ASLEEP,
		.stopping = s->phase >= SCHEDULER_STOPPING,
		.taken_at = now };
	for (size_t i = 0; i < jobs_len; i++) {
		if (jobs[i]->when == JOB_POLLED && !jobs[i]->retries)
			add_kind(s, i, now, ret_measures);
	}
	for (size_t i = 0; i < s->lanes.n; i++)
		ret_measures->lanes[s->lanes.at[i]->state]++;
}
