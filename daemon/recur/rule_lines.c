/* iCalendar content lines around a RECUR value: DTSTART, RRULE, EXDATE, RDATE (RFC 5545).
 *
 * This file takes lines apart; what the dates in them mean is in rule_dates.c.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "recur/rule_def.h"
#include "util/mem.h"

struct lines {
	struct rule *rule;
	bool has_rrule;
};

static bool is(const char *text, size_t len, const char *word)
{
	return strlen(word) == len && strncasecmp(text, word, len) == 0;
}

/* One ";NAME=VALUE" of a line; only TZID and VALUE mean something to us. */
static bool take_parameter(struct content_line *line, const char *p, size_t len, struct err *err)
{
	if (len > 5 && strncasecmp(p, "TZID=", 5) == 0 && !line->zone) {
		bool quoted = len > 7 && p[5] == '"' && p[len - 1] == '"';
		line->zone = p + 5 + quoted;
		line->zone_len = len - 5 - 2 * (size_t)quoted;
		return true;
	}
	if (is(p, len, "VALUE=DATE"))
		line->is_date = true;
	if (line->is_date || is(p, len, "VALUE=DATE-TIME"))
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
	if (is(line.name, line.name_len, "DTSTART"))
		return rule_dates_start(lines->rule, &line, err);
	bool is_rdate = is(line.name, line.name_len, "RDATE");
	if (is_rdate || is(line.name, line.name_len, "EXDATE"))
		return rule_dates_take(lines->rule, &line, !is_rdate, err);
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
	return true;
}
