/* Content lines taken apart; see the header. */
#include "recur/content.h"

#include <string.h>
#include <strings.h>

#include "util/mem.h"

#define SHOWN_MAX 60

#define MARK "\xef\xbb\xbf"

bool slice_is(struct slice slice, const char *word)
{
	return slice.len == strlen(word) && strncasecmp(slice.text, word, slice.len) == 0;
}

int slice_shown(struct slice slice)
{
	return slice.len > SHOWN_MAX ? SHOWN_MAX : (int)slice.len;
}

bool slice_begins(struct slice slice, const char *word)
{
	size_t len = strlen(word);
	return slice.len >= len && strncasecmp(slice.text, word, len) == 0;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

struct slice slice_trim(struct slice slice)
{
	for (; slice.len > 0 && is_blank(*slice.text); slice.len--)
		slice.text++;
	while (slice.len > 0 && is_blank(slice.text[slice.len - 1]))
		slice.len--;
	return slice;
}

bool slice_item(struct slice *list, struct slice *ret_item)
{
	if (list->len == 0)
		return false;
	const char *comma = memchr(list->text, ',', list->len);
	size_t len = comma ? (size_t)(comma - list->text) : list->len;
	*ret_item = slice_trim((struct slice){ list->text, len });
	list->text += len + (comma != NULL);
	list->len -= len + (comma != NULL);
	if (slice_trim(*list).len == 0)
		list->len = 0;
	return true;
}

size_t content_mark(const char *text, size_t len)
{
	return len >= 3 && memcmp(text, MARK, 3) == 0 ? 3 : 0;
}

/* ---- unfolding ---- */

static size_t count_blanks(const char *p, const char *end)
{
	const char *from = p;
	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	return (size_t)(p - from);
}

/* What a line of a rule begins with, which no fold of such a line does. */
static bool begins_line(struct slice slice)
{
	static const char *const names[] = { "DTSTART", "RRULE", "EXDATE", "RDATE", "EXRULE" };
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		size_t len = strlen(names[i]);
		if (slice_begins(slice, names[i]) && slice.len > len &&
			(slice.text[len] == ':' || slice.text[len] == ';'))
			return true;
	}
	return false;
}

struct unfold {
	char *out;
	size_t len;
	size_t indent; /* of the first line */
	unsigned flags;
};

static void add_line(struct unfold *unfold, struct slice line)
{
	size_t blanks = count_blanks(line.text, line.text + line.len);
	if (slice_trim(line).len == 0)
		return;
	if (unfold->len == 0)
		unfold->indent = blanks;
	size_t cut = blanks < unfold->indent ? blanks : unfold->indent;
	struct slice rest = { line.text + cut, line.len - cut };
	while (rest.len > 0 && rest.text[rest.len - 1] == '\r')
		rest.len--;
	bool folded = unfold->len > 0 && blanks > cut;
	if (folded && (unfold->flags & CONTENT_INDENTED) != 0)
		folded = !begins_line(slice_trim(rest));
	if (folded) {
		unfold->len--; /* the newline before it, and one blank */
		rest.text++;
		rest.len--;
	}
	memcpy(unfold->out + unfold->len, rest.text, rest.len);
	unfold->len += rest.len;
	unfold->out[unfold->len++] = '\n';
}

char *content_unfold(const char *text, size_t len, unsigned flags, size_t *ret_len)
{
	struct unfold unfold = { .out = mem_alloc(len + 2), .flags = flags };
	size_t mark = content_mark(text, len);
	text += mark;
	len -= mark;
	while (len > 0) {
		const char *newline = memchr(text, '\n', len);
		size_t n = newline ? (size_t)(newline - text) : len;
		add_line(&unfold, (struct slice){ text, n });
		text += n + (newline != NULL);
		len -= n + (newline != NULL);
	}
	unfold.out[unfold.len] = '\0';
	*ret_len = unfold.len;
	return unfold.out;
}

bool content_next(const char **text, size_t *len, struct slice *ret_line)
{
	const char *newline = memchr(*text, '\n', *len);
	if (*len == 0)
		return false;
	size_t n = newline ? (size_t)(newline - *text) : *len;
	*ret_line = slice_trim((struct slice){ *text, n });
	*text += n + (newline != NULL);
	*len -= n + (newline != NULL);
	return true;
}

/* ---- one line ---- */

/* Where the parameter's value ends.  "(UTC+01:00) Amsterdam" is often there without quotes. */
static const char *value_end(const char *p, const char *end)
{
	bool quoted = p < end && *p == '"', shown = p < end && *p == '(';
	if (quoted || shown) {
		const char *close = memchr(p + 1, quoted ? '"' : ')', (size_t)(end - p - 1));
		if (close)
			p = close + 1;
	}
	/* "tzone://Microsoft/Utc" as well. */
	while (p < end && *p != ';' && (*p != ':' || (end - p > 2 && p[1] == '/' && p[2] == '/')))
		p++;
	return p;
}

bool content_split(struct slice line, struct content *ret_content)
{
	const char *p = line.text, *end = line.text + line.len;
	while (p < end && *p != ';' && *p != ':')
		p++;
	struct content content = { .name = { line.text, (size_t)(p - line.text) } };
	content.parameters.text = p;
	while (p < end && *p == ';') {
		p++;
		while (p < end && *p != '=' && *p != ';' && *p != ':')
			p++;
		if (p < end && *p == '=')
			p = value_end(p + 1, end);
	}
	if (p == end)
		return false;
	content.parameters.len = (size_t)(p - content.parameters.text);
	content.name = slice_trim(content.name);
	content.value = slice_trim((struct slice){ p + 1, (size_t)(end - p - 1) });
	*ret_content = content;
	return true;
}

static struct slice unquoted(struct slice value, bool *well)
{
	if (value.len == 0 || *value.text != '"')
		return value;
	*well = value.len > 1 && value.text[value.len - 1] == '"';
	return *well ? slice_trim((struct slice){ value.text + 1, value.len - 2 }) : value;
}

bool content_parameter(
	struct slice *parameters, struct slice *ret_name, struct slice *ret_value, bool *ret_well)
{
	if (slice_trim(*parameters).len == 0)
		return false;
	const char *p = parameters->text + 1, *end = parameters->text + parameters->len;
	const char *equals = p, *stop = NULL;
	while (equals < end && *equals != '=' && *equals != ';')
		equals++;
	*ret_well = equals < end && *equals == '=' && equals > p;
	stop = *ret_well ? value_end(equals + 1, end) : equals;
	*ret_name = slice_trim((struct slice){ p, (size_t)(equals - p) });
	*ret_value = (struct slice){ stop, 0 };
	if (*ret_well)
		*ret_value = unquoted(
			slice_trim((struct slice){ equals + 1, (size_t)(stop - equals - 1) }),
			ret_well);
	parameters->text = stop;
	parameters->len = (size_t)(end - stop);
	return true;
}
