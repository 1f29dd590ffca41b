/* Content lines of iCalendar; see the header. */
#include "util/icaltext.h"

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

static void add_folded(struct strbuf *out, const struct strbuf *line)
{
	size_t at = fitting(line->data, line->len, LINE_BYTES);
	strbuf_add(out, line->data, at);
	while (at < line->len) {
		/* The blank that goes before it is one of its bytes. */
		size_t n = fitting(line->data + at, line->len - at, LINE_BYTES - 1);
		strbuf_add_text(out, "\r\n ");
		strbuf_add(out, line->data + at, n);
		at += n;
	}
	strbuf_add_text(out, "\r\n");
}

void icaltext_add_list(
	struct strbuf *out, const char *name, const char *const *texts, size_t texts_n)
{
	struct strbuf line CLEANUP(strbuf_free) = STRBUF(SIZE_MAX);
	strbuf_addf(&line, "%s:", name);
	for (size_t i = 0; i < texts_n; i++) {
		struct strbuf repaired CLEANUP(strbuf_free) = STRBUF(SIZE_MAX);
		text_add_repaired(&repaired, texts[i]);
		strbuf_add_text(&line, i > 0 ? "," : "");
		add_escaped(&line, repaired.data);
	}
	if (texts_n > 0)
		add_folded(out, &line);
}

void icaltext_add(struct strbuf *out, const char *name, const char *text)
{
	icaltext_add_list(out, name, &text, text ? 1 : 0);
}

static void add_civil(struct strbuf *out, sec_t wall)
{
	struct civil c = civil_from_wall(wall);
	strbuf_addf(out, "%04d%02d%02dT%02d%02d%02d", c.year, c.month, c.day, c.hour, c.minute,
		c.second);
}

void icaltext_add_instant(struct strbuf *out, const char *name, usec_t instant)
{
	strbuf_addf(out, "%s:", name);
	add_civil(out, sec_from_usec(instant));
	strbuf_add_text(out, "Z\r\n");
}

void icaltext_add_wall(struct strbuf *out, const char *name, const char *zone, sec_t wall)
{
	struct strbuf line CLEANUP(strbuf_free) = STRBUF(SIZE_MAX);
	strbuf_addf(&line, "%s;TZID=%s:", name, zone);
	add_civil(&line, wall);
	add_folded(out, &line);
}
