/* TZID to a zone; see the header. */
#include "ctl/convert/vzone.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "recur/recurrence.h"
#include "recur/rule_text.h"
#include "recur/zone_names.h"
#include "recur/zone_shown.h"
#include "util/mem.h"
#include "util/timefmt.h"

#define DAY         86400
#define CHANGES_MAX 512 /* of a VTIMEZONE within the span */
#define YEARS_MAX   100

struct change {
	sec_t at;
	int from, to; /* seconds east of UTC */
};

struct changes {
	sec_t begin, end;
	struct change list[CHANGES_MAX];
	size_t n;
};

/* One STANDARD or DAYLIGHT. */
struct observance {
	sec_t start; /* wall time */
	bool has_start, has_from, has_to;
	int from, to;
	struct slice rrule;
	struct calendar_lines lines; /* its own, for another look */
};

/* "+0100", "-033000" */
static bool take_offset(struct slice text, int *ret_offset)
{
	int digits[6] = { 0 };
	if ((text.len != 5 && text.len != 7) || (*text.text != '+' && *text.text != '-'))
		return false;
	for (size_t i = 1; i < text.len; i++) {
		if (text.text[i] < '0' || text.text[i] > '9')
			return false;
		digits[i - 1] = text.text[i] - '0';
	}
	int hours = digits[0] * 10 + digits[1], minutes = digits[2] * 10 + digits[3];
	int offset = hours * 3600 + minutes * 60 + digits[4] * 10 + digits[5];
	*ret_offset = *text.text == '-' ? -offset : offset;
	return hours < 24 && minutes < 60;
}

static void add_change(struct changes *changes, const struct observance *seen, sec_t wall)
{
	struct change change = { wall - seen->from, seen->from, seen->to };
	/* What was before the span matters as far as it is the last. */
	if (change.at >= changes->end || changes->n == CHANGES_MAX)
		return;
	changes->list[changes->n++] = change;
}

/* What stands before the offsets does as well as what stands behind them. */
static void add_dates(struct changes *changes, const struct observance *seen)
{
	struct calendar_lines lines = seen->lines;
	struct content content;
	struct slice item;
	bool is_utc;
	sec_t moment;
	while (calendar_lines_next(&lines, &content) && !slice_is(content.name, "END"))
		while (slice_is(content.name, "RDATE") && slice_item(&content.value, &item))
			if (rule_text_moment(item.text, item.len, &moment, &is_utc) && !is_utc)
				add_change(changes, seen, moment);
}

static bool add_observance(struct changes *changes, const struct observance *seen)
{
	if (!seen->has_start || !seen->has_from || !seen->has_to)
		return false;
	add_change(changes, seen, seen->start);
	add_dates(changes, seen);
	if (seen->rrule.len == 0)
		return true;
	json_auto_t *json = json_pack(
		"{ss%ss}", "rrule", seen->rrule.text, seen->rrule.len, "timeZone", "UTC");
	struct rule *rule = NULL;
	struct recurrence *recurrence = NULL;
	const struct zone *utc;
	bool well = json && zone_load("UTC", &utc, NULL) && rule_parse_value(json, &rule, NULL) &&
		    recurrence_open(rule, seen->start, utc, 0, &recurrence, NULL);
	if (well) {
		struct occurrence next = { .at = 0 };
		recurrence_seek(recurrence, changes->begin - 400 * DAY);
		for (int calls = 0; calls < CHANGES_MAX && next.at < changes->end; calls++) {
			enum recur_status status = recurrence_next(recurrence, &next, NULL);
			if (status == RECUR_END || status == RECUR_FAILED)
				break;
			if (status == RECUR_FOUND)
				add_change(changes, seen, next.at);
		}
	}
	recurrence_close(recurrence);
	rule_free(rule);
	return well;
}

static void take_property(
	struct changes *changes, struct observance *seen, const struct content *content, bool *well)
{
	struct slice value = content->value;
	bool is_utc;
	if (slice_is(content->name, "DTSTART"))
		seen->has_start = rule_text_moment(value.text, value.len, &seen->start, &is_utc) &&
				  !is_utc;
	else if (slice_is(content->name, "TZOFFSETFROM"))
		seen->has_from = take_offset(value, &seen->from);
	else if (slice_is(content->name, "TZOFFSETTO"))
		seen->has_to = take_offset(value, &seen->to);
	else if (slice_is(content->name, "RRULE"))
		seen->rrule = value;
	else if (slice_is(content->name, "END"))
		*well &= add_observance(changes, seen);
}

static int by_time(const void *a, const void *b)
{
	const struct change *x = a, *y = b;
	return (x->at > y->at) - (x->at < y->at);
}

