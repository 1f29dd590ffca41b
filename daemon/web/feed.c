/* A calendar as text; see the header. */
#include "web/feed.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "util/icaltext.h"
#include "util/timefmt.h"

#define DAY ((sec_t)86400)
#define SEQUENCE_EPOCH \
	((sec_t)1577836800) /* 2020: seconds since then fit into 31 bits until 2088 */

int feed_compare(const void *a, const void *b)
{
	const struct feed_event *left = a, *right = b;
	if (left->at != right->at)
		return left->at < right->at ? -1 : 1;
	return strcmp(left->id, right->id);
}

int feed_priority(const char *priority)
{
	static const struct {
		const char *name;
		int value;
	} values[] = { { "urgent", 1 }, { "high", 3 }, { "medium", 5 }, { "low", 9 } };
	for (size_t i = 0; priority && i < ARRAY_LEN(values); i++)
		if (strcmp(values[i].name, priority) == 0)
			return values[i].value;
	return 0;
}

/* ---- the zone ---- */

static sec_t offset_at(const struct zone *zone, sec_t instant)
{
	return zone_to_wall(zone, instant) - instant;
}

static void add_offset(struct strbuf *out, const char *name, sec_t offset)
{
	sec_t size = offset < 0 ? -offset : offset;
	strbuf_addf(out, "%s:%c%02" PRId64 "%02" PRId64, name, offset < 0 ? '-' : '+', size / 3600,
		size / 60 % 60);
	if (size % 60)
		strbuf_addf(out, "%02" PRId64, size % 60);
	strbuf_add_text(out, "\r\n");
}

/* kind: as the clock moves; a zone without summer time has STANDARD alone.  Begins by the clock from before. */
static void add_observance(
	struct strbuf *out, const char *kind, sec_t at, sec_t before, sec_t after)
{
	struct civil c = civil_from_wall(at + before);
	strbuf_addf(out, "BEGIN:%s\r\nDTSTART:%04d%02d%02dT%02d%02d%02d\r\n", kind, c.year, c.month,
		c.day, c.hour, c.minute, c.second);
	add_offset(out, "TZOFFSETFROM", before);
	add_offset(out, "TZOFFSETTO", after);
	strbuf_addf(out, "END:%s\r\n", kind);
}

/* The first second with another offset than at `from`, which differs from that at `until`. */
static sec_t find_shift(const struct zone *zone, sec_t from, sec_t until)
{
	sec_t before = offset_at(zone, from);
	while (until - from > 1) {
		sec_t middle = from + (until - from) / 2;
		if (offset_at(zone, middle) == before)
			from = middle;
		else
			until = middle;
	}
	return until;
}

static void add_zone(struct strbuf *out, const struct feed_form *form)
{
	sec_t from = sec_from_usec(form->from) - 2 * DAY;
	sec_t until = sec_from_usec(form->until) + 2 * DAY;
	sec_t before = offset_at(form->zone, from);
	strbuf_add_text(out, "BEGIN:VTIMEZONE\r\n");
	icaltext_add(out, "TZID", zone_name(form->zone));
	add_observance(out, "STANDARD", from, before, before);
	for (sec_t day = from; day < until; day += DAY) {
		sec_t after = offset_at(form->zone, day + DAY);
		if (after == before)
			continue;
		add_observance(out, after > before ? "DAYLIGHT" : "STANDARD",
			find_shift(form->zone, day, day + DAY), before, after);
		before = after;
	}
	strbuf_add_text(out, "END:VTIMEZONE\r\n");
}

/* ---- events ---- */

static void add_time(struct strbuf *out, const char *name, const struct zone *zone, usec_t instant)
{
	sec_t at = sec_from_usec(instant), wall = zone_to_wall(zone, at);
	enum zone_fit fit;
	/* Which of the two a wall time is that comes twice, nobody could tell. */
	if (strcmp(zone_name(zone), "UTC") == 0 || zone_to_instant(zone, wall, &fit) != at)
		icaltext_add_instant(out, name, instant);
	else
		icaltext_add_wall(out, name, zone_name(zone), wall);
}

static void add_alarms(struct strbuf *out, const struct feed_event *event)
{
	for (size_t i = 0; i < event->reminders_n; i++) {
		strbuf_add_text(out, "BEGIN:VALARM\r\nACTION:DISPLAY\r\n");
		icaltext_add(out, "DESCRIPTION", event->title ? event->title : "Task");
		icaltext_add_instant(out, "TRIGGER;VALUE=DATE-TIME", event->reminders[i]);
		strbuf_add_text(out, "END:VALARM\r\n");
	}
}

static void add_state(struct strbuf *out, const struct feed_event *event)
{
	strbuf_addf(out, "STATUS:%s\r\n", event->complete ? "COMPLETED" : "NEEDS-ACTION");
	if (event->complete && event->completed_at != INSTANT_NONE)
		icaltext_add_instant(out, "COMPLETED", event->completed_at);
}

static void add_stamps(struct strbuf *out, const struct feed_event *event)
{
	sec_t sequence = sec_from_usec(event->stamp) - SEQUENCE_EPOCH;
	sequence = sequence < 0 ? 0 : sequence > INT32_MAX ? INT32_MAX : sequence;
	icaltext_add_instant(out, "DTSTAMP", event->stamp);
	icaltext_add_instant(out, "LAST-MODIFIED", event->stamp);
	strbuf_addf(out, "SEQUENCE:%" PRId64 "\r\n", sequence);
}

static void add_event(
	struct strbuf *out, const struct feed_form *form, const struct feed_event *event)
{
	const char *kind = form->todo ? "VTODO" : "VEVENT";
	struct strbuf uid CLEANUP(strbuf_free) = STRBUF(SIZE_MAX);
	strbuf_addf(&uid, "%s@recurd", event->id);
	strbuf_addf(out, "BEGIN:%s\r\n", kind);
	icaltext_add(out, "UID", uid.data);
	add_stamps(out, event);
	add_time(out, form->todo ? "DUE" : "DTSTART", form->zone, event->at);
	if (form->todo)
		add_state(out, event);
	else
		strbuf_add_text(out, "DURATION:PT15M\r\nTRANSP:TRANSPARENT\r\n");
	icaltext_add(out, "SUMMARY", event->title);
	if (event->priority)
		strbuf_addf(out, "PRIORITY:%d\r\n", event->priority);
	icaltext_add_list(out, "CATEGORIES", event->tags, event->tags_n);
	if (form->alarms && !event->complete)
		add_alarms(out, event);
	strbuf_addf(out, "END:%s\r\n", kind);
}

void feed_write(struct strbuf *out, const struct feed_form *form, const struct feed_event *events,
	size_t events_n)
{
	const char *name = form->name ? form->name : "Tasks";
	strbuf_add_text(out,
		"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//recurd//recurd-http//EN\r\n"
		"CALSCALE:GREGORIAN\r\nMETHOD:PUBLISH\r\n");
	icaltext_add(out, "NAME", name);
	icaltext_add(out, "X-WR-CALNAME", name);
	icaltext_add(out, "X-WR-TIMEZONE", zone_name(form->zone));
	strbuf_add_text(out, "REFRESH-INTERVAL;VALUE=DURATION:PT1H\r\nX-PUBLISHED-TTL:PT1H\r\n");
	/* A calendar has a component at least (RFC 5545, 3.4), or some readers refuse it. */
	if (strcmp(zone_name(form->zone), "UTC") != 0 || events_n == 0)
		add_zone(out, form);
	for (size_t i = 0; i < events_n; i++)
		add_event(out, form, &events[i]);
	strbuf_add_text(out, "END:VCALENDAR\r\n");
}
