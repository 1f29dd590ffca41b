/* A RULE as people type it; see the header. */
#include "ctl/cmd/rule.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

void rule_argument(const char *text, struct strbuf *json)
{
	if (text[strspn(text, " \t\r\n")] == '{') {
		strbuf_add_text(json, text);
		return;
	}
	/* RRULE parts have an '=', iCalendar lines a ':', cron's fields neither. */
	json_t *object = json_pack("{ss}", strpbrk(text, "=:") ? "rrule" : "cron", text);
	/* Bytes that are not UTF-8 make no JSON: the parser is to say so. */
	char *line = object ? json_dumps(object, JSON_COMPACT) : NULL;
	strbuf_add_text(json, line ? line : text);
	free(line);
	json_decref(object);
}

static bool parse(const char *text, struct rule **ret_rule, struct err *err)
{
	struct strbuf json CLEANUP(strbuf_free) = STRBUF(4 * RULE_BYTES_MAX);
	rule_argument(text, &json);
	if (json.overflowed)
		return err_set(err, "recurrence_rule: larger than %d bytes", RULE_BYTES_MAX);
	return rule_parse(json.data, json.len, ret_rule, err);
}

static bool open_rule(const struct conf *conf, const char *text, const struct rule_anchor *anchor,
	struct typed_rule *typed, struct err *err)
{
	if (!parse(text, &typed->rule, err))
		return false;
	const char *name = rule_time_zone(typed->rule);
	if (!name)
		name = anchor->zone_name ? anchor->zone_name : conf->default_time_zone;
	if (!zone_load(name, &typed->zone, err))
		return err_prefix(err, "recurrence_rule.timeZone: ");
	if (anchor->has_start)
		typed->start = anchor->start;
	else if (!rule_start(typed->rule, &typed->start))
		typed->start = zone_to_wall(typed->zone, time(NULL));
	if (!recurrence_open(
		    typed->rule, typed->start, typed->zone, RECUR_BY_TIME, &typed->recurrence, err))
		return false;
	return recurrence_check_interval(typed->recurrence, conf->min_interval / USEC_PER_SEC, err);
}

bool typed_rule_open(const struct conf *conf, const char *text, const struct rule_anchor *anchor,
	struct typed_rule *ret_typed, struct err *err)
{
	struct typed_rule typed = { .rule = NULL };
	if (!open_rule(conf, text, anchor, &typed, err)) {
		typed_rule_close(&typed);
		return false;
	}
	*ret_typed = typed;
	return true;
}

void typed_rule_close(struct typed_rule *typed)
{
	recurrence_close(typed->recurrence);
	rule_free(typed->rule);
	*typed = (struct typed_rule){ .rule = NULL };
}
