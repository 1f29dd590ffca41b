/* What ends a sentence: the zone, how many times, until when, and single dates. */
#include <string.h>

#include "recur/rule_value.h"
#include "recur/sentence_def.h"
#include "recur/zone.h"
#include "recur/zone_names.h"
#include "util/mem.h"
#include "util/timefmt.h"

#define MONDAY_TO_FRIDAY 0x3e
#define SATURDAY_SUNDAY  0x41
#define MOMENT_MAX       48

/* Zones -------------------------------------------------------------------------------------------- */

/* Without a '/' it is one that there is: a mistyped word is no zone. */
static bool is_zone(const struct token *token)
{
	char *zone CLEANUP(mem_cleanup) = NULL;
	const struct zone *loaded;
	if (token->len < 2 || !zone_names_read(token->text, token->len, &zone, NULL))
		return false;
	return strchr(zone, '/') || zone_load(zone, &loaded, NULL);
}

bool sentence_zone_stands(struct sentence *s)
{
	struct sentence ahead = *s;
	if (s->token.kind != TOKEN_WORD)
		return false;
	sentence_take_name(&ahead);
	if (!is_zone(&ahead.token))
		return false;
	*s = ahead;
	return true;
}

bool sentence_take_zone(struct sentence *s)
{
	if (!sentence_say(s, SAID_ZONE) ||
		!zone_names_read(s->token.text, s->token.len, &s->rule->time_zone, s->err))
		return false;
	sentence_next(s);
	(void)sentence_accept(s, "time");
	return true;
}

/* How many ------------------------------------------------------------------------------------------- */

static bool is_times(const struct token *token)
{
	return token_is(token, "times") || token_is(token, "time") || token_is(token, "x") ||
	       token_is(token, "occurrences") || token_is(token, "occurrence");
}

bool sentence_at_count(const struct sentence *s)
{
	struct token peek = sentence_peek(s);
	return s->token.kind == TOKEN_NUMBER && is_times(&peek);
}

bool sentence_take_count(struct sentence *s)
{
	if (s->token.number < 1 || s->token.number > RULE_COUNT_MAX)
		return sentence_fail(s, "1 ... 2147483647 times");
	s->rule->count = (uint64_t)s->token.number;
	if (!sentence_say(s, SAID_COUNT))
		return false;
	sentence_next(s);
	sentence_next(s);
	return true;
}

bool sentence_take_for(struct sentence *s)
{
	if (sentence_at_count(s))
		return sentence_take_count(s);
	return sentence_fail(s, "how many times, as in for 12 times; an end is until 2027-03-01");
}

/* Until ---------------------------------------------------------------------------------------------- */

/* With seconds, which people leave out. */
static const char *moment_text(const struct token *token, char text[static MOMENT_MAX])
{
	if (token->len >= MOMENT_MAX - 4)
		return "";
	memcpy(text, token->text, token->len);
	text[token->len] = '\0';
	if (token->len == 16 && text[10] == 'T')
		memcpy(text + 16, ":00", 4);
	return text;
}

static bool take_until_moment(struct sentence *s)
{
	char buf[MOMENT_MAX];
	const char *text = moment_text(&s->token, buf);
	bool is_instant = false;
	if (rule_value_date(text, &s->rule->until))
		s->rule->until += RULE_DAY_LAST;
	else if (!rule_value_moment(text, &s->rule->until, &is_instant))
		return sentence_fail(s, "a date, or a date and time like 2027-03-01T17:00:00");
	s->rule->until_kind = is_instant ? UNTIL_INSTANT : UNTIL_WALL;
	sentence_next(s);
	if (s->token.kind == TOKEN_TIME)
		return sentence_refuse(s, &s->token,
			"expected \"at\" before it, if it is the time of day, or \"T\" between it "
			"and "
			"the date, as in 2027-03-01T17:00:00");
	return true;
}

/* "1 March 2027", "March 1st, 2027" */
static bool take_until_words(struct sentence *s)
{
	static const char expected[] = "a date with its year, as in 2027-03-01 or 1 March 2027";
	struct token at = s->token;
	int64_t day = s->token.number;
	int month = word_month(&s->token);
	sentence_next(s);
	if (month > 0) {
		day = s->token.number;
		if (s->token.kind != TOKEN_NUMBER && s->token.kind != TOKEN_ORDINAL)
			return sentence_fail(s, expected);
		sentence_next(s);
		(void)sentence_accept_sign(s, ',');
	} else {
		if (token_is_sign(&s->token, '/') || token_is_sign(&s->token, '.'))
			return sentence_refuse(s, &at,
				"days and months stand in either order there; expected the year "
				"first, as in 2027-03-01");
		(void)sentence_accept(s, "of");
		month = word_month(&s->token);
		if (month < 0)
			return sentence_fail(s, expected);
		sentence_next(s);
	}
	int64_t year = s->token.number;
	if (s->token.kind != TOKEN_NUMBER || year < 1000 || year > RULE_YEAR_MAX)
		return sentence_fail(s, expected);
	if (day < 1 || day > days_in_month((int)year, month))
		return sentence_refuse(s, &at, "that month has no such day");
	s->rule->until = days_from_civil((int)year, month, (int)day) * 86400 + RULE_DAY_LAST;
	s->rule->until_kind = UNTIL_WALL;
	sentence_next(s);
	return true;
}

