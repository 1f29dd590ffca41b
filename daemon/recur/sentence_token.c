/* Characters to words, and errors that have a place. */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "recur/sentence_def.h"
#include "util/mem.h"

#define SHOWN 40

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return isalpha((unsigned char)c) != 0;
}

/* Blanks as people paste them: the one that does not break is two bytes. */
static const char *skip_blanks(const char *p)
{
	for (;;) {
		if (*p == ' ' || (*p >= '\t' && *p <= '\r'))
			p++;
		else if (strncmp(p, "\xc2\xa0", 2) == 0)
			p += 2;
		else
			return p;
	}
}

/* How long "am", "p.m." are, with a blank before them or not; 0: it is none. */
static size_t meridiem(const char *p, bool *ret_afternoon)
{
	const char *from = p;
	p += *p == ' ';
	char half = (char)tolower((unsigned char)*p);
	if (half != 'a' && half != 'p')
		return 0;
	p++;
	bool dots = *p == '.';
	p += dots;
	if (tolower((unsigned char)*p) != 'm' || is_letter(p[1]))
		return 0;
	p++;
	p += dots && *p == '.';
	*ret_afternoon = half == 'p';
	return (size_t)(p - from);
}

static int two_digits(const char *p)
{
	return is_digit(p[0]) && is_digit(p[1]) ? (p[0] - '0') * 10 + p[1] - '0' : -1;
}

/* 9:30, 09:30:15, 9am; false: it is another number. */
static bool lex_time(struct token *token, const char *p, int64_t hour)
{
	int minute = 0, second = 0;
	bool afternoon = false, colon = *p == ':' && two_digits(p + 1) >= 0;
	if (colon) {
		minute = two_digits(p + 1);
		p += 3;
	}
	if (colon && *p == ':' && two_digits(p + 1) >= 0) {
		second = two_digits(p + 1);
		p += 3;
	}
	size_t half = meridiem(p, &afternoon);
	if (!colon && half == 0)
		return false;
	bool good = hour <= (half > 0 ? 12 : 23) && hour >= (half > 0) && minute < 60 &&
		    second < 60 && !is_digit(*p);
	if (half > 0)
		hour = hour % 12 + (afternoon ? 12 : 0);
	p += half;
	token->kind = TOKEN_TIME;
	token->number = good ? hour * 3600 + minute * 60 + second : -1;
	token->len = (size_t)(p - token->text);
	return true;
}

static bool is_suffix(const char *p)
{
	static const char *const suffixes[] = { "st", "nd", "rd", "th" };
	for (size_t i = 0; i < ARRAY_LEN(suffixes); i++)
		if (strncasecmp(p, suffixes[i], 2) == 0 && !is_letter(p[2]))
			return true;
	return false;
}

static void lex_number(struct token *token)
{
	const char *p = token->text;
	int64_t number = 0;
	size_t digits = strspn(p, "0123456789");
	for (size_t i = 0; i < digits && digits <= 10; i++)
		number = number * 10 + (p[i] - '0');
	token->kind = TOKEN_NUMBER;
	token->number = digits <= 10 ? number : INT64_MAX;
	token->len = digits;
	if (digits == 4 && p[4] == '-' && is_digit(p[5])) {
		token->kind = TOKEN_MOMENT;
		token->len = strspn(p, "0123456789-+:.TtZz");
		/* The end of the sentence. */
		while (p[token->len - 1] == '.' || p[token->len - 1] == ':')
			token->len--;
	} else if (digits <= 2 && lex_time(token, p + digits, number)) {
		return;
	} else if (is_suffix(p + digits)) {
		token->kind = TOKEN_ORDINAL;
		token->len += 2;
	}
}

/* As far as its closing quote; what is wrong in it is told where it is read. */
static void lex_text(struct token *token)
{
	const char *p = token->text + 1;
	while (*p != '\0' && *p != '"')
		p += *p == '\\' && p[1] != '\0' ? 2 : 1;
	token->kind = TOKEN_TEXT;
	token->len = (size_t)(p - token->text) + (*p == '"');
}

static void lex_sign(struct token *token)
{
	const unsigned char *p = (const unsigned char *)token->text;
	token->kind = TOKEN_SIGN;
	token->len = 1;
	token->number = *p == ';' ? ',' : *p;
	/* En and em dash. */
	if (p[0] == 0xe2 && p[1] == 0x80 && (p[2] == 0x93 || p[2] == 0x94)) {
		token->len = 3;
		token->number = '-';
		return;
	}
	while (*p >= 0xc0 && (token->text[token->len] & 0xc0) == 0x80)
		token->len++;
}

