/* An invented database at one moment, for tests and pictures of the pages. */
#pragma once

#include <stdlib.h>

#include "recur/zone.h"
#include "util/timefmt.h"
#include "web/now.h"

#define SAMPLE_HASH(i) ((uint32_t)((uint32_t)(i)*2654435761u) >> 16)

static const struct zone *sample_zone(const char *name)
{
	const struct zone *zone;
	struct err err;
	zones_open(NULL);
	if (!zone_load(name, &zone, &err))
		abort();
	return zone;
}

static usec_t sample_at(const char *text)
{
	usec_t at;
	struct err err;
	if (!instant_parse(text, &at, &err))
		abort();
	return at;
}

#define SAMPLE_NOW "2026-11-28T13:02:31Z"
#define SEC(n)     ((n)*USEC_PER_SEC)

static const char sample_weekly[] = "{\"frequency\":\"weekly\",\"byDay\":[{\"day\":\"mo\"},{"
				    "\"day\":\"th\"}],\"byHour\":[14],\"byMinute\":[2]}";

static void sample_minutes(struct now *now)
{
	for (int i = 0; i < 2 * NOW_MINUTES; i++) {
		int64_t n = 20 + SAMPLE_HASH(i) % 18 + (i % 15 == 0 ? 60 : 0);
		if (i < NOW_MINUTES)
			now->minutes[i] = (struct minute){ .made = n,
				.told = SAMPLE_HASH(i + 500) % 14 };
		else
			now->minutes[i] = (struct minute){ .due = n };
	}
}

static void sample_heat(struct now *now)
{
	static const double hours[24] = { 2, 2, 2, 2, 3, 5, 14, 38, 60, 78, 64, 40, 20, 9, 9, 16,
		28, 44, 48, 40, 28, 14, 6, 4 };
	heat_begin(&now->heat, &now->face);
	for (int day = 0; day < HEAT_DAYS; day++)
		for (int hour = 0; hour < 24; hour++)
			now->heat.counts[day][hour] = hours[hour] * (day < 2 ? 0.35 : 0.9) +
						      SAMPLE_HASH(day * 24 + hour) % 5;
	now->heat.sampled = HEAT_SAMPLE;
	now->heat.of = 1000000;
}

static struct now sample_now(void)
{
	static struct upcoming_row upcoming[5];
	static struct quarantine_row quarantine[2];
	static struct decision_row decisions[3];
	struct now now = { .face = { sample_zone("Europe/Berlin"), sample_at(SAMPLE_NOW) },
		.upcoming = upcoming,
		.upcoming_n = 5,
		.quarantine = quarantine,
		.quarantine_n = 2,
		.decisions = decisions,
		.decisions_n = 3 };
	usec_t t = now.face.now;
	now.minutes_at = t;
	now.lists = true;
	upcoming[0] = (struct upcoming_row){ t + SEC(2), false, "ada", "7d0c41", NULL,
		"water the plants", sample_weekly, INSTANT_NONE };
	upcoming[1] = (struct upcoming_row){ t + SEC(9), true, "lin", NULL, "k77", "call the bank",
		NULL, INSTANT_NONE };
	upcoming[2] = (struct upcoming_row){ t + SEC(29), false, "team-7", "2f9a10", NULL,
		"stand-up notes", "{\"cron\":\"3 14 * * mon-fri\"}", INSTANT_NONE };
	upcoming[3] = (struct upcoming_row){ t + SEC(29), false, "ops", "b81e07", NULL,
		"rotate on-call",
		"{\"frequency\":\"weekly\",\"interval\":2,\"byDay\":[{\"day\":\"sa\"}]}",
		INSTANT_NONE };
	upcoming[4] = (struct upcoming_row){ t + SEC(149), true, "ada", NULL, "k78",
		"take the bread out", NULL, INSTANT_NONE };
	quarantine[0] = (struct quarantine_row){ "broken", "u1", NULL,
		"{\"frequency\":\"weekly\",\"days\":[\"mox\",\"thu\"]}",
		"recurrence_rule.days[0]: expected mon...sun, got \"mox\" (did you mean \"mon\"?)",
		NULL, t - SEC(3 * 86400), t - SEC(4 * 86400), INSTANT_NONE };
	quarantine[1] = (struct quarantine_row){ "r48213", "u77", NULL,
		"{\"frequency\":\"secondly\",\"interval\":5}",
		"recurrence_rule.interval: occurrences 5 s apart, at least 60 s (min_interval) are "
		"required",
		NULL, t - SEC(6 * 3600), t - SEC(6 * 3600), INSTANT_NONE };
	decisions[0] = (struct decision_row){ t - SEC(139), t - SEC(27 * 86400), t - SEC(7 * 86400),
		3, "paused", "weekly report", NULL, "ann" };
	decisions[1] = (struct decision_row){ t - SEC(928), t - SEC(7200), t - SEC(960), 12,
		"dropped", "heartbeat check", NULL, "worker db1" };
	decisions[2] = (struct decision_row){ t - SEC(2991), INSTANT_NONE, INSTANT_NONE, 0, "ended",
		"trial mails", "COUNT 12", "worker db1" };
	now.figures = (struct figures){ .next_due_at = t + SEC(2),
		.next_remind_at = t + SEC(9),
		.alive = 2,
		.last_seen = t - SEC(1),
		.quarantined = 2,
		.told = 3835 };
	sample_minutes(&now);
	sample_heat(&now);
	return now;
}

static struct page sample_page(const struct now *now)
{
	return (struct page){ .title = "recurd",
		.current = "now",
		.database = "app on db1:5432",
		.live = "now",
		.icon = ASSET_OK_SVG,
		.face = now->face,
		.as_of = now->face.now,
		.schema = 45 };
}
