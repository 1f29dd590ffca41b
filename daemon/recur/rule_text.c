/* RFC 5545 RECUR text to rule.  Strict where libical is silent: no wrapped numbers, no ignored tails,
 * no part twice, no empty list. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "recur/rule_def.h"
#include "recur/rule_hint.h"
#include "recur/rule_value.h"
#include "util/mem.h"
#include "util/nearest.h"
#include "util/timefmt.h"

struct part_value {
	const char *name; /* as in the RFC */
	const char *text;
	size_t len;
};

static int shown(struct slice slice)
{
	return slice.len > 60 ? 60 : (int)slice.len;
}

static bool fail(const struct part_value *part, const char *expected, struct err *err)
{
	return err_set(err, "%s: expected %s, got \"%.*s\"", part->name, expected,
		part->len > 60 ? 60 : (int)part->len, part->text);
}

/* All of [text, text+len) is one decimal number; a sign only where allowed. */
static bool take_int(const char *text, size_t len, bool sign, int64_t *ret_value)
{
	size_t i = 0;
	bool negative = false;
	if (sign && len > 0 && (text[0] == '+' || text[0] == '-'))
		negative = text[i++] == '-';
	if (i == len || len - i > 10)
		return false;
	int64_t value = 0;
	for (; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		value = value * 10 + (text[i] - '0');
	}
	*ret_value = negative ? -value : value;
	return true;
}

static int find_name(const char *const *names, int n, const char *text, size_t len)
{
	for (int i = 0; i < n; i++)
		if (strlen(names[i]) == len && strncasecmp(names[i], text, len) == 0)
			return i;
	return -1;
}

static bool fail_freq(const struct part_value *part, struct err *err)
{
	struct strbuf hint CLEANUP(strbuf_free) = STRBUF(ERR_TEXT_MAX);
	char *typed CLEANUP(mem_cleanup) = mem_strndup(part->text, part->len);
	rule_hint(HINT_VALUE, typed, rule_freq_names, FREQ_COUNT, &hint);
	fail(part, "SECONDLY ... YEARLY", err);
	return rule_value_add_hint(err, &hint);
}

static bool take_freq(struct rule *rule, const struct part_value *part, struct err *err)
{
	int freq = find_name(rule_freq_names, FREQ_COUNT, part->text, part->len);
	if (freq < 0)
		return fail_freq(part, err);
	rule->freq = (enum rule_freq)freq;
	return true;
}

static bool take_interval(struct rule *rule, const struct part_value *part, struct err *err)
{
	int64_t value = 0;
	if (!take_int(part->text, part->len, false, &value) || value < 1 ||
		value > RULE_INTERVAL_MAX)
		return fail(part, "1 ... 2147483647", err);
	rule->interval = (uint32_t)value;
	return true;
}

static bool take_count(struct rule *rule, const struct part_value *part, struct err *err)
{
	int64_t value = 0;
	if (!take_int(part->text, part->len, false, &value) || value < 1 || value > RULE_COUNT_MAX)
		return fail(part, "1 ... 2147483647", err);
	rule->count = (uint64_t)value;
	return true;
}

static bool take_until(struct rule *rule, const struct part_value *part, struct err *err)
{
	bool is_utc = false;
	if (rule_text_date(part->text, part->len, &rule->until)) {
		rule->until += RULE_DAY_LAST;
		rule->until_kind = UNTIL_WALL;
		return true;
	}
	if (!rule_text_moment(part->text, part->len, &rule->until, &is_utc))
		return fail(part, "a time like 20251231T235959Z or a date like 20251231", err);
	rule->until_kind = is_utc ? UNTIL_INSTANT : UNTIL_WALL;
	return true;
}

static bool take_week_start(struct rule *rule, const struct part_value *part, struct err *err)
{
	int day = find_name(rule_day_names, 7, part->text, part->len);
	if (day < 0)
		return fail(part, "MO ... SU", err);
	rule->week_start = day;
	return true;
}

static bool take_skip(struct rule *rule, const struct part_value *part, struct err *err)
{
	int skip = find_name(rule_skip_names, 3, part->text, part->len);
	if (skip < 0)
		return fail(part, "OMIT, BACKWARD or FORWARD", err);
	rule->skip = (enum rule_skip)skip;
	return true;
}

