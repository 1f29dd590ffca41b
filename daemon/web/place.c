/* From a path to its bytes; see the header.
 *
 * The text may be anything: what is not as JSON would have it ends the search.  It is looked through once, without
 * recursion: depth is of no concern.
 */
#include "web/place.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/mem.h"
#include "web/fill.h"

#define ROOT "recurrence_rule"

static const char *skip_blanks(const char *at)
{
	return at + strspn(at, " \t\r\n");
}

/* Behind the string that begins here; NULL: it does not end. */
static const char *skip_string(const char *at)
{
	for (at++; *at && *at != '"'; at++)
		if (*at == '\\' && at[1])
			at++;
	return *at ? at + 1 : NULL;
}

/* Behind the value that begins here; NULL: there is none. */
static const char *skip_value(const char *at)
{
	size_t depth = 0;
	do {
		at = skip_blanks(at);
		if (!*at)
			return NULL;
		if (*at == '"') {
			at = skip_string(at);
			if (!at)
				return NULL;
		} else if (strchr("{[", *at)) {
			depth++;
			at++;
		} else if (strchr("}]", *at)) {
			if (depth == 0)
				return NULL;
			depth--;
			at++;
		} else if (strchr(",:", *at)) {
			if (depth == 0)
				return NULL;
			at++;
		} else {
			at += strcspn(at, " \t\r\n\"{}[],:");
		}
	} while (depth > 0);
	return at;
}

static bool is_key(const char *at, const char *key, size_t len)
{
	return strncmp(at + 1, key, len) == 0 && at[1 + len] == '"';
}

/* The value under a key of the object that begins here, and the key itself. */
static const char *find_key(const char *at, const char *key, size_t len, const char **ret_key)
{
	at = skip_blanks(at);
	if (*at != '{')
		return NULL;
	for (at = skip_blanks(at + 1); *at == '"';) {
		const char *name = at, *value;
		at = skip_string(at);
		if (!at || *(at = skip_blanks(at)) != ':')
			return NULL;
		value = skip_blanks(at + 1);
		if (is_key(name, key, len)) {
			*ret_key = name;
			return value;
		}
		at = skip_value(value);
		if (!at || *(at = skip_blanks(at)) != ',')
			return NULL;
		at = skip_blanks(at + 1);
	}
	return NULL;
}

static const char *find_item(const char *at, long index)
{
	at = skip_blanks(at);
	if (*at != '[')
		return NULL;
	for (at = skip_blanks(at + 1); index > 0; index--) {
		at = skip_value(at);
		if (!at || *(at = skip_blanks(at)) != ',')
			return NULL;
		at = skip_blanks(at + 1);
	}
	return at;
}

static bool take(const char *text, const char *from, const char *to, struct place *ret_place)
{
	if (!from || !to || to <= from)
		return false;
	ret_place->from = (size_t)(from - text);
	ret_place->to = (size_t)(to - text);
	return true;
}

/* path: ".days[0].x: ..."; as far as it goes. */
static bool find_path(const char *text, const char *path, struct place *ret_place)
{
	const char *at = text, *key = NULL, *next;
	while (at && (*path == '.' || *path == '[')) {
		if (*path == '.') {
			size_t len = strcspn(path + 1, ".[: ");
			key = NULL;
			next = find_key(at, path + 1, len, &key);
			path += 1 + len;
		} else {
			char *end;
			long index = strtol(path + 1, &end, 10);
			key = NULL;
			next = *end == ']' ? find_item(at, index) : NULL;
			path = *end == ']' ? end + 1 : "";
		}
		if (!next) /* a key that is missing: what lacks it */
			break;
		at = next;
	}
	if (strstr(path, "unknown key") && key)
		return take(text, key, skip_string(key), ret_place);
	return at != text && take(text, at, skip_value(at), ret_place);
}

static bool find_spot(const char *text, long line, long column, struct place *ret_place)
{
	const char *at = text;
	for (; line > 1 && at; line--) {
		at = strchr(at, '\n');
		at = at ? at + 1 : NULL;
	}
	if (!at || column < 1)
		return false;
	size_t left = strlen(at), back = (size_t)column;
	at += back > left ? left : back;
	/* The column is where the parser stopped: what it had read last. */
	const char *from = at;
	while (from > text && !isspace((unsigned char)from[-1]) && !strchr("{}[],:", from[-1]))
		from--;
	if (from == at && from > text)
		from--;
	return take(text, from, at, ret_place);
}

/* "character 7, "tusday": ..." */
static bool find_word(const char *text, const char *reason, struct place *ret_place)
{
	char *end;
	long n = strtol(reason + strlen("character "), &end, 10);
	const char *at = text;
	for (; n > 1 && *at; at++)
		n -= (at[1] & 0xc0) != 0x80;
	return *end && *at && take(text, at, at + strcspn(at, " ,\t\n"), ret_place);
}

bool place_find(const char *text, const char *reason, struct place *ret_place)
{
	long line = 0, column = 0;
	const char *spot = strstr(reason, "(line ");
	if (strncmp(reason, ROOT, strlen(ROOT)) != 0)
		return false;
	if (strncmp(reason, ROOT ": character ", strlen(ROOT ": character ")) == 0)
		return find_word(text, reason + strlen(ROOT ": "), ret_place);
	if (spot && sscanf(spot, "(line %ld, column %ld)", &line, &column) == 2)
		return find_spot(text, line, column, ret_place);
	return find_path(text, reason + strlen(ROOT), ret_place);
}

void place_show(struct strbuf *out, const char *text, const char *reason)
{
	struct place place = { 0 };
	if (!place_find(text, reason, &place))
		place.from = place.to = strlen(text);
	char *before CLEANUP(mem_cleanup) = mem_strndup(text, place.from);
	char *at CLEANUP(mem_cleanup) = mem_strndup(text + place.from, place.to - place.from);
	FILL(out, FRAGMENT_PLACE, { "before", before }, { "at", at }, { "after", text + place.to });
}
