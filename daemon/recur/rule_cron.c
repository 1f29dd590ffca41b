/* cron's five fields to a rule: minute, hour, day of the month, month, day of the week.
 *
 * As in cron(8), where both day fields are restricted either may match; a single rule cannot say
 * that, so it is refused.  A field that starts with '*' restricts nothing in this sense, even with a
 * step, and then both must match.  What stands around the fields is rule_crontab.c's.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "recur/rule_def.h"

enum { MINUTE, HOUR, MONTHDAY, MONTH, WEEKDAY, FIELDS = CRON_FIELDS };

static const char *const months[] = { "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep",
	"oct", "nov", "dec" };
static const char *const weekdays[] = { "sun", "mon", "tue", "wed", "thu", "fri", "sat" };

static const struct field_row {
	const char *name;
	int min, max;
	const char *const *names;
	int names_len;
} rows[FIELDS] = {
	[MINUTE] = { "minute", 0, 59, NULL, 0 },
	[HOUR] = { "hour", 0, 23, NULL, 0 },
	[MONTHDAY] = { "day of the month", 1, 31, NULL, 0 },
	[MONTH] = { "month", 1, 12, months, 12 },
	[WEEKDAY] = { "day of the week", 0, 7, weekdays, 7 },
};

struct field {
	const struct field_row *row;
	const char *text;
	size_t len;
	uint64_t values; /* bit per value */
	bool star; /* starts with '*', or is '?' */
	bool all; /* takes every value */
	bool last_weekday; /* LW */
	struct intset last; /* L, L-3: days from the month's end */
	struct rule *rule; /* numbered weekdays go here at once */
};

/* One of the field's values, ranges and so on. */
struct item {
	const char *text, *end;
};

static int shown(const struct item *item)
{
	return item->end - item->text > 60 ? 60 : (int)(item->end - item->text);
}

static bool wrong(const struct field *field, const struct item *item, struct err *err)
{
	return err_set(err,
		"%s: cannot read \"%.*s\", expected %d ... %d%s, ranges, lists and steps",
		field->row->name, shown(item), item->text, field->row->min, field->row->max,
		field->row->names ? " or names of three letters" : "");
}

/* A number or a name at *p. */
static bool take_value(const struct field_row *row, const char **p, const char *end, int *ret_value)
{
	for (int i = 0; i < row->names_len; i++) {
		if (end - *p < 3 || strncasecmp(*p, row->names[i], 3) != 0)
			continue;
		*p += 3;
		*ret_value = i + row->min;
		return true;
	}
	int value = 0, digits = 0;
	for (; *p < end && **p >= '0' && **p <= '9' && digits < 3; ++*p, digits++)
		value = value * 10 + (**p - '0');
	*ret_value = value;
	return digits > 0 && value >= row->min && value <= row->max;
}

/* "L" or "L-3" in the days of the month. */
static bool take_last_day(struct field *field, const struct item *item, struct err *err)
{
	const char *p = item->text + 1;
	int back = 0;
	if (item->end - p == 1 && (*p == 'W' || *p == 'w')) {
		field->last_weekday = true;
		return true;
	}
	if (p < item->end && (*p++ != '-' || !take_value(field->row, &p, item->end, &back) ||
				     back > 27 || p != item->end))
		return wrong(field, item, err);
	intset_add(&field->last, -1 - back);
	return true;
}

/* "#2" or "L" behind a weekday. */
static bool take_numbered(struct field *field, int weekday, const char *p, const char *end)
{
	int nth = -1;
	if (*p == '#') {
		if (end - p != 2 || p[1] < '1' || p[1] > '5')
			return false;
		nth = p[1] - '0';
		p++;
	}
	intset_add(&field->rule->nth[weekday % 7], nth);
	field->rule->has_nth = true;
	return p + 1 == end;
}

/* What other schedulers know and one rule cannot say, or what would mean something else to each. */
static bool explain(const struct field *field, const struct item *item, struct err *err)
{
	const char *name = field->row->name, *text = item->text, *last = item->end - 1;
	int n = shown(item);
	if (item->end > text && field->row == &rows[MONTHDAY] && (*last == 'W' || *last == 'w') &&
		*text >= '0' && *text <= '9')
		return err_set(err,
			"%s: \"%.*s\": the weekday nearest to a day is not one that a rule can "
			"name; "
			"write the day alone, or LW for the month's last weekday",
			name, n, text);
	if (memchr(text, '~', (size_t)(item->end - text)))
		return err_set(err, "%s: \"%.*s\": no time is drawn at random here; write a number",
			name, n, text);
	if (item->end > text && (*text == 'H' || *text == 'h') &&
		(last == text || text[1] == '(' || text[1] == '/'))
		return err_set(err,
			"%s: \"%.*s\": no time is made from a job's name here; write a number",
			name, n, text);
	if (item->end > text && *text == '?')
		return err_set(err, "%s: \"%.*s\": ? may only stand alone, for a day; write *",
			name, n, text);
	return wrong(field, item, err);
}

