/* libical behind a small door.
 *
 * Measured with 3.0.16: a zone on DTSTART makes it repeat or lose times at clock changes (so it gets
 * floating time), unsorted lists come out in list order (rule sets are sorted), BYSETPOS, BYWEEKNO,
 * weekly intervals, sub-daily frequencies and negative days in daily rules are wrong, YEARLY with
 * BYMONTHDAY but no BYMONTH takes the start's month alone, and a rule that never matches spins inside
 * one call.  ical_fits lets through what is outside all of that. */
#include "recur/ical.h"

#include <libical/ical.h>
#include <stdlib.h>

#include "recur/rule_def.h"
#include "util/mem.h"
#include "util/timefmt.h"

#define ICAL_INTERVAL_MAX 32767 /* a short in 3.0 */
#define ICAL_YEAR_LAST    2500

struct ical {
	icalrecur_iterator *iterator;
	struct icaltimetype start;
	sec_t start_wall;
#if ICAL_MAJOR_VERSION >= 4
	struct icalrecurrencetype *rule;
#else
	struct icalrecurrencetype rule;
#endif
};

static bool few_months_between(const struct pattern *pattern)
{
	const struct rule *rule = pattern->rule;
	/* With an interval the days must exist in every month, or nothing may ever match. */
	if (pattern->interval > 1) {
		if (pattern->has_monthday &&
			(pattern->has_days || pattern->monthday_pos >> 29 != 0 ||
				pattern->monthday_neg >> 29 != 0))
			return false;
		for (int day = 0; day < 7; day++)
			if (intset_has(&rule->nth[day], 5) || intset_has(&rule->nth[day], -5))
				return false;
	}
	return true;
}

bool ical_fits(const struct pattern *pattern)
{
	const struct rule *rule = pattern->rule;
	struct civil start = civil_from_wall(pattern->start);
	if (pattern->never || rule->workday || rule->skip != SKIP_OMIT ||
		rule_has(rule, PART_SETPOS) || rule_has(rule, PART_WEEKNO) ||
		rule_has(rule, PART_YEARDAY) || pattern->interval > ICAL_INTERVAL_MAX ||
		start.year < 1900 || start.year > ICAL_YEAR_LAST)
		return false;
	switch (pattern->freq) {
	case FREQ_DAILY:
		return pattern->months == 0 && !pattern->has_monthday &&
		       (!pattern->has_days || pattern->interval == 1);
	case FREQ_WEEKLY:
		return pattern->interval == 1 && pattern->months == 0;
	case FREQ_MONTHLY:
		return pattern->months == 0 && few_months_between(pattern);
	case FREQ_YEARLY:
		/* Leap days would make it look through four years, or eight. */
		return pattern->months != 0 && pattern->has_monthday && !pattern->has_days &&
		       pattern->monthday_pos >> 29 == 0 && pattern->monthday_neg >> 29 == 0;
	default:
		return false;
	}
}

static struct icaltimetype to_ical(sec_t wall)
{
	struct civil civil = civil_from_wall(wall);
	struct icaltimetype time = icaltime_null_time();
	time.year = civil.year;
	time.month = civil.month;
	time.day = civil.day;
	time.hour = civil.hour;
	time.minute = civil.minute;
	time.second = civil.second;
	return time;
}

static sec_t from_ical(const struct icaltimetype *time)
{
	struct civil civil = { time->year, time->month, time->day, time->hour, time->minute,
		time->second };
	return wall_from_civil(&civil);
}

static bool parse(struct ical *ical, const char *text)
{
#if ICAL_MAJOR_VERSION >= 4
	ical->rule = icalrecurrencetype_new_from_string(text);
	return ical->rule;
#else
	ical->rule = icalrecurrencetype_from_string(text);
	return ical->rule.freq != ICAL_NO_RECURRENCE;
#endif
}

static bool rewind_iterator(struct ical *ical)
{
	if (ical->iterator)
		icalrecur_iterator_free(ical->iterator);
	icalerror_clear_errno();
	ical->iterator = icalrecur_iterator_new(ical->rule, ical->start);
	/* Otherwise its want of memory would read as the end of the rule. */
	if (!ical->iterator && icalerrno == ICAL_NEWFAILED_ERROR)
		mem_abort("out of memory in libical");
	return ical->iterator;
}

struct ical *ical_open(const struct pattern *pattern)
{
	struct strbuf text CLEANUP(strbuf_free);
	struct ical *ical = mem_alloc(sizeof(*ical));
	/* Some builds abort where others return an error. */
	icalerror_set_errors_are_fatal(0);
	strbuf_init(&text, RULE_TEXT_MAX);
	rule_text_lists(pattern->rule, &text);
	ical->start = to_ical(pattern->start);
	ical->start_wall = pattern->start;
	if (text.overflowed || !parse(ical, text.data)) {
		ical_close(ical);
		return NULL;
	}
	return ical;
}

void ical_close(struct ical *ical)
{
	if (!ical)
		return;
	if (ical->iterator)
		icalrecur_iterator_free(ical->iterator);
#if ICAL_MAJOR_VERSION >= 4
	if (ical->rule)
		icalrecurrencetype_unref(ical->rule);
#endif
	free(ical);
}

bool ical_seek(struct ical *ical, sec_t wall)
{
	if (!rewind_iterator(ical))
		return false;
	return wall <= ical->start_wall ||
	       icalrecur_iterator_set_start(ical->iterator, to_ical(wall)) != 0;
}

bool ical_next(struct ical *ical, sec_t *ret_wall)
{
	struct icaltimetype time = icalrecur_iterator_next(ical->iterator);
	if (icaltime_is_null_time(time) || time.year > ICAL_YEAR_LAST)
		return false;
	*ret_wall = from_ical(&time);
	return true;
}
