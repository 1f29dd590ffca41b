/* Lists of a sentence but for days: months, numbers, positions; ordinals. */
#include "recur/sentence_def.h"

bool sentence_list_goes_on(struct sentence *s)
{
	struct token peek = sentence_peek(s);
	/* Mon/Wed, but not 1/15, which is a date. */
	if (token_is_sign(&s->token, '/') && peek.kind == TOKEN_WORD)
		return sentence_accept_sign(s, '/');
	bool any = sentence_accept_sign(s, ',');
	bool word = sentence_accept(s, "and") || sentence_accept_sign(s, '&') ||
		    sentence_accept_sign(s, '+');
	return any || word;
}

bool sentence_accept_to(struct sentence *s)
{
	struct token peek = sentence_peek(s);
	if (sentence_at(s, "to") && token_is(&peek, "last"))
		return false; /* the second to last */
	return sentence_accept_sign(s, '-') || sentence_accept(s, "to") ||
	       sentence_accept(s, "through") || sentence_accept(s, "thru");
}

bool sentence_at_bare_number(const struct sentence *s)
{
	struct token peek = sentence_peek(s);
	return (s->token.kind == TOKEN_NUMBER || s->token.kind == TOKEN_ORDINAL) &&
	       !sentence_at_count(s) && word_unit(&peek) < 0 && word_month(&peek) < 0 &&
	       !(s->token.kind == TOKEN_ORDINAL && word_weekday(&peek) >= 0);
}

bool sentence_add(struct sentence *s, const struct token *at, enum rule_part part, int64_t value)
{
	const struct part_row *row = &rule_parts[part];
	if (rule_part_add(s->rule, part, value))
		return true;
	return sentence_refuse(s, at, "expected %d ... %d%s", row->min, row->max,
		row->negative ? ", or the same from the end" : "");
}

bool sentence_take_ordinal(struct sentence *s, int *ret_value)
{
	int64_t value = s->token.kind == TOKEN_ORDINAL ? s->token.number : word_ordinal(&s->token);
	struct token peek = sentence_peek(s);
	bool last = sentence_at(s, "last");
	if (value < !last || value > INTSET_MAX)
		return false;
	sentence_next(s);
	if (last) {
		*ret_value = -1;
		return true;
	}
	if (sentence_at(s, "to")) {
		peek = sentence_peek(s);
		if (token_is(&peek, "last"))
			sentence_next(s);
	}
	*ret_value = sentence_accept(s, "last") ? -(int)value : (int)value;
	return true;
}

/* Months ------------------------------------------------------------------------------------------- */

bool sentence_months_begin(const struct sentence *s)
{
	return word_month(&s->token) > 0;
}

static bool take_month(struct sentence *s)
{
	int month = word_month(&s->token), last = month;
	sentence_next(s);
	if (sentence_accept_to(s)) {
		last = word_month(&s->token);
		if (last < 0)
			return sentence_fail(s, "a month");
		sentence_next(s);
	}
	for (;; month = month % 12 + 1) {
		(void)rule_part_add(s->rule, PART_MONTH, month);
		if (month == last)
			return true;
	}
}

bool sentence_take_months(struct sentence *s)
{
	struct sentence ahead;
	if (!sentence_say(s, SAID_MONTHS))
		return false;
	for (;;) {
		if (!take_month(s))
			return false;
		ahead = *s;
		if (!sentence_list_goes_on(&ahead))
			return true;
		(void)sentence_accept(&ahead, "in");
		(void)sentence_accept(&ahead, "of");
		if (!sentence_months_begin(&ahead))
			return true;
		*s = ahead;
	}
}

/* Numbers ------------------------------------------------------------------------------------------ */

static bool take_number(struct sentence *s, const struct part_row *row, int *ret_value)
{
	bool negative = row->negative && sentence_accept_sign(s, '-');
	if (s->token.kind != TOKEN_NUMBER || s->token.number > row->max ||
		s->token.number < row->min)
		return sentence_refuse(s, &s->token, "expected a number, %d ... %d%s", row->min,
			row->max, row->negative ? ", or the same from the end, as in -1" : "");
	*ret_value = (int)(negative ? -s->token.number : s->token.number);
	sentence_next(s);
	return true;
}

static bool numbers_go_on(struct sentence *s)
{
	struct sentence ahead = *s;
	struct token peek;
	if (!sentence_list_goes_on(&ahead))
		return false;
	peek = sentence_peek(&ahead);
	if (!(token_is_sign(&ahead.token, '-') && peek.kind == TOKEN_NUMBER) &&
		(ahead.token.kind != TOKEN_NUMBER || !sentence_at_bare_number(&ahead)))
		return false;
	*s = ahead;
	return true;
}

