/* sentence_def: the words of a sentence and what has been read of it.  For daemon/recur/sentence*.c alone. */
#pragma once

#include "recur/rule_def.h"

enum token_kind {
	TOKEN_END,
	TOKEN_WORD, /* letters */
	TOKEN_NUMBER, /* number: digits; INT64_MAX: more than nine of them */
	TOKEN_ORDINAL, /* number: 3rd */
	TOKEN_TIME, /* number: second of the day of 9:30, 5pm; -1: there is none such */
	TOKEN_MOMENT, /* 2027-03-01, with a time or not */
	TOKEN_TEXT, /* "in quotes, as JSON has them" */
	TOKEN_SIGN, /* number: the character; ',' for what separates, '-' for a dash */
};

struct token {
	enum token_kind kind;
	const char *text;
	size_t len;
	int64_t number;
};

/* What has been said: each at most once. */
enum said {
	SAID_UNIT, /* every day, weekly */
	SAID_DAYS, /* weekdays, days of the month, dates; further ones only narrow them */
	SAID_MONTHS,
	SAID_OF_MONTH, /* "of every month", which is said of days of the month in yearly rules */
	SAID_OF_YEAR,
	SAID_YEARDAYS,
	SAID_WEEKS,
	SAID_CLOCK,
	SAID_HOURS,
	SAID_MINUTES,
	SAID_SECONDS,
	SAID_SKIP,
	SAID_ONLY,
	SAID_WEEK_START,
	SAID_ZONE,
	SAID_COUNT,
	SAID_UNTIL,
	SAID_REPEAT,
	SAID_EXCEPT,
	SAID_MOVED,
	SAID_ALSO,
};

#define SENTENCE_TIMES_MAX 96 /* times of day in one list */

struct sentence {
	const char *text;
	const char *p; /* behind the token */
	struct token token; /* the one that is looked at */
	struct err *err;
	struct rule *rule;
	unsigned said; /* bit per enum said */
	struct token at[SAID_ALSO + 1]; /* where */
	bool after_comma; /* one stands before this clause */
	bool has_ordinals; /* of what is to be told by the noun behind them */
	struct intset ordinals;
	bool has_positions; /* of weekdays, Monday to Friday: "the last weekday" */
	struct intset positions;
	bool after_every; /* the word stands before this item of a list */
	bool numbers; /* "the 15" is the 15th in this list */
	uint32_t dates[13]; /* by month, a bit per day: "1 January, 15 July" */
	bool has_dates;
	int times[SENTENCE_TIMES_MAX], times_len;
	enum rule_freq only_freq; /* "only the first of these in the month" */
	struct token span; /* "from 9 to 17"; TOKEN_END: there is none */
	json_t *overrides; /* as the key recurrenceOverrides has them; NULL: none */
};

/* sentence_token.c */
void sentence_begin(struct sentence *s, const char *text, struct rule *rule, struct err *err);
void sentence_next(struct sentence *s);
struct token sentence_peek(const struct sentence *s); /* the one behind the token */
/* The token becomes what stands there as a name of a zone is written. */
void sentence_take_name(struct sentence *s);
bool token_is(const struct token *token, const char *word); /* in any case */
bool token_is_sign(const struct token *token, char sign);
bool sentence_at(const struct sentence *s, const char *word);
bool sentence_accept(struct sentence *s, const char *word);
bool sentence_accept_sign(struct sentence *s, char sign);
/* "character 7, "tusday": expected ..." with a hint of what may be meant.  false. */
bool sentence_fail(struct sentence *s, const char *expected);
/* The same of another token, and without "expected". */
bool sentence_refuse(struct sentence *s, const struct token *at, const char *fmt, ...) PRINTF(3, 4);
bool sentence_expect(struct sentence *s, const char *word);
bool sentence_said(const struct sentence *s, enum said said);
/* false: it was said already, err says so. */
bool sentence_say(struct sentence *s, enum said said);

/* sentence_words.c; they answer -1 where the token is none */
int word_weekday(const struct token *token);
int word_month(const struct token *token);
int word_unit(const struct token *token); /* enum rule_freq; of "quarter", month */
int word_unit_size(const struct token *token); /* of "quarter" 3, of "fortnight" 2, else 1 */
int word_ordinal(const struct token *token); /* first ... tenth; "last" is 0 */
int word_time(const struct token *token); /* noon, morning: second of the day */
bool word_is_workday(const struct token *token); /* weekday, workday, business */
bool word_is_weekend(const struct token *token);
bool word_is_day(const struct token *token); /* day, days */
bool word_is_every(const struct token *token);
const char *word_hint(
	const struct token *token, char hint[static 80]); /* "", or " (did you mean ...?)" */

/* sentence_often.c */
bool sentence_take_every(struct sentence *s); /* behind "every" */
bool sentence_take_adverb(struct sentence *s, bool *ret_is_one); /* "weekly" */
bool sentence_take_once(struct sentence *s); /* behind "once": "a week" */
bool sentence_take_of(struct sentence *s); /* behind "of" */
/* sentence_days.c */
bool sentence_take_days(struct sentence *s);
/* Whether the token may begin what sentence_take_days reads. */
bool sentence_days_begin(const struct sentence *s);
bool sentence_take_narrower(struct sentence *s); /* "if it is the 15th": behind "if" */
/* Dates and ordinals become parts of the rule; its frequency is known. */
bool sentence_finish_days(struct sentence *s);
/* sentence_lists.c */
bool sentence_months_begin(const struct sentence *s);
bool sentence_take_months(struct sentence *s); /* "January, March to May" */
bool sentence_take_numbers(struct sentence *s, enum rule_part part);
bool sentence_take_day_numbers(struct sentence *s); /* behind "day" or "days" */
bool sentence_take_only(struct sentence *s); /* behind "only" */
bool sentence_take_skip(struct sentence *s); /* "(or the last day of a shorter month)" */
/* Behind the comma or "and" where a list may go on. */
bool sentence_list_goes_on(struct sentence *s);
/* A number, of which it is not said that it is of times, a month or hours. */
bool sentence_at_bare_number(const struct sentence *s);
/* "to", "through" or a dash, of a range. */
bool sentence_accept_to(struct sentence *s);
/* Into the rule's list; false: it is out of its range, err says so. */
bool sentence_add(struct sentence *s, const struct token *at, enum rule_part part, int64_t value);
/* An ordinal, "3rd", "second last": not 0.  false: the token is none, nothing is read. */
bool sentence_take_ordinal(struct sentence *s, int *ret_value);
/* sentence_times.c */
bool sentence_take_at(struct sentence *s); /* behind "at" */
bool sentence_take_clock(struct sentence *s); /* times of day */
bool sentence_take_span(struct sentence *s); /* "from 9 to 17" */
bool sentence_finish_times(struct sentence *s);
/* sentence_end.c */
bool sentence_take_until(struct sentence *s);
bool sentence_at_count(const struct sentence *s); /* "12 times" */
bool sentence_take_count(struct sentence *s);
bool sentence_take_for(struct sentence *s); /* behind "for" */
bool sentence_take_zone(struct sentence *s);
/* What stands there is a zone, and becomes the token. */
bool sentence_zone_stands(struct sentence *s);
bool sentence_take_dates(struct sentence *s, enum said said); /* behind except, with, also */
bool sentence_take_except(struct sentence *s);
