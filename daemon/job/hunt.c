/* How a batch is tried; see the header. */
#include "job/hunt.h"

#include <string.h>

size_t hunt_limit(const struct hunt *hunt, size_t full)
{
	return hunt->careful && hunt->limit && hunt->limit < full ? hunt->limit : full;
}

bool hunt_begins_with_latest(struct hunt *hunt)
{
	hunt->latest = !hunt->latest;
	return hunt->latest;
}

void hunt_worked(struct hunt *hunt)
{
	if (hunt->careful && --hunt->careful)
		return; /* others than those that failed, perhaps: what is known of these stays */
	hunt->losses = 0;
	hunt->blind = false;
	hunt->limit = hunt->first = 0;
	hunt->lossy = false;
}

void hunt_failed(struct hunt *hunt)
{
	hunt->careful = HUNT_CAREFUL;
}

void hunt_go_on_with(struct hunt *hunt, size_t rows)
{
	/* Where sessions end, each costs one: better few large groups of suspects. */
	hunt->first = hunt->lossy ? 0 : rows;
}

void hunt_slow(struct hunt *hunt, size_t rows)
{
	hunt->limit = 2 * rows > HUNT_SUSPECTS ? 2 * rows : HUNT_SUSPECTS;
}

bool hunt_lost(struct hunt *hunt, size_t rows, int losses)
{
	bool small = hunt->careful && rows <= HUNT_SUSPECTS;
	hunt_failed(hunt);
	hunt->limit = HUNT_SUSPECTS;
	hunt->first = 0;
	hunt->lossy = true;
	hunt->losses++;
	return losses > 0 && small;
}

bool hunt_blames(struct hunt *hunt, bool all_failed)
{
	bool before = hunt->blind;
	hunt->blind = all_failed;
	return !all_failed || before;
}

/* ---- retries ---- */

static const char *const why_names[] = { "held", "refused", "killing" };

const char *waiting_why_name(enum waiting_why why)
{
	return why_names[why];
}

bool waiting_why_parse(const char *name, enum waiting_why *ret_why)
{
	for (size_t i = 0; name && i < ARRAY_LEN(why_names); i++) {
		if (strcmp(name, why_names[i]) != 0)
			continue;
		*ret_why = (enum waiting_why)i;
		return true;
	}
	return false;
}

enum waiting_why waiting_why_of(const char *sqlstate)
{
	bool conflict = sqlstate_classify(sqlstate) == SQLSTATE_CONFLICT;
	/* A trigger that does not come to its end is no lock, and must not hold up those who wait for one. */
	bool slow = strcmp(sqlstate, "57014") == 0;
	return conflict && !slow ? WAITING_HELD : WAITING_REFUSED;
}

size_t retry_rows(enum waiting_why why, int tries, size_t full)
{
	size_t rows = full;
	if (why == WAITING_KILLING)
		rows = tries < HUNT_PROVEN ? HUNT_SUSPECTS >> tries : 1;
	else if (why == WAITING_REFUSED && tries > 0)
		rows = RETRY_PROBES;
	if (rows == 0)
		rows = 1;
	return rows < full ? rows : full;
}

static const struct {
	usec_t first, limit;
} pauses[] = {
	[WAITING_HELD] = { 100 * USEC_PER_MSEC, 500 * USEC_PER_MSEC },
	[WAITING_REFUSED] = { 1 * USEC_PER_SEC, 60 * USEC_PER_SEC },
	[WAITING_KILLING] = { 10 * USEC_PER_SEC, 600 * USEC_PER_SEC },
};

usec_t retry_group_pause(bool lives)
{
	return lives ? 250 * USEC_PER_MSEC : USEC_PER_SEC;
}

usec_t retry_pause(enum waiting_why why, int tries, usec_t took)
{
	usec_t pause = pauses[why].first;
	for (int i = why == WAITING_KILLING ? HUNT_PROVEN : 1;
		i < tries && pause < pauses[why].limit; i++)
		pause *= 2;
	if (pause > pauses[why].limit)
		pause = pauses[why].limit;
	usec_t share = took * RETRY_SHARE,
	       most = why == WAITING_HELD ? HUNT_HELD_SHARE_MAX : pauses[why].limit;
	if (share > most) /* a mend is noticed in time */
		share = most;
	return pause > share ? pause : share;
}
