/* From wall times to occurrences: zone, UNTIL, the order around gaps, overrides.
 *
 * What falls into a gap is shifted behind it and may land between, or on, what the rule has there
 * anyway.  So at a gap two walks run side by side, one inside it and one behind it, and merge.
 */
#include "recur/recurrence.h"

#include <stdlib.h>
#include <string.h>

#include "recur/candidates.h"
#include "recur/changes.h"
#include "util/mem.h"
#include "util/timefmt.h"

#define GAP_REACH (26 * 3600) /* no gap is longer than a day */
/* No form that recurd writes has a year 10000; west of Greenwich it begins in December. */
#define INSTANT_LAST INT64_C(253402300799)

/* One of the two walks, with the candidate that it stands on. */
struct stream {
	struct candidates candidates;
	bool have, ended;
	sec_t wall, nominal;
	enum zone_fit fit;
	sec_t gap_end;
};

struct recurrence {
	const struct zone *zone;
	unsigned flags;
	struct pattern pattern;
	struct stream main, gap;
	bool in_gap;
	sec_t gap_end;
	sec_t after; /* nothing that is not later */
	sec_t latest; /* the nominal instant found last, given or not */
	uint64_t count,
		counted; /* COUNT (0: none), and the distinct instants found from the start on */
	sec_t wall_limit, instant_limit;
	bool rule_ended, have_rule;
	struct occurrence next_of_rule;
	struct changes changes;
	size_t change; /* the next of them */
	int64_t empty_steps;
};

/* Opening ------------------------------------------------------------------------------------------ */

static void set_limits(struct recurrence *r, const struct rule *rule)
{
	r->wall_limit = INT64_MAX;
	r->instant_limit = INSTANT_LAST;
	if (rule->until_kind == UNTIL_WALL) {
		r->wall_limit = rule->until;
	} else if (rule->until_kind == UNTIL_INSTANT) {
		r->instant_limit = rule->until < INSTANT_LAST ? rule->until : INSTANT_LAST;
		r->wall_limit = zone_to_wall(r->zone, rule->until) + GAP_REACH;
	}
}

bool recurrence_open(const struct rule *rule, sec_t start_wall, const struct zone *zone,
	unsigned flags, struct recurrence **ret_recurrence, struct err *err)
{
	int year = civil_from_wall(start_wall).year;
	if (year < RULE_YEAR_MIN || year > RULE_YEAR_MAX)
		return err_set(err, "start in the year %d: expected %d ... %d", year, RULE_YEAR_MIN,
			RULE_YEAR_MAX);
	if (rule->workday && !rule->workdays)
		return err_set(err, "recurrence_rule.calendar: nobody has looked for it");
	struct recurrence *r = mem_alloc(sizeof(*r));
	r->zone = zone;
	r->flags = flags;
	r->count = (flags & RECUR_UNCOUNTED) != 0 ? 0 : rule->count;
	pattern_init(&r->pattern, rule, start_wall);
	pattern_prove(&r->pattern);
	set_limits(r, rule);
	changes_init(&r->changes, rule, zone, (flags & RECUR_BY_TIME) != 0);
	candidates_open(&r->main.candidates, &r->pattern, r->count > 0);
	r->after = INT64_MIN;
	r->latest = INT64_MIN;
	*ret_recurrence = r;
	return true;
}

void recurrence_close(struct recurrence *r)
{
	if (!r)
		return;
	candidates_close(&r->main.candidates);
	if (r->in_gap)
		candidates_close(&r->gap.candidates);
	changes_finish(&r->changes);
	free(r);
}

/* The rule's own occurrences ------------------------------------------------------------------------ */

static void leave_gap(struct recurrence *r)
{
	if (r->in_gap)
		candidates_close(&r->gap.candidates);
	r->in_gap = false;
}

static void enter_gap(struct recurrence *r)
{
	r->in_gap = true;
	r->gap_end = r->main.gap_end;
	r->gap = r->main;
	candidates_fork(&r->gap.candidates, &r->main.candidates);
	candidates_seek(&r->main.candidates, r->gap_end);
	r->main.have = false;
}

/* Makes the stream stand on a candidate.  WALK_END: it has no more. */
static enum walk_status stream_fill(const struct recurrence *r, struct stream *stream, int *steps)
{
	if (stream->have)
		return WALK_FOUND;
	if (stream->ended)
		return WALK_END;
	enum walk_status status = candidates_next(&stream->candidates, steps, &stream->wall);
	if (status == WALK_END || (status == WALK_FOUND && stream->wall > r->wall_limit)) {
		stream->ended = true;
		return WALK_END;
	}
	if (status != WALK_FOUND)
		return status;
	struct tzif_fit fit = zone_fit_wall(r->zone, stream->wall);
	stream->nominal = stream->wall - fit.offset;
	stream->fit = fit.fit;
	stream->gap_end = fit.gap_end;
	stream->have = true;
	return WALK_FOUND;
}

