/* The set of the past; see the header. */
#include "plan/account_past.h"

#include <string.h>

#include "plan/move.h"
#include "plan/shift.h"
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

/* What became of the series under this change is not seen at once: what was due then, and not made, goes by the rule
 * of after it.  So it is with the edit that no worker has planned yet, where that is one of overrides or a split. */
static bool keeps(const struct past *past, const struct account_change *change)
{
	const struct template *t = past->input->template;
	return change->keeps ||
	       (template_edit(t) == EDIT_OVERRIDES && change->at / 1000 >= t->replan_at / 1000);
}

/* What was due when the rule was edited, and is made all the same once a worker comes, is still to come. */
static bool is_pending(const struct past *past, const struct account_change *change, sec_t nominal)
{
	const struct template *t = past->input->template;
	return template_edit(t) == EDIT_RULE && t->ended_at == TEMPLATE_NONE &&
	       change->planned == t->next_due_at && nominal == sec_from_usec(t->next_due_at) &&
	       t->next_due_at <= t->replan_at;
}

/* What the rule of an epoch has made goes so far. */
static sec_t made_through(const struct past *past, size_t epoch)
{
	const struct account_change *change = change_at(past, epoch);
	usec_t made = change ? change->made_through : past->input->template->made_through;
	return made == TEMPLATE_NONE ? INT64_MIN : sec_from_usec(made);
}

/* By its own clock, as move.h has it: another zone may have taken instants back. */
static bool is_dealt_with(const struct past *past, size_t epoch, const struct occurrence *found)
{
	const struct account_change *change = change_at(past, epoch);
	int code = change ? change->starts_code : past->input->template->starts_code;
	sec_t made = made_through(past, epoch);
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

static const struct account_change *change_before(const struct past *past)
{
	return past->epoch > 0 ? change_at(past, past->epoch - 1) : NULL;
}

/* The last change that passed over what was due: nothing up to it belongs to the epoch. */
static const struct account_change *cut_before(const struct past *past)
{
	const struct account_change *changes = past->input->changes;
	size_t i = past->epoch;
	while (i > 0 && keeps(past, &changes[i - 1]))
		i--;
	return i > 0 ? &changes[i - 1] : NULL;
}

/* What goes by the rule of before goes so far: a lead time may have had it made ahead of the change. */
static usec_t end_of_epoch(const struct past *past, const struct account_change *change)
{
	const struct policies *policies = past->input->template->policies;
	bool ahead = policies && policies->lead > 0 && change->made_through != TEMPLATE_NONE &&
		     change->made_through > change->at;
	return ahead ? change->made_through : change->at;
}

static sec_t begin_of(const struct past *past)
{
	const struct account_change *cut = past->cut;
	usec_t from = past->input->from;
	if (cut && end_of_epoch(past, cut) > from)
		from = end_of_epoch(past, cut);
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
	past->cut = cut_before(past);
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
	const struct account_change *before = change_before(past);
	usec_t nominal = o->nominal * USEC_PER_SEC;
	o->sure = is_dealt_with(past, past->epoch, found);
	if (past->cut && o->nominal <= sec_from_usec(end_of_epoch(past, past->cut)))
		return BELONGS_NOT;
	if (before && before != past->cut && is_dealt_with(past, past->epoch - 1, found))
		return BELONGS_NOT;
	if (before && before->set != TEMPLATE_NONE && nominal < before->set)
		o->change = before;
	if (!change) {
		bool moves = rule_has_overrides(past->rule) && !rule_only_excludes(past->rule);
		sec_t end = made_through(past, past->epoch) + (moves ? MOVED_MAX : 0);
		return o->sure ? BELONGS : o->nominal > end ? BEYOND : BELONGS_NOT;
	}
	if (o->nominal > sec_from_usec(end_of_epoch(past, change)))
		return BEYOND;
	if (!o->sure && (keeps(past, change) || is_pending(past, change, o->nominal)))
		return BELONGS_NOT;
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

/* By the policies of now. */
static bool is_skipped(const struct past *past, const struct occurrence *found)
{
	const struct account_input *input = past->input;
	const struct policies *policies = input->template->policies;
	struct shift shift = { .workdays = workdays_plain(), .zone = past->zone };
	struct err ignored;
	if (!policies || policies->shift != SHIFT_SKIP || found->excluded)
		return false;
	shift.how = policies->shift;
	bool known = !policies->calendar || calendars_find(input->policy->calendars,
						    policies->calendar, &shift.workdays, &ignored);
	return known && shift_move(&shift, found->at * USEC_PER_SEC).skipped;
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
			break;
	}
	ret->skipped = is_skipped(past, &found);
	return true;
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
