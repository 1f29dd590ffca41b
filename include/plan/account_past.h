/* account_past: the set of a series up to where it was made, expanded by the rules, anchors and zones of the time.
 * For account.c alone.
 */
#pragma once

#include "plan/account.h"
#include "recur/rule.h"

struct past {
	const struct account_input *input;
	size_t epoch; /* the change that ends it; changes_n: the present rule */
	size_t turn; /* the move that ends the stretch within it; turns_n: none */
	const struct account_change
		*cut; /* the last one before it that passed over what was due; NULL: none did */
	sec_t wall_from; /* where the stretch begins */
	struct rule *rule;
	struct recurrence *recurrence; /* NULL: the stretch is not open */
	const struct zone *zone;
	sec_t anchor; /* stands by itself, whether the rule gives it or not; INT64_MIN: done */
	struct occurrence held; /* behind the anchor */
	bool holds;
	int slices; /* of computation, used up */
	struct err problem;
};

struct past_occurrence {
	sec_t nominal, at;
	bool excluded;
	bool skipped; /* its calendar leaves that day out */
	bool sure; /* it was dealt with */
	const struct account_change *change; /* that passed it over; NULL: none did */
	struct fate_change texts; /* the rule's memory, up to the next one */
};

void past_init(struct past *past, const struct account_input *input);
void past_finish(struct past *past);
/* In the order of their wall times; false: no more. */
bool past_next(struct past *past, struct past_occurrence *ret_occurrence);