/* The stream whose candidate comes first.  WALK_FOUND with *ret set, or why not. */
static enum walk_status pick_stream(struct recurrence *r, int *steps, struct stream **ret_stream)
{
	for (;;) {
		enum walk_status status = stream_fill(r, &r->main, steps);
		if (status == WALK_AGAIN)
			return status;
		if (!r->in_gap) {
			*ret_stream = &r->main;
			if (status != WALK_FOUND || r->main.fit != ZONE_GAP)
				return status;
			enter_gap(r);
			continue;
		}
		enum walk_status gap_status = stream_fill(r, &r->gap, steps);
		if (gap_status == WALK_AGAIN)
			return gap_status;
		if (gap_status == WALK_END || r->gap.wall >= r->gap_end) {
			leave_gap(r);
			continue;
		}
		*ret_stream = status == WALK_FOUND && r->main.nominal < r->gap.nominal ? &r->main
										       : &r->gap;
		return WALK_FOUND;
	}
}

static void hold(struct recurrence *r, const struct stream *stream)
{
	r->have_rule = true;
	r->next_of_rule = (struct occurrence){ .nominal = stream->nominal,
		.at = stream->nominal,
		.wall = stream->wall,
		.fit = stream->fit };
	if (r->changes.days_n > 0)
		r->next_of_rule.excluded = changes_leave_out(
			&r->changes, zone_to_wall(r->zone, stream->nominal));
}

/* Fills in next_of_rule, or sets rule_ended.  False: out of steps.  COUNT is counted here and nowhere
 * else: what a gap makes one is one already, and no override has touched it yet. */
static bool find_next_of_rule(struct recurrence *r, int *steps)
{
	while (!r->have_rule && !r->rule_ended) {
		struct stream *stream = NULL;
		bool used_up = r->count > 0 && r->counted == r->count;
		enum walk_status status = used_up ? WALK_END : pick_stream(r, steps, &stream);
		if (status == WALK_AGAIN)
			return false;
		if (status == WALK_END || stream->nominal > r->instant_limit) {
			r->rule_ended = true;
			break;
		}
		stream->have = false;
		if (stream->nominal <= r->latest)
			continue;
		r->latest = stream->nominal;
		r->counted++;
		if (r->latest > r->after)
			hold(r, stream);
	}
	return true;
}

/* Whoever counts goes on where it stands, or begins anew. */
static void seek_counted(struct recurrence *r, sec_t after)
{
	if (r->latest <= after)
		return;
	leave_gap(r);
	candidates_seek(&r->main.candidates, r->pattern.start);
	r->main.have = false;
	r->main.ended = false;
	r->rule_ended = false;
	r->latest = INT64_MIN;
	r->counted = 0;
}

static void seek_uncounted(struct recurrence *r, sec_t after)
{
	/* What a gap shifted may lie behind `after` although its wall time lies before. */
	sec_t wall = zone_to_wall(r->zone, after);
	sec_t before = zone_to_wall(r->zone, after - GAP_REACH) + GAP_REACH;
	leave_gap(r);
	candidates_seek(&r->main.candidates, wall < before ? wall : before);
	r->main.have = false;
	r->main.ended = false;
	r->rule_ended = false;
	r->latest = INT64_MIN;
}

static void seek_in_range(struct recurrence *r, sec_t after)
{
	if (r->count > 0)
		seek_counted(r, after);
	else
		seek_uncounted(r, after);
	r->after = after;
	r->have_rule = false;
	r->empty_steps = 0;
	r->change = changes_after(&r->changes, after);
}

sec_t recurrence_searched(const struct recurrence *r)
{
	const struct candidates *candidates = &r->main.candidates;
	if (r->count > 0 || r->in_gap || r->main.have || r->rule_ended)
		return r->after;
	sec_t wall = candidates->ical ? candidates->after : candidates->walk.period;
	sec_t instant = zone_to_instant(r->zone, wall, NULL) - GAP_REACH;
	return instant > r->after ? instant : r->after;
}

void recurrence_seek(struct recurrence *r, sec_t after)
{
	sec_t first = days_from_civil(RULE_YEAR_MIN - 1, 1, 1) * DAY_SECONDS;
	sec_t last = days_from_civil(RULE_YEAR_MAX + 2, 1, 1) * DAY_SECONDS;
	after = after < first ? first : after > last ? last : after;
	seek_in_range(r, after);
}
/* Overrides ---------------------------------------------------------------------------------------- */

static void apply(const struct change *change, struct occurrence *occ)
{
	occ->at = change->at;
	occ->excluded = change->override->excluded;
	occ->title = change->override->title;
	occ->description = change->override->description;
	occ->priority = change->override->priority;
}

static struct occurrence added(const struct recurrence *r, const struct change *change)
{
	struct occurrence occ = { .nominal = change->nominal, .fit = ZONE_EXACT };
	occ.wall = change->override->key_kind == KEY_INSTANT
			   ? zone_to_wall(r->zone, change->nominal)
			   : change->override->key;
	occ.fit = zone_fit_wall(r->zone, occ.wall).fit;
	occ.fixed = change->override->key_kind == KEY_INSTANT && !change->override->moved;
	apply(change, &occ);
	return occ;
}

