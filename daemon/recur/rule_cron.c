/* cron's five fields to a rule: minute, hour, day of the month, month, day of the week.
 *
 * As in cron(8), where both day fields are restricted either may match; a single rule cannot say
 * that, so it is refused.  A field that starts with '*' restricts nothing in this sense, even with a
 * step, and then both must match.
 */
#include <string.h>
#include <strings.h>

#include "recur/rule_def.h"

enum { MINUTE, HOUR, MONTHDAY, MONTH, WEEKDAY, FIELDS };

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
	bool star; /* starts with '*' */
	bool all; /* takes every value */
	struct intset last; /* L, L-3: days from the month's end */
	struct rule *rule; /* numbered weekdays go here at once */
};

static bool wrong(const struct field *field, struct err *err)
{
	return err_set(err, "%s: cannot read \"%.*s\"", field->row->name,
		field->len > 60 ? 60 : (int)field->len, field->text);
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

static bool take_step(const char **p, const char *end, int max, int *ret_step)
{
	*ret_step = 1;
	if (*p == end || **p != '/')
		return true;
	int digits = 0, step = 0;
	for (++*p; *p < end && **p >= '0' && **p <= '9' && digits < 3; ++*p, digits++)
		step = step * 10 + (**p - '0');
	*ret_step = step;
	return digits > 0 && step >= 1 && step <= max;
}

/* "L" or "L-3" in the days of the month. */
static bool take_last_day(struct field *field, const char *p, const char *end)
{
	int back = 0;
	if (++p < end) {
		if (*p++ != '-' || p == end || !take_value(field->row, &p, end, &back) || back > 27)
			return false;
	}
	intset_add(&field->last, -1 - back);
	return p == end;
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

static bool take_item(struct field *field, const char *p, const char *end)
{
	const struct field_row *row = field->row;
	int from = row->min, to = row->max, step = 1;
	if (p < end && *p == '*') {
		p++;
	} else if (row == &rows[MONTHDAY] && p < end && (*p == 'L' || *p == 'l')) {
		return take_last_day(field, p, end);
	} else {
		if (!take_value(row, &p, end, &from))
			return false;
		if (row == &rows[WEEKDAY] && p < end && (*p == '#' || *p == 'L' || *p == 'l'))
			return take_numbered(field, from, p, end);
		to = from;
		if (p < end && *p == '-') {
			p++;
			if (!take_value(row, &p, end, &to) || to < from)
				return false;
		} else if (p < end) {
			return false; /* a step needs a range */
		}
	}
	if (!take_step(&p, end, row->max, &step) || p != end)
		return false;
	for (int value = from; value <= to; value += step)
		field->values |= UINT64_C(1) << value;
	return true;
}

static bool take_field(struct field *field, struct err *err)
{
	const char *p = field->text, *end = field->text + field->len;
	field->star = *p == '*';
	for (;;) {
		const char *comma = memchr(p, ',', (size_t)(end - p));
		if (!take_item(field, p, comma ? comma : end))
			return wrong(field, err);
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
	if (fields[HOUR].all && !rule->has_nth)
		rule->freq = fields[MINUTE].all ? FREQ_MINUTELY : FREQ_HOURLY;
	else if (rule->has_nth || rule_has(rule, PART_MONTHDAY))
		rule->freq = FREQ_MONTHLY;
	else
		rule->freq = rule->has_days ? FREQ_WEEKLY : FREQ_DAILY;
	if (rule->freq > FREQ_HOURLY)
		give_all(rule, PART_HOUR, &fields[HOUR]);
	if (rule->freq > FREQ_MINUTELY)
		give_all(rule, PART_MINUTE, &fields[MINUTE]);
	(void)rule_part_add(rule, PART_SECOND, 0);
}

bool rule_cron_parse(const char *text, struct rule *rule, struct err *err)
{
	const char *p = text + strspn(text, " \t");
	if (strnlen(text, RULE_TEXT_MAX + 1) > RULE_TEXT_MAX)
		return err_set(err, "longer than %d bytes", RULE_TEXT_MAX);
	struct field fields[FIELDS] = { 0 };
	int n = 0;
	for (; *p != '\0'; n++) {
		if (n == FIELDS)
			return err_set(err, "more than five fields");
		fields[n] = (struct field){ .row = &rows[n], .text = p, .rule = rule };
		fields[n].len = strcspn(p, " \t");
		if (!take_field(&fields[n], err))
			return false;
		p += fields[n].len;
		p += strspn(p, " \t");
	}
	if (n != FIELDS)
		return err_set(err, "%d fields, expected five", n);
	if (!fields[MONTHDAY].star && !fields[WEEKDAY].star)
		return err_set(err, "a day of the month and a day of the week: cron takes either, "
				    "which one rule cannot say");
	give_days(rule, fields);
	give_times(rule, fields);
	return true;
}
