/* iCalendar text to series; see the header. */
#include "ctl/convert/calendar.h"

#include <stdlib.h>
#include <string.h>

#include "ctl/convert/calendar_read.h"
#include "ctl/convert/sniff.h"
#include "util/mem.h"

static int by_place(const void *a, const void *b)
{
	const struct calendar_series *x = a, *y = b;
	return (x->place > y->place) - (x->place < y->place);
}

/* Of the versions of a series the last is the newest, and what stands behind them are instances. */
static size_t add_series(struct calendar *calendar, size_t first)
{
	const struct calendar_part *parts = calendar->parts;
	size_t begin = first, end = first + 1;
	while (end < calendar->n && calendar_same_id(&parts[first], &parts[end])) {
		if (!parts[end].is_instance)
			begin = end;
		end++;
	}
	calendar->series[calendar->series_n++] = (struct calendar_series){
		.begin = begin, .end = end, .older = begin - first, .place = parts[begin].place
	};
	return end;
}

static void find_series(struct calendar *calendar)
{
	const struct calendar_part *parts = calendar->parts;
	calendar->series = mem_alloc_array(calendar->n + 1, sizeof(*calendar->series));
	for (size_t i = 0; i < calendar->n && parts[i].kind != CALENDAR_ZONE;)
		i = add_series(calendar, i);
	if (calendar->series_n > 0)
		qsort(calendar->series, calendar->series_n, sizeof(*calendar->series), by_place);
}

static bool parse(
	const char *data, size_t len, bool whole, struct calendar **ret_calendar, struct err *err)
{
	if (len > CALENDAR_BYTES_MAX)
		return err_set(err, "larger than %d MB", CALENDAR_BYTES_MAX >> 20);
	if (len > 1 && (memcmp(data, "\xff\xfe", 2) == 0 || memcmp(data, "\xfe\xff", 2) == 0))
		return err_set(err, "UTF-16, expected UTF-8: iconv -f utf-16 -t utf-8 turns it "
				    "into that");
	if (!sniff_calendar((struct slice){ data, len }, err))
		return false;
	struct calendar *calendar = mem_alloc(sizeof(*calendar));
	calendar->whole = whole;
	size_t unfolded = 0;
	calendar->text = content_unfold(data, len, 0, &unfolded);
	calendar_read(calendar, unfolded, false);
	calendar_sort(calendar);
	if (calendar->n > 0 && !whole)
		calendar_read(calendar, unfolded, true);
	calendar_sort(calendar);
	find_series(calendar);
	*ret_calendar = calendar;
	return true;
}

bool calendar_parse(const char *data, size_t len, struct calendar **ret_calendar, struct err *err)
{
	return parse(data, len, false, ret_calendar, err);
}

bool calendar_parse_all(
	const char *data, size_t len, struct calendar **ret_calendar, struct err *err)
{
	return parse(data, len, true, ret_calendar, err);
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
	return calendar_find(calendar, calendar->n, CALENDAR_ZONE, id);
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
