/* Floods and those behind them; see the header. */
#include "job/crowd.h"

#include <stdlib.h>
#include <string.h>

#include "util/mem.h"

/* Below this part of a batch a user's rows are not counted: there may be a thousand of such users. */
#define NOTED 100

static int compare_texts(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* What was looked at may have been passed over for the sake of a mark that is gone. */
static void begin_pass(struct crowd *crowd)
{
	crowd->placed = false;
	crowd->pass++;
	crowd->steps = crowd->stepped = crowd->wrote = 0;
	crowd->complete = false;
}

void crowd_doubt(struct crowd *crowd)
{
	begin_pass(crowd);
}

static void drop(struct crowd *crowd, size_t i)
{
	crowd->marked -= crowd->users[i].marked;
	free(crowd->users[i].id);
	crowd->users[i] = crowd->users[--crowd->n];
}

void crowd_forget(struct crowd *crowd)
{
	while (crowd->n > 0)
		drop(crowd, crowd->n - 1);
	begin_pass(crowd);
}

/* ---- counting ---- */

/* Marks go at half of what they come at, or they would come and go with each batch. */
static void fade(struct crowd *crowd, size_t rows, size_t full, size_t share)
{
	double keep = 1. - (double)rows / (double)(full * CROWD_MEMORY);
	for (size_t i = crowd->n; i-- > 0;) {
		struct crowd_user *user = &crowd->users[i];
		user->rows *= keep > 0. ? keep : 0.;
		if (user->marked && user->rows < (double)share / 2.) {
			user->marked = false;
			crowd->marked--;
		}
		if (user->rows < 1.)
			drop(crowd, i);
	}
}

static struct crowd_user *find(struct crowd *crowd, const char *id)
{
	for (size_t i = 0; i < crowd->n; i++) {
		const char *known = crowd->users[i].id;
		if (known && strcmp(known, id) == 0)
			return &crowd->users[i];
	}
	return NULL;
}

/* NULL: all who are known have more.  Nobody who is marked has to go for it. */
static struct crowd_user *make_room(struct crowd *crowd, double rows)
{
	size_t least = 0;
	for (size_t i = 1; i < crowd->n; i++) {
		if (crowd->users[i].rows < crowd->users[least].rows)
			least = i;
	}
	if (crowd->n == CROWD_USERS) {
		if (crowd->users[least].marked || crowd->users[least].rows >= rows)
			return NULL;
		drop(crowd, least);
	}
	return &crowd->users[crowd->n++];
}

/* NULL: there is no room, or it is nothing new. */
static const char *note(struct crowd *crowd, const char *id, size_t rows, size_t share)
{
	struct crowd_user *user = find(crowd, id);
	if (!user) {
		user = make_room(crowd, (double)rows);
		if (!user)
			return NULL;
		*user = (struct crowd_user){ .id = mem_strdup(id) };
	}
	user->rows += (double)rows;
	if (user->marked || user->rows <= (double)share)
		return NULL;
	user->marked = true;
	crowd->marked++;
	return user->id;
}

static const char **sorted_texts(const char *const *texts, size_t n, size_t *ret_n)
{
	const char **sorted = mem_alloc_array(n, sizeof(*sorted));
	size_t known = 0;
	for (size_t i = 0; i < n; i++) {
		if (texts[i])
			sorted[known++] = texts[i];
	}
	qsort(sorted, known, sizeof(*sorted), compare_texts);
	*ret_n = known;
	return sorted;
}

size_t crowd_count(struct crowd *crowd, const char *const *users, size_t n, size_t full,
	size_t share, const char **ret_marked)
{
	size_t known, marked = 0;
	const char **sorted CLEANUP(mem_cleanup) = sorted_texts(users, n, &known);
	fade(crowd, n, full, share);
	crowd->wrote += (int64_t)n;
	for (size_t i = 0, next; i < known; i = next) {
		for (next = i + 1; next < known && strcmp(sorted[next], sorted[i]) == 0;)
			next++;
		if ((next - i) * NOTED < n && !find(crowd, sorted[i]))
			continue;
		const char *id = note(crowd, sorted[i], next - i, share);
		if (id)
			ret_marked[marked++] = id;
	}
	if (crowd->complete && crowd->wrote * CROWD_PASS > crowd->stepped)
		begin_pass(crowd);
	return marked;
}

size_t crowd_marked(const struct crowd *crowd, const char **ids)
{
	size_t n = 0;
	for (size_t i = 0; i < crowd->n; i++) {
		if (crowd->users[i].marked)
			ids[n++] = crowd->users[i].id;
	}
	return n;
}

/* ---- looking ---- */

struct crowd_look crowd_look(const struct crowd *crowd, usec_t wanted, bool fresh)
{
	bool beyond = !crowd->placed || wanted > crowd->place;
	return (struct crowd_look){ .from = beyond ? wanted : crowd->place,
		.steps = crowd->steps ? crowd->steps : CROWD_STEPS,
		.pass = crowd->pass,
		.apart = beyond && fresh };
}

/* All of it was of one instant, and there is more. */
static void get_over(struct crowd *crowd, int64_t steps, usec_t instant)
{
	if (steps < CROWD_STEPS_MAX) {
		crowd->steps = steps * 2;
		return;
	}
	crowd->steps = 0;
	crowd->placed = true;
	crowd->place = instant + 1;
}

void crowd_looked(struct crowd *crowd, const struct crowd_look *look, const struct crowd_seen *seen)
{
	if (look->apart || look->pass != crowd->pass)
		return;
	bool all = !seen->cut && seen->stepped < look->steps;
	usec_t reached = all ? seen->now - CROWD_MARGIN : seen->reached;
	if (!crowd->complete)
		crowd->stepped += seen->stepped;
	crowd->complete = crowd->complete || all;
	if (!all && !seen->cut && reached <= look->from) {
		get_over(crowd, look->steps, reached);
		return;
	}
	crowd->steps = 0;
	if (!crowd->placed || reached > crowd->place)
		crowd->place = reached;
	crowd->placed = true;
}
