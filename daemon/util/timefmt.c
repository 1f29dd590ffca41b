/* timefmt: instants and wall times as text, and the proleptic Gregorian calendar.
 *
 * The calendar counts in years that start on 1 March, so that the leap day is the last of its year,
 * and in eras of 400 years (146,097 days), so that divisions are of numbers that are not negative.
 */
#include "util/timefmt.h"

#include <stdio.h>
#include <string.h>

#define DAY_SECONDS     INT64_C(86400)
#define ERA_DAYS        INT64_C(146097)
#define MARCH_TO_EPOCH  INT64_C(719468) /* 0000-03-01 to 1970-01-01 */
#define WALL_LIMIT      INT64_C(60000000000000000) /* about 1.9 thousand million years: int holds it */
#define FRACTION_DIGITS 6

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

sec_t sec_from_usec(usec_t instant)
{
	return floor_div(instant, USEC_PER_SEC);
}

int64_t days_from_civil(int year, int month, int day)
{
	int64_t march_year = (int64_t)year - (month <= 2);
	int64_t era = floor_div(march_year, 400);
	int64_t year_of_era = march_year - era * 400;
	int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
	int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
	return era * ERA_DAYS + day_of_era - MARCH_TO_EPOCH;
}

static void civil_date(struct civil *civil, int64_t days)
{
	int64_t shifted = days + MARCH_TO_EPOCH;
	int64_t era = floor_div(shifted, ERA_DAYS);
	int64_t doe = shifted - era * ERA_DAYS;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int64_t month_from_march = (5 * doy + 2) / 153;
	civil->day = (int)(doy - (153 * month_from_march + 2) / 5 + 1);
	civil->month = (int)(month_from_march < 10 ? month_from_march + 3 : month_from_march - 9);
	civil->year = (int)(yoe + era * 400 + (civil->month <= 2));
}

struct civil civil_from_wall(sec_t wall)
{
	if (wall > WALL_LIMIT)
		wall = WALL_LIMIT;
	if (wall < -WALL_LIMIT)
		wall = -WALL_LIMIT;
	int64_t days = floor_div(wall, DAY_SECONDS);
	int64_t rest = wall - days * DAY_SECONDS;
	struct civil civil;
	civil_date(&civil, days);
	civil.hour = (int)(rest / 3600);
	civil.minute = (int)(rest / 60 % 60);
	civil.second = (int)(rest % 60);
	return civil;
}

sec_t wall_from_civil(const struct civil *civil)
{
	return days_from_civil(civil->year, civil->month, civil->day) * DAY_SECONDS +
	       civil->hour * 3600 + civil->minute * 60 + civil->second;
}

int days_in_month(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
	return days[month - 1] + (month == 2 && leap);
}

int weekday_from_days(int64_t days)
{
	int64_t since_sunday = (days + 4) % 7; /* 1970-01-01 was a Thursday */
	return (int)(since_sunday < 0 ? since_sunday + 7 : since_sunday);
}

/* ---- as text ---- */

const char *wall_format(sec_t wall, char buf[static INSTANT_TEXT_MAX])
{
	struct civil civil = civil_from_wall(wall);
	/* A negative year is "-0043": four digits and the sign. */
	snprintf(buf, INSTANT_TEXT_MAX, "%0*d-%02d-%02dT%02d:%02d:%02d", civil.year < 0 ? 5 : 4,
		civil.year, civil.month, civil.day, civil.hour, civil.minute, civil.second);
	return buf;
}

const char *instant_format(usec_t instant, char buf[static INSTANT_TEXT_MAX])
{
	sec_t seconds = sec_from_usec(instant);
	if (instant == USEC_INFINITY)
		return strcpy(buf, "infinity");
	if (instant == INSTANT_NONE)
		return strcpy(buf, "none");
	if (instant == USEC_MINUS_INFINITY)
		return strcpy(buf, "-infinity");
	int fraction = (int)(instant % USEC_PER_SEC);
	if (fraction < 0)
		fraction += (int)USEC_PER_SEC;
	wall_format(seconds, buf);
	size_t len = strlen(buf);
	if (fraction != 0)
		snprintf(buf + len, INSTANT_TEXT_MAX - len, ".%06dZ", fraction);
	else
		snprintf(buf + len, INSTANT_TEXT_MAX - len, "Z");
	return buf;
}

