/* Combinations that RFC 5545 forbids, and days that never come (30 February), found before anything
 * is expanded: an expander would look for them until the end of time. */
#include <string.h>

#include "recur/pattern.h"
#include "recur/rule_def.h"
#include "util/timefmt.h"

static const char *part_name(enum rule_part part, enum rule_form form)
{
	return form == FORM_JSON ? rule_parts[part].json : rule_parts[part].text;
}

/* An error starts with the path's next step in JSON, with the part's name in text. */
static const char *lead(enum rule_form form)
{
	return form == FORM_JSON ? "." : "";
}

static const char *days_name(enum rule_form form)
{
	return form == FORM_JSON ? "byDay" : "BYDAY";
}

static bool check_parts(const struct rule *rule, enum rule_form form, struct err *err)
{
	unsigned others = rule->has & ~(1u << PART_SETPOS);
	for (enum rule_part part = 0; part < PART_COUNT; part++)
		if (rule_has(rule, part) && (rule_parts[part].freqs >> rule->freq & 1) == 0)
			return err_set(err, "%s%s: not allowed with frequency %s", lead(form),
				part_name(part, form), rule_freq_names[rule->freq]);
	if (rule_has(rule, PART_SETPOS) && others == 0 && !rule->has_days && !rule->workday)
		return err_set(err, "%s%s: needs another list beside it", lead(form),
			part_name(PART_SETPOS, form));
	return true;
}

static bool check_days(const struct rule *rule, enum rule_form form, struct err *err)
{
	if (!rule->has_nth)
		return true;
	if (rule->freq != FREQ_MONTHLY && rule->freq != FREQ_YEARLY)
		return err_set(err, "%s%s: a numbered weekday is not allowed with frequency %s",
			lead(form), days_name(form), rule_freq_names[rule->freq]);
	if (rule_has(rule, PART_WEEKNO))
		return err_set(err, "%s%s: a numbered weekday is not allowed together with %s",
			lead(form), days_name(form), part_name(PART_WEEKNO, form));
	return true;
}

/* RFC 7529 moves days that a month lacks; for these lists it does not say which days those are. */
static bool check_skip(const struct rule *rule, enum rule_form form, struct err *err)
{
	const char *name = form == FORM_JSON ? "skip" : "SKIP";
	if (rule->skip == SKIP_OMIT)
		return true;
	if (rule_has(rule, PART_YEARDAY) || rule_has(rule, PART_WEEKNO))
		return err_set(err, "%s%s: not supported together with %s", lead(form), name,
			part_name(rule_has(rule, PART_YEARDAY) ? PART_YEARDAY : PART_WEEKNO, form));
	for (int day = -31; day <= -29; day++)
		if (intset_has(&rule->parts[PART_MONTHDAY], day))
			return err_set(err, "%s%s: not supported together with %s %d", lead(form),
				name, part_name(PART_MONTHDAY, form), day);
	return true;
}

static bool check_workday(const struct rule *rule, enum rule_form form, struct err *err)
{
	if (rule->calendar && !rule->workday)
		return err_set(err,
			"%scalendar: says which days are working days, and needs "
			"workday beside it",
			lead(form));
	if (rule_has(rule, PART_WORKDAY) && rule_has(rule, PART_WEEKNO))
		return err_set(err, "%sworkday: a numbered one is not allowed together with %s",
			lead(form), part_name(PART_WEEKNO, form));
	return true;
}

bool rule_check(const struct rule *rule, enum rule_form form, struct err *err)
{
	if (rule->count > 0 && rule->until_kind != UNTIL_NONE)
		return err_set(err, "%s%s: not allowed together with %s", lead(form),
			form == FORM_JSON ? "count" : "COUNT",
			form == FORM_JSON ? "until" : "UNTIL");
	if (!check_parts(rule, form, err) || !check_days(rule, form, err) ||
		!check_skip(rule, form, err) || !check_workday(rule, form, err))
		return false;
	return pattern_possible(rule, form, err);
}
