/* Words of other libraries; see the header. */
#include "recur/rule_hint.h"

#include <string.h>
#include <strings.h>

#include "util/nearest.h"

#define STARTS                                                                   \
	"; the start is no part of a rule: it is next_due_at, or a DTSTART line" \
	" within rrule"

static const struct word {
	const char *typed, *meant, *note;
} keys[] = {
	{ "freq", "frequency", NULL },
	{ "repeat", "frequency", NULL },
	{ "repeats", "frequency", NULL },
	{ "type", "frequency", NULL },
	{ "unit", "frequency", NULL },
	{ "period", "frequency", NULL },
	{ "interval_count", "interval", NULL },
	{ "intervalCount", "interval", NULL },
	{ "every", "interval", NULL },
	{ "repeat_interval", "interval", NULL },
	{ "weekdays", "days", NULL },
	{ "daysOfWeek", "days", NULL },
	{ "days_of_week", "days", NULL },
	{ "dayOfWeek", "days", NULL },
	{ "byweekday", "byDay", NULL },
	{ "day_of_month", "byMonthDay", NULL },
	{ "dayOfMonth", "byMonthDay", NULL },
	{ "month", "byMonth", NULL },
	{ "months", "byMonth", NULL },
	{ "hour", "byHour", NULL },
	{ "minute", "byMinute", NULL },
	{ "bysetpos", "bySetPosition", NULL },
	{ "wkst", "firstDayOfWeek", NULL },
	{ "weekStart", "firstDayOfWeek", NULL },
	{ "tz", "timeZone", NULL },
	{ "tzid", "timeZone", NULL },
	{ "end", "until", NULL },
	{ "ends", "until", NULL },
	{ "until_date", "until", NULL },
	{ "occurrences", "count", NULL },
	{ "times", "count", NULL },
	{ "max_occurrences", "count", NULL },
	{ "exdate", "recurrenceOverrides", NULL },
	{ "exdates", "recurrenceOverrides", NULL },
	{ "exceptions", "recurrenceOverrides", NULL },
	{ "excludedDates", "recurrenceOverrides", NULL },
	{ "rdate", "recurrenceOverrides", NULL },
	{ "crontab", "cron", NULL },
	{ "cron_expression", "cron", NULL },
	{ "cronExpression", "cron", NULL },
	{ "expression", "cron", NULL },
	{ "schedule", "cron", NULL },
	{ "rule", "rrule", NULL },
	{ "recurrence", "rrule", NULL },
	{ "recurrenceRule", "rrule", NULL },
	{ "weekday", "day", NULL },
	{ "n", "nthOfPeriod", NULL },
	{ "nth", "nthOfPeriod", NULL },
	{ "position", "nthOfPeriod", NULL },
	{ "workdays", "workday", NULL },
	{ "byWorkday", "workday", NULL },
	{ "businessDay", "workday", NULL },
	{ "business_day", "workday", NULL },
	{ "holidays", "calendar", NULL },
	{ "cancelled", "excluded", NULL },
	{ "exclude", "excluded", NULL },
	{ "skip", "excluded", NULL },
	{ "name", "title", NULL },
	{ "summary", "title", NULL },
	{ "start", NULL, STARTS },
	{ "dtstart", NULL, STARTS },
	{ "startDate", NULL, STARTS },
	{ "start_date", NULL, STARTS },
};

static const struct word values[] = {
	{ "day", "daily", NULL },
	{ "days", "daily", NULL },
	{ "everyday", "daily", NULL },
	{ "every day", "daily", NULL },
	{ "annual", "yearly", NULL },
	{ "annually", "yearly", NULL },
	{ "fortnightly", "weekly", " with interval 2" },
	{ "biweekly", "weekly", " with interval 2" },
	{ "bi-weekly", "weekly", " with interval 2" },
	{ "bimonthly", "monthly", " with interval 2" },
	{ "quarterly", "monthly", " with interval 3" },
	{ "weekdays", "weekly", " with days mon to fri" },
	{ "weekday", "weekly", " with days mon to fri" },
	{ "normal", "medium", NULL },
};

/* How it is called here, where that is among the names. */
static const struct word *find_word(const struct word *words, size_t words_n, const char *typed,
	const char *const *names, size_t n)
{
	for (size_t i = 0; i < words_n; i++) {
		if (strcasecmp(words[i].typed, typed) != 0)
			continue;
		for (size_t j = 0; j < n; j++)
			if (!words[i].meant || strcmp(words[i].meant, names[j]) == 0)
				return &words[i];
	}
	return NULL;
}

/* "Monday" begins with mon. */
static const char *abbreviation(const char *typed, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		size_t len = strlen(names[i]);
		if ((len == 2 || len == 3) && strncasecmp(typed, names[i], len) == 0)
			return names[i];
	}
	return NULL;
}

void rule_hint(enum rule_hint_of of, const char *typed, const char *const *names, size_t n,
	struct strbuf *hint)
{
	const struct word *word = of == HINT_KEY
					  ? find_word(keys, ARRAY_LEN(keys), typed, names, n)
					  : find_word(values, ARRAY_LEN(values), typed, names, n);
	if (word && !word->meant) {
		strbuf_add_text(hint, word->note);
		return;
	}
	if (word) {
		strbuf_addf(hint, " (did you mean \"%s\"%s?)", word->meant,
			word->note ? word->note : "");
		return;
	}
	struct nearest nearest = NEAREST(typed);
	for (size_t i = 0; i < n; i++)
		nearest_offer(&nearest, names[i]);
	if (!nearest.name && of == HINT_VALUE)
		nearest.name = abbreviation(typed, names, n);
	strbuf_add_text(hint, nearest_hint(&nearest));
}
