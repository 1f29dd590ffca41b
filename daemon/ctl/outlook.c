/* What would come of a template; see ctl/template.h. */
#include <stdlib.h>
#include <string.h>

#include "ctl/template.h"
#include "db/rows.h"
#include "util/mem.h"
#include "util/timefmt.h"

/* As work/plan_walk.c has them. */
#define SLICES_MAX  8
#define COUNTED_MAX 2000

/* Years 1 to 9999: what RFC 5545 can write. */
#define INSTANT_MIN (INT64_C(-62135596800) * USEC_PER_SEC)
#define INSTANT_MAX (INT64_C(253402300799) * USEC_PER_SEC)

struct outlook {
	struct rule *rule;
	const struct zone *zone;
	struct recurrence *recurrence;
	sec_t start_wall;
	bool stands; /* `first` is made whether or not it belongs to the rule's set */
	struct occurrence first;
	uint64_t left; /* occurrences until COUNT; UINT64_MAX: no end */
};

const struct zone *outlook_zone(const struct outlook *outlook)
{
	return outlook->zone;
}

const struct rule *outlook_rule(const struct outlook *outlook)
{
	return outlook->rule;
}

sec_t outlook_start(const struct outlook *outlook)
{
	return outlook->start_wall;
}

void outlook_close(struct outlook *outlook)
{
	if (!outlook)
		return;
	recurrence_close(outlook->recurrence);
	rule_free(outlook->rule);
	free(outlook);
}

void outlook_cleanup(struct outlook **outlook)
{
	outlook_close(*outlook);
	*outlook = NULL;
}

/* Slices are counted as the daemon counts them: a rule that it would give up is given up here. */
static enum recur_status next_found(
	struct outlook *outlook, struct occurrence *ret_occurrence, struct err *err)
{
	for (int slices = 0; slices < SLICES_MAX; slices++) {
		enum recur_status status = recurrence_next(
			outlook->recurrence, ret_occurrence, err);
		if (status != RECUR_AGAIN)
			return status;
	}
	(void)err_set(err, "recurrence_rule: finds no occurrence within the limit of computation");
	return RECUR_FAILED;
}

/* What overrides add does not count, and used_count cannot tell: there the recurrence counts. */
static bool counts_itself(const struct rule *rule)
{
	return rule_has_overrides(rule) && rule_count(rule) <= COUNTED_MAX;
}

static bool open_from(struct outlook *outlook, sec_t start_wall, struct err *err)
{
	struct recurrence *recurrence;
	unsigned flags = RECUR_EXCLUDED | RECUR_BY_TIME |
			 (counts_itself(outlook->rule) ? 0 : RECUR_UNCOUNTED);
	if (!recurrence_open(outlook->rule, start_wall, outlook->zone, flags, &recurrence, err))
		return false;
	recurrence_close(outlook->recurrence);
	outlook->recurrence = recurrence;
	outlook->start_wall = start_wall;
	return true;
}

/* Whether something of the rule's set stands at that instant, and what. */
static bool belongs(struct outlook *outlook, sec_t instant, struct occurrence *ret_occurrence)
{
	struct err err;
	recurrence_seek(outlook->recurrence, instant - 1);
	return next_found(outlook, ret_occurrence, &err) == RECUR_FOUND &&
	       ret_occurrence->at == instant;
}

static sec_t later_of(sec_t second, const usec_t *instant)
{
	sec_t other = instant ? sec_from_usec(*instant) : INT64_MIN;
	return other > second ? other : second;
}

/* The application's next_due_at is the anchor where there is none, or where it stands off the set. */
static bool anchor(struct outlook *outlook, const struct template_row *template, sec_t due,
	bool set_by_application, struct err *err)
{
	struct occurrence found;
	if (template->starts_local) {
		if (!open_from(outlook, *template->starts_local, err))
			return false;
		if (!set_by_application || belongs(outlook, due, &found))
			return true;
	}
	return open_from(outlook, zone_to_wall(outlook->zone, due), err);
}

static bool is_history(const struct template_row *template, usec_t instant)
{
	return template->made_through &&
	       sec_from_usec(instant) <= sec_from_usec(*template->made_through);
}

/* A next_due_at that is history comes from the save of a stale row: the plan of before stands. */
static sec_t take_due(const struct template_row *template)
{
	bool stale = is_history(template, template->next_due_at) && template->planned_due_at &&
		     !is_history(template, *template->planned_due_at);
	return sec_from_usec(stale ? *template->planned_due_at : template->next_due_at);
}

