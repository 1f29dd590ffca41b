/* A sentence is clauses, of which each begins with a word that tells which it is; see the header. */
#include "recur/sentence.h"

#include <jansson.h>
#include <string.h>
#include <strings.h>

#include "recur/sentence_def.h"
#include "util/mem.h"

#define CLAUSE                                                                           \
	"a clause, as in every week, on Monday, at 9:00, in January, until 2027-03-01, " \
	"12 times or Europe/Berlin"

/* Clauses -------------------------------------------------------------------------------------------- */

static bool take_each(struct sentence *s)
{
	if (!sentence_accept(s, "in"))
		return sentence_take_every(s);
	s->rule->repeat = REPEAT_EACH;
	return sentence_expect(s, "turn") && sentence_say(s, SAID_REPEAT);
}

/* "on Monday", "on the 15th", "on day 15". */
static bool take_on(struct sentence *s)
{
	struct token peek = sentence_peek(s);
	if (sentence_accept(s, "day") || sentence_accept(s, "days"))
		return sentence_take_day_numbers(s);
	if (sentence_at(s, "the") || word_is_every(&s->token)) {
		s->numbers = sentence_at(s, "the");
		sentence_next(s);
	}
	if (sentence_days_begin(s))
		return sentence_take_days(s);
	if (s->token.kind == TOKEN_NUMBER && s->token.number >= 1 && s->token.number <= 31 &&
		word_month(&peek) < 0)
		return sentence_fail(s, "\"the\" before a day of the month, as in on the 15th");
	return sentence_fail(s, "a day, as in Monday, the 15th, the last Friday or 1 January");
}

static bool take_in(struct sentence *s)
{
	if (sentence_accept(s, "hour") || sentence_accept(s, "hours"))
		return sentence_take_numbers(s, PART_HOUR);
	if (sentence_accept(s, "week") || sentence_accept(s, "weeks"))
		return sentence_take_numbers(s, PART_WEEKNO);
	if (sentence_months_begin(s))
		return sentence_take_months(s);
	(void)sentence_accept(s, "the");
	if (word_time(&s->token) >= 0)
		return sentence_take_clock(s);
	if (sentence_zone_stands(s))
		return sentence_take_zone(s);
	return sentence_fail(s,
		"a month, an hour, a week or a time zone, as in in January, in hours 9 to "
		"16, in week 1 or in Europe/Berlin");
}

static bool take_if(struct sentence *s)
{
	struct token at = s->token;
	if (!sentence_expect(s, "it") || !sentence_expect(s, "is"))
		return false;
	if (!s->rule->has_days)
		return sentence_refuse(s, &at, "expected a day of the week before \"if it is\"");
	return sentence_take_narrower(s);
}

static bool take_weeks(struct sentence *s)
{
	if (!sentence_accept(s, "from") && !sentence_accept(s, "starting") &&
		!sentence_accept(s, "start") && !sentence_accept(s, "begin"))
		return sentence_fail(s, "\"from\", as in weeks from Sunday on");
	(void)sentence_accept(s, "on");
	int day = word_weekday(&s->token);
	if (day < 0)
		return sentence_fail(s, "a day of the week");
	if (!sentence_say(s, SAID_WEEK_START))
		return false;
	s->rule->week_start = day;
	sentence_next(s);
	struct token peek = sentence_peek(s);
	if (sentence_at(s, "on") && (peek.kind == TOKEN_END || token_is_sign(&peek, ',')))
		sentence_next(s);
	return true;
}

static bool take_completion(struct sentence *s)
{
	s->rule->repeat = REPEAT_COMPLETION;
	return sentence_expect(s, "completion") && sentence_say(s, SAID_REPEAT);
}

static bool take_start(struct sentence *s)
{
	return sentence_refuse(s, &s->token,
		"the start is no part of a rule: it is next_due_at of a template, due_date of a "
		"task, "
		"and --start of recurctl next");
}

/* "from the day of completion", "from 9 to 17". */
static bool take_from(struct sentence *s)
{
	struct token peek = sentence_peek(s);
	if (sentence_at(s, "the") && token_is(&peek, "day")) {
		sentence_next(s);
		sentence_next(s);
		return sentence_expect(s, "of") && take_completion(s);
	}
	if (sentence_at(s, "completion"))
		return take_completion(s);
	if (s->token.kind == TOKEN_MOMENT)
		return take_start(s);
	return sentence_take_span(s);
}

static bool take_moved(struct sentence *s)
{
	return sentence_take_dates(s, SAID_MOVED);
}

static bool take_also(struct sentence *s)
{
	(void)sentence_accept(s, "on");
	return sentence_take_dates(s, SAID_ALSO);
}

