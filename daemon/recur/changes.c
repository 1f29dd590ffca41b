/* Overrides as instants; see the header. */
#include "recur/changes.h"

#include <stdlib.h>

#include "recur/pattern.h"
#include "util/mem.h"

static int change_compare(const void *a, const void *b)
{
	const struct change *x = a, *y = b;
	if (x->order != y->order)
		return x->order < y->order ? -1 : 1;
	/* Of two for one occurrence, the one that leaves it out; else the order of their keys. */
	if (x->override->excluded != y->override->excluded)
		return x->override->excluded ? -1 : 1;
	return x->override < y->override ? -1 : x->override > y->override;
}

/* Two keys may be one instant: one with Z and one without, or two that a gap makes one. */
static void drop_repeated(struct changes *changes)
{
	qsort(changes->list, changes->n, sizeof(*changes->list), change_compare);
	size_t n = 0;
	for (size_t i = 0; i < changes->n; i++) {
		if (n == 0 || changes->list[n - 1].order != changes->list[i].order)
			changes->list[n++] = changes->list[i];
		else
			changes->list[n - 1].if_occurs &= changes->list[i].if_occurs;
	}
	changes->n = n;
}

/* What is moved leaves its place and comes in elsewhere: two changes. */
static void order_by_time(struct changes *changes)
{
	size_t n = changes->n;
	for (size_t i = 0; i < n; i++) {
		struct change *change = &changes->list[i], *here = &changes->list[changes->n];
		if (!change->override->moved)
			continue;
		*here = *change;
		here->order = here->at;
		change->hides = true;
		changes->n++;
	}
	qsort(changes->list, changes->n, sizeof(*changes->list), change_compare);
}

/* Dates are sorted as overrides are: by their keys. */
static void take_days(struct changes *changes, const struct rule *rule)
{
	changes->days = mem_alloc_array(rule->overrides_len + 1, sizeof(*changes->days));
	for (size_t i = 0; i < rule->overrides_len; i++)
		if (rule->overrides[i].key_kind == KEY_DATE)
			changes->days[changes->days_n++] = floor_div(
				rule->overrides[i].key, DAY_SECONDS);
}

static struct change resolve(const struct override *override, const struct zone *zone)
{
	struct change change = { .override = override, .if_occurs = override->if_occurs };
	change.nominal = override->key_kind == KEY_INSTANT
				 ? override->key
				 : zone_to_instant(zone, override->key, NULL);
	change.at = override->moved ? zone_to_instant(zone, override->start, NULL) : change.nominal;
	change.order = change.nominal;
	return change;
}

void changes_init(
	struct changes *changes, const struct rule *rule, const struct zone *zone, bool by_time)
{
	*changes = (struct changes){ .list = mem_alloc_array(
					     2 * rule->overrides_len + 1, sizeof(struct change)) };
	take_days(changes, rule);
	for (size_t i = 0; i < rule->overrides_len; i++) {
		const struct override *override = &rule->overrides[i];
		if (override->key_kind == KEY_DATE)
			continue;
		struct change change = resolve(override, zone);
		if (!changes_leave_out(changes, zone_to_wall(zone, change.nominal)))
			changes->list[changes->n++] = change;
	}
	drop_repeated(changes);
	if (by_time)
		order_by_time(changes);
}

void changes_finish(struct changes *changes)
{
	free(changes->list);
	free(changes->days);
	*changes = (struct changes){ 0 };
}

static int day_compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return x < y ? -1 : x > y;
}

bool changes_leave_out(const struct changes *changes, sec_t wall)
{
	int64_t day = floor_div(wall, DAY_SECONDS);
	return changes->days_n > 0 &&
	       bsearch(&day, changes->days, changes->days_n, sizeof(day), day_compare) != NULL;
}

size_t changes_after(const struct changes *changes, sec_t instant)
{
	size_t i = 0;
	while (i < changes->n && changes->list[i].order <= instant)
		i++;
	return i;
}
