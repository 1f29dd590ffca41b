/* What follows a task; see the header. */
#include "plan/successor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan/start.h"
#include "util/charset.h"
#include "util/timefmt.h"

#define DAY_SECONDS 86400

struct search {
	const struct successor_task *task;
	struct template template; /* as much of one as a rule needs */
	struct start start;
	usec_t base; /* from which the distance of the reminder counts */
	sec_t after; /* the successor is due after this instant */
};

static bool is_instant(usec_t instant)
{
	static const usec_t min = INT64_C(-62135596800) * USEC_PER_SEC,
			    max = INT64_C(253402300799) * USEC_PER_SEC;
	return instant >= min && instant <= max;
}

static bool check(const struct successor_task *task, struct err *err)
{
	char text[INSTANT_TEXT_MAX];
	if (!is_instant(task->completed_at))
		return err_set(err,
			"completed_at: expected an instant in the years 1 to 9999, got %s",
			instant_format(task->completed_at, text));
	if (task->due_at != TEMPLATE_NONE && !is_instant(task->due_at))
		return err_set(err,
			"due_date: expected an instant in the years 1 to 9999, or null, got %s",
			instant_format(task->due_at, text));
	return true;
}

/* ---- the anchor ---- */

static bool open_at(struct search *search, sec_t wall, struct err *err)
{
	struct start *start = &search->start;
	recurrence_close(start->recurrence);
	start->recurrence = NULL;
	start->anchor = wall;
	return recurrence_open(start->rule, wall, start->zone, RECUR_UNCOUNTED | RECUR_BY_TIME,
		       &start->recurrence, err) &&
	       recurrence_check_interval(
		       start->recurrence, start->policy->min_interval / USEC_PER_SEC, err);
}

/* Its due date is the one that the chain gave it. */
static bool is_ours(const struct successor_task *task)
{
	return task->starts_zone && task->planned_due_at != TEMPLATE_NONE &&
	       sec_from_usec(task->planned_due_at) == sec_from_usec(task->due_at);
}

/* The due date as local time, by the zone in which it was given.  false: that zone cannot be had just now; one that
 * nobody knows any more is no zone, and the rule's own serves. */
static bool due_wall(const struct search *search, sec_t *ret_wall, struct err *err)
{
	const struct successor_task *task = search->task;
	const struct zone *zone = search->start.zone;
	if (is_ours(task) && !search->start.policy->zone(task->starts_zone, &zone, err)) {
		if (err->passing)
			return err_prefix(err, "%s: ", task->starts_zone);
		zone = search->start.zone;
	}
	*ret_wall = zone_to_wall(zone, sec_from_usec(task->due_at));
	return true;
}

/* The anchor of before stays while the due date is one of its occurrences. */
static bool anchor_at_due(struct search *search, struct err *err)
{
	struct start *start = &search->start;
	sec_t wall = 0, own = search->task->starts_local;
	if (!due_wall(search, &wall, err))
		return false;
	sec_t due = is_ours(search->task) ? zone_to_instant(start->zone, wall, NULL)
					  : sec_from_usec(search->task->due_at);
	search->after = due;
	if (search->task->starts_zone || rule_start(start->rule, &own)) {
		struct occurrence found;
		if (!open_at(search, own, err))
			return false;
		enum recur_status status = start_search_at(start, due, &found, err);
		if (status == RECUR_FAILED)
			return false;
		start->slices = 0;
		if (status == RECUR_FOUND)
			return true;
	}
	return open_at(search, wall, err);
}

static sec_t time_of_day(sec_t wall)
{
	return ((wall % DAY_SECONDS) + DAY_SECONDS) % DAY_SECONDS;
}

static sec_t wanted_time(const struct search *search, sec_t completed)
{
	const struct successor_task *task = search->task;
	if (task->due_at != TEMPLATE_NONE)
		return time_of_day(is_ours(task) ? task->starts_local
						 : zone_to_wall(search->start.zone,
							   sec_from_usec(task->due_at)));
	if (is_instant(task->remind_at))
		return time_of_day(
			zone_to_wall(search->start.zone, sec_from_usec(task->remind_at)));
	return time_of_day(completed) / 60 * 60;
}

static bool anchor_at_completion(struct search *search, struct err *err)
{
	const struct zone *zone = search->start.zone;
	sec_t completed = zone_to_wall(zone, sec_from_usec(search->task->completed_at));
	sec_t wall = rule_is_subdaily(search->start.rule)
			     ? completed
			     : completed - time_of_day(completed) + wanted_time(search, completed);
	search->after = zone_to_instant(zone, wall, NULL);
	rule_keep_months(search->start.rule);
	return open_at(search, wall, err);
}

