/* The rule itself: its tables, sets, life and what it tells others. */
#include <stdlib.h>
#include <string.h>

#include "recur/calendars.h"
#include "recur/rule_def.h"
#include "util/mem.h"

#define ALL      ((1u << FREQ_COUNT) - 1)
#define BIT(x)   (1u << FREQ_##x)
#define SUBDAILY (BIT(SECONDLY) | BIT(MINUTELY) | BIT(HOURLY))

/* RFC 5545 section 3.3.10: the table of BYxxx parts, "N/A" left out. */
const struct part_row rule_parts[PART_COUNT] = {
	[PART_MONTH] = { "byMonth", "BYMONTH", 1, 12, false, ALL },
	[PART_WEEKNO] = { "byWeekNo", "BYWEEKNO", 1, 53, true, BIT(YEARLY) },
	[PART_YEARDAY] = { "byYearDay", "BYYEARDAY", 1, 366, true, SUBDAILY | BIT(YEARLY) },
	[PART_MONTHDAY] = { "byMonthDay", "BYMONTHDAY", 1, 31, true, ALL & ~BIT(WEEKLY) },
	[PART_HOUR] = { "byHour", "BYHOUR", 0, 23, false, ALL },
	[PART_MINUTE] = { "byMinute", "BYMINUTE", 0, 59, false, ALL },
	[PART_SECOND] = { "bySecond", "BYSECOND", 0, 60, false, ALL },
	[PART_SETPOS] = { "bySetPosition", "BYSETPOS", 1, 366, true, ALL },
	[PART_WORKDAY] = { "workday", "workday", 1, 366, true,
		BIT(WEEKLY) | BIT(MONTHLY) | BIT(YEARLY) },
};

const char *const rule_freq_names[FREQ_COUNT] = { "secondly", "minutely", "hourly", "daily",
	"weekly", "monthly", "yearly" };
const char *const rule_day_names[7] = { "su", "mo", "tu", "we", "th", "fr", "sa" };
const char *const rule_skip_names[3] = { "omit", "backward", "forward" };
const char *const rule_repeat_names[3] = { "due", "completion", "each" };

void intset_add(struct intset *set, int value)
{
	if (value >= 0)
		set->pos[value / 64] |= UINT64_C(1) << value % 64;
	else
		set->neg[-value / 64] |= UINT64_C(1) << -value % 64;
}

bool intset_has(const struct intset *set, int value)
{
	if (value > INTSET_MAX || value < -INTSET_MAX)
		return false;
	if (value >= 0)
		return (set->pos[value / 64] >> value % 64 & 1) != 0;
	return (set->neg[-value / 64] >> -value % 64 & 1) != 0;
}

/* The first member that is not below `from`, -1: none.  By words, not by members: a set is nearly
 * empty, and this is asked for every row that is generated. */
static int first_from(const uint64_t *words, int from)
{
	for (int i = from; i <= INTSET_MAX; i = (i / 64 + 1) * 64) {
		uint64_t rest = words[i / 64] >> i % 64;
		if (rest != 0)
			return i + __builtin_ctzll(rest);
	}
	return -1;
}

int intset_next(const struct intset *set, int value)
{
	int next = -1;
	if (value == INTSET_START || value >= 0) {
		next = first_from(set->pos, value == INTSET_START ? 0 : value + 1);
		if (next >= 0)
			return next;
		value = 0;
	}
	next = first_from(set->neg, 1 - value);
	return next >= 0 ? -next : INTSET_END;
}

bool rule_part_add(struct rule *rule, enum rule_part part, int64_t value)
{
	const struct part_row *row = &rule_parts[part];
	if (value < -row->max || value > row->max)
		return false;
	int64_t size = row->negative && value < 0 ? -value : value;
	if (size < row->min)
		return false;
	/* A leap second is the second before it (RFC 5545 section 3.3.10). */
	if (part == PART_SECOND && value == 60)
		value = 59;
	intset_add(&rule->parts[part], (int)value);
	rule->has |= 1u << part;
	return true;
}

static int override_compare(const void *a, const void *b)
{
	const struct override *x = a, *y = b;
	if (x->key_kind != y->key_kind)
		return x->key_kind < y->key_kind ? -1 : 1;
	if (x->date_zone != y->date_zone)
		return x->date_zone < y->date_zone ? -1 : 1;
	return x->key < y->key ? -1 : x->key > y->key;
}

