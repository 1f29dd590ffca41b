/* Times and numbers; see the header. */
#include "look/show.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *show_weekday(int weekday)
{
	static const char *const names[] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
	return names[weekday];
}

const char *show_month(int month)
{
	static const char *const names[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug",
		"Sep", "Oct", "Nov", "Dec" };
	return names[month - 1];
}

bool show_is_finite(usec_t instant)
{
	return instant != USEC_INFINITY && instant != USEC_MINUS_INFINITY &&
	       instant != INSTANT_NONE;
}

static const char *copy(const char *text, char *buf)
{
	return memcpy(buf, text, strlen(text) + 1);
}

static const char *unusual(usec_t instant, char *buf)
{
	return copy(instant == USEC_INFINITY         ? "never"
		    : instant == USEC_MINUS_INFINITY ? "always"
						     : "–",
		buf);
}

const char *show_instant(const struct face *face, usec_t instant, char buf[static SHOW_TEXT_MAX])
{
	if (!show_is_finite(instant))
		return unusual(instant, buf);
	sec_t wall = zone_to_wall(face->zone, sec_from_usec(instant));
	struct civil at = civil_from_wall(wall);
	struct civil now = civil_from_wall(zone_to_wall(face->zone, sec_from_usec(face->now)));
	int64_t day = days_from_civil(at.year, at.month, at.day);
	if (day == days_from_civil(now.year, now.month, now.day))
		snprintf(buf, SHOW_TEXT_MAX, "%02d:%02d:%02d", at.hour, at.minute, at.second);
	else if (at.year == now.year)
		snprintf(buf, SHOW_TEXT_MAX, "%s %d %s %02d:%02d",
			show_weekday(weekday_from_days(day)), at.day, show_month(at.month), at.hour,
			at.minute);
	else
		snprintf(buf, SHOW_TEXT_MAX, "%s %d %s %d %02d:%02d",
			show_weekday(weekday_from_days(day)), at.day, show_month(at.month), at.year,
			at.hour, at.minute);
	return buf;
}

const char *show_whole(const struct face *face, usec_t instant, char buf[static SHOW_TEXT_MAX])
{
	if (!show_is_finite(instant))
		return unusual(instant, buf);
	sec_t second = sec_from_usec(instant);
	sec_t wall = zone_to_wall(face->zone, second);
	struct civil at = civil_from_wall(wall);
	int offset = (int)(wall - second) / 60;
	snprintf(buf, SHOW_TEXT_MAX, "%s %d %s %d %02d:%02d:%02d %c%02d:%02d",
		show_weekday(weekday_from_days(days_from_civil(at.year, at.month, at.day))), at.day,
		show_month(at.month), at.year, at.hour, at.minute, at.second,
		offset < 0 ? '-' : '+', abs(offset) / 60, abs(offset) % 60);
	return buf;
}

struct unit {
	const char *name;
	usec_t usec;
};

static const struct unit units[] = {
	{ "d", 86400 * USEC_PER_SEC },
	{ "h", 3600 * USEC_PER_SEC },
	{ "min", 60 * USEC_PER_SEC },
	{ "s", USEC_PER_SEC },
	{ "ms", USEC_PER_MSEC },
};

const char *show_span(usec_t span, char buf[static SHOW_TEXT_MAX])
{
	size_t i = 0;
	while (i + 1 < ARRAY_LEN(units) && span < units[i].usec)
		i++;
	int64_t n = span / units[i].usec;
	int64_t rest = i + 1 < ARRAY_LEN(units) ? span % units[i].usec / units[i + 1].usec : 0;
	/* "2 h 5 min", but "3 d" and "12 s": a second unit only where it says something. */
	if (rest > 0 && n < 10 && i < 3)
		snprintf(buf, SHOW_TEXT_MAX, "%" PRId64 " %s %" PRId64 " %s", n, units[i].name,
			rest, units[i + 1].name);
	else
		snprintf(buf, SHOW_TEXT_MAX, "%" PRId64 " %s", n, units[i].name);
	return buf;
}

/* One unit will do for what changes all the time. */
const char *show_distance(const struct face *face, usec_t instant, char buf[static SHOW_TEXT_MAX])
{
	usec_t distance;
	size_t i = 0;
	if (!show_is_finite(instant) || __builtin_sub_overflow(instant, face->now, &distance) ||
		distance == INT64_MIN)
		return copy("", buf);
	usec_t size = distance < 0 ? -distance : distance;
	if (size < USEC_PER_SEC)
		return copy("now", buf);
	while (size < units[i].usec)
		i++;
	snprintf(buf, SHOW_TEXT_MAX, distance < 0 ? "%" PRId64 " %s ago" : "in %" PRId64 " %s",
		size / units[i].usec, units[i].name);
	return buf;
}

const char *show_count(int64_t n, bool capped, char buf[static SHOW_TEXT_MAX])
{
	char digits[SHOW_TEXT_MAX];
	int len = snprintf(digits, sizeof(digits), "%" PRId64, n < 0 ? 0 : n);
	char *out = buf;
	for (int i = 0; i < len; i++) {
		if (i > 0 && (len - i) % 3 == 0)
			*out++ = ',';
		*out++ = digits[i];
	}
	copy(capped ? "+" : "", out);
	return buf;
}