/* "22-23", "sun", in names where the field has some. */
static const char *range_text(const struct field_row *row, int from, int to, char buf[static 16])
{
	const char *const *names = row->names;
	if (names)
		snprintf(buf, 16, "%.3s%s%.3s", names[from - row->min], from == to ? "" : "-",
			from == to ? "" : names[to - row->min]);
	else
		snprintf(buf, 16, from == to ? "%d" : "%d-%d", from, to);
	return buf;
}

static bool runs_backwards(
	const struct field *field, const struct item *item, int from, int to, struct err *err)
{
	const struct field_row *row = field->row;
	char high[16], low[16];
	int top = row == &rows[WEEKDAY] ? 6 : row->max;
	bool from_sunday = from > top;
	range_text(row, from_sunday ? 0 : from, from_sunday ? to : top, high);
	range_text(row, row->min, to, low);
	return err_set(err, "%s: \"%.*s\" runs backwards, write %s%s%s", row->name, shown(item),
		item->text, high, from_sunday ? "" : ",", from_sunday ? "" : low);
}

static bool take_step(const struct field *field, const struct item *item, const char *p,
	int *ret_step, struct err *err)
{
	int step = 0, digits = 0;
	for (; p < item->end && *p >= '0' && *p <= '9' && digits < 9; p++, digits++)
		step = step * 10 + (*p - '0');
	if (digits == 0 || p != item->end || step == 0)
		return wrong(field, item, err);
	if (step > field->row->max)
		return err_set(err,
			"%s: \"%.*s\": a step of %d is larger than the field, which starts anew "
			"after "
			"%d; write one value, or a rule with an interval",
			field->row->name, shown(item), item->text, step, field->row->max);
	*ret_step = step;
	return true;
}

/* From "N/step": up to the field's end.  With weekdays some end at 6, some at 7, which is Sunday again. */
static bool open_end(const struct field *field, const struct item *item, int from, int step,
	int *ret_to, struct err *err)
{
	*ret_to = field->row->max;
	if (field->row != &rows[WEEKDAY])
		return true;
	*ret_to = 6;
	if (from == 7 || (7 - from) % step == 0)
		return err_set(err,
			"%s: \"%.*s\": some end it with Saturday, some with Sunday; write %d-6/%d "
			"or "
			"%d-7/%d",
			field->row->name, shown(item), item->text, from % 7, step, from % 7, step);
	return true;
}

static bool take_range(struct field *field, const struct item *item, struct err *err)
{
	const struct field_row *row = field->row;
	const char *p = item->text;
	int from = row->min, to = row->max, step = 1;
	bool single = false;
	if (*p == '*') {
		p++;
	} else {
		if (!take_value(row, &p, item->end, &from))
			return explain(field, item, err);
		if (row == &rows[WEEKDAY] && p < item->end && (*p == '#' || *p == 'L' || *p == 'l'))
			return take_numbered(field, from, p, item->end) || wrong(field, item, err);
		single = p == item->end || *p != '-';
		to = from;
	}
	if (p < item->end && *p == '-' && !single && *item->text != '*') {
		p++;
		if (!take_value(row, &p, item->end, &to))
			return explain(field, item, err);
		/* A week that ends with Sunday. */
		if (row == &rows[WEEKDAY] && to == 0 && from > 0)
			to = 7;
	}
	if (p < item->end && *p == '/') {
		if (!take_step(field, item, p + 1, &step, err) ||
			(single && !open_end(field, item, from, step, &to, err)))
			return false;
		p = item->end;
	}
	if (p != item->end)
		return explain(field, item, err);
	if (to < from)
		return runs_backwards(field, item, from, to, err);
	for (int value = from; value <= to; value += step)
		field->values |= UINT64_C(1) << value;
	return true;
}

static bool take_item(struct field *field, const struct item *item, struct err *err)
{
	bool monthday = field->row == &rows[MONTHDAY], weekday = field->row == &rows[WEEKDAY];
	if (item->text == item->end)
		return err_set(err, "%s: cannot read \"%.*s\": nothing stands beside a comma",
			field->row->name, field->len > 60 ? 60 : (int)field->len, field->text);
	if (monthday && (*item->text == 'L' || *item->text == 'l'))
		return take_last_day(field, item, err);
	if ((monthday || weekday) && field->len == 1 && *field->text == '?') {
		for (int value = field->row->min; value <= field->row->max; value++)
			field->values |= UINT64_C(1) << value;
		return true;
	}
	return take_range(field, item, err);
}

