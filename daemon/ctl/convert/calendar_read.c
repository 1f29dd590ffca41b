/* Lines to parts; see the header.
 *
 * A text that begins with no BEGIN: is read as if a VEVENT had begun.  Where the nesting is wrong, the reading
 * ends: what stands behind might be anything's.
 */
#include "ctl/convert/calendar_read.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "recur/rule_text.h"
#include "util/mem.h"
#include "util/strbuf.h"

/* Where the reading stands. */
struct reader {
	struct calendar *calendar;
	struct slice names[CALENDAR_DEPTH_MAX];
	size_t depth;
	struct calendar_part part; /* the one that has begun */
	size_t part_depth; /* at which it did; 0: none has */
	bool cancels; /* METHOD:CANCEL of the VCALENDAR */
	size_t sorted; /* of the second reading: the parts that the first one found */
	bool second;
};

static const char *const kinds[] = { "VEVENT", "VTODO", "VTIMEZONE" };

/* "the text ends within a ", "VEVENT", and what is wrong with that; of a part that has begun its UID is told. */
static bool broken(struct reader *reader, const char *lead, struct slice name, const char *what)
{
	struct strbuf id CLEANUP(strbuf_free) = STRBUF(ERR_TEXT_MAX);
	struct slice uid = reader->part.id;
	if (reader->calendar->broken) /* as the first reading has said */
		return false;
	if (reader->part_depth > 0 && uid.len > 0)
		strbuf_addf(&id, " (%s %.*s)", reader->part.kind == CALENDAR_ZONE ? "TZID" : "UID",
			slice_shown(uid), uid.text);
	reader->calendar->broken = true;
	return err_set(&reader->calendar->why, "%s%.*s%s%s", lead, slice_shown(name), name.text,
		id.len > 0 ? id.data : "", what);
}

static bool add_part(struct calendar *calendar, const struct calendar_part *part)
{
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
	calendar->parts[calendar->n++] = *part;
	return true;
}

static bool end_part(struct reader *reader)
{
	struct calendar *calendar = reader->calendar;
	struct calendar_part *part = &reader->part;
	bool single = part->kind != CALENDAR_ZONE && !part->recurs && !part->is_instance;
	reader->part_depth = 0;
	part->cancelled |= reader->cancels;
	part->place = (size_t)(part->lines.text - calendar->text);
	if (!reader->second && single)
		calendar->single++;
	bool wanted = calendar->whole   ? true
		      : !reader->second ? !single
					: single && calendar_find(calendar, reader->sorted,
							    part->kind, part->id);
	return !wanted || add_part(calendar, part);
}

/* ---- properties ---- */

static int64_t number_of(struct slice value)
{
	int64_t number = 0;
	for (size_t i = 0; i < value.len && number < INT32_MAX; i++) {
		if (value.text[i] < '0' || value.text[i] > '9')
			return 0;
		number = number * 10 + (value.text[i] - '0');
	}
	return number;
}

static void take_property(struct calendar_part *part, const struct content *content)
{
	struct slice name = content->name, value = content->value;
	bool is_utc;
	if (slice_is(name, part->kind == CALENDAR_ZONE ? "TZID" : "UID"))
		part->id = value;
	else if (part->kind == CALENDAR_ZONE)
		return;
	else if (slice_is(name, "SEQUENCE"))
		part->sequence = number_of(value);
	else if (slice_is(name, "DTSTAMP"))
		(void)!rule_text_moment(value.text, value.len, &part->stamp, &is_utc);
	else if (slice_is(name, "STATUS"))
		part->cancelled |= slice_is(value, "CANCELLED");
	else if (slice_is(name, "RECURRENCE-ID"))
		part->is_instance = true;
	else
		part->recurs |= slice_is(name, "RRULE") || slice_is(name, "RDATE") ||
				slice_is(name, "EXRULE");
}

static void note_property(struct reader *reader, struct slice line)
{
	static const char *const names[] = { "UID", "TZID", "RRULE", "RDATE", "EXRULE",
		"RECURRENCE-ID", "SEQUENCE", "DTSTAMP", "STATUS", "METHOD" };
	struct content content;
	size_t i = 0;
	while (i < ARRAY_LEN(names) && !slice_begins(line, names[i]))
		i++;
	if (i == ARRAY_LEN(names) || !content_split(line, &content))
		return;
	if (reader->part_depth > 0 && reader->part_depth == reader->depth)
		take_property(&reader->part, &content);
	else if (reader->part_depth == 0 && slice_is(content.name, "METHOD"))
		reader->cancels = slice_is(content.value, "CANCEL");
}

/* ---- BEGIN and END ---- */

static int kind_of(struct slice name)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (slice_is(name, kinds[i]))
			return (int)i;
	return -1;
}

