/* The time of day: "at 09:00 and 17:00", "at minute 30 in hours 9 to 16", "from 9 to 17". */
#include "recur/sentence_def.h"

#define HOUR 3600

/* At one that a list of times may have, though behind a comma it may be of another clause. */
static bool at_time(const struct sentence *s)
{
	return s->token.kind == TOKEN_TIME || word_time(&s->token) >= 0 ||
	       (s->token.kind == TOKEN_NUMBER && sentence_at_bare_number(s));
}

static bool take_time(struct sentence *s)
{
	int64_t time = s->token.number;
	if (s->token.kind == TOKEN_NUMBER)
		time = time <= 23 ? time * HOUR : -1;
	else if (s->token.kind != TOKEN_TIME)
		time = word_time(&s->token);
	if (!at_time(s) || time < 0)
		return sentence_fail(s, "a time of day, 0:00 ... 23:59, as in 9, 17:30 or 5pm");
	if (s->times_len == SENTENCE_TIMES_MAX)
		return sentence_refuse(
			s, &s->token, "more than %d times of day", SENTENCE_TIMES_MAX);
	s->times[s->times_len++] = (int)time;
	sentence_next(s);
	(void)sentence_accept(s, "o'clock");
	return true;
}

bool sentence_take_clock(struct sentence *s)
{
	struct sentence ahead;
	if (!sentence_say(s, SAID_CLOCK))
		return false;
	for (;;) {
		if (!take_time(s))
			return false;
		ahead = *s;
		if (!sentence_list_goes_on(&ahead))
			return true;
		(void)sentence_accept(&ahead, "at");
		if (!at_time(&ahead))
			return true;
		*s = ahead;
	}
}

bool sentence_take_at(struct sentence *s)
{
	if (sentence_accept(s, "minute") || sentence_accept(s, "minutes") ||
		sentence_accept_sign(s, ':'))
		return sentence_take_numbers(s, PART_MINUTE);
	if (sentence_accept(s, "second") || sentence_accept(s, "seconds"))
		return sentence_take_numbers(s, PART_SECOND);
	return sentence_take_clock(s);
}

static int take_hour(struct sentence *s)
{
	int64_t hour = s->token.number;
	if (s->token.kind == TOKEN_TIME && hour >= 0 && hour % HOUR == 0)
		hour /= HOUR;
	else if (s->token.kind != TOKEN_NUMBER || hour > 23)
		return -1;
	sentence_next(s);
	return (int)hour;
}

/* "from 9 to 17", "between 9am and 5pm": of rules by hours, both of them included. */
bool sentence_take_span(struct sentence *s)
{
	struct token at = s->token;
	int from = take_hour(s), to = -1;
	if (from < 0)
		return sentence_fail(s, "a full hour, as in from 9 to 17");
	if (sentence_accept_to(s) || sentence_accept(s, "and") || sentence_accept(s, "until"))
		to = take_hour(s);
	if (to < from)
		return sentence_fail(s, "a later full hour, as in from 9 to 17");
	if (!sentence_say(s, SAID_HOURS))
		return false;
	s->span = at;
	for (int hour = from; hour <= to; hour++)
		(void)rule_part_add(s->rule, PART_HOUR, hour);
	return true;
}

/* The end -------------------------------------------------------------------------------------------- */

/* A rule has hours, minutes and seconds, and takes all of one with all of another. */
static bool finish_clock(struct sentence *s)
{
	struct intset times[3] = { 0 };
	enum rule_part parts[3] = { PART_HOUR, PART_MINUTE, PART_SECOND };
	int n[3] = { 0 };
	for (int i = 0; i < s->times_len; i++) {
		int values[3] = { s->times[i] / HOUR, s->times[i] / 60 % 60, s->times[i] % 60 };
		for (int j = 0; j < i; j++)
			if (s->times[j] == s->times[i])
				return sentence_refuse(s, &s->at[SAID_CLOCK],
					"says %02d:%02d twice", values[0], values[1]);
		for (int part = 0; part < 3; part++) {
			n[part] += !intset_has(&times[part], values[part]);
			intset_add(&times[part], values[part]);
		}
	}
	if (n[0] * n[1] * n[2] != s->times_len)
		return sentence_refuse(s, &s->at[SAID_CLOCK],
			"one rule takes the same minutes in all of its hours; these times are "
			"several "
			"rules");
	for (int part = 0; part < 3; part++) {
		s->rule->parts[parts[part]] = times[part];
		s->rule->has |= 1u << parts[part];
	}
	return true;
}

static void fill(struct sentence *s, enum rule_part part, enum rule_freq freq)
{
	if (s->rule->freq >= freq && !rule_has(s->rule, part))
		(void)rule_part_add(s->rule, part, 0);
}

static bool finish_lists(struct sentence *s)
{
	bool said = (s->said & (1u << SAID_HOURS | 1u << SAID_MINUTES | 1u << SAID_SECONDS)) != 0;
	if (s->rule->freq >= FREQ_DAILY) {
		if (said && !sentence_said(s, SAID_HOURS))
			return sentence_refuse(s,
				&s->at[sentence_said(s, SAID_MINUTES) ? SAID_MINUTES
								      : SAID_SECONDS],
				"of which hour? expected \"in hour 9\", or \"at 9:30\"");
		if (!said)
			return true; /* the start's */
	}
	fill(s, PART_MINUTE, FREQ_HOURLY);
	fill(s, PART_SECOND, FREQ_MINUTELY);
	return true;
}

bool sentence_finish_times(struct sentence *s)
{
	bool lists = (s->said & (1u << SAID_HOURS | 1u << SAID_MINUTES | 1u << SAID_SECONDS)) != 0;
	if (s->span.kind != TOKEN_END && s->rule->freq != FREQ_HOURLY)
		return sentence_refuse(s, &s->span,
			"a span of hours goes with \"every hour\"; write \"in hours 9 to 16\" for "
			"what begins in those");
	/* From where they are counted the start would say. */
	if (s->span.kind != TOKEN_END && s->rule->interval > 1)
		return sentence_refuse(s, &s->span,
			"a span of hours goes with every hour; write each of them, as in every day "
			"at "
			"8, 10 and 12");
	if (!sentence_said(s, SAID_CLOCK))
		return finish_lists(s);
	if (s->rule->freq < FREQ_DAILY)
		return sentence_refuse(s, &s->at[SAID_CLOCK],
			"a time of day does not go with every hour, minute or second; expected "
			"\"at "
			"minute 30\", or \"in hours 9 to 16\"");
	if (lists)
		return sentence_refuse(s, &s->at[SAID_CLOCK],
			"times of day beside hours, minutes or seconds: one of them is enough");
	return finish_clock(s);
}
