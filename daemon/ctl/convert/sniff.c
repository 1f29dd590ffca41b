/* The first bytes of what is no calendar; see the header. */
#include "ctl/convert/sniff.h"

#include <string.h>

#include "util/macros.h"

#define EXPECTED "expected iCalendar text, which begins with BEGIN:VCALENDAR"
#define A_RULE   "a rule without an event: recurctl next shows what it means; here is "

static const struct kind {
	const char *first;
	const char *what;
} kinds[] = {
	{ "PK\x03\x04", "a zip archive: take the .ics files out of it first; " },
	{ "PK\x05\x06", "an empty zip archive; " },
	{ "\x1f\x8b", "compressed: gunzip it first; " },
	{ "%PDF", "a PDF; " },
	{ "\xd0\xcf\x11\xe0", "a file of Outlook (.msg) or Office: save it as iCalendar; " },
	{ "<", "HTML or XML, such as a page to sign in; " },
	{ "BEGIN:VCARD", "a vCard, which holds people; " },
	{ "[", "JSON, as of jCal; " },
	{ "{", A_RULE },
	{ "@", A_RULE },
	{ "FREQ=", A_RULE },
};

/* Lines that an event may have, and a text about something else has not. */
static bool is_property(struct slice line)
{
	static const char *const names[] = { "DTSTART", "DTEND", "DTSTAMP", "DUE", "UID", "SUMMARY",
		"RRULE", "RDATE", "EXDATE", "EXRULE", "RECURRENCE-ID" };
	struct content content;
	if (!content_split(line, &content))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (slice_is(content.name, names[i]))
			return true;
	return slice_is(content.name, "BEGIN");
}

/* The first line that is one of a calendar's; false: there is none. */
static bool find_property(struct slice text, struct slice *ret_line, bool *ret_first)
{
	struct slice line;
	for (size_t n = 0; content_next(&text.text, &text.len, &line);) {
		if (line.len == 0)
			continue;
		*ret_first = n++ == 0;
		*ret_line = line;
		if (is_property(line))
			return true;
	}
	return false;
}

static struct slice without_lead(struct slice text)
{
	size_t mark = content_mark(text.text, text.len);
	text = (struct slice){ text.text + mark, text.len - mark };
	while (text.len > 0 && strchr(" \t\r\n", *text.text) && *text.text) {
		text.text++;
		text.len--;
	}
	return text;
}

bool sniff_calendar(struct slice text, struct err *err)
{
	struct slice line = { NULL, 0 };
	bool first = false;
	text = without_lead(text);
	if (text.len == 0)
		return err_set(err, "empty; " EXPECTED);
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (slice_begins(text, kinds[i].first))
			return err_set(err, "no calendar: it is %s" EXPECTED, kinds[i].what);
	if (memchr(text.text, '\0', text.len))
		return err_set(err, "holds NUL bytes, which no text does; " EXPECTED);
	if (!find_property(text, &line, &first))
		return err_set(err, "no calendar: none of its lines is one of an event; " EXPECTED);
	if (!first && slice_begins(line, "BEGIN:"))
		return err_set(err,
			"something stands before its %.*s: take that away, as the lines of a mail",
			line.len > 60 ? 60 : (int)line.len, line.text);
	return true;
}
