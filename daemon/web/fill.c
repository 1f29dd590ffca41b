/* Fragments and the two escapers; see the header. */
#include "web/fill.h"

#include <string.h>

#include "util/mem.h"
#include "util/text.h"

static const char *const fragments[FRAGMENT_COUNT] = {
#define FRAGMENT(id, text) [FRAGMENT_##id] = (text),
#define ASSET(id, name, type, text)
#include "web_text.inc"
#undef FRAGMENT
#undef ASSET
};

const struct asset assets[ASSET_COUNT] = {
#define FRAGMENT(id, text)
#define ASSET(id, name, type, text) [ASSET_##id] = { name, type, text },
#include "web_text.inc"
#undef FRAGMENT
#undef ASSET
};

/* ---- escapers ---- */

static const char *entity(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

void fill_text(struct strbuf *out, const char *text)
{
	size_t len = text ? strlen(text) : 0;
	for (size_t taken; len > 0; text += taken, len -= taken) {
		uint32_t code = 0;
		taken = text_decode(text, len, &code);
		if (taken == 0) {
			strbuf_addf(out, "\\x%02x", (unsigned char)*text);
			taken = 1;
		} else if (*text == '\n' || *text == '\t') {
			strbuf_add_char(out, *text);
		} else if (text_deceives(code) || code < ' ' || code == 0x7f) {
			strbuf_addf(out, "\\u{%x}", code);
		} else if (entity(*text)) {
			strbuf_add_text(out, entity(*text));
		} else {
			strbuf_add(out, text, taken);
		}
	}
}

void fill_url(struct strbuf *out, const char *text)
{
	static const char plain[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
	for (; text && *text; text++)
		if (strchr(plain, *text))
			strbuf_add_char(out, *text);
		else
			strbuf_addf(out, "%%%02X", (unsigned char)*text);
}

/* ---- fragments ---- */

#define NAME_MAX_ 32

struct mark {
	char sort; /* '=' a value, '%', '?', '/'; 0: none */
	char name[NAME_MAX_ + 1];
	size_t len; /* in the fragment */
};

static struct mark read_mark(const char *text)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz_";
	struct mark mark = { 0 };
	size_t at = 1 + (text[1] && strchr("%?/", text[1]) != NULL);
	size_t len = strspn(text + at, letters);
	if (len == 0 || len > NAME_MAX_ || text[at + len] != '}')
		return mark;
	mark.sort = (char)(at == 1 ? '=' : text[1]);
	memcpy(mark.name, text + at, len);
	mark.len = at + len + 1;
	return mark;
}

static const char *value_of(const char *name, const struct fill_value *values, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(values[i].name, name) == 0)
			return values[i].text ? values[i].text : "";
	mem_abort("a fragment asks for {%s}, which nobody gave", name);
}

/* The place behind the {/name} that closes it. */
static const char *skip(const char *text, const char *name)
{
	for (text = strchr(text, '{'); text; text = strchr(text + 1, '{')) {
		struct mark mark = read_mark(text);
		if (mark.sort == '/' && strcmp(mark.name, name) == 0)
			return text + mark.len;
	}
	mem_abort("a fragment opens {?%s} and does not close it", name);
}

void fill_values(struct strbuf *out, enum fragment_id id, const struct fill_value *values, size_t n)
{
	const char *text = fragments[id];
	for (const char *brace; (brace = strchr(text, '{')) != NULL;) {
		struct mark mark = read_mark(brace);
		strbuf_add(out, text, (size_t)(brace - text) + (mark.sort == 0));
		text = brace + (mark.sort ? mark.len : 1);
		if (mark.sort == '=')
			fill_text(out, value_of(mark.name, values, n));
		else if (mark.sort == '%')
			fill_url(out, value_of(mark.name, values, n));
		else if (mark.sort == '?' && !*value_of(mark.name, values, n))
			text = skip(text, mark.name);
	}
	strbuf_add_text(out, text);
}

void fill_plain(struct strbuf *out, enum fragment_id id)
{
	fill_values(out, id, NULL, 0);
}