static bool take_field(struct field *field, struct err *err)
{
	const char *p = field->text, *end = field->text + field->len;
	field->star = *p == '*' || *p == '?';
	for (;;) {
		const char *comma = memchr(p, ',', (size_t)(end - p));
		struct item item = { p, comma ? comma : end };
		if (!take_item(field, &item, err))
			return false;
		if (!comma)
			break;
		p = comma + 1;
	}
	if (field->row == &rows[WEEKDAY])
		field->values = (field->values | field->values >> 7) & 0x7f;
	uint64_t all = 0;
	for (int value = field->row->min; value <= field->row->max; value++)
		all |= UINT64_C(1) << value;
	if (field->row == &rows[WEEKDAY])
		all = 0x7f;
	field->all = field->values == all;
	return true;
}

static void give_list(struct rule *rule, enum rule_part part, const struct field *field)
{
	if (field->all)
		return;
	for (int value = 0; value < 64; value++)
		if ((field->values >> value & 1) != 0)
			(void)rule_part_add(rule, part, value);
}

static void give_all(struct rule *rule, enum rule_part part, const struct field *field)
{
	for (int value = field->row->min; value <= field->row->max; value++)
		if ((field->values >> value & 1) != 0)
			(void)rule_part_add(rule, part, value);
}

static void give_days(struct rule *rule, const struct field *fields)
{
	const struct intset *last = &fields[MONTHDAY].last;
	for (int day = intset_next(last, INTSET_START); day != INTSET_END && !fields[MONTHDAY].all;
		day = intset_next(last, day))
		(void)rule_part_add(rule, PART_MONTHDAY, day);
	give_list(rule, PART_MONTHDAY, &fields[MONTHDAY]);
	give_list(rule, PART_MONTH, &fields[MONTH]);
	if (fields[WEEKDAY].all) {
		rule->has_nth = false;
		memset(rule->nth, 0, sizeof(rule->nth));
		return;
	}
	rule->days = (uint8_t)fields[WEEKDAY].values;
	rule->has_days = true;
}

/* The frequency that says it with the shortest lists. */
static void give_times(struct rule *rule, const struct field *fields)
{
	if (fields[HOUR].all && !rule->has_nth && !fields[MONTHDAY].last_weekday)
		rule->freq = fields[MINUTE].all ? FREQ_MINUTELY : FREQ_HOURLY;
	else if (rule->has_nth || rule_has(rule, PART_MONTHDAY) || fields[MONTHDAY].last_weekday)
		rule->freq = FREQ_MONTHLY;
	else
		rule->freq = rule->has_days ? FREQ_WEEKLY : FREQ_DAILY;
	if (rule->freq > FREQ_HOURLY)
		give_all(rule, PART_HOUR, &fields[HOUR]);
	if (rule->freq > FREQ_MINUTELY)
		give_all(rule, PART_MINUTE, &fields[MINUTE]);
	(void)rule_part_add(rule, PART_SECOND, 0);
}

/* The last Monday to Friday of a month.  A set position counts times, not days: the last n of them are
 * that day's, where each day has n. */
static bool give_last_weekday(struct rule *rule, const struct field *fields, struct err *err)
{
	const struct field *days = &fields[MONTHDAY];
	if (days->values != 0 || intset_next(&days->last, INTSET_START) != INTSET_END)
		return err_set(err, "%s: LW beside other days: one rule cannot say that; write two",
			rows[MONTHDAY].name);
	if (!fields[WEEKDAY].all)
		return err_set(err, "%s: LW and a day of the week: write * for the latter",
			rows[MONTHDAY].name);
	int times = __builtin_popcountll(fields[MINUTE].values) *
		    __builtin_popcountll(fields[HOUR].values);
	if (times > rule_parts[PART_SETPOS].max)
		return err_set(err, "%s: LW with %d times a day, at most %d", rows[MONTHDAY].name,
			times, rule_parts[PART_SETPOS].max);
	rule->has_days = true;
	rule->days = 0x3e;
	for (int i = 1; i <= times; i++)
		(void)rule_part_add(rule, PART_SETPOS, -i);
	return true;
}

bool rule_cron_fields(const struct cron_text *texts, struct rule *rule, struct err *err)
{
	struct field fields[FIELDS] = { 0 };
	for (int n = 0; n < FIELDS; n++) {
		fields[n] = (struct field){
			.row = &rows[n], .text = texts[n].text, .len = texts[n].len, .rule = rule
		};
		if (!take_field(&fields[n], err))
			return false;
	}
	if (*texts[MONTHDAY].text == '?' && *texts[WEEKDAY].text == '?')
		return err_set(err, "? for both days, write * for one of them");
	if (!fields[MONTHDAY].star && !fields[WEEKDAY].star)
		return err_set(err, "a day of the month and a day of the week: cron takes either, "
				    "which one rule cannot say, write two rules");
	give_days(rule, fields);
	if (fields[MONTHDAY].last_weekday && !give_last_weekday(rule, fields, err))
		return false;
	give_times(rule, fields);
	return true;
}
