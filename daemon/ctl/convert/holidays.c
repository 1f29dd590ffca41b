/* Events to days of a calendar; see the header. */
#include "ctl/convert/holidays.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/convert/convert.h"
#include "ctl/convert/moments.h"
#include "recur/rule_text.h"
#include "util/mem.h"
#include "util/timefmt.h"

#define DAY_SECS      86400
#define DURATION_MAX  (INT64_C(1000) * DAY_SECS)
#define TELL_NAME_MAX 60

/* ---- lists ---- */

static void leave_out(struct holidays *holidays, const char *name, const char *why)
{
	holidays->left = mem_realloc_array(
		holidays->left, holidays->left_n + 1, sizeof(*holidays->left));
	holidays->left[holidays->left_n++] = mem_printf("%.*s: %s", TELL_NAME_MAX, name, why);
}

static void add(struct holidays *holidays, const char *name, int64_t first, int span, char *rule)
{
	if (holidays->n == holidays->size) {
		holidays->size = holidays->size ? holidays->size * 2 : 16;
		holidays->list = mem_realloc_array(
			holidays->list, holidays->size, sizeof(*holidays->list));
	}
	holidays->list[holidays->n++] = (struct holiday){ mem_strdup(name), first, span, rule };
}

static void holiday_finish(struct holiday *holiday)
{
	free(holiday->name);
	free(holiday->rule);
}

void holidays_finish(struct holidays *holidays)
{
	for (size_t i = 0; i < holidays->n; i++)
		holiday_finish(&holidays->list[i]);
	for (size_t i = 0; i < holidays->left_n; i++)
		free(holidays->left[i]);
	free(holidays->list);
	free(holidays->left);
	*holidays = (struct holidays){ 0 };
}

/* What recurs, or lasts longer, comes first of those of one day and name. */
static int compare(const void *a, const void *b)
{
	const struct holiday *x = a, *y = b;
	if (x->first != y->first)
		return x->first < y->first ? -1 : 1;
	int order = strcmp(x->name, y->name);
	if (order != 0)
		return order;
	if (!x->rule != !y->rule)
		return x->rule ? -1 : 1;
	return (x->span < y->span) - (x->span > y->span);
}

static void sort(struct holidays *holidays)
{
	size_t kept = 0;
	if (holidays->n > 0)
		qsort(holidays->list, holidays->n, sizeof(*holidays->list), compare);
	for (size_t i = 0; i < holidays->n; i++) {
		struct holiday *last = kept > 0 ? &holidays->list[kept - 1] : NULL;
		struct holiday *it = &holidays->list[i];
		if (last && last->first == it->first && strcmp(last->name, it->name) == 0)
			holiday_finish(it);
		else
			holidays->list[kept++] = *it;
	}
	holidays->n = kept;
}

/* ---- times ---- */

/* "P1D", "P2W", "PT24H" */
static bool read_duration(struct slice text, int64_t *ret_seconds)
{
	static const struct {
		char letter;
		int64_t seconds;
	} units[] = { { 'W', 7 * DAY_SECS }, { 'D', DAY_SECS }, { 'H', 3600 }, { 'M', 60 },
		{ 'S', 1 } };
	int64_t number = 0, total = 0;
	bool digits = false;
	for (size_t i = 0; i < text.len; i++) {
		char c = text.text[i];
		if (c >= '0' && c <= '9' && number < DURATION_MAX) {
			number = number * 10 + (c - '0');
			digits = true;
			continue;
		}
		if (!digits && (c == '+' || c == 'P' || c == 'T'))
			continue;
		size_t unit = 0;
		while (unit < ARRAY_LEN(units) && units[unit].letter != c)
			unit++;
		if (unit == ARRAY_LEN(units) || !digits || total > DURATION_MAX)
			return false;
		total += number * units[unit].seconds;
		number = 0;
		digits = false;
	}
	*ret_seconds = total;
	return text.len > 0 && !digits;
}

static struct content find(const struct calendar_part *part, const char *name)
{
	struct calendar_lines lines = calendar_lines_of(part);
	struct content content;
	while (calendar_lines_next(&lines, &content))
		if (slice_is(content.name, name))
			return content;
	return (struct content){ .name = { NULL, 0 } };
}

/* A date, or a time as the clocks show it where the event is. */
static bool read_moment(struct slice value, sec_t *ret_wall, bool *ret_is_date)
{
	bool is_utc;
	*ret_is_date = rule_text_date(value.text, value.len, ret_wall);
	return *ret_is_date || rule_text_moment(value.text, value.len, ret_wall, &is_utc);
}

static int64_t day_of(sec_t wall)
{
	return wall / DAY_SECS - (wall % DAY_SECS < 0);
}

/* The whole days that an event covers; where it ends before it begins, as some programs write it, it is one day. */
static const char *read_span(const struct calendar_part *part, int64_t *ret_first, int *ret_span)
{
	struct content starts = find(part, "DTSTART"), ends = find(part, "DTEND");
	struct content lasts = find(part, "DURATION");
	sec_t start, end;
	bool is_date, end_is_date;
	int64_t duration;
	if (!starts.name.text || !read_moment(starts.value, &start, &is_date))
		return "no DTSTART that could be read";
	end = start + (is_date ? DAY_SECS : 0);
	if (ends.name.text && !read_moment(ends.value, &end, &end_is_date))
		return "a DTEND that cannot be read";
	if (!ends.name.text && lasts.name.text) {
		if (!read_duration(lasts.value, &duration))
			return "a DURATION that cannot be read";
		end = start + duration;
	}
	if (is_date && end <= start)
		end = start + DAY_SECS;
	*ret_first = day_of(start + DAY_SECS - 1);
	int64_t span = day_of(end) - *ret_first;
	if (span < 1)
		return "covers no whole day";
	if (span > WORKDAYS_SPAN_MAX)
		return "lasts longer than 366 days";
	*ret_span = (int)span;
	return NULL;
}

