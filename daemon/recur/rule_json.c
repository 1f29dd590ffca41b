/* JSON to rule: RFC 8984 RecurrenceRule, the stored `days`/`end_date` form, or RFC 5545 text under
 * `rrule`.  A key is a row of keys[]; what is not there is an error. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "recur/rule_def.h"
#include "recur/rule_hint.h"
#include "recur/rule_take.h"
#include "recur/rule_value.h"
#include "recur/zone.h"
#include "recur/zone_names.h"
#include "util/mem.h"
#include "util/timefmt.h"

#define ROOT "recurrence_rule"

static bool take_frequency(
	struct rule *rule, const json_t *value, const char *path, struct err *err)
{
	int freq = rule_take_name(rule_freq_names, FREQ_COUNT, value);
	if (freq < 0)
		return rule_value_fail_name(err, path,
			"yearly, monthly, weekly, daily, hourly, minutely or secondly", value,
			rule_freq_names, FREQ_COUNT);
	rule->freq = (enum rule_freq)freq;
	return true;
}

static bool take_number(
	const json_t *value, const char *path, int64_t max, int64_t *ret_number, struct err *err)
{
	char *expected CLEANUP(mem_cleanup) = mem_printf("1 ... %lld", (long long)max);
	int64_t number;
	if (!rule_value_integer(value, &number) || number < 1 || number > max)
		return rule_value_fail(err, path, expected, value);
	*ret_number = number;
	return true;
}

static bool take_interval(struct rule *rule, const json_t *value, const char *path, struct err *err)
{
	int64_t number = 0;
	if (!take_number(value, path, RULE_INTERVAL_MAX, &number, err))
		return false;
	rule->interval = (uint32_t)number;
	return true;
}

static bool take_count(struct rule *rule, const json_t *value, const char *path, struct err *err)
{
	int64_t number = 0;
	if (!take_number(value, path, RULE_COUNT_MAX, &number, err))
		return false;
	rule->count = (uint64_t)number;
	return true;
}

/* A date alone is the whole of that day. */
static bool take_moment(struct rule *rule, const char *text)
{
	bool is_instant = false;
	if (rule_value_date(text, &rule->until)) {
		rule->until += RULE_DAY_LAST;
		rule->until_kind = UNTIL_WALL;
		return true;
	}
	if (!rule_value_moment(text, &rule->until, &is_instant))
		return false;
	rule->until_kind = is_instant ? UNTIL_INSTANT : UNTIL_WALL;
	return true;
}

static bool take_until(struct rule *rule, const json_t *value, const char *path, struct err *err)
{
	if (!json_is_string(value) || !take_moment(rule, json_string_value(value)))
		return rule_value_fail(
			err, path, "a time like \"2025-12-31T23:59:59\", or a date", value);
	if (rule->text_key) /* in the place of what the text says */
		rule->count = 0;
	return true;
}

static bool take_week_start(
	struct rule *rule, const json_t *value, const char *path, struct err *err)
{
	int day = rule_take_name(rule_day_names, 7, value);
	if (day < 0)
		return rule_value_fail_name(
			err, path, "mo, tu, we, th, fr, sa or su", value, rule_day_names, 7);
	rule->week_start = day;
	return true;
}

static bool take_skip(struct rule *rule, const json_t *value, const char *path, struct err *err)
{
	int skip = rule_take_name(rule_skip_names, 3, value);
	if (skip < 0)
		return rule_value_fail_name(
			err, path, "omit, backward or forward", value, rule_skip_names, 3);
	rule->skip = (enum rule_skip)skip;
	return true;
}

static bool take_repeat(struct rule *rule, const json_t *value, const char *path, struct err *err)
{
	int repeat = rule_take_name(rule_repeat_names, 3, value);
	if (repeat < 0)
		return rule_value_fail(err, path, "due, completion or each", value);
	rule->repeat = (enum rule_repeat)(REPEAT_DUE + repeat);
	return true;
}

static bool take_rscale(struct rule *rule, const json_t *value, const char *path, struct err *err)
{
	(void)rule;
	return rule_take_constant(value, path, "gregorian", err);
}

static bool take_type(struct rule *rule, const json_t *value, const char *path, struct err *err)
{
	(void)rule;
	return rule_take_constant(value, path, "RecurrenceRule", err);
}

static bool take_zone(struct rule *rule, const json_t *value, const char *path, struct err *err)
{
	char *zone CLEANUP(mem_cleanup) = NULL;
	if (json_is_string(value) &&
		zone_name_is_refused(zone_name_plain(json_string_value(value)), err))
		return err_prefix(err, ROOT "%s: ", path);
	if (!json_is_string(value) ||
		!zone_names_read(json_string_value(value), json_string_length(value), &zone, NULL))
		return rule_value_fail(err, path, "a time zone like \"Europe/Berlin\"", value);
	bool same = true;
	if (rule->time_zone && !zone_names_agree(rule->time_zone, zone, &same, err))
		return err_prefix(err, ROOT "%s: ", path);
	if (!same)
		return rule_value_fail(err, path, "the zone that the text names, or none", value);
	free(rule->time_zone);
	rule->time_zone = mem_strdup(zone);
	return true;
}

