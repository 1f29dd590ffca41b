/* The week by hours; see the header. */
#include "web/heat.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "web/fill.h"

#define DAY_SECONDS 86400
#define LEVELS      6

void heat_begin(struct heat *heat, const struct face *face)
{
	sec_t wall = zone_to_wall(face->zone, sec_from_usec(face->now));
	sec_t midnight = wall - (wall % DAY_SECONDS + DAY_SECONDS) % DAY_SECONDS;
	*heat = (struct heat){ .first = midnight,
		.from = face->now,
		.to = zone_to_instant(face->zone, midnight + HEAT_DAYS * DAY_SECONDS, NULL) *
		      USEC_PER_SEC };
}

static bool counts(const struct fate *fate)
{
	return fate->kind == FATE_MADE && !fate->excluded;
}

static void count(struct heat *heat, const struct face *face, usec_t at)
{
	sec_t wall = zone_to_wall(face->zone, sec_from_usec(at)) - heat->first;
	if (wall >= 0 && wall < HEAT_DAYS * DAY_SECONDS)
		heat->counts[wall / DAY_SECONDS][wall % DAY_SECONDS / 3600]++;
}

void heat_add(struct heat *heat, const struct face *face, const struct template *template,
	const struct plan_policy *policy)
{
	struct outlook *outlook CLEANUP(outlook_cleanup) = NULL;
	struct fate fate;
	struct err err;
	enum recur_status status;
	heat->sampled++;
	if (!outlook_open(template, policy, &outlook, &err)) {
		heat->failed++;
		return;
	}
	for (int n = 0; n < HEAT_TEMPLATE_MAX; n++) {
		status = outlook_next(outlook, &fate, &err);
		if (status != RECUR_FOUND || fate.due >= heat->to) {
			heat->failed += status == RECUR_FAILED;
			return;
		}
		if (counts(&fate) && fate.due >= heat->from)
			count(heat, face, fate.due);
	}
}

static bool is_estimate(const struct heat *heat)
{
	return heat->of > heat->sampled;
}

void heat_note(const struct heat *heat, const struct face *face, char *ret_note, size_t size)
{
	char sampled[SHOW_TEXT_MAX], of[SHOW_TEXT_MAX];
	show_count(heat->sampled, false, sampled);
	show_count(heat->of, heat->of_capped, of);
	if (is_estimate(heat))
		snprintf(ret_note, size, "%s · estimated from %s of %s templates",
			zone_name(face->zone), sampled, of);
	else
		snprintf(ret_note, size, "%s · all %s templates", zone_name(face->zone), sampled);
}

static double scale(const struct heat *heat)
{
	return is_estimate(heat) && heat->sampled > 0 ? (double)heat->of / (double)heat->sampled
						      : 1;
}

static double highest(const struct heat *heat)
{
	double most = 0;
	for (int day = 0; day < HEAT_DAYS; day++)
		for (int hour = 0; hour < 24; hour++)
			most = fmax(most, heat->counts[day][hour]);
	return most;
}

static void show_cell(struct strbuf *out, const struct heat *heat, int day, int hour, double most)
{
	double n = heat->counts[day][hour];
	char number[SHOW_TEXT_MAX];
	int level = most > 0 ? (int)ceil(sqrt(n / most) * LEVELS) : 0;
	show_count(llround(n * scale(heat)), false, number);
	strbuf_addf(out,
		"<td class=\"h%d\" title=\"%02d:00: %s\"><span class=\"hidden\">%s</span></td>",
		level, hour, number, number);
}

static void show_day(struct strbuf *out, const struct heat *heat, int day, int past, double most)
{
	struct civil date = civil_from_wall(heat->first + day * DAY_SECONDS);
	int64_t days = days_from_civil(date.year, date.month, date.day);
	strbuf_addf(out, "<tr><th scope=\"row\">%s %d</th>", show_weekday(weekday_from_days(days)),
		date.day);
	for (int hour = 0; hour < 24; hour++)
		if (hour < past)
			strbuf_add_text(
				out, "<td class=\"past\"><span class=\"hidden\">over</span></td>");
		else
			show_cell(out, heat, day, hour, most);
	strbuf_add_text(out, "</tr>\n");
}

void heat_show(struct strbuf *out, const struct heat *heat, const struct face *face)
{
	double most = highest(heat);
	sec_t wall = zone_to_wall(face->zone, sec_from_usec(face->now)) - heat->first;
	int past = wall >= 0 && wall < DAY_SECONDS ? (int)(wall / 3600) : 0;
	if (heat->sampled == 0) {
		FILL(out, FRAGMENT_NOTHING,
			{ "text", "Being estimated: it will be here in a moment." });
		return;
	}
	strbuf_add_text(out,
		"<table class=\"heat\"><caption class=\"hidden\">Occurrences in each hour of "
		"the next seven days</caption>\n<thead><tr><th scope=\"col\"><span "
		"class=\"hidden\">Day</span></th>");
	for (int hour = 0; hour < 24; hour++)
		strbuf_addf(out,
			hour % 3 == 0 ? "<th scope=\"col\">%02d</th>"
				      : "<th scope=\"col\"><span class=\"hidden\">%02d</span></th>",
			hour);
	strbuf_add_text(out, "</tr></thead>\n<tbody>\n");
	for (int day = 0; day < HEAT_DAYS; day++)
		show_day(out, heat, day, day == 0 ? past : 0, most);
	strbuf_add_text(out, "</tbody></table>\n");
}