bool rule_overrides_sort(struct rule *rule)
{
	struct override *list = rule->overrides;
	if (rule->overrides_len > 0)
		qsort(list, rule->overrides_len, sizeof(*list), override_compare);
	bool distinct = true;
	for (size_t i = 1; i < rule->overrides_len; i++)
		distinct &= override_compare(&list[i - 1], &list[i]) != 0;
	return distinct;
}

void rule_overrides_merge(struct rule *rule)
{
	rule_overrides_sort(rule);
	size_t n = 0;
	for (size_t i = 0; i < rule->overrides_len; i++) {
		struct override *last = n > 0 ? &rule->overrides[n - 1] : NULL;
		if (last && override_compare(last, &rule->overrides[i]) == 0)
			last->excluded = last->excluded || rule->overrides[i].excluded;
		else
			rule->overrides[n++] = rule->overrides[i];
	}
	rule->overrides_len = n;
}

struct override *rule_override_add(struct rule *rule, sec_t key, enum override_key kind)
{
	if (rule->overrides_len >= RULE_OVERRIDES_MAX)
		return NULL;
	rule->overrides = mem_realloc_array(
		rule->overrides, rule->overrides_len + 1, sizeof(*rule->overrides));
	struct override *override = &rule->overrides[rule->overrides_len++];
	*override = (struct override){ .key = key, .key_kind = kind };
	return override;
}

void rule_free(struct rule *rule)
{
	if (!rule)
		return;
	for (size_t i = 0; i < rule->overrides_len; i++) {
		free(rule->overrides[i].title);
		free(rule->overrides[i].description);
		free(rule->overrides[i].priority);
	}
	free(rule->overrides);
	for (size_t i = 0; i < rule->date_zones_len; i++)
		free(rule->date_zones[i]);
	free(rule->date_zones);
	free(rule->time_zone);
	free(rule->calendar);
	free(rule);
}

const char *rule_calendar(const struct rule *rule)
{
	return rule->calendar;
}

bool rule_is_of_workdays(const struct rule *rule)
{
	return rule->workday;
}

bool rule_use_calendars(struct rule *rule, const struct calendars *calendars, struct err *err)
{
	if (!rule->workday)
		return true;
	if (rule->calendar)
		return calendars_find(calendars, rule->calendar, &rule->workdays, err) ||
		       err_prefix(err, "recurrence_rule.calendar: ");
	rule->workdays = workdays_plain();
	return true;
}

const char *rule_time_zone(const struct rule *rule)
{
	return rule->time_zone;
}

bool rule_is_subdaily(const struct rule *rule)
{
	return rule->freq < FREQ_DAILY;
}

enum rule_repeat rule_repeat(const struct rule *rule)
{
	return rule->repeat;
}

uint64_t rule_count(const struct rule *rule)
{
	return rule->count;
}

bool rule_start(const struct rule *rule, sec_t *ret_wall)
{
	if (rule->has_start)
		*ret_wall = rule->start;
	return rule->has_start;
}

bool rule_names_days(const struct rule *rule)
{
	return rule->has_days || rule->has_nth || rule->workday || rule_has(rule, PART_MONTHDAY) ||
	       rule_has(rule, PART_YEARDAY) || rule_has(rule, PART_WEEKNO);
}

void rule_keep_months(struct rule *rule)
{
	bool whole = rule->freq == FREQ_MONTHLY || rule->freq == FREQ_YEARLY;
	if (whole && rule->skip == SKIP_OMIT && !rule_names_days(rule))
		rule->skip = SKIP_BACKWARD;
}

bool rule_is_several_a_day(const struct rule *rule)
{
	static const enum rule_part times[] = { PART_HOUR, PART_MINUTE, PART_SECOND };
	bool several = rule_is_subdaily(rule) || !rule_only_excludes(rule);
	for (size_t i = 0; i < ARRAY_LEN(times); i++) {
		const struct intset *set = &rule->parts[times[i]];
		int first = intset_next(set, INTSET_START);
		several |= first != INTSET_END && intset_next(set, first) != INTSET_END;
	}
	return several;
}

bool rule_has_overrides(const struct rule *rule)
{
	return rule->overrides_len > 0;
}

bool rule_overrides_are_local(const struct rule *rule)
{
	for (size_t i = 0; i < rule->overrides_len; i++) {
		if (rule->overrides[i].key_kind == KEY_INSTANT)
			return false;
	}
	return true;
}

bool rule_only_excludes(const struct rule *rule)
{
	for (size_t i = 0; i < rule->overrides_len; i++) {
		if (!rule->overrides[i].excluded)
			return false;
	}
	return true;
}
