/* log: one event, one line; see the header for the form of a line.
 *
 * Surprise: syslog(3) may block while the reader of /dev/log is stuck; log_rate bounds how much we
 * ask of it.  Lines to standard error go out in one writev(2), so that several processes can share
 * the stream.
 */
#include "util/log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "util/timefmt.h"

#define SHORT_VALUE 80 /* ids and instants: never cut while there is room at all */
#define PIECE_MAX   16 /* a character of four bytes, each as \xNN */

static enum log_sink log_sink = LOG_SINK_STDERR;
static int log_level = LOG_INFO;

void log_open(enum log_sink sink, const char *ident, int level)
{
	log_close();
	log_sink = sink;
	log_level = level;
	if (sink == LOG_SINK_SYSLOG)
		openlog(ident, LOG_PID | LOG_NDELAY, LOG_DAEMON);
}

void log_close(void)
{
	if (log_sink == LOG_SINK_SYSLOG)
		closelog();
}

bool log_enabled(int priority)
{
	return priority <= log_level;
}

/* ---- characters ---- */

/* How long a character is that starts with this byte; 0: none does. */
static size_t utf8_len(unsigned char first)
{
	if (first < 0x80)
		return 1;
	if (first < 0xC2 || first > 0xF4)
		return 0;
	return first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
}

/* The length of the valid UTF-8 character at p, 0 where there is none (RFC 3629). */
static size_t utf8_decode(const unsigned char *p, uint32_t *ret_code)
{
	static const uint32_t lowest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t len = utf8_len(p[0]);
	uint32_t code = len < 2 ? p[0] : p[0] & (0x7Fu >> len);

	for (size_t i = 1; i < len; i++) {
		if ((p[i] & 0xC0) != 0x80) /* the final NUL ends here, too */
			return 0;
		code = code << 6 | (p[i] & 0x3F);
	}
	if (code < lowest[len] || (code >= 0xD800 && code <= 0xDFFF) || code > 0x10FFFF)
		return 0;
	*ret_code = code;
	return len;
}

/* What could move the cursor, end the line or turn the direction of writing on a reader's screen. */
static bool is_control(uint32_t code)
{
	return code < 0x20 || (code >= 0x7F && code <= 0x9F) || code == 0x200E || code == 0x200F ||
	       (code >= 0x2028 && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069) ||
	       code == 0xFEFF;
}

/* Writes the printed form of the character at p; returns how many bytes of p it is. */
static size_t escape(const unsigned char *p, char piece[static PIECE_MAX], size_t *ret_len)
{
	static const char hex[] = "0123456789abcdef";
	uint32_t code = 0;
	size_t n = utf8_decode(p, &code), len = 0;

	if (n > 0 && !is_control(code)) {
		if (code == '"' || code == '\\')
			piece[len++] = '\\';
		memcpy(piece + len, p, n);
		*ret_len = len + n;
		return n;
	}
	n = n > 0 ? n : 1;
	for (size_t i = 0; i < n; i++) {
		piece[len++] = '\\';
		piece[len++] = 'x';
		piece[len++] = hex[p[i] >> 4];
		piece[len++] = hex[p[i] & 0xF];
	}
	*ret_len = len;
	return n;
}

/* ---- values ---- */

static bool needs_quotes(const char *value)
{
	if (*value == '\0')
		return true;
	for (const char *p = value; *p != '\0'; p++) {
		if (*p <= ' ' || *p > '~' || *p == '"' || *p == '=' || *p == '\\')
			return true;
	}
	return false;
}

/* Appends as much of value, escaped, as fits into `limit` bytes; returns what is left of it. */
static const char *put_escaped(struct log_line *line, const char *value, size_t limit)
{
	char piece[PIECE_MAX];
	size_t used = 0, len, n;

	for (; *value != '\0'; value += n) {
		n = escape((const unsigned char *)value, piece, &len);
		if (used + len > limit)
			break;
		memcpy(line->text + line->len + used, piece, len);
		used += len;
	}
	line->len += used;
	return value;
}

static void put(struct log_line *line, const char *text, size_t len)
{
	memcpy(line->text + line->len, text, len);
	line->len += len;
}

/* The value as far as `limit` bytes allow, its quotes and the "..." included. */
static void put_value(struct log_line *line, const char *value, size_t limit)
{
	bool quotes = needs_quotes(value);
	size_t start, room = limit - (quotes ? 2 : 0);

	if (quotes)
		put(line, "\"", 1);
	start = line->len;
	if (*put_escaped(line, value, room) != '\0') {
		line->len = start;
		put_escaped(line, value, room - 3);
		put(line, "...", 3);
	}
	if (quotes)
		put(line, "\"", 1);
}

void log_begin(struct log_line *line, int priority, const char *event)
{
	line->priority = priority;
	line->active = log_enabled(priority);
	line->len = 0;
	log_text(line, "event", event);
}

void log_text(struct log_line *line, const char *key, const char *value)
{
	size_t key_len, left, limit;

	if (!line->active || value == NULL)
		return;
	key_len = strlen(key) + 1 + (line->len > 0);
	left = sizeof(line->text) - 1 - line->len;
	/* A pair for which not even a short value has room is left out whole. */
	if (left < key_len + SHORT_VALUE)
		return;
	left -= key_len;
	limit = left / 2 > SHORT_VALUE ? left / 2 : SHORT_VALUE;
	if (line->len > 0)
		put(line, " ", 1);
	put(line, key, strlen(key));
	put(line, "=", 1);
	put_value(line, value, limit);
}

void log_int(struct log_line *line, const char *key, int64_t value)
{
	char text[24];

	if (!line->active)
		return;
	snprintf(text, sizeof(text), "%" PRId64, value);
	log_text(line, key, text);
}

void log_instant(struct log_line *line, const char *key, usec_t instant)
{
	char text[INSTANT_TEXT_MAX];

	if (line->active)
		log_text(line, key, instant_format(instant, text));
}

void log_fmt(struct log_line *line, const char *key, const char *fmt, ...)
{
	/* Longer than any value's share of a line, so that what is cut here is cut and marked there. */
	char text[LOG_LINE_MAX];
	va_list args;
	int len;

	if (!line->active)
		return;
	va_start(args, fmt);
	len = vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (len >= 0)
		log_text(line, key, text);
}

static void write_stderr(const struct log_line *line)
{
	char prefix[] = { '<', (char)('0' + (line->priority & LOG_PRIMASK)), '>' };
	char text[LOG_LINE_MAX + 1];
	struct iovec parts[] = { { prefix, sizeof(prefix) }, { text, line->len + 1 } };
	ssize_t n;

	memcpy(text, line->text, line->len);
	text[line->len] = '\n';
	do
		n = writev(STDERR_FILENO, parts, 2);
	while (n < 0 && errno == EINTR);
}

void log_end(struct log_line *line)
{
	if (!line->active)
		return;
	line->active = false;
	line->text[line->len] = '\0';
	if (log_sink == LOG_SINK_SYSLOG)
		syslog(line->priority, "%s", line->text);
	else
		write_stderr(line);
}

void log_msg(int priority, const char *event, const char *fmt, ...)
{
	struct log_line line;
	char text[LOG_LINE_MAX];
	va_list args;
	int len;

	if (!log_enabled(priority))
		return;
	va_start(args, fmt);
	len = vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	log_begin(&line, priority, event);
	if (len >= 0)
		log_text(&line, "msg", text);
	log_end(&line);
}