static bool take_and(struct sentence *s)
{
	return sentence_refuse(s, &s->token,
		"cannot stand behind \"and\" here: what comes at other days and times is another "
		"rule");
}

static bool take_noise(struct sentence *s)
{
	(void)s;
	return true;
}

/* What begins with a word; the word is taken. */
static const struct clause {
	const char *word;
	bool (*take)(struct sentence *s);
} clauses[] = {
	{ "every", sentence_take_every },
	{ "ev", sentence_take_every },
	{ "each", take_each },
	{ "once", sentence_take_once },
	{ "repeat", take_noise },
	{ "repeats", take_noise },
	{ "occurs", take_noise },
	{ "on", take_on },
	{ "day", sentence_take_day_numbers },
	{ "days", sentence_take_day_numbers },
	{ "of", sentence_take_of },
	{ "if", take_if },
	{ "at", sentence_take_at },
	{ "in", take_in },
	{ "between", sentence_take_span },
	{ "from", take_from },
	{ "after", take_completion },
	{ "only", sentence_take_only },
	{ "weeks", take_weeks },
	{ "for", sentence_take_for },
	{ "until", sentence_take_until },
	{ "till", sentence_take_until },
	{ "til", sentence_take_until },
	{ "through", sentence_take_until },
	{ "thru", sentence_take_until },
	{ "end", sentence_take_until },
	{ "ends", sentence_take_until },
	{ "ending", sentence_take_until },
	{ "except", sentence_take_except },
	{ "excluding", sentence_take_except },
	{ "with", take_moved },
	{ "also", take_also },
	{ "start", take_start },
	{ "starts", take_start },
	{ "starting", take_start },
	{ "beginning", take_start },
	{ "effective", take_start },
	{ "and", take_and },
};

/* What needs no word before it. */
static bool take_bare(struct sentence *s)
{
	if (sentence_at_count(s))
		return sentence_take_count(s);
	if (sentence_accept_sign(s, '('))
		return sentence_take_skip(s);
	if (sentence_at(s, "the")) {
		sentence_next(s);
		s->numbers = true;
	}
	if (s->token.kind == TOKEN_TIME || word_time(&s->token) >= 0)
		return sentence_take_clock(s);
	if (sentence_days_begin(s))
		return sentence_take_days(s);
	if (sentence_months_begin(s))
		return sentence_take_months(s);
	if (sentence_zone_stands(s))
		return sentence_take_zone(s);
	return sentence_fail(s, CLAUSE);
}

/* A name with a '/' is one whatever it begins with; "Mon/Wed" is none. */
static bool is_name(const struct sentence *s)
{
	struct sentence ahead = *s;
	if (s->token.kind != TOKEN_WORD || word_weekday(&s->token) >= 0)
		return false;
	sentence_take_name(&ahead);
	return memchr(ahead.token.text, '/', ahead.token.len) != NULL;
}

static bool take_clause(struct sentence *s)
{
	bool is_adverb = false;
	if (is_name(s) && sentence_zone_stands(s))
		return sentence_take_zone(s);
	for (size_t i = 0; i < ARRAY_LEN(clauses); i++)
		if (sentence_accept(s, clauses[i].word))
			return clauses[i].take(s);
	return sentence_take_adverb(s, &is_adverb) && (is_adverb || take_bare(s));
}

static bool take_clauses(struct sentence *s)
{
	for (;;) {
		s->after_comma = false;
		while (sentence_accept_sign(s, ',') || sentence_accept_sign(s, '.'))
			s->after_comma = true;
		if (s->token.kind == TOKEN_END)
			return true;
		if (!take_clause(s))
			return false;
	}
}

/* The whole ------------------------------------------------------------------------------------------ */

/* How often, where only days say it. */
static bool finish_freq(struct sentence *s)
{
	struct rule *rule = s->rule;
	bool of_months = s->has_ordinals || s->has_positions || rule->has_nth ||
			 rule_has(rule, PART_MONTHDAY);
	bool months = sentence_said(s, SAID_MONTHS);
	if (sentence_said(s, SAID_UNIT))
		return true;
	if (s->has_positions && months)
		rule->freq = FREQ_MONTHLY; /* of each of them */
	else if (s->has_dates || sentence_said(s, SAID_YEARDAYS) || sentence_said(s, SAID_WEEKS) ||
		 (of_months && months) || (months && !rule->has_days))
		rule->freq = FREQ_YEARLY;
	else if (of_months)
		rule->freq = FREQ_MONTHLY;
	else if (rule->has_days)
		rule->freq = FREQ_WEEKLY;
	else
		return sentence_refuse(s, &s->token,
			"expected how often, as in every day, every 2 weeks, every Monday");
	return true;
}

