/* What is due; see the header. */
#include "svc/agenda.h"

const char *agenda_name(enum agenda_kind kind)
{
	static const char *const names[] = { "remind", "replan", "generate" };
	return names[kind];
}

void agenda_reset(struct agenda *agenda)
{
	*agenda = (struct agenda){ 0 };
	for (int kind = 0; kind < AGENDA_KINDS; kind++)
		agenda->items[kind].next_at = AGENDA_NEVER;
}

void agenda_forget(struct agenda *agenda)
{
	for (enum agenda_kind kind = 0; kind < AGENDA_KINDS; kind++)
		agenda_set(agenda, kind, false, AGENDA_NEVER);
}

void agenda_set(struct agenda *agenda, enum agenda_kind kind, bool due, usec_t next_at)
{
	agenda->items[kind].due = due;
	agenda->items[kind].next_at = next_at;
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

bool agenda_start(struct agenda *agenda, enum agenda_kind kind, usec_t now)
{
	struct agenda_item *item = &agenda->items[kind];
	bool foreseen = item->next_at <= now;
	if (foreseen)
		item->next_at = AGENDA_NEVER;
	return foreseen;
}

void agenda_served(struct agenda *agenda, enum agenda_kind kind, bool plenty)
{
	agenda->items[kind].not_before = 0;
	agenda->items[kind].pause = 0;
	agenda->items[kind].plenty = plenty;
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
