/* Series of a calendar to rules; see the header.
 *
 * What the rule's own parser reads it gets as content lines, with zones by their IANA names; instances become
 * recurrenceOverrides beside them.
 */
#include "ctl/convert/convert.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/convert/instances.h"
#include "ctl/convert/moments.h"
#include "recur/rule_text.h"
#include "util/mem.h"
#include "util/text.h"
#include "util/timefmt.h"

#define NOTES_MAX 50
#define FIRST_MAX 20 /* calls, of 1 ms each, to find the first occurrence */
#define TEXT_MAX  65536 /* of titles and descriptions, before they are cut */

/* A series while its rule is written. */
struct series_text {
	struct conversion *conversion;
	struct moments moments;
	struct instances instances;
	struct strbuf lines;
	bool from_due; /* DUE stands for DTSTART */
	bool failed;
};

void conversion_note(struct conversion *conversion, const char *fmt, ...)
{
	struct err text;
	va_list args;
	if (conversion->notes_n > NOTES_MAX)
		return;
	va_start(args, fmt);
	char *whole = NULL;
	if (vasprintf(&whole, fmt, args) < 0)
		whole = NULL;
	va_end(args);
	/* One line, of a length that can be read. */
	err_set(&text, "%s", conversion->notes_n == NOTES_MAX ? "and more" : whole ? whole : "");
	free(whole);
	conversion->notes = mem_realloc_array(
		conversion->notes, conversion->notes_n + 1, sizeof(*conversion->notes));
	conversion->notes[conversion->notes_n++] = mem_strdup(text.text);
}

void conversion_finish(struct conversion *conversion)
{
	for (size_t i = 0; i < conversion->notes_n; i++)
		free(conversion->notes[i]);
	free(conversion->notes);
	free(conversion->uid);
	free(conversion->title);
	free(conversion->description);
	rule_free(conversion->rule);
	*conversion = (struct conversion){ .rule = NULL };
}

/* ---- what is not carried over ---- */

/* Bookkeeping of calendars, and what is read elsewhere; X- as well. */
static bool is_passed_over(struct slice name)
{
	static const char *const names[] = { "UID", "DTSTAMP", "CREATED", "LAST-MODIFIED",
		"SEQUENCE", "CLASS", "TRANSP", "SUMMARY", "DESCRIPTION", "DTSTART", "RRULE",
		"RDATE", "EXDATE", "RECURRENCE-ID", "STATUS", "ORGANIZER" };
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (slice_is(name, names[i]))
			return true;
	return slice_begins(name, "X-");
}

static void add_left(struct strbuf *left, struct slice name)
{
	char *word CLEANUP(mem_cleanup) = mem_printf(
		"%s%.*s", left->len > 0 ? ", " : "", name.len > 30 ? 30 : (int)name.len, name.text);
	for (char *c = word; *c != '\0'; c++)
		if (*c >= 'a' && *c <= 'z')
			*c = (char)(*c - 'a' + 'A');
	const char *bare = word + (left->len > 0 ? 2 : 0);
	const char *there = left->len > 0 ? strstr(left->data, bare) : NULL;
	if (!there)
		strbuf_add_text(left, word);
}

static void note_left(
	struct conversion *conversion, const struct calendar_part *part, bool from_due)
{
	struct strbuf left CLEANUP(strbuf_free) = STRBUF(300);
	struct calendar_lines lines = calendar_lines_of(part);
	struct content content;
	while (calendar_lines_next(&lines, &content))
		if (!is_passed_over(content.name) && !(from_due && slice_is(content.name, "DUE")))
			add_left(&left, content.name);
	lines = calendar_lines_of(part);
	lines.into = true;
	while (calendar_lines_next(&lines, &content))
		if (slice_is(content.name, "BEGIN"))
			add_left(&left, content.value);
	if (left.len > 0)
		conversion_note(conversion, "not carried over: %s", left.data);
}

/* ---- texts ---- */

/* RFC 5545 section 3.3.11. */
char *convert_text(struct slice value)
{
	struct strbuf raw CLEANUP(strbuf_free) = STRBUF(TEXT_MAX);
	struct strbuf text CLEANUP(strbuf_free) = STRBUF(4 * TEXT_MAX);
	for (size_t i = 0; i < value.len; i++) {
		char c = value.text[i];
		if (c == '\\' && i + 1 < value.len) {
			c = value.text[++i];
			if (c == 'n' || c == 'N')
				c = '\n';
		}
		strbuf_add_char(&raw, c);
	}
	text_add_repaired(&text, raw.data);
	return strbuf_steal(&text);
}

