/* The set of the past; see the header. */
#include "plan/account_past.h"

#include <string.h>

#include "plan/move.h"
#include "plan/start.h"
#include "util/timefmt.h"

#define MOVED_MAX (366 * 86400) /* farther ahead nobody looks for what was moved into the past */

void past_init(struct past *past, const struct account_input *input)
{
	*past = (struct past){ .input = input, .wall_from = INT64_MIN };
}

static void close_stretch(struct past *past)
{
	recurrence_close(past->recurrence);
	rule_free(past->rule);
	past->recurrence = NULL;
	past->rule = NULL;
	past->holds = false;
}

void past_finish(struct past *past)
{
	close_stretch(past);
}

static const struct account_change *change_at(const struct past *past, size_t i)
{
	return i < past->input->changes_n ? &past->input->changes[i] : NULL;
}

/* What the rule of the epoch has made goes so far. */
static sec_t made_through(const struct past *past)
{
	const struct account_change *change = change_at(past, past->epoch);
	usec_t made = change ? change->made_through : past->input->template->made_through;
	return made == TEMPLATE_NONE ? INT64_MIN : sec_from_usec(made);
}

/* By its own clock, as move.h has it: another zone may have taken instants back. */
static bool is_dealt_with(const struct past *past, const struct occurrence *found)
{
	const struct account_change *change = change_at(past, past->epoch);
	int code = change ? change->starts_code : past->input->template->starts_code;
	sec_t made = made_through(past);
	if (found->fixed || found->at != found->nominal || code == 0 || made == INT64_MIN)
		return found->at <= made;
	return found->wall <= made + (code - MOVE_CODE);
}

/* ---- one stretch: of one rule, in one zone ---- */

static const struct account_turn *turn_at(const struct past *past, size_t i)
{
	return i < past->input->turns_n ? &past->input->turns[i] : NULL;
}

/* The move that ends the stretch, where that was found before the epoch's own end. */
static const struct account_turn *ending_turn(const struct past *past)
{
	const struct account_turn *turn = turn_at(past, past->turn);
	const struct account_change *change = change_at(past, past->epoch);
	return turn && (!change || turn->at <= change->at) ? turn : NULL;
}

static bool load_zone(const struct past *past, const struct zone **ret_zone, struct err *err)
{
	const struct account_turn *turn = ending_turn(past);
	const struct account_change *change = change_at(past, past->epoch);
	const char *name = turn     ? turn->zone
			   : change ? change->starts_zone
				    : past->input->template->starts_zone;
	return past->input->policy->zone(name, ret_zone, err);
}

/* A template as it was then, for what start.h makes of it. */
static bool open_rule(struct past *past, struct err *err)
{
	const struct account_change *change = change_at(past, past->epoch);
	struct template then = *past->input->template;
	if (change) {
		then.rule = change->rule;
		then.rule_len = change->rule_len;
		then.starts_local = change->starts_local;
	}
	struct start start = { .template = &then, .policy = past->input->policy };
	/* The rule may name a zone that is none any more: what counts is the one of then. */
	bool parsed = template_check(&then, err) && (start_rule(&start, err) || start.rule);
	past->rule = start.rule;
	start.rule = NULL;
	start_finish(&start);
	return parsed && load_zone(past, &past->zone, err) &&
	       recurrence_open(past->rule, then.starts_local, past->zone,
		       RECUR_EXCLUDED | RECUR_UNCOUNTED, &past->recurrence, err);
}

static sec_t begin_of(const struct past *past)
{
	const struct account_change *before = past->epoch > 0 ? change_at(past, past->epoch - 1)
							      : NULL;
	usec_t from = past->input->from;
	if (before && before->at > from)
		from = before->at;
	sec_t begin = from == USEC_MINUS_INFINITY ? INT64_MIN : sec_from_usec(from) - 1;
	sec_t stretch = past->wall_from == INT64_MIN
				? INT64_MIN
				: zone_to_instant(past->zone, past->wall_from, NULL) - 1;
	return stretch > begin ? stretch : begin;
}

static bool open_stretch(struct past *past)
{
	const struct account_change *change = change_at(past, past->epoch);
	const struct template *t = past->input->template;
	struct err why;
	if (!t->starts_zone || (change && !change->rule))
		return false;
	if (!open_rule(past, &why)) {
		past->problem = why;
		return false;
	}
	sec_t begin = begin_of(past), wall = change ? change->starts_local : t->starts_local;
	sec_t anchor = zone_to_instant(past->zone, wall, NULL);
	past->anchor = anchor > begin ? anchor : INT64_MIN;
	recurrence_seek(past->recurrence, begin);
	return true;
}

