/* iCalendar text to components; see the header. */
#include "ctl/convert/calendar.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "util/mem.h"

/* Where the reading stands. */
struct reader {
	struct calendar *calendar;
	struct slice names[CALENDAR_DEPTH_MAX];
	size_t depth;
	struct calendar_part part; /* the one that has begun */
	size_t part_depth; /* at which it did; 0: none has */
};

static const char *const kinds[] = { "VEVENT", "VTODO", "VTIMEZONE" };

/* "BEGIN:VEVENT" and what is wrong with it. */
static bool broken(struct calendar *calendar, const char *lead, struct slice name, const char *what)
{
	calendar->broken = true;
	return err_set(&calendar->why, "%s%.*s%s", lead, slice_shown(name), name.text, what);
}

static bool add_part(struct calendar *calendar, const struct calendar_part *part)
{
	if (part->kind != CALENDAR_ZONE && !part->recurs && !part->is_instance) {
		calendar->single++;
		return true;
	}
	if (calendar->n >= CALENDAR_PARTS_MAX) {
		calendar->broken = true;
		return err_set(&calendar->why, "more than %d series, exceptions and zones",
			CALENDAR_PARTS_MAX);
	}
	if (calendar->n == calendar->size) {
		calendar->size = calendar->size ? calendar->size * 2 : 16;
		calendar->parts = mem_realloc_array(
			calendar->parts, calendar->size, sizeof(*calendar->parts));
	}
	calendar->parts[calendar->n] = *part;
	calendar->parts[calendar->n].place = calendar->n;
	calendar->n++;
	return true;
}

static void note_property(struct calendar_part *part, struct slice line)
{
	static const char *const names[] = { "UID", "TZID", "RRULE", "RDATE", "EXRULE",
		"RECURRENCE-ID" };
	struct content content;
	size_t i = 0;
	while (i < ARRAY_LEN(names) && !slice_begins(line, names[i]))
		i++;
	if (i == ARRAY_LEN(names) || !content_split(line, &content))
		return;
	if (slice_is(content.name, part->kind == CALENDAR_ZONE ? "TZID" : "UID"))
		part->id = content.value;
	part->recurs |= slice_is(content.name, "RRULE") || slice_is(content.name, "RDATE") ||
			slice_is(content.name, "EXRULE");
	part->is_instance |= slice_is(content.name, "RECURRENCE-ID");
}

static bool begin(struct reader *reader, struct slice name, const char *behind)
{
	if (reader->depth == CALENDAR_DEPTH_MAX)
		return broken(reader->calendar, "BEGIN:", name, ": nested too deeply");
	reader->names[reader->depth++] = name;
	if (reader->part_depth > 0)
		return true;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		if (!slice_is(name, kinds[i]))
			continue;
		reader->part_depth = reader->depth;
		reader->part = (struct calendar_part){
			.kind = (enum calendar_kind)i, .lines = { behind, 0 }, .id = { behind, 0 }
		};
	}
	return true;
}

static bool end(struct reader *reader, struct slice name, const char *before)
{
	struct slice open = { name.text, 0 };
	if (reader->depth > 0)
		open = reader->names[reader->depth - 1];
	if (open.len != name.len || name.len == 0 ||
		strncasecmp(open.text, name.text, name.len) != 0)
		return broken(reader->calendar, "END:", name, " without its BEGIN");
	bool whole = reader->depth == reader->part_depth;
	reader->depth--;
	if (!whole)
		return true;
	reader->part_depth = 0;
	reader->part.lines.len = (size_t)(before - reader->part.lines.text);
	return add_part(reader->calendar, &reader->part);
}

static bool take_line(struct reader *reader, struct slice line, const char *behind)
{
	struct slice name;
	if (slice_begins(line, "BEGIN:")) {
		name = slice_trim((struct slice){ line.text + 6, line.len - 6 });
		return begin(reader, name, behind);
	}
	if (slice_begins(line, "END:")) {
		name = slice_trim((struct slice){ line.text + 4, line.len - 4 });
		return end(reader, name, line.text);
	}
	if (reader->part_depth > 0 && reader->part_depth == reader->depth)
		note_property(&reader->part, line);
	return true;
}

static int compare_ids(struct slice x, struct slice y)
{
	size_t len = x.len < y.len ? x.len : y.len;
	int order = len > 0 ? memcmp(x.text, y.text, len) : 0;
	return order != 0 ? order : (x.len > y.len) - (x.len < y.len);
}

