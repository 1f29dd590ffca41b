/* iCalendar as a stream of lines; see the header. */
#include "ctl/ics.h"

#include "util/icaltext.h"

static void print(FILE *out, const struct strbuf *lines)
{
	fwrite(lines->data, 1, lines->len, out);
}

void ics_begin(FILE *out)
{
	fprintf(out, "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//recurd//recurctl//EN\r\n");
}

void ics_line(FILE *out, const char *name, const char *text)
{
	struct strbuf line CLEANUP(strbuf_free) = STRBUF(SIZE_MAX);
	icaltext_add(&line, name, text);
	print(out, &line);
}

void ics_event(FILE *out, const struct ics_event *event)
{
	struct strbuf lines CLEANUP(strbuf_free) = STRBUF(SIZE_MAX);
	strbuf_add_text(&lines, "BEGIN:VEVENT\r\n");
	icaltext_add(&lines, "UID", event->uid);
	icaltext_add_instant(&lines, "DTSTAMP", event->stamp);
	icaltext_add_instant(&lines, "DTSTART", event->at);
	icaltext_add(&lines, "SUMMARY", event->summary);
	icaltext_add(&lines, "CATEGORIES", event->category);
	strbuf_add_text(&lines, "TRANSP:TRANSPARENT\r\nEND:VEVENT\r\n");
	print(out, &lines);
}

void ics_end(FILE *out)
{
	fprintf(out, "END:VCALENDAR\r\n");
}
