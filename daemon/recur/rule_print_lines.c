/* Rule to iCalendar content lines (RFC 5545): what RRULE alone does not hold is in DTSTART, EXDATE, RDATE.
 *
 * An occurrence that is moved is left out at its time and added at the other; that it has another title
 * cannot be said in lines.
 */
#include <string.h>

#include "recur/rule_def.h"
#include "util/timefmt.h"

static void add_moment(
	const struct rule *rule, const char *name, sec_t moment, bool is_utc, struct strbuf *buf)
{
	struct civil c = civil_from_wall(moment);
	is_utc = is_utc || (rule->time_zone && strcmp(rule->time_zone, "UTC") == 0);
	strbuf_add_text(buf, name);
	if (!is_utc && rule->time_zone)
		strbuf_addf(buf, ";TZID=%s", rule->time_zone);
	strbuf_addf(buf, ":%04d%02d%02dT%02d%02d%02d%s", c.year, c.month, c.day, c.hour, c.minute,
		c.second, is_utc ? "Z" : "");
}

static void add_override(
	const struct rule *rule, const struct override *override, struct strbuf *buf)
{
	bool leaves_out = override->excluded || override->moved;
	if (override->key_kind == KEY_DATE) {
		struct civil c = civil_from_wall(override->key);
		strbuf_addf(buf, "\nEXDATE;VALUE=DATE:%04d%02d%02d", c.year, c.month, c.day);
		return;
	}
	add_moment(rule, leaves_out ? "\nEXDATE" : "\nRDATE", override->key,
		override->key_kind == KEY_INSTANT, buf);
	if (override->moved && !override->excluded)
		add_moment(rule, "\nRDATE", override->start, false, buf);
}

void rule_to_lines(const struct rule *rule, struct strbuf *buf)
{
	bool is_plain = !rule->has_start && rule->overrides_len == 0;
	if (rule->has_start) {
		add_moment(rule, "DTSTART", rule->start, false, buf);
		strbuf_add_char(buf, '\n');
	}
	if (!is_plain)
		strbuf_add_text(buf, "RRULE:");
	rule_to_rrule(rule, buf);
	for (size_t i = 0; i < rule->overrides_len; i++)
		add_override(rule, &rule->overrides[i], buf);
}