static struct token lex(const char *p)
{
	struct token token = { .text = skip_blanks(p) };
	p = token.text;
	if (*p == '\0')
		return token;
	if (is_digit(*p)) {
		lex_number(&token);
	} else if (is_letter(*p)) {
		token.kind = TOKEN_WORD;
		while (is_letter(p[token.len]) ||
			(p[token.len] == '\'' && is_letter(p[token.len + 1])))
			token.len++;
	} else if (*p == '"') {
		lex_text(&token);
	} else {
		lex_sign(&token);
	}
	return token;
}

static const char *behind(const struct token *token)
{
	const char *p = token->text + token->len;
	/* "Mon.", and the end of the sentence. */
	return token->kind != TOKEN_SIGN && token->kind != TOKEN_END && *p == '.' ? p + 1 : p;
}

void sentence_next(struct sentence *s)
{
	s->token = lex(s->p);
	s->p = behind(&s->token);
}

struct token sentence_peek(const struct sentence *s)
{
	return lex(s->p);
}

void sentence_begin(struct sentence *s, const char *text, struct rule *rule, struct err *err)
{
	text += content_mark(text, strlen(text));
	*s = (struct sentence){ .text = text, .p = text, .rule = rule, .err = err };
	sentence_next(s);
}

void sentence_take_name(struct sentence *s)
{
	static const char letters[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+-/";
	s->token.kind = TOKEN_WORD;
	s->token.len = strspn(s->token.text, letters);
	s->p = behind(&s->token);
}

bool token_is(const struct token *token, const char *word)
{
	return token->kind == TOKEN_WORD && strlen(word) == token->len &&
	       strncasecmp(word, token->text, token->len) == 0;
}

bool token_is_sign(const struct token *token, char sign)
{
	return token->kind == TOKEN_SIGN && token->number == sign;
}

bool sentence_at(const struct sentence *s, const char *word)
{
	return token_is(&s->token, word);
}

bool sentence_accept(struct sentence *s, const char *word)
{
	if (!sentence_at(s, word))
		return false;
	sentence_next(s);
	return true;
}

bool sentence_accept_sign(struct sentence *s, char sign)
{
	if (!token_is_sign(&s->token, sign))
		return false;
	sentence_next(s);
	return true;
}

/* Errors ------------------------------------------------------------------------------------------- */

/* In characters, as people count them. */
static size_t place_of(const struct sentence *s, const struct token *at)
{
	size_t n = 1;
	for (const char *p = s->text; p < at->text; p++)
		n += (*p & 0xc0) != 0x80;
	return n;
}

static char *lead_of(const struct sentence *s, const struct token *at)
{
	size_t len = at->len;
	if (at->kind == TOKEN_END)
		return mem_strdup("recurrence_rule: at its end");
	if (len > SHOWN) {
		len = SHOWN;
		while (len > 0 && (at->text[len] & 0xc0) == 0x80)
			len--;
	}
	return mem_printf(
		"recurrence_rule: character %zu, \"%.*s\"", place_of(s, at), (int)len, at->text);
}

bool sentence_refuse(struct sentence *s, const struct token *at, const char *fmt, ...)
{
	va_list args;
	struct err what;
	char *lead CLEANUP(mem_cleanup) = lead_of(s, at);
	va_start(args, fmt);
	vsnprintf(what.text, sizeof(what.text), fmt, args);
	va_end(args);
	return err_set(s->err, "%s: %s", lead, what.text);
}

bool sentence_fail(struct sentence *s, const char *expected)
{
	char hint[80];
	return sentence_refuse(s, &s->token, "expected %s%s", expected, word_hint(&s->token, hint));
}

bool sentence_expect(struct sentence *s, const char *word)
{
	char quoted[40];
	if (sentence_accept(s, word))
		return true;
	snprintf(quoted, sizeof(quoted), "\"%s\"", word);
	return sentence_fail(s, quoted);
}

bool sentence_said(const struct sentence *s, enum said said)
{
	return (s->said >> said & 1) != 0;
}

bool sentence_say(struct sentence *s, enum said said)
{
	static const char *const names[] = { "how often", "on which days", "the months",
		"of which month", "of which year", "days of the year", "the weeks",
		"the time of day", "the hours", "the minutes", "the seconds",
		"what becomes of days that a month lacks", "which of them", "the week's first day",
		"the time zone", "how many times", "the end", "from when it repeats",
		"the exceptions", "what is moved", "what is added" };
	if (sentence_said(s, said))
		return sentence_refuse(s, &s->token,
			"says %s a second time, the first was at character %zu: one rule has one; "
			"what "
			"comes at other times is another rule",
			names[said], place_of(s, &s->at[said]));
	s->said |= 1u << said;
	s->at[said] = s->token;
	return true;
}