static void begin_part(struct reader *reader, enum calendar_kind kind, const char *behind)
{
	reader->part_depth = reader->depth;
	reader->part = (struct calendar_part){
		.kind = kind, .lines = { behind, 0 }, .id = { behind, 0 }
	};
}

static bool begin(struct reader *reader, struct slice name, const char *behind)
{
	int kind = kind_of(name);
	if (reader->part_depth > 0 && (kind >= 0 || slice_is(name, "VCALENDAR")))
		return broken(reader, "the text goes on with another component within a ",
			reader->names[reader->part_depth - 1], ", whose END is missing");
	if (reader->depth == CALENDAR_DEPTH_MAX)
		return broken(reader, "BEGIN:", name, ": nested too deeply");
	reader->names[reader->depth++] = name;
	if (slice_is(name, "VCALENDAR"))
		reader->cancels = false;
	if (kind >= 0)
		begin_part(reader, (enum calendar_kind)kind, behind);
	return true;
}

static bool end(struct reader *reader, struct slice name, const char *before)
{
	if (reader->depth == 0)
		return broken(reader, "END:", name, " without its BEGIN");
	struct slice open = reader->names[reader->depth - 1];
	if (open.len != name.len || strncasecmp(open.text, name.text, name.len) != 0)
		return broken(reader, "the text goes on behind a ", open, ", whose END is missing");
	bool whole = reader->depth == reader->part_depth;
	reader->depth--;
	if (!whole)
		return true;
	reader->part.lines.len = (size_t)(before - reader->part.lines.text);
	return end_part(reader);
}

static bool take_line(struct reader *reader, struct slice line, const char *behind)
{
	if (slice_begins(line, "BEGIN:"))
		return begin(
			reader, slice_trim((struct slice){ line.text + 6, line.len - 6 }), behind);
	if (slice_begins(line, "END:"))
		return end(reader, slice_trim((struct slice){ line.text + 4, line.len - 4 }),
			line.text);
	note_property(reader, line);
	return true;
}

void calendar_read(struct calendar *calendar, size_t len, bool second)
{
	struct reader reader = { .calendar = calendar, .second = second, .sorted = calendar->n };
	const char *p = calendar->text, *text_end = p + len;
	struct slice line;
	bool bare = !slice_begins((struct slice){ p, len }, "BEGIN:");
	if (bare) {
		reader.names[reader.depth++] = (struct slice){ kinds[0], strlen(kinds[0]) };
		begin_part(&reader, CALENDAR_EVENT, p);
	}
	while (content_next(&p, &len, &line))
		if (!take_line(&reader, line, p))
			return;
	if (bare && reader.depth == 1 && reader.part_depth == 1) {
		reader.part.lines.len = (size_t)(text_end - reader.part.lines.text);
		(void)end_part(&reader);
	} else if (reader.depth > 0) {
		(void)broken(&reader, "the text ends within a ", reader.names[reader.depth - 1],
			", before its END: a part of the file is missing");
	}
}

/* ---- order ---- */

static int compare_ids(struct slice x, struct slice y)
{
	size_t len = x.len < y.len ? x.len : y.len;
	int order = len > 0 ? memcmp(x.text, y.text, len) : 0;
	return order != 0 ? order : (x.len > y.len) - (x.len < y.len);
}

/* RFC 5546 section 2.1.5.  What recurs is not replaced by what is not newer. */
static int compare_versions(const struct calendar_part *x, const struct calendar_part *y)
{
	if (x->sequence != y->sequence)
		return x->sequence < y->sequence ? -1 : 1;
	if (x->stamp != y->stamp)
		return x->stamp < y->stamp ? -1 : 1;
	if (x->recurs != y->recurs)
		return x->recurs ? 1 : -1;
	return (x->place > y->place) - (x->place < y->place);
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
	return compare_versions(x, y);
}

void calendar_sort(struct calendar *calendar)
{
	if (calendar->n > 0)
		qsort(calendar->parts, calendar->n, sizeof(*calendar->parts), compare);
}

bool calendar_same_id(const struct calendar_part *x, const struct calendar_part *y)
{
	return x->kind == y->kind && x->id.len > 0 && compare_ids(x->id, y->id) == 0;
}

const struct calendar_part *calendar_find(
	const struct calendar *calendar, size_t n, enum calendar_kind kind, struct slice id)
{
	size_t low = 0, high = n;
	while (low < high && id.len > 0) {
		size_t mid = low + (high - low) / 2;
		const struct calendar_part *part = &calendar->parts[mid];
		int order = part->kind != kind ? (part->kind < kind ? -1 : 1)
					       : compare_ids(part->id, id);
		if (order == 0)
			return part;
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}