bool sentence_take_until(struct sentence *s)
{
	(void)(sentence_accept(s, "on") || sentence_accept(s, "by"));
	if (sentence_accept(s, "after"))
		return sentence_at_count(s) ? sentence_take_count(s)
					    : sentence_fail(s, "how many, as in 10 occurrences");
	if (!sentence_say(s, SAID_UNTIL))
		return false;
	if (s->token.kind == TOKEN_MOMENT)
		return take_until_moment(s);
	if (s->token.kind == TOKEN_NUMBER || s->token.kind == TOKEN_ORDINAL ||
		word_month(&s->token) > 0)
		return take_until_words(s);
	return sentence_fail(s, "a date, as in 2027-03-01 or 1 March 2027");
}

/* Single dates --------------------------------------------------------------------------------------- */

static bool take_text(struct sentence *s, json_t *override, const char *key)
{
	json_auto_t *text = s->token.kind != TOKEN_TEXT ? NULL
							: json_loadb(s->token.text, s->token.len,
								  JSON_DECODE_ANY, NULL);
	if (!text)
		return sentence_fail(s, "a text in double quotes");
	json_object_set(override, key, text);
	sentence_next(s);
	return true;
}

static bool take_moved(struct sentence *s, json_t *override)
{
	char text[MOMENT_MAX];
	if (!sentence_expect(s, "moved") || !sentence_expect(s, "to"))
		return false;
	if (s->token.kind != TOKEN_MOMENT)
		return sentence_fail(s, "a local time, as in 2027-03-01T17:00:00");
	json_object_set_new(override, "start", json_string(moment_text(&s->token, text)));
	sentence_next(s);
	return true;
}

/* What an occurrence has of its own. */
static bool take_own(struct sentence *s, json_t *override)
{
	for (;;) {
		struct token peek = sentence_peek(s);
		if (sentence_accept(s, "titled")) {
			if (!take_text(s, override, "title"))
				return false;
		} else if (sentence_accept(s, "described")) {
			if (!take_text(s, override, "description"))
				return false;
		} else if (sentence_at(s, "with") && token_is(&peek, "priority")) {
			sentence_next(s);
			sentence_next(s);
			json_object_set_new(
				override, "priority", json_stringn(s->token.text, s->token.len));
			sentence_next(s);
		} else {
			return true;
		}
	}
}

static bool take_override(struct sentence *s, enum said said)
{
	char text[MOMENT_MAX];
	struct token at = s->token;
	const char *key = moment_text(&s->token, text);
	if (s->token.kind != TOKEN_MOMENT)
		return sentence_fail(s, "a date and time, as in 2027-03-01T09:00:00");
	if (!s->overrides)
		s->overrides = json_object();
	if (json_object_get(s->overrides, key))
		return sentence_refuse(s, &at, "the same time twice");
	json_t *override = json_object();
	json_object_set_new(s->overrides, key, override);
	sentence_next(s);
	if (said == SAID_EXCEPT)
		return json_object_set_new(override, "excluded", json_true()) == 0;
	if (said == SAID_MOVED && !take_moved(s, override))
		return false;
	return take_own(s, override);
}

bool sentence_take_dates(struct sentence *s, enum said said)
{
	struct sentence ahead;
	struct token peek = sentence_peek(s);
	if (s->token.kind == TOKEN_NUMBER && token_is(&peek, "times"))
		return sentence_refuse(s, &s->token,
			"a list of dates that is told in short cannot be read back: write the "
			"dates "
			"one by one, or take the rule's JSON");
	if (!sentence_say(s, said))
		return false;
	for (;;) {
		if (!take_override(s, said))
			return false;
		ahead = *s;
		if (!sentence_list_goes_on(&ahead) || ahead.token.kind != TOKEN_MOMENT)
			return true;
		*s = ahead;
	}
}

static int excepted_days(const struct token *token)
{
	int day = word_weekday(token);
	return day >= 0                 ? 1 << day
	       : word_is_weekend(token) ? SATURDAY_SUNDAY
	       : word_is_workday(token) ? MONDAY_TO_FRIDAY
					: 0;
}

/* "every day except Sunday" */
bool sentence_take_except(struct sentence *s)
{
	struct sentence ahead;
	struct token at = s->token;
	int days = 0;
	(void)sentence_accept(s, "on");
	if (excepted_days(&s->token) == 0)
		return sentence_take_dates(s, SAID_EXCEPT);
	for (;;) {
		days |= excepted_days(&s->token);
		sentence_next(s);
		ahead = *s;
		if (!sentence_list_goes_on(&ahead))
			break;
		(void)sentence_accept(&ahead, "on");
		if (excepted_days(&ahead.token) == 0)
			break;
		*s = ahead;
	}
	if (days == 0x7f)
		return sentence_refuse(s, &at, "leaves no day");
	s->rule->days = (uint8_t)(~days & 0x7f);
	s->rule->has_days = true;
	return sentence_say(s, SAID_DAYS);
}
