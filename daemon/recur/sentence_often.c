/* How often: "every 2 weeks", "every other Tuesday", "weekly", "the 15th of every month". */
#include "recur/sentence_def.h"

static bool set_unit(struct sentence *s, int freq, int64_t interval)
{
	if (interval < 1 || interval > RULE_INTERVAL_MAX)
		return sentence_fail(s, "a number, 1 ... 2147483647");
	if (!sentence_say(s, SAID_UNIT))
		return false;
	s->rule->freq = (enum rule_freq)freq;
	s->rule->interval = (uint32_t)interval;
	return true;
}

/* At the unit, which goes. */
static bool take_unit(struct sentence *s, int64_t n)
{
	int64_t interval = n > RULE_INTERVAL_MAX ? 0 : n * word_unit_size(&s->token);
	if (!set_unit(s, word_unit(&s->token), interval))
		return false;
	sentence_next(s);
	/* "1 month(s)" */
	struct token peek = sentence_peek(s);
	if (token_is_sign(&s->token, '(') && token_is(&peek, "s")) {
		sentence_next(s);
		sentence_next(s);
		return sentence_accept_sign(s, ')') || sentence_fail(s, "\")\"");
	}
	return true;
}

/* Whether an ordinal is of a unit: "every second week", not "every second Friday". */
static bool is_nth_unit(const struct sentence *s, int *ret_n)
{
	struct sentence ahead = *s;
	if (!sentence_take_ordinal(&ahead, ret_n) || *ret_n < 2 || word_unit(&ahead.token) < 0)
		return false;
	/* The 2nd day of the month. */
	bool day = word_is_day(&ahead.token);
	sentence_next(&ahead);
	return !day || !sentence_at(&ahead, "of");
}

/* "second" is a unit, too. */
static bool is_second_of_days(const struct sentence *s)
{
	struct sentence ahead = *s;
	sentence_next(&ahead);
	if (word_weekday(&ahead.token) >= 0 || word_is_workday(&ahead.token) ||
		sentence_at(&ahead, "last") || sentence_at(&ahead, "to") ||
		word_month(&ahead.token) > 0 || word_is_day(&ahead.token))
		return true;
	return sentence_list_goes_on(&ahead) &&
	       (ahead.token.kind == TOKEN_ORDINAL || word_ordinal(&ahead.token) >= 0);
}

/* "every second Friday" is the month's second one to some, and every other one to most. */
static bool check_second(struct sentence *s, const struct token *at, bool every_second)
{
	const struct rule *rule = s->rule;
	int n = 0;
	for (int day = 0; day < 7; day++)
		for (int v = intset_next(&rule->nth[day], INTSET_START); v != INTSET_END;
			v = intset_next(&rule->nth[day], v))
			n += v == 2 ? 1 : 2;
	if (!every_second || n != 1 || rule->days != 0 || sentence_said(s, SAID_UNIT) ||
		sentence_at(s, "of"))
		return true;
	return sentence_refuse(s, at,
		"could mean two things: write \"every other\" for every 2 weeks, or \"of the "
		"month\" behind it");
}

static bool take_every_days(struct sentence *s)
{
	struct token at = s->token;
	int n = 0;
	struct sentence ahead = *s;
	bool every_second = sentence_take_ordinal(&ahead, &n) && n == 2;
	return sentence_take_days(s) && check_second(s, &at, every_second);
}

static bool take_other(struct sentence *s)
{
	if (word_unit(&s->token) >= 0 && word_weekday(&s->token) < 0)
		return take_unit(s, 2);
	if (word_weekday(&s->token) < 0)
		return sentence_fail(s, "a unit or a day of the week, as in every other week");
	return set_unit(s, FREQ_WEEKLY, 2) && sentence_take_days(s);
}

static bool take_every_number(struct sentence *s)
{
	struct token at = s->token, noun = sentence_peek(s);
	if (word_unit(&noun) >= 0) {
		sentence_next(s);
		return take_unit(s, at.number);
	}
	if (word_weekday(&noun) >= 0 || word_is_workday(&noun))
		return sentence_refuse(s, &noun,
			"expected a unit behind a number, as in every %.*s weeks on Monday, or an "
			"ordinal, as in every 3rd Monday",
			(int)at.len, at.text);
	if (noun.kind == TOKEN_WORD && token_is(&noun, "m"))
		return sentence_refuse(
			s, &noun, "minutes or months? expected \"min\" or \"months\"");
	s->numbers = true;
	return sentence_days_begin(s)
		       ? sentence_take_days(s)
		       : sentence_fail(s, "a number and a unit, as in every 2 weeks");
}

/* "every morning" is a day with a time. */
static bool take_part_of_day(struct sentence *s)
{
	if (!sentence_said(s, SAID_UNIT) && !set_unit(s, FREQ_DAILY, 1))
		return false;
	return sentence_take_clock(s);
}

