/* Values of JSON that hold several, or one of a few; see the header. */
#include "recur/rule_take.h"

#include <stdlib.h>
#include <string.h>

#include "recur/calendars.h"
#include "recur/rule_value.h"
#include "util/mem.h"

#define ROOT "recurrence_rule"

int rule_take_name(const char *const *names, int n, const json_t *value)
{
	for (int i = 0; json_is_string(value) && i < n; i++)
		if (strcmp(names[i], json_string_value(value)) == 0)
			return i;
	return -1;
}

bool rule_take_constant(
	const json_t *value, const char *path, const char *expected, struct err *err)
{
	if (!json_is_string(value) || strcmp(json_string_value(value), expected) != 0) {
		char *text CLEANUP(mem_cleanup) = mem_printf("\"%s\"", expected);
		return rule_value_fail_name(err, path, text, value, &expected, 1);
	}
	return true;
}

bool rule_take_days(struct rule *rule, const json_t *value, const char *path, struct err *err)
{
	static const char *const names[] = { "sun", "mon", "tue", "wed", "thu", "fri", "sat" };
	if (!json_is_array(value) || json_array_size(value) == 0)
		return rule_value_fail(err, path, "a list of mon ... sun", value);
	size_t i;
	const json_t *item;
	json_array_foreach(value, i, item)
	{
		char *where CLEANUP(mem_cleanup) = mem_printf("%s[%zu]", path, i);
		int day = rule_take_name(names, 7, item);
		if (day < 0)
			return rule_value_fail_name(err, where, "mon...sun", item, names, 7);
		rule->days |= (uint8_t)(1u << day);
	}
	rule->has_days = true;
	return true;
}

static bool take_nday_key(
	const char *key, const json_t *value, const char *path, int *day, int *nth, struct err *err)
{
	char *where CLEANUP(mem_cleanup) = mem_printf("%s.%.40s", path, key);
	if (strcmp(key, "day") == 0) {
		*day = rule_take_name(rule_day_names, 7, value);
		return *day >= 0 || rule_value_fail_name(err, where, "mo, tu, we, th, fr, sa or su",
					    value, rule_day_names, 7);
	}
	if (strcmp(key, "nthOfPeriod") == 0) {
		int64_t number;
		if (!rule_value_integer(value, &number) || number == 0 || number > 53 ||
			number < -53)
			return rule_value_fail(err, where, "1 ... 53 or -1 ... -53", value);
		*nth = (int)number;
		return true;
	}
	if (strcmp(key, "@type") == 0)
		return rule_take_constant(value, where, "NDay", err);
	static const char *const names[] = { "day", "nthOfPeriod" };
	return rule_value_unknown(err, where, key, names, ARRAY_LEN(names));
}

static bool take_nday(struct rule *rule, const json_t *item, const char *path, struct err *err)
{
	if (!rule_value_is_object(item))
		return rule_value_fail(err, path, "an object like {\"day\":\"mo\"}", item);
	const char *key;
	json_t *value;
	int day = -1, nth = 0;
	json_object_foreach((json_t *)(uintptr_t)item, key, value)
	{
		if (!take_nday_key(key, value, path, &day, &nth, err))
			return false;
	}
	if (day < 0)
		return err_set(err, ROOT "%s.day: is missing", path);
	if (nth == 0)
		rule->days |= (uint8_t)(1u << day);
	else
		intset_add(&rule->nth[day], nth);
	rule->has_nth |= nth != 0;
	rule->has_days = true;
	return true;
}

bool rule_take_by_day(struct rule *rule, const json_t *value, const char *path, struct err *err)
{
	if (!json_is_array(value) || json_array_size(value) == 0)
		return rule_value_fail(err, path, "a list of objects like {\"day\":\"mo\"}", value);
	size_t i;
	const json_t *item;
	json_array_foreach(value, i, item)
	{
		char *where CLEANUP(mem_cleanup) = mem_printf("%s[%zu]", path, i);
		if (!take_nday(rule, item, where, err))
			return false;
	}
	return true;
}

/* byMonth holds texts in RFC 8984 ("5L" is a month of other calendars); a number will do. */
static bool month_value(const json_t *item, int64_t *ret_value)
{
	const char *text = json_string_value(item);
	if (!json_is_string(item) || text[0] == '\0' || strlen(text) > 2 ||
		strspn(text, "0123456789") != strlen(text) || text[0] == '0')
		return false;
	*ret_value = strtol(text, NULL, 10);
	return true;
}

bool rule_take_list(struct rule *rule, const json_t *value, enum rule_part part, const char *path,
	struct err *err)
{
	const struct part_row *row = &rule_parts[part];
	char *expected CLEANUP(mem_cleanup) = mem_printf(
		row->negative ? "%d ... %d or the same below zero" : "%d ... %d", row->min,
		row->max);
	if (!json_is_array(value) || json_array_size(value) == 0)
		return rule_value_fail(err, path, "a list of numbers", value);
	size_t i;
	const json_t *item;
	json_array_foreach(value, i, item)
	{
		char *where CLEANUP(mem_cleanup) = mem_printf("%s[%zu]", path, i);
		int64_t number = 0;
		if ((!rule_value_integer(item, &number) &&
			    !(part == PART_MONTH && month_value(item, &number))) ||
			!rule_part_add(rule, part, number))
			return rule_value_fail(err, where, expected, item);
	}
	return true;
}

bool rule_take_workday(struct rule *rule, const json_t *value, const char *path, struct err *err)
{
	int64_t number;
	rule->workday = true;
	if (json_is_true(value))
		return true;
	if (json_array_size(value) > 0)
		return rule_take_list(rule, value, PART_WORKDAY, path, err);
	if (rule_value_integer(value, &number) && rule_part_add(rule, PART_WORKDAY, number))
		return true;
	return rule_value_fail(err, path,
		"true, or which working day of the period: 1 ... 366 or the same below zero, or a "
		"list of these",
		value);
}

bool rule_take_calendar(struct rule *rule, const json_t *value, const char *path, struct err *err)
{
	const char *name = json_string_value(value);
	if (!name || strlen(name) != json_string_length(value) || !calendars_name_is_sane(name))
		return rule_value_fail(err, path,
			"the name of a calendar: 1 ... 64 letters, digits, dots, hyphens and "
			"underscores, a letter or a digit first",
			value);
	free(rule->calendar);
	rule->calendar = mem_strdup(name);
	return true;
}