/* "The last weekday": a set position counts times, not days; of a day with three times the last three are
 * that day's. */
static bool finish_positions(struct sentence *s)
{
	const struct intset *set = &s->positions;
	struct rule *rule = s->rule;
	int times = s->times_len > 0 ? s->times_len : 1;
	if (!s->has_positions)
		return true;
	if (sentence_said(s, SAID_ONLY) ||
		(rule->freq != FREQ_MONTHLY && rule->freq != FREQ_YEARLY))
		return sentence_refuse(s, &s->at[SAID_DAYS],
			"a numbered weekday (Monday to Friday) goes with \"every month\" or "
			"\"every "
			"year\"");
	if (rule->freq == FREQ_YEARLY && __builtin_popcountll(rule->parts[PART_MONTH].pos[0]) > 1)
		return sentence_refuse(s, &s->at[SAID_DAYS],
			"of several months it is every month's: write \"every month\"");
	if ((s->said & (1u << SAID_HOURS | 1u << SAID_MINUTES | 1u << SAID_SECONDS)) != 0)
		return sentence_refuse(s, &s->at[SAID_DAYS],
			"a numbered weekday (Monday to Friday) goes with times, as in at 9:00 and "
			"17:00, not with lists of hours");
	for (int v = intset_next(set, INTSET_START); v != INTSET_END; v = intset_next(set, v))
		for (int i = 0; i < times; i++)
			if (!sentence_add(s, &s->at[SAID_DAYS], PART_SETPOS,
				    v > 0 ? (v - 1) * times + 1 + i : v * times + i))
				return false;
	return true;
}

static bool finish_only(struct sentence *s)
{
	if (!sentence_said(s, SAID_ONLY) || s->only_freq == s->rule->freq)
		return true;
	return sentence_refuse(s, &s->at[SAID_ONLY],
		"expected the unit of how often the rule is, of which one is taken");
}

static bool finish(struct sentence *s)
{
	struct rule *rule = s->rule;
	if (!finish_freq(s) || !sentence_finish_days(s) || !sentence_finish_times(s) ||
		!finish_positions(s) || !finish_only(s))
		return false;
	if (s->overrides && !rule_overrides_parse(s->overrides, rule, s->err))
		return false;
	return rule_check(rule, FORM_TEXT, s->err) || err_prefix(s->err, "recurrence_rule: ");
}

bool sentence_parse(const char *text, struct rule **ret_rule, struct err *err)
{
	struct sentence s;
	if (strnlen(text, RULE_BYTES_MAX + 1) > RULE_BYTES_MAX)
		return err_set(err, "recurrence_rule: longer than %d bytes", RULE_BYTES_MAX);
	struct rule *rule = mem_alloc(sizeof(*rule));
	rule->interval = 1;
	rule->week_start = 1;
	sentence_begin(&s, text, rule, err);
	bool good = take_clauses(&s) && finish(&s);
	json_decref(s.overrides);
	if (!good) {
		rule_free(rule);
		return false;
	}
	*ret_rule = rule;
	return true;
}

/* Which form it is ----------------------------------------------------------------------------------- */

/* As cron's fields consist of, without names. */
static size_t cron_len(const char *p)
{
	return strspn(p, "0123456789*/,-?LWlw#");
}

/* Names and nicknames of cron's are behind numbers, or an '@' that "at" is not. */
static bool is_cron(const char *p)
{
	size_t len = cron_len(p), blanks = strspn(p + len, " \t");
	if (*p == '@' || *p == '#' || strncasecmp(p, "cron(", 5) == 0 ||
		strncasecmp(p, "rate(", 5) == 0)
		return true;
	if (len == 0 || (p[len] != '\0' && blanks == 0))
		return false;
	p += len + blanks;
	len = cron_len(p);
	return *p == '\0' || *p == '*' ||
	       (len > 0 && (p[len] == '\0' || p[len] == ' ' || p[len] == '\t'));
}

/* A '=' outside of quotes, or a name and what stands behind one in content lines. */
static bool is_lines(const char *p)
{
	size_t name = strspn(p, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-");
	bool quoted = false;
	if (name > 0 && (p[name] == ':' || p[name] == ';'))
		return true;
	for (; *p != '\0'; p++) {
		quoted ^= *p == '"';
		if (*p == '=' && !quoted)
			return true;
	}
	return false;
}

bool sentence_is(const char *text)
{
	text += content_mark(text, strlen(text));
	text += strspn(text, " \t\r\n");
	return *text != '\0' && !strchr("{[\"", *text) && !is_lines(text) && !is_cron(text);
}
