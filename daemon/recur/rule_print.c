/* Rule to text: RRULE and canonical JSON.  What comes out means the same when it is read again. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "recur/rule_def.h"
#include "util/timefmt.h"

static const char *const freq_text[FREQ_COUNT] = { "SECONDLY", "MINUTELY", "HOURLY", "DAILY",
	"WEEKLY", "MONTHLY", "YEARLY" };
static const char *const day_text[7] = { "SU", "MO", "TU", "WE", "TH", "FR", "SA" };
static const char *const skip_text[3] = { "OMIT", "BACKWARD", "FORWARD" };

/* Weekdays in the order of the week from Monday. */
static int monday_first(int i)
{
	return (i + 1) % 7;
}

static void text_days(const struct rule *rule, struct strbuf *buf)
{
	const char *comma = ";BYDAY=";
	for (int i = 0; rule->has_days && i < 7; i++) {
		int day = monday_first(i);
		const struct intset *nth = &rule->nth[day];
		if ((rule->days >> day & 1) != 0) {
			strbuf_addf(buf, "%s%s", comma, day_text[day]);
			comma = ",";
		}
		for (int n = intset_next(nth, INTSET_START); n != INTSET_END;
			n = intset_next(nth, n)) {
			strbuf_addf(buf, "%s%d%s", comma, n, day_text[day]);
			comma = ",";
		}
	}
}

void rule_text_lists(const struct rule *rule, struct strbuf *buf)
{
	strbuf_addf(buf, "FREQ=%s", freq_text[rule->freq]);
	if (rule->interval != 1)
		strbuf_addf(buf, ";INTERVAL=%u", rule->interval);
	for (enum rule_part part = 0; part < PART_COUNT; part++) {
		const struct intset *set = &rule->parts[part];
		int n = intset_next(set, INTSET_START);
		if (part == PART_HOUR)
			text_days(rule, buf);
		if (!rule_has(rule, part) || part == PART_WORKDAY)
			continue;
		strbuf_addf(buf, ";%s=%d", rule_parts[part].text, n);
		while ((n = intset_next(set, n)) != INTSET_END)
			strbuf_addf(buf, ",%d", n);
	}
	if (rule->week_start != 1)
		strbuf_addf(buf, ";WKST=%s", day_text[rule->week_start]);
}

static void text_moment(sec_t moment, bool is_utc, struct strbuf *buf)
{
	struct civil c = civil_from_wall(moment);
	strbuf_addf(buf, "%04d%02d%02dT%02d%02d%02d%s", c.year, c.month, c.day, c.hour, c.minute,
		c.second, is_utc ? "Z" : "");
}

void rule_to_rrule(const struct rule *rule, struct strbuf *buf)
{
	rule_text_lists(rule, buf);
	if (rule->count > 0)
		strbuf_addf(buf, ";COUNT=%llu", (unsigned long long)rule->count);
	if (rule->until_kind != UNTIL_NONE) {
		strbuf_add_text(buf, ";UNTIL=");
		text_moment(rule->until, rule->until_kind == UNTIL_INSTANT, buf);
	}
	if (rule->skip != SKIP_OMIT)
		strbuf_addf(buf, ";RSCALE=GREGORIAN;SKIP=%s", skip_text[rule->skip]);
}

/* JSON --------------------------------------------------------------------------------------------- */

static json_t *json_days(const struct rule *rule)
{
	json_t *list = json_array();
	for (int i = 0; i < 7; i++) {
		int day = monday_first(i);
		const struct intset *nth = &rule->nth[day];
		if ((rule->days >> day & 1) != 0)
			json_array_append_new(list, json_pack("{ss}", "day", rule_day_names[day]));
		for (int n = intset_next(nth, INTSET_START); n != INTSET_END;
			n = intset_next(nth, n))
			json_array_append_new(list,
				json_pack("{sssi}", "day", rule_day_names[day], "nthOfPeriod", n));
	}
	return list;
}

