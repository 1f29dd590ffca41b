/* The set of the past; see the header. */
#include "plan/account_past.h"

#include <string.h>

#include "plan/start.h"
#include "util/timefmt.h"

#define ZONE_SHIFT_MAX (26 * 3600) /* the most that another zone can move an instant */
#define MOVED_MAX      (366 * 86400) /* farther ahead nobody looks for what was moved into the past */

void past_init(struct past *past, const struct account_input *input)
{
	*past = (struct past){ .input = input };
}

static void close_epoch(struct past *past)
{
	recurrence_close(past->recurrence);
	rule_free(past->rule);
	past->recurrence = NULL;
	past->rule = NULL;
}

void past_finish(struct past *past)
{
	close_epoch(past);
}

static const struct account_change *change_at(const struct past *past, size_t i)
{
	return i < past->input->changes_n ? &past->input->changes[i] : NULL;
}

/* What the present rule has made goes so far. */
static sec_t made_through(const struct past *past)
{
	usec_t made = past->input->template->made_through;
	return made == TEMPLATE_NONE ? INT64_MIN : sec_from_usec(made);
}

/* ---- one epoch ---- */

/* A template as it was then, for what start.h makes of it. */
static bool open_rule(struct past *past, const struct account_change *change, struct err *err)
{
	struct template then = *past->input->template;
	if (change) {
		then.rule = change->rule;
		then.rule_len = change->rule_len;
		then.starts_local = change->starts_local;
	}
	struct start start = { .template = &then, .policy = past->input->policy };
	bool works = start_rule(&start, err) &&
		     recurrence_open(start.rule, then.starts_local, start.zone,
			     RECUR_EXCLUDED | RECUR_UNCOUNTED, &past->recurrence, err);
	past->rule = start.rule;
	past->zone = start.zone;
	start.rule = NULL;
	start_finish(&start);
	return works;
}

static bool open_epoch(struct past *past)
{
	const struct account_change *change = change_at(past, past->epoch);
	const struct template *t = past->input->template;
	if (!t->starts_zone || (change && !change->rule))
		return false;
	if (!open_rule(past, change, &past->problem)) {
		close_epoch(past);
		return false;
	}
	usec_t from = past->input->from;
	const struct account_change *before = past->epoch > 0 ? change_at(past, past->epoch - 1)
							      : NULL;
	if (before && before->at > from)
		from = before->at;
	sec_t after = from == USEC_MINUS_INFINITY ? INT64_MIN : sec_from_usec(from);
	recurrence_seek(past->recurrence,
		after < INT64_MIN + 2 * ZONE_SHIFT_MAX ? INT64_MIN : after - ZONE_SHIFT_MAX - 1);
	return true;
}

/* ---- zones ---- */

/* The zone by which that local time was made; NULL: as now, or it is no zone any more. */
static const struct zone *zone_then(const struct past *past, sec_t wall)
{
	const struct account_input *input = past->input;
	for (size_t i = 0; i < input->turns_n; i++) {
		const struct account_turn *turn = &input->turns[i];
		const struct zone *zone;
		struct err ignored;
		if (!input->policy->zone(turn->zone, &zone, &ignored))
			continue;
		if (wall < zone_to_wall(zone, sec_from_usec(turn->first)))
			return zone;
	}
	return NULL;
}

static void place(
	const struct past *past, const struct occurrence *found, struct past_occurrence *ret)
{
	const struct zone *zone = found->fixed ? NULL : zone_then(past, found->wall);
	*ret = (struct past_occurrence){
		.nominal = found->nominal, .at = found->at, .excluded = found->excluded
	};
	if (!zone || zone == past->zone)
		return;
	sec_t nominal = zone_to_instant(zone, found->wall, NULL);
	sec_t at_wall = zone_to_wall(past->zone, found->at);
	ret->at = found->at == found->nominal ? nominal : zone_to_instant(zone, at_wall, NULL);
	ret->nominal = nominal;
}

/* ---- what of it belongs there ---- */

enum belonging { BELONGS_NOT, BELONGS, BEYOND };

/* Between the change before it, which may have passed over some by itself, and the one that ended it. */
static enum belonging of_epoch(const struct past *past, struct past_occurrence *o)
{
	const struct account_change *change = change_at(past, past->epoch);
	const struct account_change *before = past->epoch > 0 ? change_at(past, past->epoch - 1)
							      : NULL;
	usec_t nominal = o->nominal * USEC_PER_SEC;
	if (before && o->nominal <= sec_from_usec(before->at))
		return BELONGS_NOT;
	if (before && before->set != TEMPLATE_NONE && nominal < before->set)
		o->change = before;
	if (!change) {
		o->sure = o->at <= made_through(past);
		bool moves = rule_has_overrides(past->rule) && !rule_only_excludes(past->rule);
		sec_t end = made_through(past) + (moves ? MOVED_MAX : 0);
		return o->sure ? BELONGS : o->nominal > end ? BEYOND : BELONGS_NOT;
	}
	if (o->nominal > sec_from_usec(change->at))
		return BEYOND;
	o->sure = change->made_through != TEMPLATE_NONE &&
		  o->at <= sec_from_usec(change->made_through);
	bool overdue = change->planned != TEMPLATE_NONE &&
		       o->nominal >= sec_from_usec(change->planned);
	if (!o->sure && overdue)
		o->change = change;
	return BELONGS;
}

static bool next_of_epoch(struct past *past, struct past_occurrence *ret)
{
	struct occurrence found;
	for (;;) {
		enum recur_status status = recurrence_next(
			past->recurrence, &found, &past->problem);
		if (status == RECUR_AGAIN)
			continue;
		if (status != RECUR_FOUND)
			return false;
		place(past, &found, ret);
		enum belonging belonging = of_epoch(past, ret);
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
		if ((past->recurrence || open_epoch(past)) && next_of_epoch(past, ret))
			return true;
		close_epoch(past);
		past->epoch++;
	}
	return false;
}
