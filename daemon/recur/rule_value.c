/* Numbers as they were written, moments, and what an error tells of a value; see the header.
 *
 * jansson refuses a text for one number that it cannot hold, and forgets how the others were written.  So
 * what is not a plain integer of up to 18 digits is put into a box before jansson sees it: 1e400 becomes
 * {"=":"1e400"}.  The key is none of the language, so that who writes a box himself is refused all the same.
 */
#include "recur/rule_value.h"

#include <ctype.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "recur/rule_def.h"
#include "recur/rule_hint.h"
#include "util/mem.h"
#include "util/timefmt.h"

#define ROOT         "recurrence_rule"
#define SHOWN_MAX    60 /* bytes of a value that is told in an error */
#define PLAIN_MAX    18 /* digits that 64 bits always hold */
#define EXPONENT_MAX 100000 /* beyond any number that fits into a rule */
#define BOX_KEY      "="
#define BOX_BEGIN    "{\"" BOX_KEY "\":\""
#define BOX_END      "\"}"

/* ---- numbers in the text ---- */

struct number {
	bool negative;
	const char *digits; /* with a '.' among them, or not */
	size_t len; /* of them */
	long exponent;
};

static size_t count_digits(const char *p, const char *end)
{
	size_t n = 0;
	while (p + n < end && isdigit((unsigned char)p[n]))
		n++;
	return n;
}

/* [eE][+-]?digits, of which nothing may be there.  false: something else is. */
static bool take_exponent(const char *p, const char *end, long *ret_exponent)
{
	if (p == end)
		return true;
	if (*p != 'e' && *p != 'E')
		return false;
	bool negative = ++p < end && *p == '-';
	p += p < end && (*p == '+' || *p == '-');
	size_t n = count_digits(p, end);
	if (n == 0 || p + n != end)
		return false;
	long exponent = 0;
	for (; p < end && exponent < EXPONENT_MAX; p++)
		exponent = exponent * 10 + (*p - '0');
	*ret_exponent = negative ? -exponent : exponent;
	return true;
}

/* All of [p, p + len) is one number (RFC 8259 section 6). */
static bool number_parse(const char *p, size_t len, struct number *ret_number)
{
	const char *end = p + len;
	struct number number = { .negative = len > 0 && *p == '-' };
	p += number.negative;
	number.digits = p;
	size_t n = count_digits(p, end);
	if (n == 0 || (n > 1 && *p == '0'))
		return false;
	p += n;
	if (p < end && *p == '.') {
		n = count_digits(p + 1, end);
		if (n == 0)
			return false;
		p += 1 + n;
	}
	number.len = (size_t)(p - number.digits);
	if (!take_exponent(p, end, &number.exponent))
		return false;
	*ret_number = number;
	return true;
}

/* What jansson reads and tells as it was written.  "-0" is not: it would be told as 0. */
static bool is_plain(const char *p, size_t len)
{
	size_t sign = *p == '-';
	return len > sign && len <= PLAIN_MAX && count_digits(p + sign, p + len) == len - sign &&
	       !(sign && p[1] == '0');
}

/* Behind the closing quote, or the end. */
static const char *skip_string(const char *p, const char *end)
{
	for (p++; p < end && *p != '"'; p++)
		p += *p == '\\' && p + 1 < end;
	return p < end ? p + 1 : end;
}

/* One that may be a number, or the character itself. */
static size_t token_len(const char *p, const char *end)
{
	if (!isdigit((unsigned char)*p) && *p != '-')
		return 1;
	size_t len = 1;
	while (p + len < end && p[len] != '\0' && strchr("0123456789+-.eE", p[len]))
		len++;
	return len;
}

enum rewrite {
	REWRITE_BOX,
	REWRITE_MASK /* by a 0 and blanks: every place stays where it was */
};

