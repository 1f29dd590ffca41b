/* text: UTF-8 and escapers; see the header. */
#include "util/text.h"

#include <stdio.h>
#include <string.h>
#include <wchar.h>

/* Bidi_Control and most of Default_Ignorable_Code_Point, as Unicode calls them.  Variation selectors are
 * not here: names and emoji are written with them. */
const struct text_range text_deceiving[] = {
	{ 0x0000, 0x001f, "C0" },
	{ 0x007f, 0x009f, "DEL and C1" },
	{ 0x00ad, 0x00ad, "soft hyphen" },
	{ 0x061c, 0x061c, "Arabic letter mark" },
	{ 0x180e, 0x180e, "Mongolian vowel separator" },
	{ 0x200b, 0x200d, "zero width" },
	{ 0x200e, 0x200f, "marks of direction" },
	{ 0x2028, 0x2029, "line and paragraph separator" },
	{ 0x202a, 0x202e, "embeddings and overrides of direction" },
	{ 0x2060, 0x2065, "word joiner and invisible operators" },
	{ 0x2066, 0x2069, "isolates of direction" },
	{ 0x206a, 0x206f, "deprecated format characters" },
	{ 0xfeff, 0xfeff, "byte order mark" },
	{ 0xfff9, 0xfffb, "interlinear annotation" },
	{ 0xe0000, 0xe007f, "tags" },
};
const size_t text_deceiving_n = ARRAY_LEN(text_deceiving);

bool text_deceives(uint32_t code)
{
	if (code >= 0x20 && code < 0x7f)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(text_deceiving) && code >= text_deceiving[i].first; i++) {
		if (code <= text_deceiving[i].last)
			return true;
	}
	return false;
}

/* How long a character is that starts with this byte; 0: none does. */
static size_t length_of(unsigned char first)
{
	if (first < 0x80)
		return 1;
	if (first < 0xC2 || first > 0xF4)
		return 0;
	return first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
}

size_t text_decode(const char *text, size_t len, uint32_t *ret_code)
{
	static const uint32_t lowest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *p = (const unsigned char *)text;
	size_t n = length_of(p[0]);
	if (n == 0 || n > len)
		return 0;
	uint32_t code = n < 2 ? p[0] : p[0] & (0x7Fu >> n);
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xC0) != 0x80)
			return 0;
		code = code << 6 | (p[i] & 0x3F);
	}
	if (code < lowest[n] || (code >= 0xD800 && code <= 0xDFFF) || code > 0x10FFFF)
		return 0;
	*ret_code = code;
	return n;
}

/* ---- one character ---- */

static void keep(struct text_piece *piece, const char *text, size_t len, size_t width)
{
	memcpy(piece->bytes, text, len);
	piece->taken = piece->len = len;
	piece->width = width;
}

static void add_hex(struct text_piece *piece, unsigned char byte)
{
	static const char hex[] = "0123456789abcdef";
	const char escape[] = { '\\', 'x', hex[byte >> 4], hex[byte & 0xF] };
	memcpy(piece->bytes + piece->len, escape, sizeof(escape));
	piece->len += sizeof(escape);
	piece->width = piece->len;
}

static void add_backslash(struct text_piece *piece, char c)
{
	*piece = (struct text_piece){ .taken = 1, .len = 2, .width = 2, .bytes = { '\\', c } };
}

void text_piece_log(const char *text, size_t len, struct text_piece *ret_piece)
{
	uint32_t code = 0;
	size_t n = text_decode(text, len, &code);
	if (code == '"' || code == '\\') {
		add_backslash(ret_piece, (char)code);
	} else if (n > 0 && !text_deceives(code)) {
		keep(ret_piece, text, n, 0);
	} else {
		*ret_piece = (struct text_piece){ .taken = n > 0 ? n : 1 };
		for (size_t i = 0; i < ret_piece->taken; i++)
			add_hex(ret_piece, (unsigned char)text[i]);
	}
}

/* Beyond the first plane JSON takes two halves. */
static void add_unicode(struct text_piece *piece, uint32_t code)
{
	bool pair = code > 0xFFFF;
	uint32_t high = 0xD800 + ((code - 0x10000) >> 10), low = 0xDC00 + (code & 0x3FF);
	int len = pair ? snprintf(piece->bytes, sizeof(piece->bytes), "\\u%04x\\u%04x", high, low)
		       : snprintf(piece->bytes, sizeof(piece->bytes), "\\u%04x", code);
	piece->len = (size_t)len;
}

void text_piece_json(const char *text, size_t len, struct text_piece *ret_piece)
{
	uint32_t code = 0;
	size_t n = text_decode(text, len, &code);
	if (code == '"' || code == '\\') {
		add_backslash(ret_piece, (char)code);
	} else if (n > 0 && code >= ' ' && !text_deceives(code)) {
		keep(ret_piece, text, n, 0);
	} else {
		*ret_piece = (struct text_piece){ .taken = n > 0 ? n : 1 };
		add_unicode(ret_piece, n > 0 ? code : 0xFFFD);
	}
}

