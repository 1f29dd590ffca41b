/* Days of a calendar; see the header.
 *
 * A year is a set of bits, made when it is asked for.  As many years are kept as are asked for together: who looks
 * for the last working day but one of the month, or goes through what was missed, asks for the same one again
 * and again.
 */
#include "recur/workdays.h"

#include <stdlib.h>
#include <string.h>

#include "recur/workdays_rule.h"
#include "util/mem.h"
#include "util/timefmt.h"
#include <limits.h>

#define YEARS_KEPT 32
#define YEAR_WORDS 6
#define NO_YEAR    INT_MIN
#define DAY_SECS   86400

struct workdays_year {
	int number;
	int64_t first; /* 1 January */
	int length;
	uint64_t works[YEAR_WORDS];
};

struct entry {
	struct workdays_day day;
	struct workdays_rule *rule; /* NULL: there once */
};

struct workdays {
	char *name;
	unsigned weekend;
	struct entry *entries;
	size_t n, size, rules;
	bool broken;
	struct err trouble;
	struct workdays_year years[YEARS_KEPT]; /* by the last digits of their number */
};

/* ---- life ---- */

static void forget_years(struct workdays *workdays)
{
	for (size_t i = 0; i < YEARS_KEPT; i++)
		workdays->years[i].number = NO_YEAR;
}

struct workdays *workdays_create(const char *name, unsigned weekend)
{
	struct workdays *workdays = mem_alloc(sizeof(*workdays));
	workdays->name = mem_strdup(name);
	workdays->weekend = weekend;
	forget_years(workdays);
	return workdays;
}

void workdays_free(struct workdays *workdays)
{
	if (!workdays)
		return;
	for (size_t i = 0; i < workdays->n; i++) {
		workdays_rule_close(workdays->entries[i].rule);
		free((void *)(uintptr_t)workdays->entries[i].day.name);
		free((void *)(uintptr_t)workdays->entries[i].day.rule);
	}
	free(workdays->entries);
	free(workdays->name);
	free(workdays);
}

void workdays_cleanup(struct workdays **workdays)
{
	workdays_free(*workdays);
	*workdays = NULL;
}

const struct workdays *workdays_plain(void)
{
	static struct workdays plain = { .weekend = 1u << 0 | 1u << 6 };
	if (plain.years[0].length == 0)
		forget_years(&plain);
	return &plain;
}

const char *workdays_name(const struct workdays *workdays)
{
	return workdays->name;
}

void workdays_break(struct workdays *workdays, const struct err *why)
{
	if (!workdays->broken)
		workdays->trouble = *why;
	workdays->broken = true;
}

const struct err *workdays_trouble(const struct workdays *workdays)
{
	return workdays->broken ? &workdays->trouble : NULL;
}

/* ---- what differs ---- */

static bool check_day(
	const struct workdays *workdays, const struct workdays_day *day, struct err *err)
{
	if (workdays->n >= WORKDAYS_DAYS_MAX)
		return err_set(err, "more than %d days in one calendar", WORKDAYS_DAYS_MAX);
	if (day->rule && workdays->rules >= WORKDAYS_RULES_MAX)
		return err_set(err, "more than %d rules in one calendar", WORKDAYS_RULES_MAX);
	if (day->span < 1 || day->span > WORKDAYS_SPAN_MAX)
		return err_set(
			err, "lasts %d days, expected 1 ... %d", day->span, WORKDAYS_SPAN_MAX);
	if (day->first < days_from_civil(1, 1, 1) || day->first > days_from_civil(9999, 12, 31))
		return err_set(err, "expected a day in the years 1 to 9999");
	return true;
}

bool workdays_add(struct workdays *workdays, const struct workdays_day *day, struct err *err)
{
	struct workdays_rule *rule = NULL;
	if (!check_day(workdays, day, err) ||
		(day->rule && !workdays_rule_open(day->rule, day->first, &rule, err)))
		return false;
	if (workdays->n == workdays->size) {
		workdays->size = workdays->size ? workdays->size * 2 : 16;
		workdays->entries = mem_realloc_array(
			workdays->entries, workdays->size, sizeof(*workdays->entries));
	}
	struct entry *entry = &workdays->entries[workdays->n++];
	*entry = (struct entry){ .day = *day, .rule = rule };
	entry->day.name = mem_strdup(day->name);
	entry->day.rule = mem_strdup(day->rule);
	workdays->rules += rule != NULL;
	forget_years(workdays);
	return true;
}

/* ---- a year ---- */