static int compare(const void *a, const void *b)
{
	const struct calendar_part *x = a, *y = b;
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	int order = compare_ids(x->id, y->id);
	if (order != 0)
		return order;
	if (x->is_instance != y->is_instance)
		return x->is_instance ? 1 : -1;
	return (x->place > y->place) - (x->place < y->place);
}

static bool is_same_id(const struct calendar_part *x, const struct calendar_part *y)
{
	return x->kind == y->kind && x->id.len > 0 && compare_ids(x->id, y->id) == 0;
}

static int by_place(const void *a, const void *b)
{
	const struct calendar_series *x = a, *y = b;
	return (x->place > y->place) - (x->place < y->place);
}

static void find_series(struct calendar *calendar)
{
	const struct calendar_part *parts = calendar->parts;
	size_t end;
	calendar->series = mem_alloc_array(calendar->n + 1, sizeof(*calendar->series));
	for (size_t i = 0; i < calendar->n && parts[i].kind != CALENDAR_ZONE; i = end) {
		end = i + 1;
		while (end < calendar->n && parts[end].is_instance &&
			is_same_id(&parts[i], &parts[end]))
			end++;
		calendar->series[calendar->series_n++] = (struct calendar_series){
			.begin = i, .end = end, .place = parts[i].place
		};
	}
	if (calendar->series_n > 0)
		qsort(calendar->series, calendar->series_n, sizeof(*calendar->series), by_place);
}

static void read_lines(struct calendar *calendar, size_t len)
{
	struct reader reader = { .calendar = calendar };
	const char *p = calendar->text;
	struct slice line;
	if (!slice_begins((struct slice){ p, len }, "BEGIN:")) {
		reader.part = (struct calendar_part){ .lines = { p, len }, .id = { p, 0 } };
		while (content_next(&p, &len, &line))
			note_property(&reader.part, line);
		add_part(calendar, &reader.part);
		return;
	}
	while (content_next(&p, &len, &line))
		if (!take_line(&reader, line, p))
			return;
	if (reader.depth > 0)
		broken(calendar, "the text ends within a ", reader.names[reader.depth - 1], "");
}

bool calendar_parse(const char *data, size_t len, struct calendar **ret_calendar, struct err *err)
{
	if (len > CALENDAR_BYTES_MAX)
		return err_set(err, "larger than %d MB", CALENDAR_BYTES_MAX >> 20);
	if (len > 1 && (memcmp(data, "\xff\xfe", 2) == 0 || memcmp(data, "\xfe\xff", 2) == 0))
		return err_set(err, "UTF-16, expected UTF-8: iconv -f utf-16 -t utf-8 turns it "
				    "into that");
	if (memchr(data, '\0', len))
		return err_set(err, "holds NUL bytes, which no text does");
	struct calendar *calendar = mem_alloc(sizeof(*calendar));
	size_t unfolded = 0;
	calendar->text = content_unfold(data, len, 0, &unfolded);
	read_lines(calendar, unfolded);
	if (calendar->n > 0)
		qsort(calendar->parts, calendar->n, sizeof(*calendar->parts), compare);
	find_series(calendar);
	*ret_calendar = calendar;
	return true;
}

void calendar_free(struct calendar *calendar)
{
	if (!calendar)
		return;
	free(calendar->series);
	free(calendar->parts);
	free(calendar->text);
	free(calendar);
}

const struct calendar_part *calendar_zone(const struct calendar *calendar, struct slice id)
{
	size_t low = 0, high = calendar->n;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		const struct calendar_part *part = &calendar->parts[mid];
		int order = part->kind != CALENDAR_ZONE ? -1 : compare_ids(part->id, id);
		if (order == 0)
			return part;
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

struct calendar_lines calendar_lines_of(const struct calendar_part *part)
{
	return (struct calendar_lines){ .rest = part->lines, .inner = { part->lines.text, 0 } };
}

bool calendar_lines_next(struct calendar_lines *lines, struct content *ret_content)
{
	struct slice line;
	while (content_next(&lines->rest.text, &lines->rest.len, &line)) {
		bool begins = slice_begins(line, "BEGIN:"), ends = slice_begins(line, "END:");
		if (begins && lines->depth++ == 0)
			lines->inner = (struct slice){ line.text + 6, line.len - 6 };
		if (ends && lines->depth > 0)
			lines->depth--;
		bool ours = lines->into || (lines->depth == 0 && !begins && !ends);
		if (ours && content_split(line, ret_content))
			return true;
	}
	return false;
}
