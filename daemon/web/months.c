/* Calendars; see the header. */
#include "web/months.h"

#include <stdio.h>
#include <string.h>

#include "look/show.h"
#include "web/fill.h"

#define DAY 86400

static int64_t day_of(sec_t wall)
{
	struct civil at = civil_from_wall(wall);
	return days_from_civil(at.year, at.month, at.day);
}

static void step(int *year, int *month, int by)
{
	int all = *year * 12 + *month - 1 + by;
	*year = all / 12;
	*month = all % 12 + 1;
}

void months_begin(struct months *months, sec_t wall_today, sec_t wall, int before, int n)
{
	struct civil at = civil_from_wall(wall);
	*months = (struct months){ .year = at.year, .month = at.month, .n = n };
	step(&months->year, &months->month, -before);
	months->first = days_from_civil(months->year, months->month, 1);
	months->today = day_of(wall_today);
}

sec_t months_end(const struct months *months)
{
	int year = months->year, month = months->month;
	step(&year, &month, months->n);
	return days_from_civil(year, month, 1) * DAY;
}

void months_mark(struct months *months, sec_t wall, enum day_mark mark, const char *why)
{
	int64_t i = day_of(wall) - months->first;
	if (i < 0 || i >= MONTHS_DAYS_MAX || wall >= months_end(months))
		return;
	struct day *day = &months->days[i];
	bool stronger = mark == DAY_NOT || (mark > day->mark && day->mark != DAY_NOT);
	day->n++;
	if (!stronger)
		return;
	day->mark = mark;
	if (why && mark == DAY_NOT)
		snprintf(day->why, sizeof(day->why), "%s", why);
}

static void show_day(struct strbuf *out, const struct months *months, int64_t date, int number)
{
	static const char *const marks[] = { "", "comes", "not", "made" };
	static const char *const words[] = { "", "to come", "not made", "made" };
	const struct day *day = &months->days[date - months->first];
	char class[24], text[12], title[128] = "";
	snprintf(class, sizeof(class), "%s%s", marks[day->mark],
		date == months->today ? (day->mark ? " today" : "today") : "");
	snprintf(text, sizeof(text), "%d", number);
	if (day->mark && day->n > 1)
		snprintf(title, sizeof(title), "%d, %s%s%s", day->n, words[day->mark],
			*day->why ? ": " : "", day->why);
	else if (day->mark)
		snprintf(title, sizeof(title), "%s%s%s", words[day->mark], *day->why ? ": " : "",
			day->why);
	FILL(out, FRAGMENT_DAY, { "class", class }, { "day", text }, { "title", title });
}

static void add_month(struct strbuf *out, const struct months *months, int year, int month)
{
	char text[12];
	int64_t first = days_from_civil(year, month, 1);
	int blank = (weekday_from_days(first) + 6) % 7; /* weeks begin with Monday */
	snprintf(text, sizeof(text), "%d", year);
	FILL(out, FRAGMENT_MONTH, { "month", show_month(month) }, { "year", text });
	for (int i = -blank; i < days_in_month(year, month); i++) {
		if ((i + blank) % 7 == 0)
			strbuf_add_text(out, "<tr>");
		if (i < 0)
			strbuf_add_text(out, "<td></td>");
		else
			show_day(out, months, first + i, i + 1);
		if ((i + blank) % 7 == 6)
			strbuf_add_text(out, "</tr>\n");
	}
	strbuf_add_text(out, "</tbody></table>\n");
}

void months_show(struct strbuf *out, const struct months *months)
{
	int year = months->year, month = months->month;
	fill_plain(out, FRAGMENT_MONTHS);
	for (int i = 0; i < months->n; i++, step(&year, &month, 1))
		add_month(out, months, year, month);
	strbuf_add_text(out, "</div>\n");
}
