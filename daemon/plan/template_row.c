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