static bool changes_of(const struct calendar_part *part, struct changes *changes)
{
	struct calendar_lines lines = calendar_lines_of(part);
	struct observance seen = { .start = 0 };
	struct content content;
	bool well = true, inside = false;
	lines.into = true;
	while (calendar_lines_next(&lines, &content)) {
		if (slice_is(content.name, "BEGIN")) {
			seen = (struct observance){ .lines = lines };
			inside = true;
		} else if (inside) {
			take_property(changes, &seen, &content, &well);
			inside = !slice_is(content.name, "END");
		}
	}
	if (changes->n > 0)
		qsort(changes->list, changes->n, sizeof(*changes->list), by_time);
	return well && changes->n > 0;
}

static int offset_at(const struct changes *changes, sec_t at)
{
	size_t low = 0, high = changes->n;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (changes->list[mid].at <= at)
			low = mid + 1;
		else
			high = mid;
	}
	return low > 0 ? changes->list[low - 1].to : changes->list[0].from;
}

static bool agrees(const struct changes *changes, const char *name)
{
	const struct zone *zone;
	if (!zone_load(name, &zone, NULL))
		return false;
	for (sec_t at = changes->begin; at < changes->end; at += DAY)
		if (zone_to_wall(zone, at) - at != offset_at(changes, at))
			return false;
	for (size_t i = 0; i < changes->n; i++) {
		sec_t at = changes->list[i].at;
		if (at <= changes->begin)
			continue;
		if (zone_to_wall(zone, at) - at != offset_at(changes, at) ||
			zone_to_wall(zone, at - 1) - (at - 1) != offset_at(changes, at - 1))
			return false;
	}
	return true;
}

/* One offset all along: the zone that has that and nothing else, where there is one. */
static bool find_fixed(const struct changes *changes, char **ret_name)
{
	int offset = offset_at(changes, changes->begin), hours = offset / 3600;
	for (size_t i = 0; i < changes->n; i++)
		if (changes->list[i].at > changes->begin && changes->list[i].to != offset)
			return false;
	if (offset % 3600 != 0 || hours < -12 || hours > 14)
		return false;
	*ret_name = offset == 0 ? mem_strdup("UTC") : mem_printf("Etc/GMT%+d", -hours);
	return true;
}

static bool find_agreeing(const struct changes *changes, char **ret_name)
{
	const char *windows;
	if (find_fixed(changes, ret_name))
		return true;
	for (size_t i = 0; (windows = zone_shown_at(i)); i++) {
		char *name CLEANUP(mem_cleanup) = NULL;
		if (!zone_names_read(windows, strlen(windows), &name, NULL) ||
			!agrees(changes, name))
			continue;
		*ret_name = mem_strdup(name);
		return true;
	}
	return false;
}

static bool by_name(struct slice name, char **ret_name)
{
	char *found CLEANUP(mem_cleanup) = NULL;
	const struct zone *zone;
	if (!zone_names_read(name.text, name.len, &found, NULL) || !zone_load(found, &zone, NULL))
		return false;
	*ret_name = mem_strdup(zone_name(zone));
	return true;
}

static bool by_location(const struct calendar_part *part, char **ret_name)
{
	struct calendar_lines lines = calendar_lines_of(part);
	struct content content;
	while (calendar_lines_next(&lines, &content))
		if (slice_is(content.name, "X-LIC-LOCATION") && by_name(content.value, ret_name))
			return true;
	return false;
}

bool vzone_find(const struct calendar *calendar, struct slice id, sec_t from, sec_t to,
	char **ret_name, struct strbuf *note, struct err *err)
{
	const struct calendar_part *part = calendar_zone(calendar, id);
	char *name CLEANUP(mem_cleanup) = NULL;
	if (to < from + DAY)
		to = from + DAY;
	if (to > from + INT64_C(366) * YEARS_MAX * DAY)
		to = from + INT64_C(366) * YEARS_MAX * DAY;
	if (by_name(id, &name) || (part && by_location(part, &name))) {
		if (strlen(name) != id.len || memcmp(name, id.text, id.len) != 0)
			strbuf_addf(note, "zone \"%.*s\": taken for %s", slice_shown(id), id.text,
				name);
		*ret_name = mem_strdup(name);
		return true;
	}
	if (!part)
		return err_set(err, "TZID: unknown zone \"%.*s\", and no VTIMEZONE describes it",
			slice_shown(id), id.text);
	struct changes *changes CLEANUP(mem_cleanup) = mem_alloc(sizeof(*changes));
	changes->begin = from;
	changes->end = to;
	if (!changes_of(part, changes))
		return err_set(err, "TZID: unknown zone \"%.*s\", and its VTIMEZONE cannot be read",
			slice_shown(id), id.text);
	if (!find_agreeing(changes, ret_name))
		return err_set(err,
			"TZID: unknown zone \"%.*s\", and no zone has the offsets of its VTIMEZONE",
			slice_shown(id), id.text);
	strbuf_addf(note, "zone \"%.*s\": taken for %s, whose clocks agree with its VTIMEZONE's",
		slice_shown(id), id.text, *ret_name);
	return true;
}
