/* From wall times to occurrences: zone, UNTIL, the order around gaps, overrides.
 *
 * What falls into a gap is shifted behind it and may land between, or on, what the rule has there
 * anyway.  So at a gap two walks run side by side, one inside it and one behind it, and merge.
 */
#include "recur/recurrence.h"

#include <stdlib.h>
#include <string.h>

#include "recur/candidates.h"
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

/* An override, or what one of them adds, in the order in which occurrences are given. */
struct change {
	sec_t order; /* where it comes in */
	sec_t nominal, at;
	bool hides; /* the rule's own occurrence at `order` is not given (moved: given elsewhere) */
	const struct override *override;
};

struct recurrence {
	const struct zone *zone;
	unsigned flags;
	struct pattern pattern;
	struct stream main, gap;
	bool in_gap;
	sec_t gap_end;
	sec_t after; /* nothing that is not later */
	sec_t wall_limit, instant_limit;
	bool rule_ended, have_rule;
	struct occurrence next_of_rule;
	struct change *changes;
	size_t changes_len, change;
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

static int change_compare(const void *a, const void *b)
{
	const struct change *x = a, *y = b;
	if (x->order != y->order)
		return x->order < y->order ? -1 : 1;
	/* Of two for one occurrence, the one that leaves it out; else the order of their keys. */
	if (x->override->excluded != y->override->excluded)
		return x->override->excluded ? -1 : 1;
	return x->override < y->override ? -1 : x->override > y->override;
}

/* Two keys may be one instant: one with Z and one without, or two that a gap makes one. */
static void drop_repeated(struct recurrence *r)
{
	qsort(r->changes, r->changes_len, sizeof(*r->changes), change_compare);
	size_t n = 0;
	for (size_t i = 0; i < r->changes_len; i++)
		if (n == 0 || r->changes[n - 1].order != r->changes[i].order)
			r->changes[n++] = r->changes[i];
	r->changes_len = n;
}

/* What is moved leaves its place and comes in elsewhere: two changes. */
static void order_by_time(struct recurrence *r)
{
	size_t n = r->changes_len;
	for (size_t i = 0; i < n; i++) {
		struct change *change = &r->changes[i], *here = &r->changes[r->changes_len];
		if (!change->override->moved)
			continue;
		*here = *change;
		here->order = here->at;
		change->hides = true;
		r->changes_len++;
	}
	qsort(r->changes, r->changes_len, sizeof(*r->changes), change_compare);
}

static void resolve_changes(struct recurrence *r, const struct rule *rule)
{
	r->changes = mem_alloc_array(2 * rule->overrides_len + 1, sizeof(*r->changes));
	for (size_t i = 0; i < rule->overrides_len; i++) {
		const struct override *override = &rule->overrides[i];
		struct change *change = &r->changes[r->changes_len++];
		change->override = override;
		change->nominal = override->key_is_instant
					  ? override->key
					  : zone_to_instant(r->zone, override->key, NULL);
		change->at = override->moved ? zone_to_instant(r->zone, override->start, NULL)
					     : change->nominal;
		change->order = change->nominal;
	}
	drop_repeated(r);
	if ((r->flags & RECUR_BY_TIME) != 0)
		order_by_time(r);
}

bool recurrence_open(const struct rule *rule, sec_t start_wall, const struct zone *zone,
	unsigned flags, struct recurrence **ret_recurrence, struct err *err)
{
	int year = civil_from_wall(start_wall).year;
	uint64_t count = (flags & RECUR_UNCOUNTED) != 0 ? 0 : rule->count;
	if (year < RULE_YEAR_MIN || year > RULE_YEAR_MAX)
		return err_set(err, "start in the year %d: expected %d ... %d", year, RULE_YEAR_MIN,
			RULE_YEAR_MAX);
	struct recurrence *r = mem_alloc(sizeof(*r));
	r->zone = zone;
	r->flags = flags;
	pattern_init(&r->pattern, rule, start_wall);
	pattern_prove(&r->pattern);
	set_limits(r, rule);
	resolve_changes(r, rule);
	candidates_open(&r->main.candidates, &r->pattern, count);
	r->after = INT64_MIN;
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
	free(r->changes);
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

/* Fills in next_of_rule, or sets rule_ended.  False: out of steps. */
static bool find_next_of_rule(struct recurrence *r, int *steps)
{
	while (!r->have_rule && !r->rule_ended) {
		struct stream *stream = NULL;
		enum walk_status status = pick_stream(r, steps, &stream);
		if (status == WALK_AGAIN)
			return false;
		if (status == WALK_END || stream->nominal > r->instant_limit) {
			r->rule_ended = true;
			break;
		}
		stream->have = false;
		if (stream->nominal <= r->after)
			continue;
		r->after = stream->nominal;
		r->have_rule = true;
		r->next_of_rule = (struct occurrence){ .nominal = stream->nominal,
			.at = stream->nominal,
			.wall = stream->wall,
			.fit = stream->fit };
	}
	return true;
}

static void seek_in_range(struct recurrence *r, sec_t after)
{
	/* What a gap shifted may lie behind `after` although its wall time lies before. */
	sec_t wall = zone_to_wall(r->zone, after);
	sec_t before = zone_to_wall(r->zone, after - GAP_REACH) + GAP_REACH;
	leave_gap(r);
	candidates_seek(&r->main.candidates, wall < before ? wall : before);
	r->main.have = false;
	r->main.ended = false;
	r->after = after;
	r->have_rule = false;
	r->rule_ended = false;
	r->empty_steps = 0;
	for (r->change = 0; r->change < r->changes_len; r->change++)
		if (r->changes[r->change].order > after)
			break;
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
	occ.wall = change->override->key_is_instant ? zone_to_wall(r->zone, change->nominal)
						    : change->override->key;
	occ.fit = zone_fit_wall(r->zone, occ.wall).fit;
	apply(change, &occ);
	return occ;
}

/* What the next change makes of the next occurrence.  False: nothing to give for it. */
static bool take_change(struct recurrence *r, struct occurrence *ret_occurrence)
{
	const struct change *change = &r->changes[r->change++];
	bool meets = r->have_rule && r->next_of_rule.nominal == change->order;
	if (change->hides) {
		r->have_rule = r->have_rule && !meets;
		return false;
	}
	struct occurrence occ;
	if (meets && change->nominal == change->order) {
		occ = r->next_of_rule;
		apply(change, &occ);
		r->have_rule = false;
	} else if (change->override->excluded) {
		return false; /* the rule has nothing there */
	} else {
		occ = added(r, change);
	}
	if (occ.excluded && (r->flags & RECUR_EXCLUDED) == 0)
		return false;
	*ret_occurrence = occ;
	return true;
}

enum recur_status recurrence_next(
	struct recurrence *r, struct occurrence *ret_occurrence, struct err *err)
{
	int steps = RECUR_STEPS;
	for (;;) {
		bool complete = find_next_of_rule(r, &steps);
		if (!complete) {
			r->empty_steps += RECUR_STEPS;
			if (r->empty_steps < RECUR_EMPTY_STEPS)
				return RECUR_AGAIN;
			err_set(err, "recurrence_rule: nothing found within %d steps",
				RECUR_EMPTY_STEPS);
			return RECUR_FAILED;
		}
		r->empty_steps = 0;
		if (r->change < r->changes_len &&
			(!r->have_rule || r->changes[r->change].order <= r->next_of_rule.nominal)) {
			if (take_change(r, ret_occurrence))
				return RECUR_FOUND;
			continue;
		}
		if (!r->have_rule)
			return RECUR_END;
		*ret_occurrence = r->next_of_rule;
		r->have_rule = false;
		return RECUR_FOUND;
	}
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