/* out: the text with its unusual numbers rewritten; empty where it has none. */
static void rewrite_numbers(const char *text, size_t len, enum rewrite how, struct strbuf *out)
{
	const char *end = text + len, *kept = text;
	for (const char *p = text; p < end;) {
		size_t n = token_len(p, end);
		if (*p == '"') {
			p = skip_string(p, end);
			continue;
		}
		struct number number;
		if ((isdigit((unsigned char)*p) || *p == '-') && !is_plain(p, n) &&
			number_parse(p, n, &number)) {
			strbuf_add(out, kept, (size_t)(p - kept));
			if (how == REWRITE_BOX)
				strbuf_addf(out, BOX_BEGIN "%.*s" BOX_END, (int)n, p);
			else
				strbuf_addf(out, "%-*d", (int)n, 0);
			kept = p + n;
		}
		p += n;
	}
	if (kept > text)
		strbuf_add(out, kept, (size_t)(end - kept));
}

static void set_allocator(void)
{
	/* Otherwise its want of memory would read as the rule's mistake.  What it took before, free() frees. */
	json_set_alloc_funcs(mem_alloc, free);
}

/* Where the author finds the mistake: not among our boxes. */
static void find_mistake(const char *text, size_t len, size_t flags, json_error_t *where)
{
	struct strbuf masked CLEANUP(strbuf_free) = STRBUF(SIZE_MAX);
	rewrite_numbers(text, len, REWRITE_MASK, &masked);
	json_error_t mistake;
	json_auto_t *root = json_loadb(masked.data, masked.len, flags, &mistake);
	if (!root)
		*where = mistake;
}

json_t *rule_value_load(const char *text, size_t len, size_t flags, json_error_t *ret_where)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct strbuf boxed CLEANUP(strbuf_free) = STRBUF(SIZE_MAX);
	pthread_once(&once, set_allocator);
	rewrite_numbers(text, len, REWRITE_BOX, &boxed);
	if (boxed.len == 0)
		return json_loadb(text, len, flags, ret_where);
	json_t *root = json_loadb(boxed.data, boxed.len, flags, ret_where);
	if (!root)
		find_mistake(text, len, flags, ret_where);
	return root;
}

/* ---- values ---- */

/* NULL: value is no box. */
static const char *box_content(const json_t *value)
{
	return json_object_size(value) == 1 ? json_string_value(json_object_get(value, BOX_KEY))
					    : NULL;
}

bool rule_value_is_object(const json_t *value)
{
	return json_is_object(value) && !box_content(value);
}

/* The digits without the '.', and without the noughts on either side; exponent becomes theirs. */
static size_t significant(const struct number *number, char *digits, long *exponent)
{
	const char *point = memchr(number->digits, '.', number->len);
	*exponent = number->exponent;
	if (point)
		*exponent -= number->digits + number->len - point - 1;
	size_t n = 0;
	for (size_t i = 0; i < number->len; i++) {
		char c = number->digits[i];
		if (c != '.' && (n > 0 || c != '0'))
			digits[n++] = c;
	}
	for (; n > 0 && digits[n - 1] == '0'; n--)
		++*exponent;
	return n;
}

static bool integer_value(const struct number *number, int64_t *ret_value)
{
	char *digits CLEANUP(mem_cleanup) = mem_alloc(number->len + 1);
	long exponent;
	size_t n = significant(number, digits, &exponent);
	if (n > 0 && (exponent < 0 || (long)n + exponent > 19))
		return false;
	int64_t value = 0;
	for (size_t i = 0; n > 0 && i < n + (size_t)exponent; i++) {
		int digit = i < n ? digits[i] - '0' : 0;
		if (__builtin_mul_overflow(value, 10, &value) ||
			__builtin_add_overflow(value, number->negative ? -digit : digit, &value))
			return false;
	}
	*ret_value = value;
	return true;
}

bool rule_value_integer(const json_t *value, int64_t *ret_number)
{
	const char *text = box_content(value);
	struct number number;
	if (text)
		return number_parse(text, strlen(text), &number) &&
		       integer_value(&number, ret_number);
	if (json_is_integer(value))
		*ret_number = json_integer_value(value);
	return json_is_integer(value);
}