static bool take_rrule(struct rule *rule, const json_t *value, const char *path, struct err *err)
{
	struct strbuf lines CLEANUP(strbuf_free) = STRBUF(RULE_BYTES_MAX);
	size_t i;
	const json_t *item;
	if (!json_is_string(value) && json_array_size(value) == 0)
		return rule_value_fail(
			err, path, "a text like \"FREQ=DAILY\", or a list of lines", value);
	/* Without items where it is no array. */
	json_array_foreach(value, i, item)
	{
		char *where CLEANUP(mem_cleanup) = mem_printf("%s[%zu]", path, i);
		if (!json_is_string(item))
			return rule_value_fail(
				err, where, "a line like \"RRULE:FREQ=DAILY\"", item);
		strbuf_add_text(&lines, json_string_value(item));
		strbuf_add_char(&lines, '\n');
	}
	if (!rule_lines_parse(
		    json_is_string(value) ? json_string_value(value) : lines.data, rule, err))
		return err_prefix(err, ROOT "%s: ", path);
	return true;
}

static bool take_cron(struct rule *rule, const json_t *value, const char *path, struct err *err)
{
	if (!json_is_string(value))
		return rule_value_fail(err, path, "a text like \"0 9 * * mon-fri\"", value);
	if (!rule_cron_parse(json_string_value(value), rule, err))
		return err_prefix(err, ROOT "%s: ", path);
	return true;
}

static bool take_overrides(
	struct rule *rule, const json_t *value, const char *path, struct err *err)
{
	(void)path;
	return rule_overrides_parse(value, rule, err);
}

static const struct rule_key {
	const char *name;
	bool (*take)(struct rule *rule, const json_t *value, const char *path, struct err *err);
	enum rule_part part; /* without take */
	bool beside_text; /* may stand beside rrule and cron */
	bool null_is_absent; /* what the applications' models write for an option not chosen */
} keys[] = {
	{ "rrule", take_rrule, 0, true, false },
	{ "cron", take_cron, 0, true, false },
	{ "frequency", take_frequency, 0, false, false },
	{ "until", take_until, 0, true, false },
	{ "end_date", take_until, 0, false, true },
	{ "byDay", rule_take_by_day, 0, false, false },
	{ "days", rule_take_days, 0, false, true },
	{ "@type", take_type, 0, false, false },
	{ "interval", take_interval, 0, false, true },
	{ "count", take_count, 0, false, false },
	{ "firstDayOfWeek", take_week_start, 0, false, false },
	{ "skip", take_skip, 0, false, false },
	{ "rscale", take_rscale, 0, false, false },
	{ "byMonth", NULL, PART_MONTH, false, false },
	{ "byWeekNo", NULL, PART_WEEKNO, false, false },
	{ "byYearDay", NULL, PART_YEARDAY, false, false },
	{ "byMonthDay", NULL, PART_MONTHDAY, false, false },
	{ "byHour", NULL, PART_HOUR, false, false },
	{ "byMinute", NULL, PART_MINUTE, false, false },
	{ "bySecond", NULL, PART_SECOND, false, false },
	{ "bySetPosition", NULL, PART_SETPOS, false, false },
	{ "workday", rule_take_workday, 0, true, true },
	{ "calendar", rule_take_calendar, 0, true, true },
	{ "timeZone", take_zone, 0, true, false },
	{ "repeatFrom", take_repeat, 0, true, true },
	/* The last: they are compared with what the lines of rrule gave. */
	{ "recurrenceOverrides", take_overrides, 0, true, false },
};

#define KEYS_BEFORE_OVERRIDES (ARRAY_LEN(keys) - 1)

/* The key that holds a whole rule as text; NULL: none. */
static const char *text_key(const json_t *json)
{
	return json_object_get(json, "rrule")  ? "rrule"
	       : json_object_get(json, "cron") ? "cron"
					       : NULL;
}

static bool fail_key(struct err *err, const char *key)
{
	const char *names[ARRAY_LEN(keys)];
	struct strbuf hint CLEANUP(strbuf_free) = STRBUF(ERR_TEXT_MAX);
	json_auto_t *name = json_string(key);
	char *found CLEANUP(mem_cleanup) = rule_value_shown(name);
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		names[i] = keys[i].name;
	rule_hint(HINT_KEY, key, names, ARRAY_LEN(names), &hint);
	err_set(err, ROOT ": unknown key %s", found);
	return rule_value_add_hint(err, &hint);
}

static bool check_keys(const json_t *json, struct err *err)
{
	const char *text = text_key(json);
	const char *key;
	json_t *value;
	json_object_foreach((json_t *)(uintptr_t)json, key, value)
	{
		size_t i = 0;
		while (i < ARRAY_LEN(keys) && strcmp(keys[i].name, key) != 0)
			i++;
		if (i == ARRAY_LEN(keys))
			return fail_key(err, key);
		if (text && !keys[i].beside_text)
			return err_set(err, ROOT ".%s: not allowed beside %s", key, text);
	}
	return true;
}

