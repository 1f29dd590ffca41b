/* The vocabulary: what words there are for a thing. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "recur/sentence_def.h"
#include "util/nearest.h"

#define HOUR 3600

struct word {
	const char *text;
	int value, size;
};

static const struct word weekdays[] = {
	{ "Sunday", 0, 0 },
	{ "Monday", 1, 0 },
	{ "Tuesday", 2, 0 },
	{ "Wednesday", 3, 0 },
	{ "Thursday", 4, 0 },
	{ "Friday", 5, 0 },
	{ "Saturday", 6, 0 },
	{ "Sundays", 0, 0 },
	{ "Mondays", 1, 0 },
	{ "Tuesdays", 2, 0 },
	{ "Wednesdays", 3, 0 },
	{ "Thursdays", 4, 0 },
	{ "Fridays", 5, 0 },
	{ "Saturdays", 6, 0 },
	{ "sun", 0, 0 },
	{ "mon", 1, 0 },
	{ "tue", 2, 0 },
	{ "wed", 3, 0 },
	{ "thu", 4, 0 },
	{ "fri", 5, 0 },
	{ "sat", 6, 0 },
	{ "tues", 2, 0 },
	{ "weds", 3, 0 },
	{ "thur", 4, 0 },
	{ "thurs", 4, 0 },
	{ "su", 0, 0 },
	{ "mo", 1, 0 },
	{ "tu", 2, 0 },
	{ "we", 3, 0 },
	{ "th", 4, 0 },
	{ "fr", 5, 0 },
	{ "sa", 6, 0 },
};

static const struct word months[] = {
	{ "January", 1, 0 },
	{ "February", 2, 0 },
	{ "March", 3, 0 },
	{ "April", 4, 0 },
	{ "May", 5, 0 },
	{ "June", 6, 0 },
	{ "July", 7, 0 },
	{ "August", 8, 0 },
	{ "September", 9, 0 },
	{ "October", 10, 0 },
	{ "November", 11, 0 },
	{ "December", 12, 0 },
	{ "jan", 1, 0 },
	{ "feb", 2, 0 },
	{ "mar", 3, 0 },
	{ "apr", 4, 0 },
	{ "jun", 6, 0 },
	{ "jul", 7, 0 },
	{ "aug", 8, 0 },
	{ "sep", 9, 0 },
	{ "sept", 9, 0 },
	{ "oct", 10, 0 },
	{ "nov", 11, 0 },
	{ "dec", 12, 0 },
};

/* Not "m": minutes or months. */
static const struct word units[] = {
	{ "second", FREQ_SECONDLY, 1 },
	{ "seconds", FREQ_SECONDLY, 1 },
	{ "sec", FREQ_SECONDLY, 1 },
	{ "secs", FREQ_SECONDLY, 1 },
	{ "s", FREQ_SECONDLY, 1 },
	{ "minute", FREQ_MINUTELY, 1 },
	{ "minutes", FREQ_MINUTELY, 1 },
	{ "min", FREQ_MINUTELY, 1 },
	{ "mins", FREQ_MINUTELY, 1 },
	{ "hour", FREQ_HOURLY, 1 },
	{ "hours", FREQ_HOURLY, 1 },
	{ "hr", FREQ_HOURLY, 1 },
	{ "hrs", FREQ_HOURLY, 1 },
	{ "h", FREQ_HOURLY, 1 },
	{ "day", FREQ_DAILY, 1 },
	{ "days", FREQ_DAILY, 1 },
	{ "d", FREQ_DAILY, 1 },
	{ "week", FREQ_WEEKLY, 1 },
	{ "weeks", FREQ_WEEKLY, 1 },
	{ "wk", FREQ_WEEKLY, 1 },
	{ "wks", FREQ_WEEKLY, 1 },
	{ "w", FREQ_WEEKLY, 1 },
	{ "month", FREQ_MONTHLY, 1 },
	{ "months", FREQ_MONTHLY, 1 },
	{ "mo", FREQ_MONTHLY, 1 },
	{ "mos", FREQ_MONTHLY, 1 },
	{ "mth", FREQ_MONTHLY, 1 },
	{ "mths", FREQ_MONTHLY, 1 },
	{ "year", FREQ_YEARLY, 1 },
	{ "years", FREQ_YEARLY, 1 },
	{ "yr", FREQ_YEARLY, 1 },
	{ "yrs", FREQ_YEARLY, 1 },
	{ "y", FREQ_YEARLY, 1 },
	{ "quarter", FREQ_MONTHLY, 3 },
	{ "quarters", FREQ_MONTHLY, 3 },
	{ "fortnight", FREQ_WEEKLY, 2 },
	{ "fortnights", FREQ_WEEKLY, 2 },
};

