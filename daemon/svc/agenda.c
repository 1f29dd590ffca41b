/* What is due; see the header. */
#include "svc/agenda.h"

#include "util/timefmt.h"

enum precedence { AT_ONCE, FORESEEN, POLL_FIRST, IN_TURN, POLL_LATER };

#define COST_MIN    USEC_PER_MSEC /* of a run, for its turn */
#define BRIEF_AHEAD (500 * USEC_PER_MSEC) /* longer than a full batch takes */
#define BRIEF_AFTER USEC_PER_SEC

void agenda_reset(struct agenda *agenda)
{
	*agenda = (struct agenda){ 0 };
	for (size_t i = 0; i < jobs_len; i++) {
		struct agenda_item *item = &agenda->items[i];
		item->next_at = item->next = item->fresh = AGENDA_NEVER;
		item->oldest = USEC_MINUS_INFINITY;
	}
}

static void see_due(struct agenda_item *item, bool due, usec_t next_at)
{
	item->due = due;
	item->presumed = false;
	item->next_at = next_at;
	if (!due)
		item->plenty = false; /* the last batch was full, and took all there was */
}

/* What came due during a backlog is remembered: a session that a batch of the backlog ends is no reason to
 * let it wait for the end of all that. */
void agenda_forget(struct agenda *agenda)
{
	agenda->polled = false;
	for (size_t i = 0; i < jobs_len; i++)
		see_due(&agenda->items[i], false, AGENDA_NEVER);
}

/* Older ones are due, too.  (The instant at which a herd came due is nothing fresh beside that herd.) */
static void note_fresh(struct agenda_item *item, usec_t from)
{
	bool backlog = (item->plenty || item->due) && item->oldest < from;
	if (backlog && from < item->fresh)
		item->fresh = from;
}

void agenda_see(struct agenda *agenda, size_t job, const struct agenda_seen *seen)
{
	struct agenda_item *item = &agenda->items[job];
	bool due = seen->oldest != AGENDA_NEVER, more = seen->next != AGENDA_NEVER;
	usec_t before = item->next;
	item->oldest = due ? seen->oldest : more ? seen->next : USEC_MINUS_INFINITY;
	item->next = seen->next;
	see_due(item, due, seen->next_at);
	if (!due)
		item->fresh = AGENDA_NEVER;
	if (due && before <= seen->now)
		note_fresh(item, before);
}

/* ---- the choice ---- */

/* Another lane is at it, and one is enough. */
static bool taken(const struct job *job, const struct agenda_item *item)
{
	return item->under_way > 0 && !(job->shared && item->plenty);
}

/* From when on there is something to do.  A row that comes due by itself may be served even while older
 * ones are waited for. */
static usec_t ready_at(const struct agenda *agenda, const struct job_shared *shared, size_t i)
{
	const struct job *job = jobs[i];
	const struct agenda_item *item = &agenda->items[i];
	if (taken(job, item) || (!shared->settings && job->rank != JOB_AT_ONCE))
		return AGENDA_NEVER;
	if (job->when == JOB_TIMED) {
		usec_t due = job->due(shared);
		return due < item->not_before ? item->not_before : due;
	}
	bool due = agenda->polled && item->due;
	return due && item->not_before < item->next_at ? item->not_before : item->next_at;
}

static bool is_foreseen(const struct agenda *agenda, size_t i, usec_t now)
{
	return jobs[i]->when == JOB_POLLED && !jobs[i]->retries && agenda->items[i].next_at <= now;
}

/* Lower comes first: what is small and rare, then what was foreseen, but not twice in a row (with a row due
 * every millisecond there always is one), then the poll where its answer is old, then everybody in turn, then
 * the poll that is due by the clock. */
static enum precedence precedence(const struct agenda *agenda, size_t i, usec_t now)
{
	switch (jobs[i]->rank) {
	case JOB_AT_ONCE:
		return AT_ONCE;
	case JOB_POLL:
		return agenda->polled ? POLL_LATER : POLL_FIRST;
	case JOB_IN_TURN:
		break;
	}
	return !agenda->jumped && is_foreseen(agenda, i, now) ? FORESEEN : IN_TURN;
}

static usec_t turn_of(const struct agenda *agenda, size_t i)
{
	const struct agenda_item *item = &agenda->items[i];
	return item->turn > agenda->turn ? item->turn : agenda->turn;
}

