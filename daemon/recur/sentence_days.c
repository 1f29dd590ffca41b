/* On which days: weekdays, "the last Friday", "the 1st and 15th", "1 January".
 *
 * A rule takes the days that all of its lists allow, and a list any of its items.  So a list of one kind is
 * read as it stands, and days of two kinds that are to be added, "Monday and the 15th", are refused.
 */
#include <string.h>

#include "recur/sentence_def.h"

#define MONDAY_TO_FRIDAY 0x3e
#define SATURDAY_SUNDAY  0x41

static bool is_ordinal(const struct token *token)
{
	return token->kind == TOKEN_ORDINAL || word_ordinal(token) >= 0;
}

static bool is_number(const struct token *token)
{
	return token->kind == TOKEN_NUMBER || token->kind == TOKEN_ORDINAL;
}

bool sentence_days_begin(const struct sentence *s)
{
	struct token peek = sentence_peek(s);
	if (word_month(&s->token) > 0)
		return is_number(&peek);
	if (s->token.kind == TOKEN_NUMBER)
		return word_month(&peek) > 0 || (s->numbers && sentence_at_bare_number(s));
	return word_weekday(&s->token) >= 0 || is_ordinal(&s->token) ||
	       word_is_workday(&s->token) || word_is_weekend(&s->token);
}

/* Words between the items of a list; "the 15" is a day of the month. */
static void skip_connectives(struct sentence *s)
{
	s->after_every = false;
	while (sentence_at(s, "on") || sentence_at(s, "the") || word_is_every(&s->token)) {
		s->numbers |= sentence_at(s, "the");
		s->after_every |= word_is_every(&s->token);
		sentence_next(s);
	}
}

static bool days_go_on(struct sentence *s)
{
	struct sentence ahead = *s;
	if (!sentence_list_goes_on(&ahead))
		return false;
	skip_connectives(&ahead);
	if (!sentence_days_begin(&ahead))
		return false;
	*s = ahead;
	return true;
}

static bool take_weekdays(struct sentence *s)
{
	int day = word_weekday(&s->token), last = day;
	sentence_next(s);
	if (sentence_accept_to(s)) {
		last = word_weekday(&s->token);
		if (last < 0)
			return sentence_fail(s, "a day of the week");
		sentence_next(s);
	}
	for (;; day = (day + 1) % 7) {
		s->rule->days |= (uint8_t)(1u << day);
		if (day == last)
			break;
	}
	s->rule->has_days = true;
	return true;
}

/* "(Monday to Friday)", which says what a weekday is. */
static bool take_parenthesis(struct sentence *s)
{
	struct token peek = sentence_peek(s);
	if (!token_is_sign(&s->token, '(') || !token_is(&peek, "Monday"))
		return true;
	sentence_next(s);
	sentence_next(s);
	return sentence_expect(s, "to") && sentence_expect(s, "Friday") &&
	       (sentence_accept_sign(s, ')') || sentence_fail(s, "\")\""));
}

static bool take_workday(struct sentence *s)
{
	bool business = sentence_accept(s, "business");
	if (business && !word_is_day(&s->token))
		return sentence_fail(s, "\"day\"");
	sentence_next(s);
	if (s->has_ordinals) {
		s->positions = s->ordinals;
		s->has_positions = true;
		s->has_ordinals = false;
		memset(&s->ordinals, 0, sizeof(s->ordinals));
	}
	s->rule->days |= MONDAY_TO_FRIDAY;
	s->rule->has_days = true;
	return take_parenthesis(s);
}

/* "first" and "third" of "the first and third Monday". */
static void number_weekday(struct sentence *s, int day)
{
	const struct intset *set = &s->ordinals;
	for (int v = intset_next(set, INTSET_START); v != INTSET_END; v = intset_next(set, v))
		intset_add(&s->rule->nth[day], v);
	memset(&s->ordinals, 0, sizeof(s->ordinals));
	s->has_ordinals = false;
	s->rule->has_nth = s->rule->has_days = true;
}

static bool add_date(struct sentence *s, const struct token *at, int month, int64_t day)
{
	if (day < 1 || day > 31)
		return sentence_refuse(s, at, "expected a day of the month, 1 ... 31");
	s->dates[month] |= UINT32_C(1) << day;
	s->has_dates = true;
	return true;
}

static bool add_ordinals_to_month(struct sentence *s, int month)
{
	const struct intset *set = &s->ordinals;
	for (int v = intset_next(set, INTSET_START); v != INTSET_END; v = intset_next(set, v))
		if (!add_date(s, &s->token, month, v))
			return false;
	return true;
}

