/* Rows of calendars; see the header. */
#include "plan/calendars_row.h"

#include <stdlib.h>
#include <string.h>

#include "db/rows.h"
#include "util/mem.h"

enum column {
	CALENDAR_NAME,
	CALENDAR_WEEKEND, /* null: the row is one of a day */
	CALENDAR_DAY_NAME,
	CALENDAR_DAY,
	CALENDAR_DAYS,
	CALENDAR_RULE,
	CALENDAR_WORKING,
};

static int compare(const void *a, const void *b)
{
	return strcmp(workdays_name(*(struct workdays *const *)a),
		workdays_name(*(struct workdays *const *)b));
}

/* Of more than CALENDARS_MAX the rest is not there. */
static struct workdays **read_names(const PGresult *result, size_t *ret_n)
{
	struct workdays **list = mem_alloc_array(CALENDARS_MAX, sizeof(struct workdays *));
	size_t n = 0;
	for (int row = 0; row < PQntuples(result) && n < CALENDARS_MAX; row++)
		if (!row_is_null(result, row, CALENDAR_WEEKEND))
			list[n++] = workdays_create(row_text(result, row, CALENDAR_NAME),
				(unsigned)row_int4(result, row, CALENDAR_WEEKEND));
	qsort(list, n, sizeof(struct workdays *), compare);
	*ret_n = n;
	return list;
}

static struct workdays *find(struct workdays *const *list, size_t n, const char *name)
{
	size_t low = 0, high = n;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int order = strcmp(workdays_name(list[mid]), name);
		if (order == 0)
			return list[mid];
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

static int64_t number_at(const PGresult *result, int row, int column, int64_t otherwise)
{
	return row_is_null(result, row, column) ? otherwise : row_int4(result, row, column);
}

static bool take_day(struct workdays *workdays, const PGresult *result, int row, struct err *err)
{
	const char *rule = row_text(result, row, CALENDAR_RULE);
	struct workdays_day day = { .name = row_text(result, row, CALENDAR_DAY_NAME),
		.first = number_at(result, row, CALENDAR_DAY, INT64_MAX),
		.span = (int)number_at(result, row, CALENDAR_DAYS, 0),
		.rule = rule,
		.working = !row_is_null(result, row, CALENDAR_WORKING) &&
			   row_bool(result, row, CALENDAR_WORKING) };
	if (rule && !*rule)
		return err_set(err, "rule: empty, or larger than any can be");
	return workdays_add(workdays, &day, err);
}

static void read_days(const PGresult *result, struct workdays *const *list, size_t n)
{
	for (int row = 0; row < PQntuples(result); row++) {
		struct err err;
		if (!row_is_null(result, row, CALENDAR_WEEKEND))
			continue;
		struct workdays *its = find(list, n, row_text(result, row, CALENDAR_NAME));
		if (!its || workdays_trouble(its) || take_day(its, result, row, &err))
			continue;
		const char *name = row_text(result, row, CALENDAR_DAY_NAME);
		err_prefix(&err, "calendar \"%s\": \"%.100s\": ", workdays_name(its),
			name ? name : "");
		workdays_break(its, &err);
	}
}

static void break_all(struct workdays *const *list, size_t n)
{
	struct err err;
	err_set(&err, "calendars have more than %d days in all", CALENDARS_ROWS_MAX);
	for (size_t i = 0; i < n; i++)
		workdays_break(list[i], &err);
}

struct calendars *calendars_of_rows(const PGresult *result)
{
	struct calendars *calendars = calendars_create();
	size_t n;
	struct workdays **list CLEANUP(mem_cleanup) = read_names(result, &n);
	if (PQntuples(result) > CALENDARS_ROWS_MAX)
		break_all(list, n);
	else
		read_days(result, list, n);
	for (size_t i = 0; i < n; i++)
		calendars_add(calendars, list[i]);
	return calendars;
}