void text_piece_terminal(const char *text, size_t len, struct text_piece *ret_piece)
{
	uint32_t code = 0;
	size_t n = text_decode(text, len, &code);
	int width = n > 0 ? wcwidth((wchar_t)code) : -1; /* -1: does not print */
	if (code == '\\') {
		add_backslash(ret_piece, '\\');
	} else if (width >= 0 && !text_deceives(code)) {
		keep(ret_piece, text, n, (size_t)width);
	} else if (n < 2) {
		*ret_piece = (struct text_piece){ .taken = 1 };
		add_hex(ret_piece, (unsigned char)*text);
	} else {
		*ret_piece = (struct text_piece){ .taken = n };
		ret_piece->len = (size_t)snprintf(
			ret_piece->bytes, sizeof(ret_piece->bytes), "\\u{%x}", (unsigned)code);
		ret_piece->width = ret_piece->len;
	}
}

/* ---- whole texts ---- */

size_t text_add_terminal(struct strbuf *buf, const char *value, size_t width)
{
	static const char dots[] = "...";
	const size_t dots_width = sizeof(dots) - 1;
	size_t used = 0, cut_len = buf->len, cut_used = 0;
	struct text_piece piece;
	for (size_t left = strlen(value); left > 0; left -= piece.taken, value += piece.taken) {
		text_piece_terminal(value, left, &piece);
		if (width != 0 && used + piece.width > width) {
			buf->len = cut_len;
			strbuf_add_text(buf, dots);
			return cut_used + dots_width;
		}
		strbuf_add(buf, piece.bytes, piece.len);
		used += piece.width;
		if (used + dots_width <= width) {
			cut_len = buf->len;
			cut_used = used;
		}
	}
	return used;
}

void text_add_repaired(struct strbuf *buf, const char *value)
{
	for (size_t left = strlen(value); left > 0;) {
		uint32_t code = 0;
		size_t taken = text_decode(value, left, &code);
		if (taken > 0)
			strbuf_add(buf, value, taken);
		else
			strbuf_add_text(buf, "\xef\xbf\xbd");
		taken += taken == 0;
		value += taken;
		left -= taken;
	}
}

static bool is_utf8(const char *text, size_t len)
{
	size_t n;
	uint32_t code = 0;
	for (; len > 0; text += n, len -= n) {
		n = text_decode(text, len, &code);
		if (n == 0)
			return false;
	}
	return true;
}

void text_add_id(struct strbuf *buf, const char *id)
{
	size_t len = strlen(id);
	struct text_piece piece;
	if (is_utf8(id, len)) {
		strbuf_add(buf, id, len);
		return;
	}
	for (; len > 0; len -= piece.taken, id += piece.taken) {
		uint32_t code = 0;
		size_t n = text_decode(id, len, &code);
		piece = (struct text_piece){ .taken = 1 };
		if (n == 0)
			add_hex(&piece, (unsigned char)*id);
		else if (code == '\\')
			add_backslash(&piece, '\\');
		else
			keep(&piece, id, n, 0);
		strbuf_add(buf, piece.bytes, piece.len);
	}
}

static int hex_value(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *found = c ? strchr(digits, c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c) : NULL;
	return found ? (int)(found - digits) : -1;
}

static void add_character(struct strbuf *buf, uint32_t code)
{
	if (code < 0x80) {
		strbuf_add_char(buf, (char)code);
		return;
	}
	int more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
	static const unsigned char lead[] = { 0, 0xC0, 0xE0, 0xF0 };
	strbuf_add_char(buf, (char)(lead[more] | code >> 6 * more));
	while (more-- > 0)
		strbuf_add_char(buf, (char)(0x80 | (code >> 6 * more & 0x3F)));
}

/* What stands behind a '\'; 0: it is no escape. */
static size_t unescape(const char *text, struct strbuf *buf)
{
	if (*text == '\\') {
		strbuf_add_char(buf, '\\');
		return 1;
	}
	int high = *text == 'x' ? hex_value(text[1]) : -1;
	int low = high < 0 ? -1 : hex_value(text[2]);
	if (low >= 0 && high + low > 0) {
		strbuf_add_char(buf, (char)(high << 4 | low));
		return 3;
	}
	uint32_t code = 0;
	size_t n = 2;
	if (*text != 'u' || text[1] != '{')
		return 0;
	for (; n < 8 && hex_value(text[n]) >= 0; n++)
		code = code << 4 | (uint32_t)hex_value(text[n]);
	if (text[n] != '}' || code == 0 || code > 0x10FFFF)
		return 0;
	add_character(buf, code);
	return n + 1;
}

bool text_add_unescaped(struct strbuf *buf, const char *shown)
{
	bool any = false;
	while (*shown) {
		if (*shown != '\\') {
			strbuf_add_char(buf, *shown++);
			continue;
		}
		size_t n = unescape(++shown, buf);
		if (n == 0)
			return false;
		any = true;
		shown += n;
	}
	return any;
}

void text_add_word(struct strbuf *out, const char *value)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				    "0123456789_+-/.:";
	if (*value != '\0' && strspn(value, plain) == strlen(value)) {
		strbuf_add_text(out, value);
		return;
	}
	if (strchr(value, '\'') && !strpbrk(value, "\"$`\\!")) {
		strbuf_addf(out, "\"%s\"", value);
		return;
	}
	strbuf_add_char(out, '\'');
	for (; *value != '\0'; value++) {
		if (*value == '\'')
			strbuf_add_text(out, "'\\''");
		else
			strbuf_add_char(out, *value);
	}
	strbuf_add_char(out, '\'');
}
