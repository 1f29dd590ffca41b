/* What the dates in content lines mean: DTSTART, EXDATE, RDATE (RFC 5545 section 3.8).
 *
 * DTSTART's zone becomes the rule's.  EXDATE and RDATE are instants and become overrides: those of another
 * zone are converted once the rule's is known, as timeZone beside the text may name it.  A date alone, which
 * exporters write of series with times as well, leaves out what falls on it.  As in the RFC an EXDATE wins
 * over an RDATE of the same time.
 */
#include <stdlib.h>
#include <string.h>

#include "recur/rule_def.h"
#include "recur/zone.h"
#include "util/mem.h"
#include "util/timefmt.h"

#define SHOWN_MAX 60

/* "EXDATE: expected ..., got ..."; p is one value of the line. */
static bool fail(const struct content_line *line, const char *expected, const char *p, size_t len,
	struct err *err)
{
	return err_set(err, "%.*s: expected %s, got \"%.*s\"", (int)line->name_len, line->name,
		expected, len > SHOWN_MAX ? SHOWN_MAX : (int)len, p);
}

static bool zone_name_of(const struct content_line *line, char **ret_name, struct err *err)
{
	char *name = mem_strndup(line->zone, line->zone_len);
	if (zone_name_is_sane(name)) {
		*ret_name = name;
		return true;
	}
	if (zone_name_is_refused(name, err))
		err_prefix(err, "TZID: ");
	else
		err_set(err, "TZID: expected a time zone like Europe/Berlin, got \"%.60s\"", name);
	free(name);
	return false;
}

/* A date with a time.  Z says UTC and TZID something else: which of them is meant nobody can know. */
static bool take_moment(const struct content_line *line, const char *p, size_t len,
	sec_t *ret_moment, bool *ret_is_utc, struct err *err)
{
	if (memmem(p, len, "RRULE", 5))
		return fail(
			line, "a date with a time, and RRULE on a line of its own", p, len, err);
	if (line->is_date || !rule_text_moment(p, len, ret_moment, ret_is_utc))
		return fail(line, "a date with a time", p, len, err);
	struct slice zone = { line->zone, line->zone_len };
	if (!*ret_is_utc || !line->zone || slice_is(zone, "UTC") || slice_is(zone, "Etc/UTC"))
		return true;
	return err_set(err,
		"%.*s: %.*s has a Z, which is UTC, beside TZID=%.*s: leave out one of them",
		(int)line->name_len, line->name, (int)len, p,
		line->zone_len > SHOWN_MAX ? SHOWN_MAX : (int)line->zone_len, line->zone);
}

/* ---- DTSTART ---- */

static bool all_day(const struct content_line *line, struct err *err)
{
	const char *zone = line->zone ? line->zone : "";
	return err_set(err,
		"DTSTART: %.8s is a date without a time, and a task falls due at one: write "
		"DTSTART%s%.*s:%.8sT090000 for nine o'clock",
		line->value, line->zone ? ";TZID=" : "", (int)line->zone_len, zone, line->value);
}

bool rule_dates_start(struct rule *rule, const struct content_line *line, struct err *err)
{
	if (rule->has_start)
		return err_set(err, "DTSTART: given twice");
	bool is_utc = false;
	char *zone = NULL;
	if (line->zone && !zone_name_of(line, &zone, err))
		return false;
	rule->time_zone = zone;
	sec_t date;
	if (rule_text_date(line->value, line->value_len, &date))
		return all_day(line, err);
	if (!take_moment(line, line->value, line->value_len, &rule->start, &is_utc, err))
		return false;
	if (is_utc && !zone)
		rule->time_zone = mem_strdup("UTC");
	rule->has_start = true;
	return true;
}

/* ---- EXDATE and RDATE ---- */

/* What an override's date_zone is for the line's TZID. */
static unsigned date_zone(struct rule *rule, char *name)
{
	size_t i = 0;
	while (i < rule->date_zones_len && strcmp(rule->date_zones[i], name) != 0)
		i++;
	if (i < rule->date_zones_len) {
		free(name);
		return (unsigned)i + 1;
	}
	rule->date_zones = mem_realloc_array(rule->date_zones, i + 1, sizeof(*rule->date_zones));
	rule->date_zones[i] = name;
	rule->date_zones_len++;
	return (unsigned)i + 1;
}

