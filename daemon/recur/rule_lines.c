/* iCalendar content lines around a RECUR value: DTSTART, RRULE, EXDATE, RDATE (RFC 5545).
 *
 * This file takes lines apart; what the dates in them mean is in rule_dates.c.
 */
#include <stdlib.h>
#include <string.h>

#include "recur/rule_def.h"
#include "recur/zone_names.h"
#include "util/mem.h"
#include "util/nearest.h"

/* To find a name in another spelling is a look into a folder; as many as nobody needs are refused. */
#define ZONES_MAX 16

struct lines {
	struct rule *rule;
	bool has_rrule;
	struct slice zone; /* the TZID of the line before; within the text */
	int zones; /* times that it was another one */
};

static bool count_zone(struct lines *lines, struct slice zone, struct err *err)
{
	bool same = zone.len == lines->zone.len && lines->zone.text &&
		    memcmp(zone.text, lines->zone.text, zone.len) == 0;
	lines->zone = zone;
	lines->zones += !same;
	return lines->zones <= ZONES_MAX ||
	       err_set(err, "the zone changes more than %d times", ZONES_MAX);
}

/* The name of the zone as it is kept goes to *ret_zone, whom the caller frees. */
static bool take_parameter(struct lines *lines, struct content_line *line, struct slice name,
	struct slice value, char **ret_zone, struct err *err)
{
	if (slice_is(name, "TZID") && !line->zone) {
		if (!count_zone(lines, value, err) ||
			!zone_names_read(value.text, value.len, ret_zone, err))
			return err_prefix(err, "TZID: ");
		line->zone = *ret_zone;
		line->zone_len = strlen(*ret_zone);
		return true;
	}
	bool is_date = slice_is(name, "VALUE") && slice_is(value, "DATE");
	line->is_date |= is_date;
	if (slice_begins(name, "X-") || is_date ||
		(slice_is(name, "VALUE") && slice_is(value, "DATE-TIME")))
		return true;
	return err_set(err, "%.*s: parameter \"%.*s\" is not supported", (int)line->name_len,
		line->name,
		value.text + value.len - name.text > 60 ? 60
							: (int)(value.text + value.len - name.text),
		name.text);
}

static bool split(struct lines *lines, struct slice text, struct content_line *line,
	char **ret_zone, struct err *err)
{
	struct content content;
	struct slice name, value;
	bool well;
	if (!content_split(text, &content))
		return err_set(err, "a line without a colon: \"%.*s\"",
			text.len > 60 ? 60 : (int)text.len, text.text);
	*line = (struct content_line){ .name = content.name.text,
		.name_len = content.name.len > 20 ? 20 : content.name.len };
	while (content_parameter(&content.parameters, &name, &value, &well)) {
		if (!well)
			return err_set(err, "%.*s: cannot read the parameter \"%.*s\"",
				(int)line->name_len, line->name, name.len > 60 ? 60 : (int)name.len,
				name.text);
		if (!take_parameter(lines, line, name, value, ret_zone, err))
			return false;
	}
	/* A separator too many at the end is none. */
	while (content.value.len > 0 && strchr(";, \t", content.value.text[content.value.len - 1]))
		content.value.len--;
	line->value = content.value.text;
	line->value_len = content.value.len;
	return true;
}

static bool take_rrule(struct lines *lines, struct slice value, struct err *err)
{
	char *text CLEANUP(mem_cleanup) = mem_strndup(value.text, value.len);
	if (lines->has_rrule)
		return err_set(err, "RRULE: given twice");
	lines->has_rrule = true;
	return rule_text_parse(text, lines->rule, err);
}

static bool fail_line(const struct content_line *line, struct err *err)
{
	char *name CLEANUP(mem_cleanup) = mem_strndup(line->name, line->name_len);
	if (slice_is((struct slice){ line->name, line->name_len }, "EXRULE"))
		return err_set(err,
			"EXRULE: a rule of exceptions has no place here; write them as EXDATE");
	struct nearest nearest = NEAREST(name);
	static const char *const names[] = { "RRULE", "DTSTART", "RDATE", "EXDATE" };
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		nearest_offer(&nearest, names[i]);
	if (nearest.name)
		return err_set(err, "unknown line \"%s\"%s", name, nearest_hint(&nearest));
	return err_set(err,
		"unknown line \"%s\", expected RRULE, DTSTART, RDATE and EXDATE; recurctl convert "
		"makes rules of whole events and calendars",
		name);
}

static bool take_line(struct lines *lines, struct slice text, struct err *err)
{
	char *zone CLEANUP(mem_cleanup) = NULL;
	struct content_line line = { .name = "" };
	bool colon = memchr(text.text, ':', text.len), equals = memchr(text.text, '=', text.len);
	/* The value alone, which has a '='; without one it is told what it lacks. */
	if (slice_begins(text, "FREQ=") || (!colon && (equals || !lines->has_rrule)))
		return take_rrule(lines, text, err);
	if (!split(lines, text, &line, &zone, err))
		return false;
	struct slice name = { line.name, line.name_len };
	if (slice_is(name, "RRULE"))
		return take_rrule(lines, (struct slice){ line.value, line.value_len }, err);
	if (slice_is(name, "DTSTART"))
		return rule_dates_start(lines->rule, &line, err);
	if (slice_is(name, "RDATE") || slice_is(name, "EXDATE"))
		return rule_dates_take(lines->rule, &line, slice_is(name, "EXDATE"), err);
	return fail_line(&line, err);
}

bool rule_lines_parse(const char *text, struct rule *rule, struct err *err)
{
	struct lines lines = { .rule = rule };
	size_t len = strnlen(text, RULE_TEXT_MAX + 1);
	struct slice line;
	if (len > RULE_TEXT_MAX)
		return err_set(err, "longer than %d bytes", RULE_TEXT_MAX);
	char *unfolded CLEANUP(mem_cleanup) = content_unfold(text, len, CONTENT_INDENTED, &len);
	for (const char *p = unfolded; content_next(&p, &len, &line);)
		if (!take_line(&lines, line, err))
			return false;
	if (!lines.has_rrule)
		return err_set(err, "there is no RRULE line");
	return true;
}