static void take_texts(struct conversion *conversion, const struct calendar_part *part)
{
	struct calendar_lines lines = calendar_lines_of(part);
	struct content content;
	conversion->uid = part->id.len > 0 ? convert_text(part->id) : NULL;
	while (calendar_lines_next(&lines, &content)) {
		if (slice_is(content.name, "SUMMARY") && !conversion->title)
			conversion->title = convert_text(content.value);
		else if (slice_is(content.name, "DESCRIPTION") && !conversion->description)
			conversion->description = convert_text(content.value);
	}
	if (part->cancelled)
		conversion_note(conversion, "it is CANCELLED (STATUS, or METHOD of its calendar)");
}

/* ---- the rule ---- */

/* The first property of this name; its text is NULL where there is none. */
static struct content find(const struct calendar_part *part, const char *name)
{
	struct calendar_lines lines = calendar_lines_of(part);
	struct content content;
	while (calendar_lines_next(&lines, &content))
		if (slice_is(content.name, name))
			return content;
	return (struct content){ .name = { NULL, 0 } };
}

static bool take_start(struct series_text *series, const struct calendar_part *part)
{
	struct conversion *conversion = series->conversion;
	struct content content = find(part, "DTSTART");
	if (!content.name.text && part->kind == CALENDAR_TODO) {
		content = find(part, "DUE");
		series->from_due = content.name.text;
		if (series->from_due)
			conversion_note(conversion, "it has no DTSTART: its DUE is the start");
	}
	if (!content.name.text)
		return err_set(&conversion->err,
			"DTSTART: is missing; recurctl next understands a rule without it");
	struct slice until = find(part, "RRULE").value;
	if (!moments_start(&series->moments, &content, until, &conversion->err))
		return false;
	conversion->start = series->moments.start;
	conversion->zone = series->moments.zone;
	if (series->moments.all_day)
		conversion_note(conversion,
			"its dates have no time of day: %02d:%02d is put in its place (--time)",
			(int)(series->moments.time_of_day / 3600),
			(int)(series->moments.time_of_day / 60 % 60));
	if (!series->moments.zone_name)
		conversion_note(conversion,
			"its times name no zone: the user's will be taken, or that of timeZone");
	else if (strcmp(series->moments.zone_name, "UTC") == 0)
		conversion_note(conversion, "it is in UTC, which knows no summer time");
	return true;
}

static void add_dates(struct series_text *series, const struct content *content)
{
	struct slice list = content->value, item;
	bool excluded = slice_is(content->name, "EXDATE");
	while (slice_item(&list, &item)) {
		struct moment moment;
		const char *slash = memchr(item.text, '/', item.len);
		if (slash && !excluded) {
			conversion_note(series->conversion, "RDATE: of periods the start is taken");
			item.len = (size_t)(slash - item.text);
		}
		if (!moments_read(
			    &series->moments, content, item, &moment, &series->conversion->err)) {
			series->failed = true;
			return;
		}
		if (excluded && !moment.is_date && instances_have(&series->instances, &moment)) {
			conversion_note(series->conversion,
				"EXDATE: %.*s is an instance of its own, and stays",
				item.len > 40 ? 40 : (int)item.len, item.text);
			continue;
		}
		moments_print(&moment, excluded ? "EXDATE" : "RDATE", &series->lines);
	}
}

/* Of a series of dates UNTIL is one, too, though exporters write midnight in UTC: an instant would end it a day early
 * where the time that is put in is later. */
static void add_rule(struct series_text *series, struct slice rule)
{
	strbuf_add_text(&series->lines, "RRULE:");
	for (size_t len; rule.len > 0; rule.text += len, rule.len -= len) {
		const char *end = memchr(rule.text, ';', rule.len);
		len = end ? (size_t)(end - rule.text) + 1 : rule.len;
		struct slice part = slice_trim((struct slice){ rule.text, len - (end != NULL) });
		sec_t until;
		bool is_utc;
		if (series->moments.all_day && slice_begins(part, "UNTIL=") &&
			rule_text_moment(part.text + 6, part.len - 6, &until, &is_utc)) {
			strbuf_addf(&series->lines, "%.14s%s", part.text, end ? ";" : "");
			conversion_note(series->conversion,
				"UNTIL: of %.*s the date is taken, as of DTSTART",
				(int)part.len - 6, part.text + 6);
		} else {
			strbuf_add(&series->lines, rule.text, len);
		}
	}
	strbuf_add_char(&series->lines, '\n');
}