static bool take_rscale(struct rule *rule, const struct part_value *part, struct err *err)
{
	(void)rule;
	if (part->len != 9 || strncasecmp(part->text, "GREGORIAN", 9) != 0)
		return fail(part, "GREGORIAN", err);
	return true;
}

static bool take_day(struct rule *rule, const struct part_value *item, struct err *err)
{
	int day = item->len < 2 ? -1 : find_name(rule_day_names, 7, item->text + item->len - 2, 2);
	if (item->len == 5 && item->text[2] == '-' && day >= 0)
		return fail(item, "days one by one, as in MO,TU,WE,TH,FR", err);
	if (day < 0)
		return fail(
			item, "MO ... SU, with a number before it or not, as in MO or -1FR", err);
	rule->has_days = true;
	if (item->len == 2) {
		rule->days |= (uint8_t)(1u << day);
		return true;
	}
	int64_t nth = 0;
	if (!take_int(item->text, item->len - 2, true, &nth) || nth == 0 || nth > 53 || nth < -53)
		return fail(item, "a number from 1 to 53 or -1 to -53 before the day", err);
	rule->has_nth = true;
	intset_add(&rule->nth[day], (int)nth);
	return true;
}

static bool take_list(struct rule *rule, const struct part_value *part, int list, struct err *err)
{
	struct slice rest = { part->text, part->len }, text;
	while (slice_item(&rest, &text)) {
		struct part_value item = { part->name, text.text, text.len };
		int64_t value = 0;
		if (list < 0) {
			if (!take_day(rule, &item, err))
				return false;
		} else {
			const struct part_row *row = &rule_parts[list];
			if (!take_int(item.text, item.len, row->negative, &value) ||
				!rule_part_add(rule, (enum rule_part)list, value))
				return err_set(err, "%s: expected %d ... %d%s, got \"%.*s\"",
					row->text, row->min, row->max,
					row->negative ? " or the same below zero" : "",
					item.len > 60 ? 60 : (int)item.len, item.text);
		}
	}
	return true;
}

static const struct text_part {
	const char *name;
	bool (*take)(struct rule *rule, const struct part_value *part, struct err *err);
	int list; /* without take: enum rule_part, or -1 for BYDAY */
} text_parts[] = {
	{ "FREQ", take_freq, 0 },
	{ "INTERVAL", take_interval, 0 },
	{ "COUNT", take_count, 0 },
	{ "UNTIL", take_until, 0 },
	{ "WKST", take_week_start, 0 },
	{ "SKIP", take_skip, 0 },
	{ "RSCALE", take_rscale, 0 },
	{ "BYDAY", NULL, -1 },
	{ "BYMONTH", NULL, PART_MONTH },
	{ "BYWEEKNO", NULL, PART_WEEKNO },
	{ "BYYEARDAY", NULL, PART_YEARDAY },
	{ "BYMONTHDAY", NULL, PART_MONTHDAY },
	{ "BYHOUR", NULL, PART_HOUR },
	{ "BYMINUTE", NULL, PART_MINUTE },
	{ "BYSECOND", NULL, PART_SECOND },
	{ "BYSETPOS", NULL, PART_SETPOS },
};

enum { AT_FREQ = 0, AT_COUNT = 2, AT_UNTIL = 3, AT_SKIP = 5, AT_RSCALE = 6 };