static bool take_from_completion(struct sentence *s)
{
	if (!sentence_accept_sign(s, '!'))
		return true;
	s->rule->repeat = REPEAT_COMPLETION;
	return sentence_say(s, SAID_REPEAT);
}

bool sentence_take_every(struct sentence *s)
{
	int n = 0;
	if (!take_from_completion(s))
		return false;
	if (sentence_accept(s, "other"))
		return take_other(s);
	if (s->token.kind == TOKEN_NUMBER)
		return take_every_number(s);
	if (is_nth_unit(s, &n)) {
		(void)sentence_take_ordinal(s, &n);
		return take_unit(s, n);
	}
	if (word_unit(&s->token) >= 0 && word_weekday(&s->token) < 0 &&
		!(sentence_at(s, "second") && is_second_of_days(s)))
		return take_unit(s, 1);
	if (word_time(&s->token) >= 0)
		return take_part_of_day(s);
	if (sentence_days_begin(s))
		return take_every_days(s);
	if (sentence_months_begin(s))
		return sentence_take_months(s);
	return sentence_fail(s, "a unit or a day, as in every day, every 2 weeks, every Monday");
}

bool sentence_take_once(struct sentence *s)
{
	if (word_is_every(&s->token))
		return true; /* the clause that follows */
	if (!sentence_accept(s, "a") && !sentence_accept(s, "an") && !sentence_accept(s, "per"))
		return sentence_fail(s, "\"a\" and a unit, as in once a week");
	return word_unit(&s->token) >= 0 ? take_unit(s, 1) : sentence_fail(s, "a unit, as in week");
}

/* Adverbs ------------------------------------------------------------------------------------------ */

static const struct adverb {
	const char *word;
	enum rule_freq freq;
	uint32_t interval; /* 0: could mean two things */
	const char *instead;
} adverbs[] = {
	{ "secondly", FREQ_SECONDLY, 1, NULL },
	{ "minutely", FREQ_MINUTELY, 1, NULL },
	{ "hourly", FREQ_HOURLY, 1, NULL },
	{ "daily", FREQ_DAILY, 1, NULL },
	{ "everyday", FREQ_DAILY, 1, NULL },
	{ "weekly", FREQ_WEEKLY, 1, NULL },
	{ "fortnightly", FREQ_WEEKLY, 2, NULL },
	{ "monthly", FREQ_MONTHLY, 1, NULL },
	{ "quarterly", FREQ_MONTHLY, 3, NULL },
	{ "yearly", FREQ_YEARLY, 1, NULL },
	{ "annually", FREQ_YEARLY, 1, NULL },
	{ "biweekly", 0, 0, "\"every 2 weeks\", or two days of the week" },
	{ "bimonthly", 0, 0, "\"every 2 months\", or two days of the month" },
	{ "biannually", 0, 0, "\"every 2 years\", or \"every 6 months\"" },
};

bool sentence_take_adverb(struct sentence *s, bool *ret_is_one)
{
	*ret_is_one = true;
	for (size_t i = 0; i < ARRAY_LEN(adverbs); i++) {
		const struct adverb *adverb = &adverbs[i];
		if (!sentence_at(s, adverb->word))
			continue;
		if (adverb->interval == 0)
			return sentence_refuse(
				s, &s->token, "could mean two things: write %s", adverb->instead);
		if (!set_unit(s, adverb->freq, adverb->interval))
			return false;
		sentence_next(s);
		return true;
	}
	*ret_is_one = false;
	return true;
}

/* "of" ---------------------------------------------------------------------------------------------- */

/* The unit says how often, where nothing did, or agrees with what did. */
static bool agree(struct sentence *s, const struct token *at, int freq, int64_t n, bool with_yearly)
{
	if (!sentence_said(s, SAID_UNIT))
		return take_unit(s, n);
	bool said = (int)s->rule->freq == freq || (with_yearly && s->rule->freq == FREQ_YEARLY);
	if (!said || n != 1)
		return sentence_refuse(s, at, "does not go with how often it is said before");
	sentence_next(s);
	return true;
}

bool sentence_take_of(struct sentence *s)
{
	int64_t n = 1;
	while (sentence_at(s, "the") || word_is_every(&s->token))
		sentence_next(s);
	if (sentence_months_begin(s))
		return sentence_take_months(s);
	struct token at = s->token;
	if (s->token.kind == TOKEN_NUMBER) {
		n = s->token.number;
		sentence_next(s);
	}
	int freq = word_unit(&s->token);
	if (freq != FREQ_MONTHLY && freq != FREQ_YEARLY)
		return sentence_fail(s, "a month, \"every month\" or \"the year\"");
	enum said said = freq == FREQ_YEARLY ? SAID_OF_YEAR : SAID_OF_MONTH;
	return sentence_say(s, said) && agree(s, &at, freq, n, said == SAID_OF_MONTH);
}
