/* A RULE as people type it; see the header. */
#include "ctl/cmd/rule.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "conf/value.h"
#include "ctl/settings.h"

void rule_argument(const char *text, struct strbuf *json)
{
	char first = text[strspn(text, " \t\r\n")];
	if (first == '{' || first == '[' || first == '"') {
		strbuf_add_text(json, text);
		return;
	}
	json_t *object = json_pack("{ss}", rule_text_key(text), text);
	/* Bytes that are not UTF-8 make no JSON: the parser is to say so. */
	char *line = object ? json_dumps(object, JSON_COMPACT) : NULL;
	strbuf_add_text(json, line ? line : text);
	free(line);
	json_decref(object);
}

bool rule_lacks_quotes(char *const *operands, int n)
{
	return n > 1 && *operands[0] && !strpbrk(operands[0], " \t\r\n={:@");
}

bool rule_join(char *const *operands, int n, struct strbuf *text, struct err *err)
{
	if (n != 5)
		return err_set(err,
			"cron's five fields are one argument, '30 9 * * mon-fri': put them in "
			"quotes, or the shell replaces * by the names of files (here are %d "
			"words)",
			n);
	for (int i = 0; i < n; i++)
		strbuf_addf(text, "%s%s", i > 0 ? " " : "", operands[i]);
	return true;
}

static bool parse(const char *text, struct rule **ret_rule, struct err *err)
{
	struct strbuf json CLEANUP(strbuf_free) = STRBUF(4 * RULE_BYTES_MAX);
	rule_argument(text, &json);
	if (json.overflowed)
		return err_set(err, "recurrence_rule: larger than %d bytes", RULE_BYTES_MAX);
	return rule_parse(json.data, json.len, ret_rule, err);
}

/* However long min_interval may be. */
#define MIN_INTERVAL_MAX 86400

static bool check_interval(
	const struct settings *settings, struct typed_rule *typed, struct err *err)
{
	struct err ignored;
	if (recurrence_check_interval(typed->recurrence, MIN_INTERVAL_MAX, &ignored))
		return true;
	typed->by_settings = true;
	return recurrence_check_interval(
		typed->recurrence, settings->min_interval / USEC_PER_SEC, err);
}

static bool open_rule(const struct settings *settings, const char *text,
	const struct rule_anchor *anchor, struct typed_rule *typed, struct err *err)
{
	if (!parse(text, &typed->rule, err))
		return false;
	const char *name = rule_time_zone(typed->rule);
	if (!name)
		name = anchor->zone_name;
	typed->by_zone = !name;
	typed->by_settings = !name || rule_calendar(typed->rule);
	if (!name)
		name = settings->default_time_zone;
	if (!zone_load(name, &typed->zone, err))
		return err_prefix(err, "recurrence_rule.timeZone: ");
	if (anchor->has_start)
		typed->start = anchor->start;
	else if (!rule_start(typed->rule, &typed->start))
		typed->start = zone_to_wall(typed->zone, time(NULL));
	if (!rule_use_calendars(typed->rule, settings->calendars, err) ||
		!recurrence_open(typed->rule, typed->start, typed->zone, RECUR_BY_TIME,
			&typed->recurrence, err))
		return false;
	return check_interval(settings, typed, err);
}

bool typed_rule_open(const struct settings *settings, const char *text,
	const struct rule_anchor *anchor, struct typed_rule *ret_typed, struct err *err)
{
	struct typed_rule typed = { .rule = NULL };
	if (!open_rule(settings, text, anchor, &typed, err)) {
		typed_rule_close(&typed);
		*ret_typed = typed;
		return false;
	}
	*ret_typed = typed;
	return true;
}

static void tell_built_in(const struct settings *settings, const struct err *why)
{
	struct strbuf interval CLEANUP(strbuf_free) = STRBUF(ERR_TEXT_MAX);
	(void)value_format(settings, settings_find("min_interval"), &interval);
	(void)ctl_error(EX_OK, "%s: taken for granted are default_time_zone %s and min_interval %s",
		why->text, settings->default_time_zone, interval.data);
}

bool typed_rule_ask(struct ctl *ctl, const char *text, const struct rule_anchor *anchor,
	struct typed_rule *ret_typed, struct err *err)
{
	struct settings *settings CLEANUP(settings_cleanup) = settings_create();
	struct err why;
	bool opens = typed_rule_open(settings, text, anchor, ret_typed, err);
	if (!ret_typed->by_settings)
		return opens;
	settings_drop(settings);
	settings = settings_load_or_default(ctl, &why);
	if (ctl->conf->database_url || ret_typed->by_zone || !opens)
		if (*why.text)
			tell_built_in(settings, &why);
	typed_rule_close(ret_typed);
	return typed_rule_open(settings, text, anchor, ret_typed, err);
}

void typed_rule_close(struct typed_rule *typed)
{
	recurrence_close(typed->recurrence);
	rule_free(typed->rule);
	*typed = (struct typed_rule){ .by_settings = typed->by_settings,
		.by_zone = typed->by_zone };
}