/* What belongs beside a rule, put into it. */
static const char *line_of(struct slice name)
{
	static const char *const rows[][2] = {
		{ "DTSTART", "on a line of its own, as in DTSTART:20250101T090000Z" },
		{ "EXDATE", "on a line of its own, as in EXDATE:20250101T090000Z" },
		{ "RDATE", "on a line of its own, as in RDATE:20250101T090000Z" },
		{ "TZID", "in its line, DTSTART;TZID=Europe/Berlin:20250101T090000, or timeZone" },
		{ "RRULE", "before a colon, RRULE:FREQ=DAILY" },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (slice_is(name, rows[i][0]) ||
			(slice_begins(name, rows[i][0]) && memchr(name.text, ' ', name.len)))
			return rows[i][1];
	return NULL;
}

static bool fail_part(struct slice text, struct slice name, struct err *err)
{
	const char *place = line_of(name);
	if (place)
		return err_set(err, "\"%.*s\" is no part of a rule; it stands %s", shown(text),
			text.text, place);
	char *typed CLEANUP(mem_cleanup) = mem_strndup(name.text, name.len);
	struct nearest nearest = NEAREST(typed);
	for (size_t i = 0; i < ARRAY_LEN(text_parts); i++)
		nearest_offer(&nearest, text_parts[i].name);
	/* What libraries call it that write BYDAY. */
	if (slice_is(name, "BYWEEKDAY"))
		nearest.name = "BYDAY";
	return err_set(
		err, "unknown part \"%.*s\"%s", shown(text), text.text, nearest_hint(&nearest));
}

static bool take_part(struct rule *rule, struct slice text, unsigned *seen, struct err *err)
{
	const char *equals = memchr(text.text, '=', text.len), *end = text.text + text.len;
	struct slice name = { text.text, equals ? (size_t)(equals - text.text) : text.len };
	struct slice value = { equals ? equals + 1 : end, equals ? (size_t)(end - equals - 1) : 0 };
	name = slice_trim(name);
	value = slice_trim(value);
	for (size_t i = 0; i < ARRAY_LEN(text_parts); i++) {
		const struct text_part *row = &text_parts[i];
		struct part_value part = { row->name, value.text, value.len };
		if (!slice_is(name, row->name))
			continue;
		if (part.len == 0)
			return err_set(err, "%s: has no value", row->name);
		if ((*seen >> i & 1) != 0)
			return err_set(err, "%s: given twice", row->name);
		*seen |= 1u << i;
		return row->take ? row->take(rule, &part, err)
				 : take_list(rule, &part, row->list, err);
	}
	return fail_part(text, name, err);
}

bool rule_text_parse(const char *text, struct rule *rule, struct err *err)
{
	const char *p = text;
	unsigned seen = 0;
	for (;;) {
		size_t len = strcspn(p, ";");
		struct slice part = slice_trim((struct slice){ p, len });
		/* Between two semicolons, or behind the last one, nothing is said. */
		if (part.len > 0 && !take_part(rule, part, &seen, err))
			return false;
		p += len;
		if (*p == '\0')
			break;
		p++;
	}
	if ((seen >> AT_FREQ & 1) == 0)
		return err_set(err, "FREQ is missing");
	if ((seen >> AT_SKIP & 1) != 0 && (seen >> AT_RSCALE & 1) == 0)
		return err_set(
			err, "SKIP: allowed only with RSCALE=GREGORIAN beside it (RFC 7529)");
	return true;
}

bool rule_text_moment(const char *text, size_t len, sec_t *ret_value, bool *ret_is_utc)
{
	static const char shape[] = "dddddddd-dddddd";
	if (len != 15 && !(len == 16 && toupper((unsigned char)text[15]) == 'Z'))
		return false;
	int digits[14], n = 0;
	for (size_t i = 0; i < 15; i++) {
		if (shape[i] == '-' ? toupper((unsigned char)text[i]) != 'T'
				    : text[i] < '0' || text[i] > '9')
			return false;
		if (shape[i] == 'd')
			digits[n++] = text[i] - '0';
	}
	struct civil c = { digits[0] * 1000 + digits[1] * 100 + digits[2] * 10 + digits[3],
		digits[4] * 10 + digits[5], digits[6] * 10 + digits[7], digits[8] * 10 + digits[9],
		digits[10] * 10 + digits[11], digits[12] * 10 + digits[13] };
	if (c.second == 60)
		c.second = 59;
	if (c.year < RULE_YEAR_MIN || c.month < 1 || c.month > 12 || c.day < 1 ||
		c.day > days_in_month(c.year, c.month) || c.hour > 23 || c.minute > 59 ||
		c.second > 59)
		return false;
	*ret_value = wall_from_civil(&c);
	*ret_is_utc = len == 16;
	return true;
}

bool rule_text_date(const char *text, size_t len, sec_t *ret_value)
{
	char moment[16];
	bool is_utc;
	if (len != 8)
		return false;
	memcpy(moment, text, 8);
	memcpy(moment + 8, "T000000", 8);
	return rule_text_moment(moment, 15, ret_value, &is_utc);
}