/* "9 to 16, 20 and -1", of the numbers that a part may have. */
static bool take_numbers(struct sentence *s, const struct part_row *row, struct intset *set)
{
	do {
		struct token at = s->token;
		int from = 0, to = 0;
		if (!take_number(s, row, &from))
			return false;
		to = from;
		if (from >= 0 && sentence_accept_to(s) && !take_number(s, row, &to))
			return false;
		if (to < from)
			return sentence_refuse(s, &at, "expected a range that goes upwards");
		for (int v = from; v <= to; v++)
			intset_add(set, v);
	} while (numbers_go_on(s));
	return true;
}

bool sentence_take_numbers(struct sentence *s, enum rule_part part)
{
	static const enum said saids[PART_COUNT] = { [PART_HOUR] = SAID_HOURS,
		[PART_MINUTE] = SAID_MINUTES,
		[PART_SECOND] = SAID_SECONDS,
		[PART_WEEKNO] = SAID_WEEKS };
	struct intset set = { 0 };
	if (!sentence_say(s, saids[part]) || !take_numbers(s, &rule_parts[part], &set))
		return false;
	for (int v = intset_next(&set, INTSET_START); v != INTSET_END; v = intset_next(&set, v))
		(void)rule_part_add(s->rule, part, v);
	return true;
}

static bool accept_of_year(struct sentence *s)
{
	struct sentence ahead = *s;
	if (!sentence_accept(&ahead, "of"))
		return false;
	while (sentence_at(&ahead, "the") || word_is_every(&ahead.token))
		sentence_next(&ahead);
	if (!sentence_accept(&ahead, "year"))
		return false;
	*s = ahead;
	return true;
}

/* "5 of the year" narrows what other days there are; "15" are days of the month. */
bool sentence_take_day_numbers(struct sentence *s)
{
	struct token at = s->token;
	struct intset set = { 0 };
	bool listed = s->after_comma && sentence_said(s, SAID_DAYS);
	if (!take_numbers(s, &rule_parts[PART_YEARDAY], &set))
		return false;
	if (!accept_of_year(s)) {
		s->ordinals = set;
		s->has_ordinals = true;
		return sentence_say(s, SAID_DAYS);
	}
	if (listed)
		return sentence_refuse(s, &at,
			"days of the year and other days in one list are several rules; without "
			"the "
			"comma it takes the days that are both");
	if (!sentence_say(s, SAID_YEARDAYS))
		return false;
	for (int v = intset_next(&set, INTSET_START); v != INTSET_END; v = intset_next(&set, v))
		(void)rule_part_add(s->rule, PART_YEARDAY, v);
	return true;
}

/* Others ------------------------------------------------------------------------------------------- */

/* "the first and second last of these in the month" */
bool sentence_take_only(struct sentence *s)
{
	int value = 0;
	if (!sentence_say(s, SAID_ONLY))
		return false;
	do {
		struct token at = s->token;
		(void)sentence_accept(s, "the");
		if (!sentence_take_ordinal(s, &value))
			return sentence_fail(s, "an ordinal, as in first, 3rd or second last");
		if (!sentence_add(s, &at, PART_SETPOS, value))
			return false;
	} while (sentence_list_goes_on(s));
	if (!sentence_expect(s, "of") || !sentence_expect(s, "these") ||
		!sentence_expect(s, "in") || !sentence_expect(s, "the"))
		return false;
	int freq = word_unit(&s->token);
	if (freq < 0)
		return sentence_fail(s, "\"month\" or another unit");
	s->only_freq = (enum rule_freq)freq;
	s->at[SAID_ONLY] = s->token;
	sentence_next(s);
	return true;
}

bool sentence_take_skip(struct sentence *s)
{
	static const char *const backward[] = { "last", "day", "of" };
	static const char *const forward[] = { "day", "after" };
	if (!sentence_say(s, SAID_SKIP) || !sentence_expect(s, "or") || !sentence_expect(s, "the"))
		return false;
	bool back = sentence_at(s, "last");
	const char *const *words = back ? backward : forward;
	for (size_t i = 0; i < (back ? ARRAY_LEN(backward) : ARRAY_LEN(forward)); i++)
		if (!sentence_expect(s, words[i]))
			return false;
	s->rule->skip = back ? SKIP_BACKWARD : SKIP_FORWARD;
	return sentence_expect(s, "a") && sentence_expect(s, "shorter") &&
	       sentence_expect(s, "month") &&
	       (sentence_accept_sign(s, ')') || sentence_fail(s, "\")\""));
}