/* ---- what recurs ---- */

/* Calendars count DTSTART as the first, whatever the rule says; unless it is left out. */
static void add_start(json_t *json, sec_t start)
{
	char key[INSTANT_TEXT_MAX];
	json_t *overrides = json_object_get(json, "recurrenceOverrides");
	if (!overrides) {
		overrides = json_object();
		json_object_set_new(json, "recurrenceOverrides", overrides);
	}
	wall_format(start, key);
	if (!json_object_get(overrides, key))
		json_object_set_new(overrides, key, json_object());
}

/* The canonical form, without what a day of a calendar has no use for. */
static char *rule_of(const struct conversion *conversion, bool begins)
{
	struct strbuf text CLEANUP(strbuf_free) = STRBUF(4 * RULE_BYTES_MAX);
	rule_to_json(conversion->rule, &text);
	json_auto_t *json = json_loadb(text.data, text.len, 0, NULL);
	const char *key;
	json_t *override;
	json_object_del(json, "timeZone");
	json_object_foreach(json_object_get(json, "recurrenceOverrides"), key, override)
	{
		json_object_del(override, "title");
		json_object_del(override, "description");
		json_object_del(override, "priority");
	}
	if (!begins)
		add_start(json, conversion->start);
	return json_dumps(json, JSON_COMPACT | JSON_ENSURE_ASCII);
}

/* What nobody could go by is found here, and not by those who go by the calendar. */
static bool try_rule(const char *rule, int64_t first, int span, bool *ret_begins, struct err *err)
{
	struct workdays *scratch CLEANUP(workdays_cleanup) = workdays_create("", 0);
	struct workdays_day day = { "", first, span, rule, false };
	if (!workdays_add(scratch, &day, err))
		return false;
	*ret_begins = !workdays_work(scratch, first);
	return true;
}

static void add_series(struct holidays *holidays, const struct calendar *calendar,
	const struct calendar_series *series, const char *name, int64_t first, int span)
{
	const struct convert_options how = { .zone = "UTC" };
	struct conversion conversion CLEANUP(conversion_finish);
	struct err err;
	bool begins = false;
	convert_series(calendar, &how, series, &conversion);
	if (!conversion.rule) {
		leave_out(holidays, name, conversion.err.text);
		return;
	}
	if (conversion.start != first * DAY_SECS) {
		leave_out(holidays, name, "recurs, and does not begin with its day");
		return;
	}
	char *rule CLEANUP(mem_cleanup) = rule_of(&conversion, true);
	if (!try_rule(rule, first, span, &begins, &err)) {
		leave_out(holidays, name, err.text);
		return;
	}
	add(holidays, name, first, span, begins ? mem_strdup(rule) : rule_of(&conversion, false));
}

/* ---- the file ---- */

/* On one line, without what a terminal would obey. */
static char *name_of(const struct calendar_part *part)
{
	struct content content = find(part, "SUMMARY");
	char *name = content.name.text ? convert_text(content.value) : mem_strdup("");
	size_t len = strlen(name);
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)name[i] < ' ' || name[i] == 0x7f)
			name[i] = ' ';
	if (len > HOLIDAY_NAME_MAX) {
		len = HOLIDAY_NAME_MAX;
		while (len > 0 && ((unsigned char)name[len] & 0xc0) == 0x80)
			len--;
		name[len] = '\0';
	}
	if (len > 0)
		return name;
	free(name);
	return mem_strdup("(without a name)");
}

static void take_series(struct holidays *holidays, const struct calendar *calendar,
	const struct calendar_series *series)
{
	const struct calendar_part *part = &calendar->parts[series->begin];
	char *name CLEANUP(mem_cleanup) = name_of(part);
	int64_t first = 0;
	int span = 1;
	if (part->kind != CALENDAR_EVENT) {
		leave_out(holidays, name, "is a task");
		return;
	}
	if (part->cancelled)
		return;
	const char *why = read_span(part, &first, &span);
	if (why)
		leave_out(holidays, name, why);
	else if (part->recurs)
		add_series(holidays, calendar, series, name, first, span);
	else
		add(holidays, name, first, span, NULL);
}

bool holidays_read(const char *data, size_t len, struct holidays *ret_holidays, struct err *err)
{
	struct calendar *calendar = NULL;
	if (!calendar_parse_all(data, len, &calendar, err))
		return false;
	/* Half of the holidays are none: people would work on the others. */
	if (calendar->broken) {
		*err = calendar->why;
		calendar_free(calendar);
		return false;
	}
	*ret_holidays = (struct holidays){ 0 };
	for (size_t i = 0; i < calendar->series_n; i++)
		take_series(ret_holidays, calendar, &calendar->series[i]);
	calendar_free(calendar);
	sort(ret_holidays);
	return true;
}