/* ---- from text ---- */

/* Exactly n digits; on success moves *p behind them. */
static bool take_digits(const char **p, int n, int *ret_value)
{
	int value = 0;
	for (int i = 0; i < n; i++) {
		if ((*p)[i] < '0' || (*p)[i] > '9')
			return false;
		value = value * 10 + ((*p)[i] - '0');
	}
	*p += n;
	*ret_value = value;
	return true;
}

static bool take_char(const char **p, const char *accepted)
{
	if (**p == '\0' || !strchr(accepted, **p))
		return false;
	(*p)++;
	return true;
}

static bool take_civil(const char **p, const char *separators, struct civil *ret_civil)
{
	return take_digits(p, 4, &ret_civil->year) && take_char(p, "-") &&
	       take_digits(p, 2, &ret_civil->month) && take_char(p, "-") &&
	       take_digits(p, 2, &ret_civil->day) && take_char(p, separators) &&
	       take_digits(p, 2, &ret_civil->hour) && take_char(p, ":") &&
	       take_digits(p, 2, &ret_civil->minute) && take_char(p, ":") &&
	       take_digits(p, 2, &ret_civil->second);
}

static bool check_civil(const struct civil *civil, const char *text, struct err *err)
{
	if (civil->month < 1 || civil->month > 12)
		return err_set(
			err, "month %02d is not within 01 to 12 in \"%.64s\"", civil->month, text);
	if (civil->day < 1 || civil->day > days_in_month(civil->year, civil->month))
		return err_set(err, "day %02d does not exist in %04d-%02d in \"%.64s\"", civil->day,
			civil->year, civil->month, text);
	if (civil->hour > 23 || civil->minute > 59)
		return err_set(err, "%02d:%02d is no time of day in \"%.64s\"", civil->hour,
			civil->minute, text);
	if (civil->second > 59)
		return err_set(err, "second %02d is not within 00 to 59 in \"%.64s\"",
			civil->second, text);
	return true;
}

/* Digits beyond the microsecond are read and cut. */
static bool take_fraction(const char **p, int *ret_usec)
{
	int usec = 0, n = 0;
	for (; **p >= '0' && **p <= '9'; (*p)++, n++) {
		if (n < FRACTION_DIGITS)
			usec = usec * 10 + (**p - '0');
	}
	for (int i = n; i < FRACTION_DIGITS; i++)
		usec *= 10;
	*ret_usec = usec;
	return n > 0;
}

static bool take_offset(const char **p, int *ret_seconds)
{
	bool west = **p == '-';
	if (take_char(p, "Zz")) {
		*ret_seconds = 0;
		return true;
	}
	int hours, minutes;
	if (!take_char(p, "+-") || !take_digits(p, 2, &hours) || !take_char(p, ":") ||
		!take_digits(p, 2, &minutes) || hours > 23 || minutes > 59)
		return false;
	*ret_seconds = (hours * 3600 + minutes * 60) * (west ? -1 : 1);
	return true;
}

bool instant_parse(const char *text, usec_t *ret_instant, struct err *err)
{
	const char *p = text;
	struct civil civil;
	int usec = 0, offset;
	if (!take_civil(&p, "Tt", &civil) || (take_char(&p, ".") && !take_fraction(&p, &usec)) ||
		!take_offset(&p, &offset) || *p != '\0')
		return err_set(err,
			"expected an instant such as 2025-02-03T10:00:00Z or "
			"2025-02-03T10:00:00+01:00, got \"%.64s\"",
			text);
	if (!check_civil(&civil, text, err))
		return false;
	*ret_instant = (wall_from_civil(&civil) - offset) * USEC_PER_SEC + usec;
	return true;
}

bool wall_parse(const char *text, sec_t *ret_wall, struct err *err)
{
	const char *p = text;
	struct civil civil;
	if (!take_civil(&p, "T ", &civil) || *p != '\0')
		return err_set(err,
			"expected a date and time without zone such as 2025-02-03T10:00:00, got "
			"\"%.64s\"",
			text);
	if (!check_civil(&civil, text, err))
		return false;
	*ret_wall = wall_from_civil(&civil);
	return true;
}
