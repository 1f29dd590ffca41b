/* A RULE as people type it; see the header. */
#include "recur/typed.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "recur/sentence.h"
#include "util/timefmt.h"

static void add_json(json_t *value, const char *otherwise, struct strbuf *json)
{
	/* Bytes that are not UTF-8 make no JSON: the parser is to say so. */
	char *line = value ? json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
	strbuf_add_text(json, line ? line : otherwise);
	free(line);
	json_decref(value);
}

static bool sentence_argument(const char *text, struct strbuf *json, struct err *err)
{
	struct rule *rule = NULL;
	if (!sentence_parse(text, &rule, err)) {
		add_json(json_string(text), "null", json);
		return false;
	}
	rule_to_json(rule, json);
	rule_free(rule);
	return true;
}

bool rule_argument(const char *text, struct strbuf *json, struct err *err)
{
	char first = text[strspn(text, " \t\r\n")];
	if (first == '"') {
		json_auto_t *value = json_loads(text, JSON_DECODE_ANY, NULL);
		if (json_is_string(value) && sentence_is(json_string_value(value)))
			return sentence_argument(json_string_value(value), json, err);
	}
	if (first == '{' || first == '[' || first == '"')
		strbuf_add_text(json, text);
	else if (sentence_is(text))
		return sentence_argument(text, json, err);
	else
		add_json(json_pack("{ss}", rule_text_key(text), text), text, json);
	return true;
}

bool rule_of_value(const struct json_t *value, struct rule **ret_rule, struct err *err)
{
	const char *text = json_string_value(value);
	return text && sentence_is(text) ? sentence_parse(text, ret_rule, err)
					 : rule_parse_value(value, ret_rule, err);
}

static bool parse(const char *text, struct rule **ret_rule, struct err *err)
{
	struct strbuf json CLEANUP(strbuf_free) = STRBUF(4 * RULE_BYTES_MAX);
	if (!rule_argument(text, &json, err))
		return false;
	if (json.overflowed)
		return err_set(err, "recurrence_rule: larger than %d bytes", RULE_BYTES_MAX);
	return rule_parse(json.data, json.len, ret_rule, err);
}

/* However long min_interval may be. */
#define MIN_INTERVAL_MAX 86400

static bool check_interval(
	const struct typed_ground *ground, struct typed_rule *typed, struct err *err)
{
	struct err ignored;
	if (recurrence_check_interval(typed->recurrence, MIN_INTERVAL_MAX, &ignored))
		return true;
	typed->by_settings = true;
	return recurrence_check_interval(
		typed->recurrence, ground->min_interval / USEC_PER_SEC, err);
}

static bool open_rule(const struct typed_ground *ground, const char *text, const sec_t *start,
	struct typed_rule *typed, struct err *err)
{
	if (!parse(text, &typed->rule, err))
		return false;
	const char *name = rule_time_zone(typed->rule);
	if (!name)
		name = ground->zone_name;
	typed->by_zone = !name;
	typed->by_settings = !name || rule_calendar(typed->rule);
	if (!name)
		name = ground->default_time_zone;
	if (!zone_load(name, &typed->zone, err))
		return err_prefix(err, "recurrence_rule.timeZone: ");
	if (start)
		typed->start = *start;
	else if (!rule_start(typed->rule, &typed->start))
		typed->start = zone_to_wall(typed->zone, ground->now);
	if (!rule_use_calendars(typed->rule, ground->calendars, err) ||
		!recurrence_open(typed->rule, typed->start, typed->zone, RECUR_BY_TIME,
			&typed->recurrence, err))
		return false;
	return check_interval(ground, typed, err);
}

bool typed_open(const struct typed_ground *ground, const char *text, const sec_t *start,
	struct typed_rule *ret_typed, struct err *err)
{
	struct typed_rule typed = { .rule = NULL };
	bool good = open_rule(ground, text, start, &typed, err);
	if (!good)
		typed_rule_close(&typed);
	*ret_typed = typed;
	return good;
}

bool typed_open_at(const struct typed_ground *ground, const char *text, usec_t at,
	struct typed_rule *ret_typed, struct err *err)
{
	/* Its zone is known once it was read. */
	if (!typed_open(ground, text, NULL, ret_typed, err))
		return false;
	sec_t start = zone_to_wall(ret_typed->zone, sec_from_usec(at));
	typed_rule_close(ret_typed);
	return typed_open(ground, text, &start, ret_typed, err);
}

bool typed_first(
	const struct typed_ground *ground, const char *text, sec_t *ret_at, struct err *err)
{
	struct typed_rule typed CLEANUP(typed_rule_close) = { .rule = NULL };
	struct occurrence next;
	enum recur_status status;
	/* Without a DTSTART of its own it begins now. */
	if (!typed_open(ground, text, NULL, &typed, err))
		return false;
	recurrence_seek(typed.recurrence, ground->now);
	do
		status = recurrence_next(typed.recurrence, &next, err);
	while (status == RECUR_AGAIN);
	if (status == RECUR_FOUND)
		*ret_at = next.at;
	else if (status != RECUR_FAILED)
		return err_set(err, "recurrence_rule: no occurrence of it is to come");
	return status == RECUR_FOUND;
}

void typed_rule_close(struct typed_rule *typed)
{
	recurrence_close(typed->recurrence);
	rule_free(typed->rule);
	*typed = (struct typed_rule){ .by_settings = typed->by_settings,
		.by_zone = typed->by_zone };
}
