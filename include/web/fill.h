/* fill: HTML from fragments, which are files of daemon/web/fragments/, embedded at build, one enum value a file.
 *
 * In a fragment {name} stands for a value, escaped, and {%name} for one that is percent-encoded as a part of a URL.
 * {?name}...{/name} is there only where that value is not empty.  Values may stand in text and in double-quoted
 * attributes and nowhere else (tests/lint/fragments.py), so that no value, whoever wrote it, is ever markup.
 * What deceives a reader (text.h) is shown as \u{202e}, and a byte that is not UTF-8 as \xff.
 *
 * A "{" that begins none of these stands for itself.  A fragment that asks for a value that is not given is a bug
 * and aborts: the unit tests fill each of them.
 */
#pragma once

#include "util/strbuf.h"

enum fragment_id {
#define FRAGMENT(id, text) FRAGMENT_##id,
#define ASSET(id, name, type, text)
#include "web_text.inc" /* generated */
#undef FRAGMENT
#undef ASSET
	FRAGMENT_COUNT
};

enum asset_id {
#define FRAGMENT(id, text)
#define ASSET(id, name, type, text) ASSET_##id,
#include "web_text.inc"
#undef FRAGMENT
#undef ASSET
	ASSET_COUNT
};

struct asset {
	const char *name; /* "recurd-5c01fc9d.css": another text has another name */
	const char *type, *text;
};

extern const struct asset assets[ASSET_COUNT];

struct fill_value {
	const char *name, *text; /* text: NULL is as good as "" */
};

void fill_values(
	struct strbuf *out, enum fragment_id id, const struct fill_value *values, size_t n);
/* FILL(out, FRAGMENT_X, { "name", text }, ...) */
#define FILL(out, id, ...)                                                   \
	fill_values((out), (id), (const struct fill_value[]){ __VA_ARGS__ }, \
		ARRAY_LEN(((const struct fill_value[]){ __VA_ARGS__ })))
/* A fragment without values. */
void fill_plain(struct strbuf *out, enum fragment_id id);

void fill_text(struct strbuf *out, const char *text); /* escaped; NULL: nothing */
void fill_url(struct strbuf *out, const char *text); /* percent-encoded, "/" as well */
