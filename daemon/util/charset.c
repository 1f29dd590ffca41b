/* PostgreSQL's encodings by way of iconv(3); see the header. */
#include "util/charset.h"

#include <errno.h>
#include <iconv.h>
#include <stdlib.h>
#include <string.h>

#include "util/mem.h"
#include "util/text.h"

#define PIECE 256 /* bytes that are converted at a time */
#define NONE  ((iconv_t)-1)

struct charset {
	char *name;
	bool is_utf8;
	iconv_t to, from; /* NONE: no converter */
};

/* All that a database can be in (pg_encoding in PostgreSQL's manual), but UTF8 and MULE_INTERNAL, which
 * nobody else knows. */
static const struct {
	const char *postgres, *iconv;
} names[] = {
	{ "EUC_CN", "EUC-CN" },
	{ "EUC_JIS_2004", "EUC-JISX0213" },
	{ "EUC_JP", "EUC-JP" },
	{ "EUC_KR", "EUC-KR" },
	{ "EUC_TW", "EUC-TW" },
	{ "ISO_8859_5", "ISO-8859-5" },
	{ "ISO_8859_6", "ISO-8859-6" },
	{ "ISO_8859_7", "ISO-8859-7" },
	{ "ISO_8859_8", "ISO-8859-8" },
	{ "KOI8R", "KOI8-R" },
	{ "KOI8U", "KOI8-U" },
	{ "LATIN1", "ISO-8859-1" },
	{ "LATIN2", "ISO-8859-2" },
	{ "LATIN3", "ISO-8859-3" },
	{ "LATIN4", "ISO-8859-4" },
	{ "LATIN5", "ISO-8859-9" },
	{ "LATIN6", "ISO-8859-10" },
	{ "LATIN7", "ISO-8859-13" },
	{ "LATIN8", "ISO-8859-14" },
	{ "LATIN9", "ISO-8859-15" },
	{ "LATIN10", "ISO-8859-16" },
	{ "WIN866", "CP866" },
	{ "WIN874", "CP874" },
	{ "WIN1250", "CP1250" },
	{ "WIN1251", "CP1251" },
	{ "WIN1252", "CP1252" },
	{ "WIN1253", "CP1253" },
	{ "WIN1254", "CP1254" },
	{ "WIN1255", "CP1255" },
	{ "WIN1256", "CP1256" },
	{ "WIN1257", "CP1257" },
	{ "WIN1258", "CP1258" },
};

static const char *iconv_name(const char *postgres)
{
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (strcmp(postgres, names[i].postgres) == 0)
			return names[i].iconv;
	return "ASCII";
}

/* ASCII is known everywhere; other converters may be left out of small systems. */
static iconv_t converter(
	const char *to, const char *from, const char *to_less, const char *from_less)
{
	iconv_t found = iconv_open(to, from);
	return found != NONE ? found : iconv_open(to_less, from_less);
}

struct charset *charset_open(const char *name)
{
	struct charset *charset = mem_alloc(sizeof(*charset));
	charset->name = mem_strdup(name);
	charset->is_utf8 = strcmp(name, "UTF8") == 0 || strcmp(name, "SQL_ASCII") == 0;
	charset->to = charset->from = NONE;
	if (charset->is_utf8)
		return charset;
	charset->to = converter("UTF-8", iconv_name(name), "UTF-8", "ASCII");
	charset->from = converter(iconv_name(name), "UTF-8", "ASCII", "UTF-8");
	return charset;
}

void charset_close(struct charset *charset)
{
	if (!charset)
		return;
	if (charset->to != NONE)
		(void)iconv_close(charset->to);
	if (charset->from != NONE)
		(void)iconv_close(charset->from);
	free(charset->name);
	free(charset);
}

/* ---- the daemon's ---- */

static struct charset *bound;

void charset_bind(const char *name)
{
	if (bound && strcmp(bound->name, name) == 0)
		return;
	charset_close(bound);
	bound = charset_open(name);
}

struct charset *charset_bound(void)
{
	return bound;
}

bool charset_is_utf8(const struct charset *charset)
{
	return !charset || charset->is_utf8;
}

/* ---- conversion ---- */

static bool is_ascii(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] >= 0x80)
			return false;
	return true;
}

static size_t add_byte(const char *bytes, struct strbuf *out)
{
	strbuf_addf(out, "\\x%02x", (unsigned char)*bytes);
	return 1;
}

/* The character that text begins with, or the byte that is none. */
static size_t add_character(const char *text, size_t len, struct strbuf *out)
{
	uint32_t code;
	size_t n = text_decode(text, len, &code);
	if (n == 0)
		return add_byte(text, out);
	strbuf_addf(out, "\\u{%x}", (unsigned)code);
	return n;
}

/* UTF-8 to UTF-8. */
static bool check(const char *text, size_t len, struct strbuf *out)
{
	bool whole = true;
	for (size_t i = 0, n; i < len; i += n) {
		uint32_t code;
		n = text_decode(text + i, len - i, &code);
		if (n > 0) {
			strbuf_add(out, text + i, n);
			continue;
		}
		whole = false;
		n = add_byte(text + i, out);
	}
	return whole;
}

/* What iconv takes from *in on; with in NULL, what it keeps back of a character that might have been composed
 * with the next.  false: it does not take what comes next. */
static bool take(iconv_t converter, char **in, size_t *len, struct strbuf *out, bool *ret_whole)
{
	bool more = true;
	while (more) {
		char piece[PIECE], *end = piece;
		size_t room = sizeof(piece);
		size_t odd = iconv(converter, in, len, &end, &room);
		more = odd == (size_t)-1 && errno == E2BIG;
		strbuf_add(out, piece, (size_t)(end - piece));
		if (odd != 0 && !more) {
			*ret_whole = false;
			return odd != (size_t)-1;
		}
	}
	return true;
}

static bool convert(
	iconv_t converter, const char *text, size_t len, bool is_text, struct strbuf *out)
{
	char *in = (char *)(uintptr_t)text; /* iconv only reads it */
	bool whole = true;
	while (len > 0) {
		bool taken = converter != NONE && take(converter, &in, &len, out, &whole);
		if (converter != NONE)
			(void)take(converter, NULL, NULL, out, &whole);
		if (taken)
			continue;
		size_t n = is_text ? add_character(in, len, out) : add_byte(in, out);
		in += n;
		len -= n;
		whole = false;
	}
	return whole;
}

bool charset_to_utf8(
	struct charset *charset, const char *bytes, size_t len, struct strbuf *ret_text)
{
	if (is_ascii(bytes, len)) {
		strbuf_add(ret_text, bytes, len);
		return true;
	}
	return charset_is_utf8(charset) ? check(bytes, len, ret_text)
					: convert(charset->to, bytes, len, false, ret_text);
}

bool charset_from_utf8(
	struct charset *charset, const char *text, size_t len, struct strbuf *ret_bytes)
{
	if (is_ascii(text, len)) {
		strbuf_add(ret_bytes, text, len);
		return true;
	}
	return charset_is_utf8(charset) ? check(text, len, ret_bytes)
					: convert(charset->from, text, len, true, ret_bytes);
}