static bool take_date(struct rule *rule, const struct content_line *line, const char *p, size_t len,
	bool excluded, unsigned zone, struct err *err)
{
	sec_t moment = 0;
	bool is_utc = false, is_date = rule_text_date(p, len, &moment);
	if (is_date && !excluded)
		return err_set(err,
			"RDATE: %.8s is a date without a time: write RDATE:%.8sT090000 for nine "
			"o'clock",
			p, p);
	if (line->is_date && !is_date)
		return fail(line, "a date like 20251231", p, len, err);
	if (!is_date && !take_moment(line, p, len, &moment, &is_utc, err))
		return false;
	struct override *override = rule_override_add(rule, moment,
		is_date  ? KEY_DATE
		: is_utc ? KEY_INSTANT
			 : KEY_LOCAL);
	if (!override)
		return err_set(err, "more than %d dates", RULE_OVERRIDES_MAX);
	override->excluded = excluded;
	override->date_zone = is_date ? 0 : zone; /* RFC 5545: a date has no TZID */
	return true;
}

bool rule_dates_take(
	struct rule *rule, const struct content_line *line, bool excluded, struct err *err)
{
	char *name = NULL;
	if (line->zone && !zone_name_of(line, &name, err))
		return false;
	unsigned zone = name ? date_zone(rule, name) : 0;
	struct slice list = { line->value, line->value_len }, item;
	bool any = false;
	for (; slice_item(&list, &item); any = true)
		if (!take_date(rule, line, item.text, item.len, excluded, zone, err))
			return false;
	return any || fail(line, "a date with a time", "", 0, err);
}

/* ---- when the rule's zone is known ---- */

/* Neither DTSTART nor timeZone names a zone: it is the one that all dates have. */
static bool zone_from_dates(struct rule *rule, struct err *err)
{
	const char *name = rule->date_zones[0];
	for (size_t i = 1; i < rule->date_zones_len; i++) {
		bool same = true;
		if (!zone_names_agree(name, rule->date_zones[i], &same, err))
			return err_prefix(err, "TZID: ");
		if (!same)
			return err_set(err,
				"TZID: dates in %s and in %s, and nothing says the rule's own "
				"zone: name it as \"timeZone\" or in DTSTART",
				name, rule->date_zones[i]);
	}
	rule->time_zone = mem_strdup(name);
	return true;
}

/* zone: NULL leaves them as they are, in the rule's own.  false: one of them is before or behind all time. */
static bool convert(struct rule *rule, unsigned date_zone, const struct zone *zone, struct err *err)
{
	for (size_t i = 0; i < rule->overrides_len; i++) {
		struct override *override = &rule->overrides[i];
		if (override->date_zone != date_zone)
			continue;
		override->date_zone = 0;
		if (!zone)
			continue;
		override->key = zone_to_instant(zone, override->key, NULL);
		override->key_kind = KEY_INSTANT;
		int year = civil_from_wall(override->key).year;
		if (year < RULE_YEAR_MIN || year > RULE_YEAR_MAX)
			return err_set(err, "TZID: a date in %s in the year %d, expected %d ... %d",
				zone_name(zone), year, RULE_YEAR_MIN, RULE_YEAR_MAX);
	}
	return true;
}

bool rule_dates_settle(struct rule *rule, struct err *err)
{
	if (rule->date_zones_len > 0 && !rule->time_zone && !zone_from_dates(rule, err))
		return false;
	for (size_t i = 0; i < rule->date_zones_len; i++) {
		const struct zone *zone = NULL;
		bool same = true;
		if (!zone_names_agree(rule->time_zone, rule->date_zones[i], &same, err) ||
			(!same && !zone_load(rule->date_zones[i], &zone, err)))
			return err_prefix(err, "TZID: ");
		if (!convert(rule, (unsigned)i + 1, zone, err))
			return false;
	}
	rule_overrides_merge(rule);
	return true;
}