static bool comes_before(const struct agenda *agenda, size_t a, size_t b, usec_t now)
{
	enum precedence first = precedence(agenda, a, now), second = precedence(agenda, b, now);
	return first != second ? first < second : turn_of(agenda, a) < turn_of(agenda, b);
}

const struct job *next_job(const struct agenda *agenda, const struct job_shared *shared, usec_t now)
{
	size_t best = jobs_len;
	for (size_t i = 0; i < jobs_len; i++) {
		if (ready_at(agenda, shared, i) > now)
			continue;
		if (best == jobs_len || comes_before(agenda, i, best, now))
			best = i;
	}
	return best < jobs_len ? jobs[best] : NULL;
}

usec_t agenda_next(const struct agenda *agenda, const struct job_shared *shared, usec_t now)
{
	usec_t next = AGENDA_NEVER;
	for (size_t i = 0; i < jobs_len; i++) {
		usec_t at = ready_at(agenda, shared, i);
		if (at < next)
			next = at;
	}
	return next < now ? now : next;
}

/* ---- what becomes of it ---- */

static void charge(struct agenda_item *item, const struct job *job, usec_t cost)
{
	item->turn += cost / job->weight;
}

/* Something that must not wait is about to come due, or came a moment ago and may come again. */
static bool must_be_brief(const struct agenda *agenda, const struct job *job, usec_t now)
{
	for (size_t i = 0; i < jobs_len; i++) {
		const struct agenda_item *item = &agenda->items[i];
		if (!jobs[i]->prompt || jobs[i] == job)
			continue;
		bool soon = item->next_at != AGENDA_NEVER && item->next_at < now + BRIEF_AHEAD;
		if (soon || (item->began && now < item->began + BRIEF_AFTER))
			return true;
	}
	return false;
}

struct job_order agenda_start(struct agenda *agenda, const struct job *job, usec_t now)
{
	size_t i = job_number(job);
	struct agenda_item *item = &agenda->items[i];
	struct job_order order = { .foreseen = item->next_at <= now,
		.presumed = item->presumed,
		.oldest = item->oldest,
		.brief = must_be_brief(agenda, job, now) };
	item->began = now;
	item->turn = turn_of(agenda, i);
	if (job->rank == JOB_IN_TURN) {
		agenda->jumped = precedence(agenda, i, now) == FORESEEN;
		if (!agenda->jumped) /* else those whose turn it is would lose their places */
			agenda->turn = item->turn;
	}
	charge(item, job, item->cost);
	item->under_way++;
	if (order.foreseen) {
		item->next_at = AGENDA_NEVER;
		note_fresh(item, item->next);
	}
	order.fresh = item->fresh != AGENDA_NEVER && !item->fresh_last;
	order.from = order.fresh ? item->fresh : item->oldest;
	item->fresh_last = order.fresh;
	if (order.fresh) /* another lane need not look there */
		item->fresh = AGENDA_NEVER;
	return order;
}

void agenda_ended(struct agenda *agenda, const struct job *job, usec_t took)
{
	struct agenda_item *item = &agenda->items[job_number(job)];
	usec_t cost = took > COST_MIN ? took : COST_MIN;
	charge(item, job, cost - item->cost);
	item->cost = cost;
	item->under_way--;
}

void agenda_served(
	struct agenda *agenda, const struct job *job, const struct job_order *order, bool full)
{
	struct agenda_item *item = &agenda->items[job_number(job)];
	item->not_before = 0;
	item->pause = 0;
	if (!order->fresh)
		item->plenty = full;
	else if (full)
		note_fresh(item, order->from);
	if (!item->plenty)
		item->fresh = AGENDA_NEVER;
}

/* After one that was foreseen, or about what came due meanwhile, nobody knows what comes due next. */
bool agenda_goes_on(struct agenda *agenda, const struct job *job, const struct job_order *order,
	usec_t through, usec_t now, usec_t limit)
{
	struct agenda_item *item = &agenda->items[job_number(job)];
	if (!agenda->polled || now - agenda->polled_at >= limit)
		return false;
	if (job->when != JOB_POLLED || !item->due || order->foreseen || order->fresh)
		return false;
	item->presumed = true;
	if (item->oldest < through)
		item->oldest = through;
	return true;
}

void agenda_in_vain(
	struct agenda *agenda, const struct job *job, usec_t now, usec_t first, usec_t limit)
{
	struct agenda_item *item = &agenda->items[job_number(job)];
	item->pause = item->pause ? item->pause * 2 : first;
	if (item->pause > limit)
		item->pause = limit;
	item->not_before = now + item->pause;
	item->plenty = false;
}
