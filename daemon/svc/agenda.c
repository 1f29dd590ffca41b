/* What is due; see the header. */
#include "svc/agenda.h"

#include "util/timefmt.h"

const char *agenda_name(enum agenda_kind kind)
{
	static const char *const names[] = { "remind", "replan", "generate" };
	return names[kind];
}

void agenda_reset(struct agenda *agenda)
{
	*agenda = (struct agenda){ 0 };
	for (int kind = 0; kind < AGENDA_KINDS; kind++) {
		struct agenda_item *item = &agenda->items[kind];
		item->next_at = item->next = item->fresh = AGENDA_NEVER;
		item->oldest = USEC_MINUS_INFINITY;
	}
}

void agenda_forget(struct agenda *agenda)
{
	for (enum agenda_kind kind = 0; kind < AGENDA_KINDS; kind++)
		agenda_set(agenda, kind, false, AGENDA_NEVER);
}

void agenda_set(struct agenda *agenda, enum agenda_kind kind, bool due, usec_t next_at)
{
	struct agenda_item *item = &agenda->items[kind];
	item->due = due;
	item->next_at = next_at;
	if (due)
		return;
	item->plenty = false; /* the last batch was full, and took all there was */
	item->fresh = AGENDA_NEVER;
}

/* A row that comes due by itself may be served even while older ones are waited for. */
static bool ready(const struct agenda_item *item, usec_t now, bool polled)
{
	return item->next_at <= now || (polled && item->due && item->not_before <= now);
}

/* Another connection is at it, and one is enough. */
static bool taken(const struct agenda *agenda, enum agenda_kind kind, unsigned under_way)
{
	return (under_way >> kind & 1) && !agenda->items[kind].plenty;
}

enum agenda_kind agenda_pick(
	const struct agenda *agenda, usec_t now, unsigned under_way, bool polled)
{
	for (enum agenda_kind kind = 0; kind < AGENDA_KINDS; kind++) {
		if (!taken(agenda, kind, under_way) && ready(&agenda->items[kind], now, polled))
			return kind;
	}
	return AGENDA_KINDS;
}

usec_t agenda_next(const struct agenda *agenda, usec_t now, unsigned under_way, bool polled)
{
	usec_t next = AGENDA_NEVER;
	for (enum agenda_kind kind = 0; kind < AGENDA_KINDS; kind++) {
		const struct agenda_item *item = &agenda->items[kind];
		usec_t at = item->next_at;
		if (taken(agenda, kind, under_way))
			continue;
		if (polled && item->due && item->not_before < at)
			at = item->not_before;
		if (at < next)
			next = at;
	}
	return next < now ? now : next;
}

static void note_fresh(struct agenda_item *item, usec_t from)
{
	if (item->plenty && from < item->fresh)
		item->fresh = from;
}

void agenda_dates(
	struct agenda *agenda, enum agenda_kind kind, usec_t now, usec_t oldest, usec_t next)
{
	struct agenda_item *item = &agenda->items[kind];
	if (item->next <= now)
		note_fresh(item, item->next);
	item->oldest = oldest;
	item->next = next;
}

struct agenda_task agenda_start(struct agenda *agenda, enum agenda_kind kind, usec_t now)
{
	struct agenda_item *item = &agenda->items[kind];
	struct agenda_task task = { .foreseen = item->next_at <= now, .oldest = item->oldest };
	if (task.foreseen) {
		item->next_at = AGENDA_NEVER;
		note_fresh(item, item->next);
	}
	task.fresh = item->fresh != AGENDA_NEVER && !item->fresh_last;
	task.from = task.fresh ? item->fresh : item->oldest;
	item->fresh_last = task.fresh;
	if (task.fresh) /* another connection need not look there */
		item->fresh = AGENDA_NEVER;
	return task;
}

void agenda_served(
	struct agenda *agenda, enum agenda_kind kind, const struct agenda_task *task, bool full)
{
	struct agenda_item *item = &agenda->items[kind];
	item->not_before = 0;
	item->pause = 0;
	if (!task->fresh)
		item->plenty = full;
	else if (full)
		note_fresh(item, task->from);
	if (!item->plenty)
		item->fresh = AGENDA_NEVER;
}

void agenda_in_vain(
	struct agenda *agenda, enum agenda_kind kind, usec_t now, usec_t first, usec_t limit)
{
	struct agenda_item *item = &agenda->items[kind];
	item->pause = item->pause ? item->pause * 2 : first;
	if (item->pause > limit)
		item->pause = limit;
	item->not_before = now + item->pause;
	item->plenty = false;
}
