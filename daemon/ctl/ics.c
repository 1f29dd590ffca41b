/* iCalendar as a stream of lines; see the header. */
#include "ctl/ics.h"

#include <string.h>

#include "util/text.h"
#include "util/timefmt.h"

#define LINE_BYTES 75 /* of a line, its end not counted */

static void add_escaped(struct strbuf *line, const char *text)
{
	for (const char *c = text; *c; c++) {
		if (*c == '\n')
			strbuf_add_text(line, "\\n");
		else if (strchr("\\;,", *c))
			strbuf_addf(line, "\\%c", *c);
		else
			strbuf_add(line, (unsigned char)*c < ' ' || *c == 0x7f ? " " : c, 1);
	}
}

/* How much of it goes onto a line of so many bytes: whole characters. */
static size_t fitting(const char *text, size_t len, size_t room)
{
	size_t n = len < room ? len : room;
	while (n < len && n > 1 && ((unsigned char)text[n] & 0xc0) == 0x80)
		n--;
	return n;
}

void ics_line(FILE *out, const char *name, const char *text)
{
	struct strbuf repaired CLEANUP(strbuf_free) = STRBUF(SIZE_MAX);
	struct strbuf line CLEANUP(strbuf_free) = STRBUF(SIZE_MAX);
	text_add_repaired(&repaired, text);
	strbuf_addf(&line, "%s:", name);
	add_escaped(&line, repaired.data);
	size_t at = fitting(line.data, line.len, LINE_BYTES);
	fwrite(line.data, 1, at, out);
	while (at < line.len) {
		/* The blank that goes before it is one of its bytes. */
		size_t n = fitting(line.data + at, line.len - at, LINE_BYTES - 1);
		fprintf(out, "\r\n ");
		fwrite(line.data + at, 1, n, out);
		at += n;
	}
	fprintf(out, "\r\n");
}

static void print_instant(FILE *out, const char *name, usec_t instant)
{
	struct civil c = civil_from_wall(sec_from_usec(instant));
	fprintf(out, "%s:%04d%02d%02dT%02d%02d%02dZ\r\n", name, c.year, c.month, c.day, c.hour,
		c.minute, c.second);
}

void ics_begin(FILE *out)
{
	fprintf(out, "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//recurd//recurctl//EN\r\n");
}

void ics_event(FILE *out, const struct ics_event *event)
{
	fprintf(out, "BEGIN:VEVENT\r\n");
	ics_line(out, "UID", event->uid);
	print_instant(out, "DTSTAMP", event->stamp);
	print_instant(out, "DTSTART", event->at);
	if (event->summary)
		ics_line(out, "SUMMARY", event->summary);
	ics_line(out, "CATEGORIES", event->category);
	fprintf(out, "TRANSP:TRANSPARENT\r\nEND:VEVENT\r\n");
}

void ics_end(FILE *out)
{
	fprintf(out, "END:VCALENDAR\r\n");
}
