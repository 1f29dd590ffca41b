/* Hostile text for terminals, and spans of time for people. */
#include "ctl/escape.h"

#include <stdio.h>
#include <string.h>
#include <wchar.h>

struct glyph {
	const char *text; /* as it is printed */
	size_t len, width;
	size_t taken; /* bytes of the input */
	char escaped[16];
};

static bool deceives(wchar_t c)
{
	return (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
	       (c >= 0x2060 && c <= 0x206f) || c == 0x061c || c == 0x00ad || c == 0xfeff ||
	       (c >= 0xfff9 && c <= 0xfffb) || (c >= 0xe0000 && c <= 0xe007f);
}

/* Bytes of the first character, 0: it is none.  The C library takes some beyond Unicode's end. */
static size_t character(const char *input, size_t len, wchar_t *ret_c)
{
	mbstate_t state = { 0 };
	size_t taken = mbrtowc(ret_c, input, len, &state);
	return taken <= len && *ret_c <= 0x10ffff ? taken : 0;
}

/* wcwidth is -1 for what does not print. */
static void decode(const char *input, size_t len, struct glyph *glyph)
{
	wchar_t c = 0;
	size_t taken = character(input, len, &c);
	bool valid = taken > 0;
	glyph->taken = valid ? taken : 1;
	glyph->text = input;
	glyph->len = glyph->taken;
	if (valid && c != L'\\' && wcwidth(c) >= 0 && !deceives(c)) {
		glyph->width = (size_t)wcwidth(c);
		return;
	}
	int n;
	if (c == L'\\' && valid)
		n = snprintf(glyph->escaped, sizeof(glyph->escaped), "\\\\");
	else if (!valid || c < 0x80)
		n = snprintf(glyph->escaped, sizeof(glyph->escaped), "\\x%02x",
			(unsigned)(unsigned char)*input);
	else
		n = snprintf(glyph->escaped, sizeof(glyph->escaped), "\\u{%x}", (unsigned)c);
	glyph->text = glyph->escaped;
	glyph->len = glyph->width = (size_t)n;
}

size_t text_escape(struct strbuf *buf, const char *value, size_t width)
{
	static const char dots[] = "...";
	const size_t dots_width = sizeof(dots) - 1;
	size_t used = 0, cut_len = buf->len, cut_used = 0;
	struct glyph glyph;
	for (size_t left = strlen(value); left > 0; left -= glyph.taken, value += glyph.taken) {
		decode(value, left, &glyph);
		if (width != 0 && used + glyph.width > width) {
			buf->len = cut_len;
			strbuf_add_text(buf, dots);
			return cut_used + dots_width;
		}
		strbuf_add(buf, glyph.text, glyph.len);
		used += glyph.width;
		if (used + dots_width <= width) {
			cut_len = buf->len;
			cut_used = used;
		}
	}
	return used;
}

void utf8_repair(struct strbuf *buf, const char *value)
{
	for (size_t left = strlen(value); left > 0;) {
		wchar_t c = 0;
		size_t taken = character(value, left, &c);
		if (taken > 0)
			strbuf_add(buf, value, taken);
		else
			strbuf_add_text(buf, "\xef\xbf\xbd");
		taken += taken == 0;
		value += taken;
		left -= taken;
	}
}

void span_format(usec_t span, struct strbuf *buf)
{
	static const struct {
		const char *unit;
		usec_t size;
	} units[] = {
		{ "d", 86400 * USEC_PER_SEC },
		{ "h", 3600 * USEC_PER_SEC },
		{ "min", 60 * USEC_PER_SEC },
		{ "s", USEC_PER_SEC },
		{ "ms", USEC_PER_MSEC },
	};
	uint64_t rest = span < 0 ? -(uint64_t)span : (uint64_t)span;
	int printed = 0;
	for (size_t i = 0; i < ARRAY_LEN(units) && printed < 2; i++) {
		uint64_t count = rest / (uint64_t)units[i].size;
		rest %= (uint64_t)units[i].size;
		if (count > 0)
			strbuf_addf(buf, "%s%llu%s",
				printed > 0 ? " "
				: span < 0  ? "-"
					    : "",
				(unsigned long long)count, units[i].unit);
		/* The two units stand side by side: 1d 5min would feign a precision. */
		printed += count > 0 || printed > 0;
	}
	if (printed == 0)
		strbuf_add_text(buf, "0s");
}
