/* iCalendar content lines around a RECUR value: DTSTART, RRULE, EXDATE, RDATE (RFC 5545).
 *
 * DTSTART's zone becomes the rule's; the other lines must keep to it.  EXDATE and RDATE become
 * overrides, and as in the RFC an EXDATE wins over an RDATE of the same time.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "recur/rule_def.h"
#include "recur/zone.h"
#include "util/mem.h"

struct content_line {
	const char *name;
	size_t name_len;
	const char *zone;
	size_t zone_len;
	const char *value;
	size_t value_len;
};

struct lines {
	struct rule *rule;
	bool has_rrule;
};

static bool is(const char *text, size_t len, const char *word)
{
	return strlen(word) == len && strncasecmp(text, word, len) == 0;
}

/* One ";NAME=VALUE" of a line; only TZID and VALUE=DATE-TIME mean something to us. */
static bool take_parameter(struct content_line *line, const char *p, size_t len, struct err *err)
{
	if (len > 5 && strncasecmp(p, "TZID=", 5) == 0 && !line->zone) {
		bool quoted = len > 7 && p[5] == '"' && p[len - 1] == '"';
		line->zone = p + 5 + quoted;
		line->zone_len = len - 5 - 2 * (size_t)quoted;
		return true;
	}
	if (is(p, len, "VALUE=DATE-TIME"))
		return true;
	return err_set(err, "%.*s: parameter \"%.*s\" is not supported", (int)line->name_len,
		line->name, len > 60 ? 60 : (int)len, p);
}

static bool split(const char *p, size_t len, struct content_line *line, struct err *err)
{
	const char *end = p + len, *colon = memchr(p, ':', len);
	*line = (struct content_line){ .name = p };
	if (!colon)
		return err_set(
			err, "a line without a colon: \"%.*s\"", len > 60 ? 60 : (int)len, p);
	size_t name_len = 0;
	while (p + name_len < colon && p[name_len] != ';')
		name_len++;
	line->name_len = name_len > 20 ? 20 : name_len;
	p += name_len;
	while (p < colon) {
		const char *next = memchr(p + 1, ';', (size_t)(colon - p - 1));
		if (!next)
			next = colon;
		if (!take_parameter(line, p + 1, (size_t)(next - p - 1), err))
			return false;
		p = next;
	}
	line->value = colon + 1;
	line->value_len = (size_t)(end - colon - 1);
	return true;
}

static bool take_zone(struct rule *rule, const char *name, size_t len, struct err *err)
{
	char *zone CLEANUP(mem_cleanup) = mem_strndup(name, len);
	if (!zone_name_is_sane(zone))
		return err_set(
			err, "TZID: expected a time zone like Europe/Berlin, got \"%.60s\"", zone);
	if (rule->time_zone && strcmp(rule->time_zone, zone) != 0)
		return err_set(err, "TZID: %s beside %s: all lines must have one zone", zone,
			rule->time_zone);
	if (!rule->time_zone)
		rule->time_zone = mem_strdup(zone);
	return true;
}

static bool take_start(struct rule *rule, const struct content_line *line, struct err *err)
{
	if (rule->has_start)
		return err_set(err, "DTSTART: given twice");
	bool is_utc = false;
	if (!rule_text_moment(line->value, line->value_len, &rule->start, &is_utc) ||
		(is_utc && line->zone))
		return err_set(err, "DTSTART: expected a date with a time, got \"%.*s\"",
			line->value_len > 60 ? 60 : (int)line->value_len, line->value);
	rule->has_start = true;
	return !is_utc || take_zone(rule, "UTC", 3, err);
}

static bool take_dates(
	struct rule *rule, const struct content_line *line, bool excluded, struct err *err)
{
	const char *p = line->value, *end = p + line->value_len;
	for (;;) {
		const char *comma = memchr(p, ',', (size_t)(end - p));
		size_t len = (size_t)((comma ? comma : end) - p);
		bool is_utc = false;
		sec_t moment = 0;
		if (!rule_text_moment(p, len, &moment, &is_utc) || (is_utc && line->zone))
			return err_set(err, "%s: expected a date with a time, got \"%.*s\"",
				excluded ? "EXDATE" : "RDATE", len > 60 ? 60 : (int)len, p);
		struct override *override = rule_override_add(rule, moment, is_utc);
		if (!override)
			return err_set(err, "more than %d dates", RULE_OVERRIDES_MAX);
		override->excluded = excluded;
		if (!comma)
			return true;
		p = comma + 1;
	}
}

static bool take_rrule(struct lines *lines, const char *value, size_t len, struct err *err)
{
	char *text CLEANUP(mem_cleanup) = mem_strndup(value, len);
	if (lines->has_rrule)
		return err_set(err, "RRULE: given twice");
	lines->has_rrule = true;
	return rule_text_parse(text, lines->rule, err);
}

static bool take_line(struct lines *lines, const char *p, size_t len, struct err *err)
{
	if (len >= 5 && strncasecmp(p, "FREQ=", 5) == 0)
		return take_rrule(lines, p, len, err);
	struct content_line line;
	if (!split(p, len, &line, err))
		return false;
	if (is(line.name, line.name_len, "RRULE") && line.name_len + 1 + line.value_len == len)
		return take_rrule(lines, line.value, line.value_len, err);
	if (line.zone && !take_zone(lines->rule, line.zone, line.zone_len, err))
		return false;
	if (is(line.name, line.name_len, "DTSTART"))
		return take_start(lines->rule, &line, err);
	bool is_rdate = is(line.name, line.name_len, "RDATE");
	if (is_rdate || is(line.name, line.name_len, "EXDATE"))
		return take_dates(lines->rule, &line, !is_rdate, err);
	return err_set(err, "unknown line \"%.*s\"", (int)line.name_len, line.name);
}

/* Lines may be folded: a newline and a blank in the middle (RFC 5545 section 3.1). */
static char *unfold(const char *text)
{
	char *out = mem_strdup(text), *to = out;
	for (const char *p = text; *p != '\0'; p++) {
		if (p[0] == '\r' && p[1] == '\n')
			p++;
		if (*p == '\n' && (p[1] == ' ' || p[1] == '\t')) {
			p++;
			continue;
		}
		*to++ = *p;
	}
	*to = '\0';
	return out;
}

bool rule_lines_parse(const char *text, struct rule *rule, struct err *err)
{
	struct lines lines = { .rule = rule };
	if (strnlen(text, RULE_TEXT_MAX + 1) > RULE_TEXT_MAX)
		return err_set(err, "longer than %d bytes", RULE_TEXT_MAX);
	if (!strpbrk(text, ":\n"))
		return rule_text_parse(text, rule, err);
	char *unfolded CLEANUP(mem_cleanup) = unfold(text);
	for (char *p = unfolded; *p != '\0';) {
		size_t len = strcspn(p, "\n");
		if (!take_line(&lines, p, len, err))
			return false;
		p += len + (p[len] == '\n');
	}
	if (!lines.has_rrule)
		return err_set(err, "there is no RRULE line");
	rule_overrides_merge(rule);
	return true;
}
