/* Columns in the order of series_changes.part and series_turns.part. */
#include "plan/account_row.h"

#include "db/rows.h"
#include "util/mem.h"

static usec_t instant(const PGresult *rows, int row, int column)
{
	return row_is_null(rows, row, column) ? INSTANT_NONE : row_instant(rows, row, column);
}

struct account_change *account_changes_read(const PGresult *rows, struct account_input *input)
{
	size_t n = (size_t)PQntuples(rows);
	struct account_change *list = mem_alloc_array(n, sizeof(*list));
	for (int i = 0; i < (int)n; i++) {
		usec_t wall = row_wall_us(rows, i, 3);
		sec_t second = sec_from_usec(wall);
		list[i] = (struct account_change){ .at = row_instant(rows, i, 0),
			.by = row_text(rows, i, 1),
			.rule = row_text(rows, i, 2),
			.rule_len = row_text_len(rows, i, 2),
			.starts_local = second,
			.starts_code = (int)(wall - second * USEC_PER_SEC),
			.starts_zone = row_text(rows, i, 4),
			.made_through = instant(rows, i, 5),
			.planned = instant(rows, i, 6),
			.set = instant(rows, i, 7),
			.keeps = row_bool(rows, i, 8) };
	}
	input->changes = list;
	input->changes_n = n;
	return list;
}

struct account_turn *account_turns_read(const PGresult *rows, struct account_input *input)
{
	size_t n = (size_t)PQntuples(rows);
	struct account_turn *list = mem_alloc_array(n, sizeof(*list));
	for (int i = 0; i < (int)n; i++)
		list[i] = (struct account_turn){ row_text(rows, i, 0), row_instant(rows, i, 2),
			row_instant(rows, i, 1) };
	input->turns = list;
	input->turns_n = n;
	return list;
}
