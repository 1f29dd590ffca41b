/* Users that wait alone; see the header. */
#include "job/parking.h"

#include <stdlib.h>
#include <string.h>

#include "util/mem.h"

static const struct {
	usec_t first, limit;
	bool while_others_work; /* it only grows then: else it is nothing of his */
} pauses[] = {
	[PARKED_HELD] = { 200 * USEC_PER_MSEC, 2 * USEC_PER_SEC, false },
	[PARKED_REFUSED] = { 200 * USEC_PER_MSEC, 60 * USEC_PER_SEC, false },
	[PARKED_FAILED] = { 10 * USEC_PER_SEC, 60 * USEC_PER_SEC, true },
	[PARKED_LOST] = { 30 * USEC_PER_SEC, 600 * USEC_PER_SEC, true },
};

static struct parked *find(struct parking *parking, const char *user_id)
{
	for (size_t i = 0; i < parking->n; i++) {
		if (strcmp(parking->places[i].user_id, user_id) == 0)
			return &parking->places[i];
	}
	return NULL;
}

static void remove_at(struct parking *parking, size_t i)
{
	free(parking->places[i].user_id);
	memmove(&parking->places[i], &parking->places[i + 1],
		(--parking->n - i) * sizeof(parking->places[0]));
}

void parking_clear(struct parking *parking)
{
	while (parking->n > 0)
		remove_at(parking, parking->n - 1);
}

bool parking_add(
	struct parking *parking, const char *user_id, enum parking_why why, int way, usec_t now)
{
	struct parked *parked = find(parking, user_id);
	bool added = !parked;
	if (added) {
		if (parking->n == PARKING_MAX)
			remove_at(parking, 0);
		parked = &parking->places[parking->n++];
		*parked = (struct parked){ .user_id = mem_strdup(user_id) };
	}
	parked->why = why;
	parked->way = way;
	if (!pauses[why].while_others_work || parked->others_worked != parking->worked)
		parked->pause *= 2;
	parked->others_worked = parking->worked;
	if (parked->pause < pauses[why].first)
		parked->pause = pauses[why].first;
	if (parked->pause > pauses[why].limit)
		parked->pause = pauses[why].limit;
	parked->retry_at = now + parked->pause;
	return added;
}

void parking_remove(struct parking *parking, const char *user_id)
{
	struct parked *parked = find(parking, user_id);
	if (parked)
		remove_at(parking, (size_t)(parked - parking->places));
}

static struct parked *soonest(struct parking *parking)
{
	struct parked *best = NULL;
	for (size_t i = 0; i < parking->n; i++) {
		if (!best || parking->places[i].retry_at < best->retry_at)
			best = &parking->places[i];
	}
	return best;
}

const struct parked *parking_take(struct parking *parking, usec_t now)
{
	struct parked *best = soonest(parking);
	if (!best || best->retry_at > now)
		return NULL;
	best->retry_at = now + best->pause;
	return best;
}

usec_t parking_next(const struct parking *parking)
{
	usec_t next = 0;
	for (size_t i = 0; i < parking->n; i++) {
		if (!next || parking->places[i].retry_at < next)
			next = parking->places[i].retry_at;
	}
	return next;
}

size_t parking_ids(const struct parking *parking, const char *ids[static PARKING_MAX])
{
	for (size_t i = 0; i < parking->n; i++)
		ids[i] = parking->places[i].user_id;
	return parking->n;
}