/* "December", "January, March and May", behind a day. */
static bool take_months_of_day(struct sentence *s)
{
	for (;;) {
		struct sentence ahead = *s;
		struct token peek;
		if (!add_ordinals_to_month(s, word_month(&s->token)))
			return false;
		sentence_next(s);
		ahead = *s;
		if (!sentence_list_goes_on(&ahead) || word_month(&ahead.token) < 0)
			break;
		peek = sentence_peek(&ahead);
		if (is_number(&peek) && peek.number <= 31)
			break;
		*s = ahead;
	}
	memset(&s->ordinals, 0, sizeof(s->ordinals));
	s->has_ordinals = false;
	return true;
}

/* "January 1", "January 1 and 15th". */
static bool take_days_of_month(struct sentence *s)
{
	int month = word_month(&s->token);
	sentence_next(s);
	for (;;) {
		if (!add_date(s, &s->token, month, s->token.number))
			return false;
		sentence_next(s);
		struct sentence ahead = *s;
		if (!sentence_list_goes_on(&ahead))
			return true;
		struct token peek = sentence_peek(&ahead);
		if (!is_number(&ahead.token) || !sentence_at_bare_number(&ahead) ||
			word_month(&peek) > 0)
			return true;
		*s = ahead;
	}
}

static bool take_range(struct sentence *s, int from, int *ret_to)
{
	struct token at = s->token;
	*ret_to = from;
	if (from < 0 || !sentence_accept_to(s))
		return true;
	if (s->numbers && s->token.kind == TOKEN_NUMBER) {
		*ret_to = s->token.number <= 31 ? (int)s->token.number : -1;
		sentence_next(s);
	} else if (!sentence_take_ordinal(s, ret_to)) {
		return sentence_fail(s, "an ordinal, as in 15th");
	}
	return *ret_to >= from || sentence_refuse(s, &at, "expected a range that goes upwards");
}

/* An ordinal and the noun behind it; *need_noun: it says nothing without one. */
static bool take_numbered(struct sentence *s, bool *need_noun)
{
	int from = 0, to = 0;
	if (s->token.kind == TOKEN_NUMBER) {
		from = s->token.number >= 1 && s->token.number <= 31 ? (int)s->token.number : 0;
		if (from == 0)
			return sentence_fail(s, "a day of the month, 1 ... 31");
		sentence_next(s);
	} else if (!sentence_take_ordinal(s, &from)) {
		return sentence_fail(s, "1st ... 366th or first ... tenth");
	}
	if (!take_range(s, from, &to))
		return false;
	for (int v = from; v <= to; v++)
		intset_add(&s->ordinals, v);
	s->has_ordinals = true;
	*need_noun |= from < 0;
	int day = word_weekday(&s->token);
	bool noun = day >= 0 || word_is_day(&s->token) || word_is_workday(&s->token) ||
		    word_month(&s->token) > 0;
	*need_noun &= !noun;
	if (day >= 0) {
		number_weekday(s, day);
		sentence_next(s);
	} else if (word_is_workday(&s->token)) {
		return take_workday(s);
	} else if (word_month(&s->token) > 0) {
		return take_months_of_day(s);
	} else if (word_is_day(&s->token)) {
		sentence_next(s);
	}
	return true;
}

static bool take_item(struct sentence *s, bool *need_noun)
{
	struct token peek = sentence_peek(s);
	if (word_month(&s->token) > 0)
		return take_days_of_month(s);
	if (s->token.kind == TOKEN_NUMBER && word_month(&peek) > 0) {
		if (!add_date(s, &s->token, word_month(&peek), s->token.number))
			return false;
		intset_add(&s->ordinals, (int)s->token.number);
		sentence_next(s);
		return take_months_of_day(s);
	}
	if (is_number(&s->token) || word_ordinal(&s->token) >= 0)
		return take_numbered(s, need_noun);
	if (s->has_ordinals)
		return sentence_fail(s, "an ordinal, or the day that is meant");
	if ((s->rule->has_nth || s->has_positions) && !s->after_every)
		return sentence_refuse(s, &s->token,
			"could mean two things: expected \"every\" before it, or which one of "
			"the month");
	if (word_is_weekend(&s->token)) {
		s->rule->days |= SATURDAY_SUNDAY;
		s->rule->has_days = true;
		sentence_next(s);
		return true;
	}
	return word_is_workday(&s->token) ? take_workday(s) : take_weekdays(s);
}

/* Days of one kind, or all of them weekdays. */
static bool check_kinds(struct sentence *s)
{
	bool weekdays = s->rule->has_days;
	if (s->has_positions && (s->rule->days != MONDAY_TO_FRIDAY || s->rule->has_nth))
		return sentence_refuse(s, &s->at[SAID_DAYS],
			"numbered weekdays (Monday to Friday) and other days are two rules");
	if (weekdays + s->has_ordinals + s->has_dates <= 1)
		return true;
	return sentence_refuse(s, &s->at[SAID_DAYS],
		"weekdays, days of the month and dates in one list are several rules; what "
		"is to be both reads \"every month on Friday if it is the 13th\"");
}