/* The rule itself, without its overrides, has something at that instant.  A search that takes long finds it. */
static bool rule_occurs(const struct recurrence *r, sec_t nominal)
{
	struct candidates candidates;
	int steps = RECUR_STEPS;
	sec_t wall = zone_to_wall(r->zone, nominal), found = 0;
	sec_t before = zone_to_wall(r->zone, nominal - GAP_REACH) + GAP_REACH;
	enum walk_status status;
	sec_t instant = INT64_MIN;
	candidates_open(&candidates, &r->pattern, false);
	candidates_seek(&candidates, wall < before ? wall : before);
	do {
		status = candidates_next(&candidates, &steps, &found);
		if (status == WALK_FOUND)
			instant = zone_to_instant(r->zone, found, NULL);
	} while (status == WALK_FOUND && instant != nominal && found <= wall);
	candidates_close(&candidates);
	bool within = found <= r->wall_limit && instant <= r->instant_limit;
	return status == WALK_AGAIN || (status == WALK_FOUND && instant == nominal && within);
}

/* What the next change makes of the next occurrence.  False: nothing to give for it. */
static bool take_change(struct recurrence *r, struct occurrence *ret_occurrence)
{
	const struct change *change = &r->changes.list[r->change++];
	bool meets = r->have_rule && r->next_of_rule.nominal == change->order;
	if (change->hides) {
		r->have_rule = r->have_rule && !meets;
		return false;
	}
	if (meets && change->nominal == change->order) {
		*ret_occurrence = r->next_of_rule;
		apply(change, ret_occurrence);
		r->have_rule = false;
	} else if (change->override->excluded) {
		return false; /* the rule has nothing there */
	} else if (change->if_occurs && !rule_occurs(r, change->nominal)) {
		return false;
	} else {
		*ret_occurrence = added(r, change);
	}
	return true;
}

/* The next one, be it excluded.  False: *ret_status says why there is none. */
static bool find_next(struct recurrence *r, int *steps, struct occurrence *ret_occurrence,
	enum recur_status *ret_status)
{
	for (;;) {
		*ret_status = RECUR_AGAIN;
		if (find_next_of_rule(r, steps))
			r->empty_steps = 0;
		else if (r->change == r->changes.n ||
			 r->changes.list[r->change].order > recurrence_searched(r))
			return false; /* a change that the rule has nothing before does not wait */
		if (r->change < r->changes.n &&
			(!r->have_rule ||
				r->changes.list[r->change].order <= r->next_of_rule.nominal)) {
			if (take_change(r, ret_occurrence))
				return true;
			continue;
		}
		*ret_status = RECUR_END;
		if (!r->have_rule)
			return false;
		*ret_occurrence = r->next_of_rule;
		r->have_rule = false;
		return true;
	}
}

enum recur_status recurrence_next(
	struct recurrence *r, struct occurrence *ret_occurrence, struct err *err)
{
	int steps = RECUR_STEPS;
	enum recur_status status = RECUR_FOUND;
	struct occurrence found;
	while (find_next(r, &steps, &found, &status)) {
		if (found.excluded && (r->flags & RECUR_EXCLUDED) == 0)
			continue;
		*ret_occurrence = found;
		return RECUR_FOUND;
	}
	if (status == RECUR_END)
		return RECUR_END;
	r->empty_steps += RECUR_STEPS;
	if (r->empty_steps < RECUR_EMPTY_STEPS)
		return RECUR_AGAIN;
	err_set(err, "recurrence_rule: %s within %d steps",
		r->count > 0 && r->counted > 0 && r->latest <= r->after
			? "COUNT is counted from the start, and that was not done"
			: "nothing found",
		RECUR_EMPTY_STEPS);
	return RECUR_FAILED;
}

bool recurrence_moves(const struct recurrence *r, sec_t nominal)
{
	for (size_t i = 0; i < r->changes.n; i++) {
		const struct change *change = &r->changes.list[i];
		if (change->override->moved && change->nominal == nominal && change->at != nominal)
			return true;
	}
	return false;
}

bool recurrence_within_until(const struct recurrence *r, sec_t instant)
{
	const struct rule *rule = r->pattern.rule;
	if (rule->until_kind == UNTIL_WALL)
		return instant <= zone_to_instant(r->zone, rule->until, NULL) ||
		       zone_to_wall(r->zone, instant) <= rule->until;
	return rule->until_kind == UNTIL_NONE || instant <= rule->until;
}

bool recurrence_check_interval(const struct recurrence *r, sec_t min_interval, struct err *err)
{
	const char *part = NULL, *key = r->pattern.rule->text_key;
	sec_t gap = pattern_min_gap(&r->pattern, &part);
	if (gap >= min_interval)
		return true;
	return err_set(err,
		"recurrence_rule.%s%s%s: occurrences %lld s apart, at least %lld s (min_interval) "
		"are "
		"required",
		key ? key : "", key ? ": " : "", part, (long long)gap, (long long)min_interval);
}
