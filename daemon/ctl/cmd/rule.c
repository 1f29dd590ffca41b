/* A RULE as people type it; see the header. */
#include "ctl/cmd/rule.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "conf/value.h"
#include "ctl/settings.h"
#include "recur/sentence.h"

bool rule_lacks_quotes(char *const *operands, int n)
{
	return n > 1 && *operands[0] && !strpbrk(operands[0], " \t\r\n={:@");
}

bool rule_join(char *const *operands, int n, struct strbuf *text, struct err *err)
{
	for (int i = 0; i < n; i++)
		strbuf_addf(text, "%s%s", i > 0 ? " " : "", operands[i]);
	if (n == 5 || sentence_is(text->data))
		return true;
	return err_set(err,
		"cron's five fields are one argument, '30 9 * * mon-fri': put them in quotes, or "
		"the "
		"shell replaces * by the names of files (here are %d words)",
		n);
}

bool typed_rule_open(const struct settings *settings, const char *text,
	const struct rule_anchor *anchor, struct typed_rule *ret_typed, struct err *err)
{
	struct typed_ground ground = {
		.zone_name = anchor->zone_name,
		.default_time_zone = settings->default_time_zone,
		.min_interval = settings->min_interval,
		.calendars = settings->calendars,
		.now = time(NULL),
	};
	return typed_open(&ground, text, anchor->has_start ? &anchor->start : NULL, ret_typed, err);
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