bool sentence_take_days(struct sentence *s)
{
	bool need_noun = false;
	if (!sentence_say(s, SAID_DAYS))
		return false;
	skip_connectives(s);
	do {
		if (!take_item(s, &need_noun))
			return false;
	} while (days_go_on(s));
	if (need_noun)
		return sentence_fail(s, "a day of the week, \"day\" or \"weekday\"");
	struct token peek = sentence_peek(s);
	/* Friday the 13th. */
	if (s->rule->has_days && sentence_at(s, "the") && peek.kind == TOKEN_ORDINAL) {
		if (!sentence_take_narrower(s))
			return false;
	}
	s->numbers = false;
	return check_kinds(s);
}

/* "[if it is] the 13th or last day": of the days that are said already only those. */
bool sentence_take_narrower(struct sentence *s)
{
	struct sentence ahead = *s;
	if (!sentence_expect(s, "the"))
		return false;
	do {
		struct token at = ahead.token;
		int from = 0, to = 0;
		*s = ahead;
		while (sentence_accept(s, "the"))
			;
		if (!sentence_take_ordinal(s, &from))
			return sentence_fail(s, "a day of the month, as in 13th or last day");
		if (!take_range(s, from, &to))
			return false;
		for (int v = from; v <= to; v++)
			if (!sentence_add(s, &at, PART_MONTHDAY, v))
				return false;
		if (word_is_day(&s->token))
			sentence_next(s);
		ahead = *s;
	} while ((sentence_accept(&ahead, "or") || sentence_list_goes_on(&ahead)) &&
		 (sentence_at(&ahead, "the") || is_ordinal(&ahead.token)));
	return true;
}

/* The end -------------------------------------------------------------------------------------------- */

/* 1 January and 1 July are months times days; 1 January and 15 July are not. */
static bool finish_dates(struct sentence *s)
{
	uint32_t days = 0;
	if (!s->has_dates)
		return true;
	if (s->rule->freq != FREQ_YEARLY || sentence_said(s, SAID_MONTHS))
		return sentence_refuse(s, &s->at[SAID_DAYS],
			"a date goes with \"every year\" and no other months; write \"the 15th\" "
			"for a "
			"day of every month");
	for (int month = 1; month <= 12; month++)
		days |= s->dates[month];
	for (int month = 1; month <= 12; month++) {
		if (s->dates[month] == 0)
			continue;
		if (s->dates[month] != days)
			return sentence_refuse(s, &s->at[SAID_DAYS],
				"one rule takes the same days in all of its months; these dates "
				"are "
				"several rules");
		(void)rule_part_add(s->rule, PART_MONTH, month);
	}
	for (int day = 1; day <= 31; day++)
		if ((days >> day & 1) != 0)
			(void)rule_part_add(s->rule, PART_MONTHDAY, day);
	return true;
}

static bool finish_ordinals(struct sentence *s)
{
	const struct intset *set = &s->ordinals;
	enum rule_part part = sentence_said(s, SAID_OF_YEAR) ? PART_YEARDAY : PART_MONTHDAY;
	if (!s->has_ordinals)
		return true;
	if (part == PART_YEARDAY && !sentence_say(s, SAID_YEARDAYS))
		return false;
	if (s->rule->freq == FREQ_WEEKLY)
		return sentence_refuse(s, &s->at[SAID_DAYS],
			"a day of the month goes with \"every month\", a week has none");
	if (s->rule->freq == FREQ_YEARLY && part == PART_MONTHDAY &&
		!sentence_said(s, SAID_MONTHS) && !sentence_said(s, SAID_OF_MONTH))
		return sentence_refuse(s, &s->at[SAID_DAYS],
			"of which month? expected \"of January\", \"of every month\" or \"of the "
			"year\" behind it");
	for (int v = intset_next(set, INTSET_START); v != INTSET_END; v = intset_next(set, v))
		if (!sentence_add(s, &s->at[SAID_DAYS], part, v))
			return false;
	return true;
}

bool sentence_finish_days(struct sentence *s)
{
	if (!finish_dates(s) || !finish_ordinals(s))
		return false;
	if (s->rule->has_nth && s->rule->freq != FREQ_MONTHLY && s->rule->freq != FREQ_YEARLY)
		return sentence_refuse(s, &s->at[SAID_DAYS],
			"a numbered weekday goes with \"every month\" or \"every year\"");
	if (sentence_said(s, SAID_OF_YEAR) && !s->has_ordinals && !s->rule->has_nth &&
		!s->has_positions)
		return sentence_refuse(s, &s->at[SAID_OF_YEAR],
			"expected it behind an ordinal, as in \"the first Monday of the year\"");
	return true;
}