static bool check_pair(const json_t *json, const char *one, const char *other, struct err *err)
{
	if (json_object_get(json, one) && json_object_get(json, other))
		return err_set(err, ROOT ".%s: not allowed beside %s", one, other);
	return true;
}

static bool take_keys(
	const json_t *json, size_t from, size_t to, struct rule *rule, struct err *err)
{
	for (size_t i = from; i < to; i++) {
		const json_t *value = json_object_get(json, keys[i].name);
		if (!value || (json_is_null(value) && keys[i].null_is_absent))
			continue;
		char path[32];
		snprintf(path, sizeof(path), ".%s", keys[i].name);
		if (keys[i].take ? !keys[i].take(rule, value, path, err)
				 : !rule_take_list(rule, value, keys[i].part, path, err))
			return false;
	}
	return true;
}

/* What the text adds behind an `until` of its own. */
static void drop_added(struct rule *rule)
{
	size_t n = 0;
	for (size_t i = 0; i < rule->overrides_len; i++) {
		const struct override *override = &rule->overrides[i];
		if (rule->until_kind != UNTIL_INSTANT || override->key_kind != KEY_INSTANT ||
			override->excluded || override->key <= rule->until)
			rule->overrides[n++] = *override;
	}
	rule->overrides_len = n;
}

static bool parse_object(const json_t *json, struct rule *rule, struct err *err)
{
	if (!rule_value_is_object(json))
		return rule_value_fail(err, "", "an object", json);
	if (!check_keys(json, err) || !check_pair(json, "days", "byDay", err) ||
		!check_pair(json, "cron", "rrule", err) ||
		!check_pair(json, "end_date", "until", err))
		return false;
	if (!text_key(json) && !json_object_get(json, "frequency"))
		return err_set(err, ROOT ".frequency: is missing");
	if (!take_keys(json, 0, KEYS_BEFORE_OVERRIDES, rule, err) ||
		(!rule_dates_settle(rule, err) && !err_prefix(err, ROOT ".rrule: ")))
		return false;
	if (json_object_get(json, "until"))
		drop_added(rule);
	return take_keys(json, KEYS_BEFORE_OVERRIDES, ARRAY_LEN(keys), rule, err);
}

/* A rule that was stored as text, or as a list of lines, is that of the key which it would have: a new
 * reference, NULL: nothing is read as such. */
static json_t *read_bare(const json_t *json)
{
	const char *text = json_string_value(json);
	json_error_t where;
	if (json_array_size(json) > 0)
		return json_pack("{sO}", "rrule", json);
	if (!text || text[strspn(text, " \t\r\n")] == '\0')
		return NULL;
	/* Turned into JSON twice. */
	if (text[strspn(text, " \t\r\n")] == '{')
		return rule_value_load(
			text, json_string_length(json), JSON_REJECT_DUPLICATES, &where);
	return json_pack("{sO}", rule_text_key(text), json);
}

const char *rule_text_key(const char *text)
{
	text += content_mark(text, strlen(text));
	text += strspn(text, " \t\r\n");
	struct slice slice = { text, strlen(text) };
	if (slice_begins(slice, "CRON_TZ=") || slice_begins(slice, "TZ="))
		return "cron";
	/* Parts of an RRULE have a '=', content lines a ':', cron's fields neither. */
	return strpbrk(text, "=:") ? "rrule" : "cron";
}

static bool parse_value(const json_t *json, struct rule **ret_rule, struct err *err)
{
	struct rule *rule = mem_alloc(sizeof(*rule));
	const char *text = text_key(json);
	rule->text_key = text;
	rule->interval = 1;
	rule->week_start = 1;
	if (!parse_object(json, rule, err))
		goto fail;
	if (!rule_check(rule, text ? FORM_TEXT : FORM_JSON, err)) {
		err_prefix(err, text ? ROOT ".%s: " : ROOT, text);
		goto fail;
	}
	*ret_rule = rule;
	return true;
fail:
	rule_free(rule);
	return false;
}

bool rule_parse_value(const struct json_t *json, struct rule **ret_rule, struct err *err)
{
	json_auto_t *bare = read_bare(json);
	return parse_value(bare ? bare : json, ret_rule, err);
}

bool rule_parse(const char *json, size_t len, struct rule **ret_rule, struct err *err)
{
	if (len > RULE_BYTES_MAX)
		return err_set(err, ROOT ": %zu bytes, at most %d", len, RULE_BYTES_MAX);
	json_error_t where;
	json_auto_t *root = rule_value_load(
		json, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &where);
	if (!root)
		return err_set(err, ROOT ": not JSON: %s (line %d, column %d)%s", where.text,
			where.line, where.column,
			memchr(json, '\'', len) ? "; keys and texts stand in double quotes" : "");
	return rule_parse_value(root, ret_rule, err);
}