static json_t *json_list(const struct rule *rule, enum rule_part part)
{
	const struct intset *set = &rule->parts[part];
	json_t *list = json_array();
	char text[8];
	for (int n = intset_next(set, INTSET_START); n != INTSET_END; n = intset_next(set, n)) {
		snprintf(text, sizeof(text), "%d", n);
		json_array_append_new(
			list, part == PART_MONTH ? json_string(text) : json_integer(n));
	}
	return list;
}

static json_t *json_moment(sec_t moment, bool is_instant)
{
	char text[INSTANT_TEXT_MAX];
	return json_string(is_instant ? instant_format(moment * USEC_PER_SEC, text)
				      : wall_format(moment, text));
}

static json_t *json_override(const struct override *override)
{
	json_t *object = json_object();
	if (override->excluded)
		json_object_set_new(object, "excluded", json_true());
	if (override->if_occurs)
		json_object_set_new(object, "ifOccurs", json_true());
	if (override->moved)
		json_object_set_new(object, "start", json_moment(override->start, false));
	if (override->title)
		json_object_set_new(object, "title", json_string(override->title));
	if (override->description)
		json_object_set_new(object, "description", json_string(override->description));
	if (override->priority)
		json_object_set_new(object, "priority", json_string(override->priority));
	return object;
}

static json_t *json_overrides(const struct rule *rule)
{
	json_t *object = json_object();
	char text[INSTANT_TEXT_MAX];
	for (size_t i = 0; i < rule->overrides_len; i++) {
		const struct override *override = &rule->overrides[i];
		if (override->key_kind == KEY_INSTANT)
			instant_format(override->key * USEC_PER_SEC, text);
		else
			wall_format(override->key, text);
		if (override->key_kind == KEY_DATE)
			*strchr(text, 'T') = '\0';
		json_object_set_new(object, text, json_override(override));
	}
	return object;
}

void rule_to_json(const struct rule *rule, struct strbuf *buf)
{
	json_auto_t *root = json_object();
	json_object_set_new(root, "frequency", json_string(rule_freq_names[rule->freq]));
	if (rule->interval != 1)
		json_object_set_new(root, "interval", json_integer(rule->interval));
	if (rule->has_days)
		json_object_set_new(root, "byDay", json_days(rule));
	for (enum rule_part part = 0; part < PART_COUNT; part++)
		if (rule_has(rule, part) && part != PART_WORKDAY)
			json_object_set_new(root, rule_parts[part].json, json_list(rule, part));
	if (rule->workday)
		json_object_set_new(root, "workday",
			rule_has(rule, PART_WORKDAY) ? json_list(rule, PART_WORKDAY) : json_true());
	if (rule->calendar)
		json_object_set_new(root, "calendar", json_string(rule->calendar));
	if (rule->week_start != 1)
		json_object_set_new(
			root, "firstDayOfWeek", json_string(rule_day_names[rule->week_start]));
	if (rule->skip != SKIP_OMIT)
		json_object_set_new(root, "skip", json_string(rule_skip_names[rule->skip]));
	if (rule->count > 0)
		json_object_set_new(root, "count", json_integer((json_int_t)rule->count));
	if (rule->until_kind != UNTIL_NONE)
		json_object_set_new(
			root, "until", json_moment(rule->until, rule->until_kind == UNTIL_INSTANT));
	if (rule->time_zone)
		json_object_set_new(root, "timeZone", json_string(rule->time_zone));
	if (rule->repeat != REPEAT_UNSAID)
		json_object_set_new(root, "repeatFrom",
			json_string(rule_repeat_names[rule->repeat - REPEAT_DUE]));
	if (rule->overrides_len > 0)
		json_object_set_new(root, "recurrenceOverrides", json_overrides(rule));
	char *text = json_dumps(root, JSON_COMPACT);
	strbuf_add_text(buf, text ? text : "{}");
	free(text);
}