static const struct word ordinals[] = {
	{ "last", 0, 0 },
	{ "first", 1, 0 },
	{ "second", 2, 0 },
	{ "third", 3, 0 },
	{ "fourth", 4, 0 },
	{ "fifth", 5, 0 },
	{ "sixth", 6, 0 },
	{ "seventh", 7, 0 },
	{ "eighth", 8, 0 },
	{ "ninth", 9, 0 },
	{ "tenth", 10, 0 },
};

/* The parts of a day as Todoist has them, whose words they are. */
static const struct word times[] = {
	{ "noon", 12 * HOUR, 0 },
	{ "midday", 12 * HOUR, 0 },
	{ "midnight", 0, 0 },
	{ "morning", 9 * HOUR, 0 },
	{ "afternoon", 12 * HOUR, 0 },
	{ "evening", 19 * HOUR, 0 },
	{ "night", 22 * HOUR, 0 },
	{ "mornings", 9 * HOUR, 0 },
	{ "afternoons", 12 * HOUR, 0 },
	{ "evenings", 19 * HOUR, 0 },
	{ "nights", 22 * HOUR, 0 },
};

static const char *const others[] = { "every", "each", "daily", "weekly", "monthly", "yearly",
	"hourly", "weekday", "weekdays", "workday", "weekend", "until", "times", "except", "moved",
	"also", "only", "other", "fortnightly", "annually", "quarterly", "completion" };

static const struct word *find(const struct word *words, size_t n, const struct token *token)
{
	for (size_t i = 0; i < n; i++)
		if (token_is(token, words[i].text))
			return &words[i];
	return NULL;
}

#define FIND(words, token)  find(words, ARRAY_LEN(words), token)
#define VALUE(words, token) value_of(FIND(words, token))

static int value_of(const struct word *word)
{
	return word ? word->value : -1;
}

int word_weekday(const struct token *token)
{
	return VALUE(weekdays, token);
}

int word_month(const struct token *token)
{
	return VALUE(months, token);
}

int word_unit(const struct token *token)
{
	return VALUE(units, token);
}

int word_unit_size(const struct token *token)
{
	const struct word *word = FIND(units, token);
	return word ? word->size : 1;
}

int word_ordinal(const struct token *token)
{
	return VALUE(ordinals, token);
}

int word_time(const struct token *token)
{
	return VALUE(times, token);
}

bool word_is_workday(const struct token *token)
{
	return token_is(token, "weekday") || token_is(token, "weekdays") ||
	       token_is(token, "workday") || token_is(token, "workdays") ||
	       token_is(token, "business");
}

bool word_is_weekend(const struct token *token)
{
	return token_is(token, "weekend") || token_is(token, "weekends");
}

bool word_is_day(const struct token *token)
{
	return token_is(token, "day") || token_is(token, "days");
}

bool word_is_every(const struct token *token)
{
	return token_is(token, "every") || token_is(token, "each") || token_is(token, "ev");
}

static void offer(struct nearest *nearest, const struct word *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strlen(words[i].text) > 3)
			nearest_offer(nearest, words[i].text);
}

const char *word_hint(const struct token *token, char hint[static 80])
{
	char typed[NEAREST_BYTES_MAX + 1] = "";
	struct nearest nearest = NEAREST(typed);
	hint[0] = '\0';
	if (token->kind != TOKEN_WORD || token->len > NEAREST_BYTES_MAX || token->len < 3)
		return hint;
	memcpy(typed, token->text, token->len);
	offer(&nearest, weekdays, 7);
	offer(&nearest, months, 12);
	offer(&nearest, units, ARRAY_LEN(units));
	offer(&nearest, ordinals, ARRAY_LEN(ordinals));
	offer(&nearest, times, 7);
	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		nearest_offer(&nearest, others[i]);
	/* It is a word that stands in the wrong place. */
	if (nearest.name && strcasecmp(nearest.name, typed) != 0)
		snprintf(hint, 80, "%s", nearest_hint(&nearest));
	return hint;
}