bool rule_value_moment(const char *text, sec_t *ret_value, bool *ret_is_instant)
{
	if (strnlen(text, 64) < 19 || strnlen(text, 64) > 40)
		return false;
	char wall[20];
	memcpy(wall, text, 19);
	wall[19] = '\0';
	size_t fraction = text[19] == '.' ? strspn(text + 20, "0123456789") + 1 : 0;
	if (fraction == 1)
		return false;
	usec_t instant = 0;
	if (text[19 + fraction] == '\0') {
		*ret_is_instant = false;
		if (!wall_parse(wall, ret_value, NULL))
			return false;
	} else {
		char *whole CLEANUP(mem_cleanup) = mem_printf("%s%s", wall, text + 19 + fraction);
		if (!instant_parse(whole, &instant, NULL))
			return false;
		*ret_is_instant = true;
		*ret_value = sec_from_usec(instant);
	}
	return *ret_value >= days_from_civil(RULE_YEAR_MIN, 1, 1) * 86400 - 86400 &&
	       *ret_value < days_from_civil(RULE_YEAR_MAX + 1, 1, 2) * 86400;
}

bool rule_value_date(const char *text, sec_t *ret_value)
{
	char wall[32];
	bool is_instant;
	if (strnlen(text, 11) != 10)
		return false;
	snprintf(wall, sizeof(wall), "%sT00:00:00", text);
	return rule_value_moment(wall, ret_value, &is_instant);
}

/* ---- errors ---- */

/* Numbers in the dump of a value as they were written.  In a string its quotes would be escaped. */
static void unbox(char *text)
{
	char *to = text;
	while (*text) {
		if (strncmp(text, BOX_BEGIN, strlen(BOX_BEGIN)) != 0) {
			*to++ = *text++;
			continue;
		}
		text += strlen(BOX_BEGIN);
		while (*text && strncmp(text, BOX_END, strlen(BOX_END)) != 0)
			*to++ = *text++;
		text += *text ? strlen(BOX_END) : 0;
	}
	*to = '\0';
}

char *rule_value_shown(const json_t *value)
{
	if (json_is_string(value) && json_string_length(value) > SHOWN_MAX)
		return mem_printf("a text of %zu bytes", json_string_length(value));
	char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_ENSURE_ASCII | JSON_COMPACT);
	if (!text)
		return mem_strdup("?");
	unbox(text);
	size_t len = strlen(text);
	if (json_is_string(value) || len <= SHOWN_MAX)
		return text;
	free(text);
	if (box_content(value))
		return mem_printf("a number of %zu characters", len);
	return mem_strdup(json_is_array(value) ? "a long array" : "a large object");
}

bool rule_value_fail(struct err *err, const char *path, const char *expected, const json_t *got)
{
	char *text CLEANUP(mem_cleanup) = rule_value_shown(got);
	return err_set(err, ROOT "%s: expected %s, got %s", path, expected, text);
}

bool rule_value_add_hint(struct err *err, const struct strbuf *hint)
{
	if (!err || hint->len == 0)
		return false;
	struct err what = *err;
	return err_set(err, "%s%s", what.text, hint->data);
}

bool rule_value_unknown(
	struct err *err, const char *path, const char *key, const char *const *names, size_t n)
{
	struct strbuf hint CLEANUP(strbuf_free) = STRBUF(ERR_TEXT_MAX);
	rule_hint(HINT_KEY, key, names, n, &hint);
	err_set(err, ROOT "%s: unknown key", path);
	return rule_value_add_hint(err, &hint);
}

bool rule_value_fail_name(struct err *err, const char *path, const char *expected,
	const json_t *value, const char *const *names, size_t n)
{
	struct strbuf hint CLEANUP(strbuf_free) = STRBUF(ERR_TEXT_MAX);
	if (json_is_string(value))
		rule_hint(HINT_VALUE, json_string_value(value), names, n, &hint);
	rule_value_fail(err, path, expected, value);
	return rule_value_add_hint(err, &hint);
}
