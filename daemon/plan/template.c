/* Columns in the order of generate_claim.sql and generate_claim_edited.sql. */
#include "plan/template.h"

#include "db/rows.h"

void template_read(const PGresult *result, int row, struct template *ret_template)
{
	*ret_template = (struct template){
		.id = row_text(result, row, 0),
		.user_id = row_text(result, row, 1),
		.rule = row_text(result, row, 2),
		.rule_len = row_text_len(result, row, 2),
		.next_due_at = row_instant(result, row, 3),
		.starts_zone = row_is_null(result, row, 4) ? NULL : row_text(result, row, 5),
		.planned_due_at = row_instant(result, row, 6),
		.made_through = row_instant(result, row, 7),
		.used_count = row_int8(result, row, 8),
		.replan_at = row_instant(result, row, 9),
		.paused_at = row_instant(result, row, 10),
		.resumed_at = row_instant(result, row, 11),
		.ended_at = row_instant(result, row, 12),
		.created_at = row_instant(result, row, 13),
		.is_active = row_bool(result, row, 14),
		.user_zone = row_text(result, row, 15),
		.place = row_place(result, row, 16),
	};
	if (ret_template->starts_zone)
		ret_template->starts_local = row_wall_us(result, row, 4) / USEC_PER_SEC;
}