/* Where the next occurrences start.  work/plan.h has the rules in words. */
static bool place(struct outlook *outlook, const struct template_row *template, struct err *err)
{
	sec_t due = take_due(template);
	bool ours = template->planned_due_at && sec_from_usec(*template->planned_due_at) == due;
	bool history = is_history(template, due * USEC_PER_SEC);
	bool edited = template->replan_at && template->starts_local;
	if (!anchor(outlook, template, due, !ours && !history, err))
		return false;
	bool overtaken = edited && ours &&
			 (template->ended || due > sec_from_usec(*template->replan_at));
	outlook->stands = !history && !overtaken;
	outlook->first = (struct occurrence){ .nominal = due, .at = due };
	struct occurrence found;
	if (outlook->stands && belongs(outlook, due, &found) && !found.excluded)
		outlook->first = found;
	sec_t after = outlook->stands ? due : later_of(INT64_MIN, template->made_through);
	if (edited && (ours || history))
		after = later_of(after, template->replan_at);
	if (outlook->stands && !recurrence_within_until(outlook->recurrence, due))
		outlook->left = 0;
	recurrence_seek(outlook->recurrence, after);
	return true;
}

/* The rule's own zone, else the user's, else the default. */
static bool load_zone(const struct conf *conf, const struct template_row *template,
	struct outlook *outlook, struct err *err)
{
	const char *named = rule_time_zone(outlook->rule), *user = template->user_zone;
	if (zone_load(named ? named : user ? user : conf->default_time_zone, &outlook->zone, err))
		return true;
	return err_prefix(err, "%s: ",
		named  ? "recurrence_rule.timeZone"
		: user ? "recurd.preferences.time_zone"
		       : "default_time_zone");
}

static bool open_rule(const struct conf *conf, const struct template_row *template,
	struct outlook *outlook, struct err *err)
{
	if (!template->rule)
		return err_set(err, "recurrence_rule: larger than %d bytes", RULE_BYTES_MAX);
	if (!rule_parse(template->rule, strlen(template->rule), &outlook->rule, err))
		return false;
	if (!load_zone(conf, template, outlook, err))
		return false;
	uint64_t count = rule_count(outlook->rule), used = (uint64_t) template->used_count;
	bool counted = count > 0 && !counts_itself(outlook->rule);
	outlook->left = !counted ? UINT64_MAX : count > used ? count - used : 0;
	return true;
}

bool outlook_open(const struct conf *conf, const struct template_row *template,
	struct outlook **ret_outlook, struct err *err)
{
	struct outlook *outlook = mem_alloc(sizeof(*outlook));
	if (template->next_due_at == USEC_INFINITY ||
		template->next_due_at == USEC_MINUS_INFINITY) {
		(void)err_set(err, "next_due_at: infinite");
		goto fail;
	}
	if (!open_rule(conf, template, outlook, err) || !place(outlook, template, err) ||
		!recurrence_check_interval(
			outlook->recurrence, conf->min_interval / USEC_PER_SEC, err))
		goto fail;
	*ret_outlook = outlook;
	return true;
fail:
	outlook_close(outlook);
	return false;
}

static const usec_t *instant_or_null(const PGresult *result, int row, int column, usec_t *place)
{
	if (row_is_null(result, row, column))
		return NULL;
	*place = row_instant(result, row, column);
	return place;
}

bool outlook_open_row(const struct conf *conf, const PGresult *result, int row, int first,
	struct outlook **ret_outlook, struct err *err)
{
	usec_t planned, made_through, replan;
	sec_t starts = 0;
	bool has_start = !row_is_null(result, row, first + TEMPLATE_STARTS_LOCAL);
	if (has_start)
		starts = sec_from_usec(row_wall_us(result, row, first + TEMPLATE_STARTS_LOCAL));
	struct template_row template = {
		.id = row_text(result, row, first + TEMPLATE_ID),
		.rule = row_text(result, row, first + TEMPLATE_RULE),
		.next_due_at = row_instant(result, row, first + TEMPLATE_NEXT_DUE),
		.planned_due_at = instant_or_null(result, row, first + TEMPLATE_PLANNED, &planned),
		.made_through = instant_or_null(
			result, row, first + TEMPLATE_MADE_THROUGH, &made_through),
		.replan_at = instant_or_null(result, row, first + TEMPLATE_REPLAN, &replan),
		.starts_local = has_start ? &starts : NULL,
		.used_count = row_int8(result, row, first + TEMPLATE_USED),
		.ended = !row_is_null(result, row, first + TEMPLATE_ENDED),
		.user_zone = row_text(result, row, first + TEMPLATE_USER_ZONE),
	};
	return outlook_open(conf, &template, ret_outlook, err);
}

enum recur_status outlook_next(
	struct outlook *outlook, struct occurrence *ret_occurrence, struct err *err)
{
	while (outlook->left > 0) {
		/* An excluded occurrence is used up like any other. */
		outlook->left -= outlook->left != UINT64_MAX;
		if (outlook->stands) {
			outlook->stands = false;
			*ret_occurrence = outlook->first;
			return RECUR_FOUND;
		}
		enum recur_status status = next_found(outlook, ret_occurrence, err);
		if (status != RECUR_FOUND || !ret_occurrence->excluded)
			return status;
	}
	return RECUR_END;
}
