/* Dates and times of a series; see the header. */
#include "ctl/convert/moments.h"

#include <stdlib.h>
#include <string.h>

#include "ctl/convert/vzone.h"
#include "recur/rule_text.h"
#include "util/mem.h"
#include "util/timefmt.h"

#define DAY        86400
#define SPAN_YEARS 10 /* of a series without an end */

/* TZID of a line; its text is NULL where there is none. */
static struct slice zone_id(const struct content *content)
{
	struct slice rest = content->parameters, name, value;
	bool well;
	while (content_parameter(&rest, &name, &value, &well))
		if (well && slice_is(name, "TZID") && value.len > 0)
			return value;
	return (struct slice){ NULL, 0 };
}

/* Every line of a series names its zone, and mostly the same one. */
static bool find_zone(
	struct moments *moments, struct slice id, const char **ret_name, struct err *err)
{
	struct strbuf note CLEANUP(strbuf_free) = STRBUF(ERR_TEXT_MAX);
	if (moments->last_name && moments->last_id.len == id.len &&
		memcmp(moments->last_id.text, id.text, id.len) == 0) {
		*ret_name = moments->last_name;
		return true;
	}
	char *name = NULL;
	if (!vzone_find(moments->calendar, id, moments->from, moments->to, &name, &note, err))
		return false;
	if (note.len > 0)
		conversion_note(moments->conversion, "%s", note.data);
	free(moments->last_name);
	moments->last_name = name;
	moments->last_id = id;
	*ret_name = name;
	return true;
}

/* From the start to the UNTIL of its rule, or for some years. */
static void set_span(struct moments *moments, sec_t start, struct slice rule)
{
	bool is_utc;
	sec_t until;
	moments->from = start - DAY;
	moments->to = start + INT64_C(366) * SPAN_YEARS * DAY;
	for (size_t i = 0; i + 6 < rule.len; i++) {
		struct slice rest = { rule.text + i, rule.len - i };
		if (!slice_begins(rest, "UNTIL="))
			continue;
		rest = (struct slice){ rest.text + 6, rest.len - 6 };
		const char *end = memchr(rest.text, ';', rest.len);
		if (end)
			rest.len = (size_t)(end - rest.text);
		rest = slice_trim(rest);
		if (rule_text_moment(rest.text, rest.len, &until, &is_utc) ||
			rule_text_date(rest.text, rest.len, &until))
			moments->to = until + DAY;
	}
}

bool moments_start(
	struct moments *moments, const struct content *start, struct slice until, struct err *err)
{
	struct slice value = start->value, id = zone_id(start);
	bool is_utc = false;
	sec_t wall;
	moments->all_day = rule_text_date(value.text, value.len, &wall);
	if (moments->all_day)
		wall += moments->time_of_day;
	else if (!rule_text_moment(value.text, value.len, &wall, &is_utc))
		return err_set(err, "DTSTART: expected a date or a date with a time, got \"%.*s\"",
			slice_shown(value), value.text);
	if (is_utc && id.text && !slice_is(id, "UTC"))
		conversion_note(moments->conversion,
			"DTSTART: of Z and TZID=%.*s, which say different things, Z is taken",
			slice_shown(id), id.text);
	set_span(moments, wall, until);
	const char *name = is_utc ? "UTC" : NULL;
	if (!is_utc && !moments->all_day && id.text && !find_zone(moments, id, &name, err))
		return false;
	moments->start = wall;
	moments->zone_name = name ? mem_strdup(name) : NULL;
	return zone_load(name ? name : moments->default_zone, &moments->zone, err);
}

static bool in_zone(struct moments *moments, sec_t wall, struct slice id, bool is_utc,
	struct moment *ret_moment, struct err *err)
{
	const char *name = "UTC";
	const struct zone *zone;
	if (!is_utc && !find_zone(moments, id, &name, err))
		return false;
	*ret_moment = (struct moment){ .wall = wall };
	if (moments->zone_name && strcmp(moments->zone_name, name) == 0)
		return true;
	if (!zone_load(name, &zone, err))
		return false;
	sec_t instant = zone_to_instant(zone, wall, NULL);
	ret_moment->is_instant = !moments->zone_name;
	ret_moment->wall = moments->zone_name ? zone_to_wall(moments->zone, instant) : instant;
	return true;
}

bool moments_read(struct moments *moments, const struct content *content, struct slice value,
	struct moment *ret_moment, struct err *err)
{
	struct slice id = zone_id(content);
	bool is_utc = false;
	sec_t wall;
	if (rule_text_date(value.text, value.len, &wall)) {
		/* Only exceptions are said of whole dates. */
		*ret_moment = (struct moment){ .wall = wall,
			.is_date = slice_is(content->name, "EXDATE") };
		if (!ret_moment->is_date) {
			sec_t time = moments->start % DAY;
			ret_moment->wall += time < 0 ? time + DAY : time;
		}
		return true;
	}
	if (!rule_text_moment(value.text, value.len, &wall, &is_utc))
		return err_set(err, "%.*s: expected a date or a date with a time, got \"%.*s\"",
			slice_shown(content->name), content->name.text, slice_shown(value),
			value.text);
	/* Exporters write midnight of what has no time of day. */
	if (moments->all_day && slice_is(content->name, "EXDATE")) {
		sec_t time = wall % DAY;
		*ret_moment = (struct moment){ .wall = wall - (time < 0 ? time + DAY : time),
			.is_date = true };
		return true;
	}
	if (is_utc || id.text)
		return in_zone(moments, wall, id, is_utc, ret_moment, err);
	*ret_moment = (struct moment){ .wall = wall };
	return true;
}

static void print_wall(sec_t wall, bool is_date, struct strbuf *lines)
{
	struct civil c = civil_from_wall(wall);
	strbuf_addf(lines, "%04d%02d%02d", c.year, c.month, c.day);
	if (!is_date)
		strbuf_addf(lines, "T%02d%02d%02d", c.hour, c.minute, c.second);
}

void moments_print(const struct moment *moment, const char *name, struct strbuf *lines)
{
	strbuf_addf(lines, "%s:", name);
	print_wall(moment->wall, moment->is_date, lines);
	strbuf_add_text(lines, moment->is_instant ? "Z\n" : "\n");
}

void moments_print_start(const struct moments *moments, struct strbuf *lines)
{
	strbuf_add_text(lines, "DTSTART");
	if (moments->zone_name)
		strbuf_addf(lines, ";TZID=%s", moments->zone_name);
	strbuf_add_char(lines, ':');
	print_wall(moments->start, false, lines);
	strbuf_add_char(lines, '\n');
}

void moments_finish(struct moments *moments)
{
	free(moments->zone_name);
	free(moments->last_name);
}