static void mark(struct workdays_year *year, int64_t first, int span, bool works)
{
	for (int64_t day = first; day < first + span; day++) {
		int64_t i = day - year->first;
		if (i < 0 || i >= year->length)
			continue;
		if (works)
			year->works[i / 64] |= UINT64_C(1) << i % 64;
		else
			year->works[i / 64] &= ~(UINT64_C(1) << i % 64);
	}
}

static void mark_entry(struct workdays_year *year, const struct entry *entry)
{
	const struct workdays_day *day = &entry->day;
	int64_t first = day->first, last = year->first + year->length - 1;
	if (!entry->rule) {
		mark(year, first, day->span, day->working);
		return;
	}
	int64_t from = year->first - day->span + 1;
	while (workdays_rule_next(entry->rule, from, last, &first)) {
		mark(year, first, day->span, day->working);
		from = first + 1;
	}
}

static void fill(const struct workdays *workdays, int number, struct workdays_year *year)
{
	*year = (struct workdays_year){ .number = number,
		.first = days_from_civil(number, 1, 1),
		.length = 337 + days_in_month(number, 2) };
	for (int i = 0; i < year->length; i++)
		if ((workdays->weekend >> weekday_from_days(year->first + i) & 1) == 0)
			mark(year, year->first + i, 1, true);
	/* Working days last: where both meet, people work. */
	for (int working = 0; working <= 1; working++)
		for (size_t i = 0; i < workdays->n; i++)
			if (workdays->entries[i].day.working == working)
				mark_entry(year, &workdays->entries[i]);
}

/* What is kept changes nothing of what a calendar says. */
static const struct workdays_year *year_of(const struct workdays *workdays, int64_t day)
{
	int number = civil_from_wall(day * DAY_SECS).year;
	size_t slot = (size_t)number % YEARS_KEPT;
	struct workdays_year *year = &((struct workdays *)(uintptr_t)workdays)->years[slot];
	if (year->number != number)
		fill(workdays, number, year);
	return year;
}

/* ---- questions ---- */

bool workdays_work(const struct workdays *workdays, int64_t day)
{
	const struct workdays_year *year = year_of(workdays, day);
	int64_t i = day - year->first;
	return (year->works[i / 64] >> i % 64 & 1) != 0;
}

/* Bits of the words from one through another. */
static int count_bits(const uint64_t *words, int from, int through)
{
	int n = 0;
	for (int word = from / 64; word <= through / 64; word++) {
		uint64_t bits = words[word];
		if (word == from / 64)
			bits &= UINT64_MAX << from % 64;
		if (word == through / 64)
			bits &= UINT64_MAX >> (63 - through % 64);
		n += __builtin_popcountll(bits);
	}
	return n;
}

int workdays_count(const struct workdays *workdays, int64_t from, int64_t through)
{
	int n = 0;
	while (from <= through) {
		const struct workdays_year *year = year_of(workdays, from);
		int64_t last = year->first + year->length - 1;
		last = last < through ? last : through;
		n += count_bits(year->works, (int)(from - year->first), (int)(last - year->first));
		from = last + 1;
	}
	return n;
}

static bool entry_has(const struct entry *entry, int64_t day)
{
	int64_t first = entry->day.first;
	int span = entry->day.span;
	if (!entry->rule)
		return day >= first && day < first + span;
	return workdays_rule_next(entry->rule, day - span + 1, day, &first);
}

const struct workdays_day *workdays_why(const struct workdays *workdays, int64_t day, size_t n)
{
	bool works = workdays_work(workdays, day);
	for (size_t i = 0; i < workdays->n; i++) {
		const struct entry *entry = &workdays->entries[i];
		if (entry->day.working == works && entry_has(entry, day) && n-- == 0)
			return &entry->day;
	}
	return NULL;
}

static bool find(const struct workdays *workdays, int64_t day, int step, int64_t *ret_day)
{
	for (int i = 0; i <= WORKDAYS_REACH; i++) {
		if (workdays_work(workdays, day + i * step)) {
			*ret_day = day + i * step;
			return true;
		}
	}
	return false;
}

bool workdays_find(
	const struct workdays *workdays, int64_t day, enum workdays_side side, int64_t *ret_day)
{
	int64_t before = 0, after = 0;
	bool has_before = side != WORKDAYS_NEXT && find(workdays, day, -1, &before);
	bool has_after = side != WORKDAYS_PREVIOUS && find(workdays, day, 1, &after);
	if (has_before && has_after && after - day < day - before)
		has_before = false;
	if (has_before || has_after)
		*ret_day = has_before ? before : after;
	return has_before || has_after;
}