static bool add_lines(struct series_text *series, const struct calendar_part *part)
{
	struct conversion *conversion = series->conversion;
	struct calendar_lines lines = calendar_lines_of(part);
	struct content content;
	size_t rules = 0;
	while (calendar_lines_next(&lines, &content) && !series->failed) {
		if (slice_is(content.name, "EXRULE"))
			return err_set(&conversion->err,
				"EXRULE: a rule of exceptions has no place in ours");
		if (slice_is(content.name, "RRULE") && rules++ > 0)
			return err_set(
				&conversion->err, "RRULE: given twice, make two templates of it");
		if (slice_is(content.name, "RRULE"))
			add_rule(series, content.value);
		if (slice_is(content.name, "RDATE") || slice_is(content.name, "EXDATE"))
			add_dates(series, &content);
	}
	/* Dates alone: the start once, and they. */
	if (rules == 0)
		strbuf_add_text(&series->lines, "RRULE:FREQ=DAILY;COUNT=1\n");
	return !series->failed;
}

static void note_first(struct conversion *conversion)
{
	struct recurrence *recurrence = NULL;
	struct occurrence first;
	char text[INSTANT_TEXT_MAX];
	if (!recurrence_open(conversion->rule, conversion->start, conversion->zone, RECUR_EXCLUDED,
		    &recurrence, NULL))
		return;
	enum recur_status status = RECUR_AGAIN;
	for (int calls = 0; calls < FIRST_MAX && status == RECUR_AGAIN; calls++)
		status = recurrence_next(recurrence, &first, NULL);
	if (status == RECUR_FOUND && first.wall > conversion->start)
		conversion_note(conversion,
			"DTSTART is none of its rule's: calendars count it as the first, here %s "
			"is",
			wall_format(first.wall, text));
	recurrence_close(recurrence);
}

static bool parse(struct series_text *series)
{
	struct conversion *conversion = series->conversion;
	char start[INSTANT_TEXT_MAX];
	if (series->lines.overflowed)
		return err_set(&conversion->err, "its lines are longer than the %d bytes of a rule",
			RULE_BYTES_MAX);
	json_auto_t *json = json_object();
	/* Bytes that are not UTF-8 make no JSON. */
	if (json_object_set_new(json, "rrule", json_string(series->lines.data)) != 0)
		return err_set(&conversion->err, "RRULE: holds bytes that are not UTF-8");
	if (json_object_size(series->instances.overrides) > 0)
		json_object_set(json, "recurrenceOverrides", series->instances.overrides);
	if (!rule_parse_value(json, &conversion->rule, &conversion->err))
		return false;
	struct strbuf canonical CLEANUP(strbuf_free) = STRBUF(RULE_BYTES_MAX);
	rule_to_json(conversion->rule, &canonical);
	if (!canonical.overflowed) {
		note_first(conversion);
		return true;
	}
	rule_free(conversion->rule);
	conversion->rule = NULL;
	return err_set(&conversion->err, "larger than %d bytes as a rule, starting %s",
		RULE_BYTES_MAX, wall_format(conversion->start, start));
}

static bool convert(struct series_text *text, const struct calendar_series *series)
{
	struct conversion *conversion = text->conversion;
	const struct calendar_part *parts = text->moments.calendar->parts,
				   *part = &parts[series->begin];
	if (part->is_instance)
		return err_set(&conversion->err,
			"RECURRENCE-ID: an instance of a series that is not in the file");
	if (series->older > 0)
		conversion_note(conversion,
			"of its %zu versions in the file the newest is taken (SEQUENCE %lld)",
			series->older + 1, (long long)part->sequence);
	if (!part->recurs)
		return err_set(&conversion->err, "its newest version (SEQUENCE %lld) %s",
			(long long)part->sequence,
			part->cancelled ? "is CANCELLED" : "does not recur any more");
	if (!take_start(text, part))
		return false;
	for (size_t i = series->begin + 1; i < series->end; i++)
		if (!instances_add(&text->instances, &text->moments, &parts[i]))
			return false;
	moments_print_start(&text->moments, &text->lines);
	if (!add_lines(text, part) || !parse(text))
		return false;
	note_left(conversion, part, text->from_due);
	return true;
}

void convert_series(const struct calendar *calendar, const struct convert_options *options,
	const struct calendar_series *series, struct conversion *ret_conversion)
{
	*ret_conversion = (struct conversion){ .rule = NULL };
	struct series_text text = { .conversion = ret_conversion,
		.lines = STRBUF(RULE_BYTES_MAX),
		.moments = { .calendar = calendar,
			.time_of_day = options->time_of_day,
			.default_zone = options->zone,
			.conversion = ret_conversion } };
	instances_init(&text.instances);
	take_texts(ret_conversion, &calendar->parts[series->begin]);
	(void)convert(&text, series);
	instances_finish(&text.instances);
	strbuf_free(&text.lines);
	moments_finish(&text.moments);
}
