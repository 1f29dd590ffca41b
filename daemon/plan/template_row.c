/* Columns in the order of template_columns.part, which casts them to what is read here. */
#include "plan/template_row.h"

#include "db/rows.h"
#include "util/timefmt.h"

static usec_t instant_at(const PGresult *result, int row, int column)
{
	return row_is_null(result, row, column) ? TEMPLATE_NONE : row_instant(result, row, column);
}

static int64_t number_at(const PGresult *result, int row, int column)
{
	return row_is_null(result, row, column) ? TEMPLATE_NONE : row_int8(result, row, column);
}

static sec_t wall_at(const PGresult *result, int row, int column, int *ret_code)
{
	usec_t wall = row_is_null(result, row, column) ? 0 : row_wall_us(result, row, column);
	*ret_code = 0;
	if (wall == USEC_INFINITY || wall == USEC_MINUS_INFINITY)
		return wall;
	sec_t second = sec_from_usec(wall);
	*ret_code = (int)(wall - second * USEC_PER_SEC);
	return second;
}

void template_row_read(const PGresult *result, int row, int first, struct template *ret_template)
{
	bool anchored = !row_is_null(result, row, first + 4);
	int code;
	sec_t starts_local = wall_at(result, row, first + 4, &code);
	*ret_template = (struct template){
		.id = row_text(result, row, first),
		.user_id = row_text(result, row, first + 1),
		.rule = row_text(result, row, first + 2),
		.rule_len = row_text_len(result, row, first + 2),
		.next_due_at = instant_at(result, row, first + 3),
		.starts_local = starts_local,
		.starts_code = code,
		.starts_zone = anchored ? row_text(result, row, first + 5) : NULL,
		.planned_due_at = instant_at(result, row, first + 6),
		.made_through = instant_at(result, row, first + 7),
		.used_count = number_at(result, row, first + 8),
		.replan_at = instant_at(result, row, first + 9),
		.paused_at = instant_at(result, row, first + 10),
		.resumed_at = instant_at(result, row, first + 11),
		.ended_at = instant_at(result, row, first + 12),
		.created_at = instant_at(result, row, first + 13),
		.is_active = !row_is_null(result, row, first + 14) &&
			     row_bool(result, row, first + 14),
		.user_zone = row_text(result, row, first + 15),
	};
}

/* As far as a table's constraints would let it be; what a row that somebody made by hand has beyond that is not
 * set. */
static int64_t bounded_at(const PGresult *result, int row, int column, int64_t max)
{
	int64_t number = row_is_null(result, row, column) ? 0 : row_int8(result, row, column);
	return number > 0 && number <= max ? number : 0;
}

bool policies_row_read(const PGresult *result, int row, int first, struct policies *ret_policies)
{
	bool there = !row_is_null(result, row, first);
	*ret_policies = (struct policies){
		.version = there ? row_int8(result, row, first) : 0,
		.wake_at = instant_at(result, row, first + 1),
		.catch_up = policy_amount_of(row_text(result, row, first + 2)),
		.catch_up_window = bounded_at(result, row, first + 3, POLICIES_WINDOW_MAX),
		.catch_up_cap = (size_t)bounded_at(result, row, first + 4, POLICIES_CAP_MAX),
		.overlap = policy_overlap_of(row_text(result, row, first + 5)),
		.lead = bounded_at(result, row, first + 6, POLICIES_LEAD_MAX),
		.jitter = bounded_at(result, row, first + 7, POLICIES_JITTER_MAX),
		.calendar = row_text(result, row, first + 9),
		.shift = policy_shift_of(row_text(result, row, first + 10)),
		.pause_catch_up = policy_amount_of(row_text(result, row, first + 11)),
		.open_task = row_text(result, row, first + 12),
	};
	ret_policies->remind_before_n = policy_reminders_of(
		row_text(result, row, first + 8), ret_policies->remind_before);
	return there;
}
