/* err: one line of text about a failure; see the header for what it promises.
 *
 * Texts come from libpq ("...\n") and from hostile values alike, so line breaks become blanks here,
 * once, instead of at every caller.
 */
#include "util/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Steps back to the first byte of the UTF-8 character that would be cut at `at`. */
static size_t char_boundary(const char *text, size_t at)
{
	for (int i = 0; i < 3 && at > 0 && ((unsigned char)text[at] & 0xC0) == 0x80; i++)
		at--;
	return at;
}

static void cut_to_size(char *text, size_t size)
{
	size_t at = char_boundary(text, size - sizeof("..."));
	memcpy(text + at, "...", sizeof("..."));
}

static void make_one_line(char *text)
{
	size_t len = strlen(text);
	while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == '\r' || text[len - 1] == ' '))
		text[--len] = '\0';
	for (char *p = text; *p != '\0'; p++) {
		if (*p == '\n' || *p == '\r')
			*p = ' ';
	}
}

PRINTF(3, 0)
static void set(struct err *err, bool passing, const char *fmt, va_list args)
{
	char text[ERR_TEXT_MAX]; /* an argument may be err->text itself */
	int len = vsnprintf(text, sizeof(text), fmt, args);
	if (len < 0)
		text[0] = '\0';
	else if ((size_t)len >= sizeof(text))
		cut_to_size(text, sizeof(text));
	make_one_line(text);
	memcpy(err->text, text, sizeof(text));
	err->passing = passing;
}

bool err_set(struct err *err, const char *fmt, ...)
{
	if (!err)
		return false;
	va_list args;
	va_start(args, fmt);
	set(err, false, fmt, args);
	va_end(args);
	return false;
}

bool err_set_passing(struct err *err, const char *fmt, ...)
{
	if (!err)
		return false;
	va_list args;
	va_start(args, fmt);
	set(err, true, fmt, args);
	va_end(args);
	return false;
}

bool err_prefix(struct err *err, const char *fmt, ...)
{
	if (!err)
		return false;
	char prefix[ERR_TEXT_MAX];
	va_list args;
	va_start(args, fmt);
	int len = vsnprintf(prefix, sizeof(prefix), fmt, args);
	va_end(args);
	if (len < 0)
		return false;
	return err->passing ? err_set_passing(err, "%s%s", prefix, err->text)
			    : err_set(err, "%s%s", prefix, err->text);
}