/* Where the next stretch begins. */
static sec_t end_of_stretch(const struct past *past)
{
	const struct account_turn *turn = ending_turn(past);
	const struct zone *zone;
	struct err ignored;
	if (!turn)
		return INT64_MAX;
	if (!past->input->policy->zone(turn->zone, &zone, &ignored))
		return past->wall_from;
	return zone_to_wall(zone, sec_from_usec(turn->first));
}

static void next_stretch(struct past *past)
{
	sec_t end = end_of_stretch(past);
	close_stretch(past);
	if (end == INT64_MAX)
		past->epoch++;
	else
		past->turn++;
	past->wall_from = end == INT64_MAX ? past->wall_from : end;
}

/* ---- what of it belongs there ---- */

enum belonging { BELONGS_NOT, BELONGS, BEYOND };

/* Between the change before it, which may have passed over some by itself, and the one that ended it. */
static enum belonging of_epoch(
	const struct past *past, const struct occurrence *found, struct past_occurrence *o)
{
	const struct account_change *change = change_at(past, past->epoch);
	const struct account_change *before = past->epoch > 0 ? change_at(past, past->epoch - 1)
							      : NULL;
	usec_t nominal = o->nominal * USEC_PER_SEC;
	o->sure = is_dealt_with(past, found);
	if (before && o->nominal <= sec_from_usec(before->at))
		return BELONGS_NOT;
	if (before && before->set != TEMPLATE_NONE && nominal < before->set)
		o->change = before;
	if (!change) {
		bool moves = rule_has_overrides(past->rule) && !rule_only_excludes(past->rule);
		sec_t end = made_through(past) + (moves ? MOVED_MAX : 0);
		return o->sure ? BELONGS : o->nominal > end ? BEYOND : BELONGS_NOT;
	}
	if (o->nominal > sec_from_usec(change->at))
		return BEYOND;
	bool overdue = change->planned != TEMPLATE_NONE &&
		       o->nominal >= sec_from_usec(change->planned);
	if (!o->sure && overdue)
		o->change = change;
	return BELONGS;
}

/* Whoever has others to serve grants so much in all. */
static bool may_go_on(struct past *past)
{
	int max = past->input->slices_max;
	if (max == 0 || ++past->slices < max)
		return true;
	err_set(&past->problem, "the rule takes too long to expand");
	return false;
}

/* The first of a series stands as it was set. */
static enum recur_status next_occurrence(struct past *past, struct occurrence *ret)
{
	sec_t anchor = past->anchor;
	enum recur_status status = RECUR_FOUND;
	past->anchor = INT64_MIN;
	if (past->holds)
		*ret = past->held;
	else
		do
			status = recurrence_next(past->recurrence, ret, &past->problem);
		while (status == RECUR_AGAIN && may_go_on(past));
	past->holds = false;
	bool own = status == RECUR_FOUND && ret->nominal <= anchor;
	if (anchor == INT64_MIN || own)
		return status;
	past->holds = status == RECUR_FOUND;
	past->held = *ret;
	*ret = (struct occurrence){
		.nominal = anchor, .at = anchor, .wall = zone_to_wall(past->zone, anchor)
	};
	return RECUR_FOUND;
}

static bool next_of_stretch(struct past *past, struct past_occurrence *ret)
{
	struct occurrence found;
	sec_t end = end_of_stretch(past);
	for (;;) {
		enum recur_status status = next_occurrence(past, &found);
		if (status != RECUR_FOUND || (!found.fixed && found.wall >= end))
			return false;
		*ret = (struct past_occurrence){ .nominal = found.nominal,
			.at = found.at,
			.excluded = found.excluded,
			.texts = { found.title, found.description, found.priority } };
		enum belonging belonging = of_epoch(past, &found, ret);
		usec_t nominal = ret->nominal * USEC_PER_SEC;
		if (belonging == BEYOND || nominal > past->input->to)
			return false;
		if (belonging == BELONGS && nominal >= past->input->from)
			return true;
	}
}

bool past_next(struct past *past, struct past_occurrence *ret)
{
	while (past->epoch <= past->input->changes_n) {
		if ((past->recurrence || open_stretch(past)) && next_of_stretch(past, ret))
			return true;
		next_stretch(past);
	}
	return false;
}