static bool anchor(struct search *search, struct err *err)
{
	const struct successor_task *task = search->task;
	enum rule_repeat repeat = rule_repeat(search->start.rule);
	bool completion = repeat == REPEAT_COMPLETION || task->due_at == TEMPLATE_NONE;
	search->base = task->due_at == TEMPLATE_NONE ? task->remind_at : task->due_at;
	if (completion ? !anchor_at_completion(search, err) : !anchor_at_due(search, err))
		return false;
	sec_t completed = sec_from_usec(task->completed_at);
	if (repeat != REPEAT_EACH && completed > search->after)
		search->after = completed;
	return true;
}

/* ---- what is found ---- */

static void take_reminder(const struct search *search, struct successor *successor)
{
	const struct successor_task *task = search->task;
	successor->remind_at = successor->reminded_at = TEMPLATE_NONE;
	if (!is_instant(task->remind_at))
		return;
	usec_t at = task->remind_at + (successor->due_at - search->base);
	if (!is_instant(at))
		return;
	successor->remind_at = at;
	if (at <= task->completed_at)
		successor->reminded_at = sec_from_usec(at) * USEC_PER_SEC + USEC_PER_SEC - 1;
}

static void take_rule(const struct search *search, struct successor *successor)
{
	const struct template *template = &search->template;
	if (rule_count(search->start.rule) == 0)
		return;
	struct strbuf utf8 CLEANUP(strbuf_free) = STRBUF(SIZE_MAX);
	struct strbuf rule = STRBUF(SIZE_MAX);
	(void)charset_to_utf8(charset_bound(), template->rule, template->rule_len, &utf8);
	rule_count_down(search->start.rule, utf8.data, utf8.len, &rule);
	successor->rule = strbuf_steal(&rule);
}

static void take(const struct search *search, sec_t due, struct successor *successor)
{
	successor->outcome = SUCCESSOR_FOLLOWS;
	successor->due_at = due * USEC_PER_SEC;
	successor->starts_local = search->start.anchor;
	snprintf(successor->starts_zone, sizeof(successor->starts_zone), "%s",
		zone_name(search->start.zone));
	take_reminder(search, successor);
	take_rule(search, successor);
}

/* One that was completed before its day does not come back on that very day: a Friday that was seen to on Thursday.
 * Where the rule names no days, they are counted from the completion, and may well come to the same. */
static bool is_done_already(const struct search *search, sec_t at)
{
	return rule_names_days(search->start.rule) && search->task->due_at != TEMPLATE_NONE &&
	       at == sec_from_usec(search->task->due_at);
}

static enum recur_status look(struct search *search, struct occurrence *ret_found, struct err *err)
{
	recurrence_seek(search->start.recurrence, search->after);
	enum recur_status status;
	do
		status = start_search(&search->start, ret_found, err);
	while (status == RECUR_FOUND && is_done_already(search, ret_found->at));
	return status;
}

/* false: err says why there is no answer. */
static bool find(struct search *search, struct successor *successor, struct err *err)
{
	struct occurrence found;
	if (!check(search->task, err) || !start_rule(&search->start, err) || !anchor(search, err))
		return false;
	if (rule_count(search->start.rule) == 1)
		return true;
	switch (look(search, &found, err)) {
	case RECUR_FOUND:
		take(search, found.at, successor);
		return true;
	case RECUR_END:
		return true;
	case RECUR_AGAIN:
		return start_give_up(err);
	case RECUR_FAILED:
		break;
	}
	return false;
}

void successor_make(const struct successor_task *task, const struct plan_policy *policy,
	struct successor *ret_successor)
{
	struct search search = { .task = task,
		.template = { .id = task->id,
			.user_id = task->user_id,
			.rule = task->rule,
			.rule_len = task->rule_len,
			.user_zone = task->user_zone } };
	search.start = (struct start){ .template = &search.template, .policy = policy };
	*ret_successor = (struct successor){ .outcome = SUCCESSOR_NONE };
	struct err err = { 0 };
	if (!find(&search, ret_successor, &err)) {
		ret_successor->outcome = err.passing ? SUCCESSOR_POSTPONED : SUCCESSOR_FAILED;
		ret_successor->failure = err;
	}
	start_finish(&search.start);
}

void successor_finish(struct successor *successor)
{
	free(successor->rule);
	successor->rule = NULL;
}
