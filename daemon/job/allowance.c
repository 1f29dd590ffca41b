/* What users may still have today; see the header. */
#include "job/allowance.h"

#include <stdlib.h>
#include <string.h>

#include "db/rows.h"
#include "util/log.h"
#include "util/mem.h"

void allowance_init(struct allowance *allowance, int64_t limit, const char *const *ids, size_t n)
{
	*allowance = (struct allowance){ .limit = limit };
	allowance->users = mem_alloc_array(n, sizeof(*allowance->users));
	for (size_t i = 0; i < n; i++)
		if (i == 0 || strcmp(ids[i], ids[i - 1]) != 0)
			allowance->users[allowance->n++].id = ids[i];
}

static int compare(const void *id, const void *user)
{
	return strcmp(id, ((const struct allowance_user *)user)->id);
}

static struct allowance_user *find(const struct allowance *allowance, const char *user)
{
	return bsearch(user, allowance->users, allowance->n, sizeof(*allowance->users), compare);
}

void allowance_take(struct allowance *allowance, const PGresult *made)
{
	for (int row = 0; row < PQntuples(made); row++) {
		struct allowance_user *user = find(allowance, row_text(made, row, 0));
		if (!user)
			continue;
		user->made = row_int8(made, row, 1);
		user->limited_before = row_int8(made, row, 2);
	}
}

size_t allowance_left(const struct allowance *allowance, const char *id)
{
	const struct allowance_user *user = find(allowance, id);
	if (!user)
		return SIZE_MAX;
	return user->made < allowance->limit ? (size_t)(allowance->limit - user->made) : 0;
}

void allowance_use(struct allowance *allowance, const char *id, size_t made, int64_t limited)
{
	struct allowance_user *user = find(allowance, id);
	if (!user)
		return;
	user->made += (int64_t)made;
	user->limited += limited;
}

void allowance_log(const struct allowance *allowance)
{
	for (size_t i = 0; i < allowance->n; i++) {
		const struct allowance_user *user = &allowance->users[i];
		struct log_line line;
		if (user->limited == 0 || user->limited_before > 0)
			continue;
		log_begin(&line, LOG_WARNING, "limited");
		log_stored(&line, "user", user->id);
		log_int(&line, "made", user->made);
		log_int(&line, "limit", allowance->limit);
		log_text(&line, "setting", "max_instances_per_user_day");
		log_end(&line);
	}
}

void allowance_clear(struct allowance *allowance)
{
	free(allowance->users);
	*allowance = (struct allowance){ 0 };
}
