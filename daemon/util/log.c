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
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "util/charset.h"
#include "util/text.h"
#include "util/timefmt.h"

#define PREFIX_MAX  40
#define SHORT_VALUE 80 /* ids and instants: never cut while there is room at all */

static enum log_sink log_sink = LOG_SINK_STDERR;
static enum log_form log_form = LOG_LOGFMT;
static bool log_to_journal; /* it reads "<N>", and has the time by itself */
static int log_level = LOG_INFO;

void log_open(enum log_sink sink, enum log_form form, const char *ident, int level)
{
	log_close();
	log_sink = sink;
	log_form = form;
	log_to_journal = getenv("JOURNAL_STREAM");
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

static void put(struct log_line *line, const char *text, size_t len)
{
	memcpy(line->text + line->len, text, len);
	line->len += len;
}

/* Appends as much of value, escaped, as fits into `limit` bytes; returns what is left of it. */
static const char *put_escaped(struct log_line *line, const char *value, size_t limit)
{
	struct text_piece piece;
	for (size_t left = strlen(value); left > 0; left -= piece.taken, value += piece.taken) {
		if (log_form == LOG_JSON)
			text_piece_json(value, left, &piece);
		else
			text_piece_log(value, left, &piece);
		if (piece.len > limit)
			break;
		put(line, piece.bytes, piece.len);
		limit -= piece.len;
	}
	return value;
}

/* The value as far as `limit` bytes allow, its quotes and the "..." included. */
static void put_value(struct log_line *line, const char *value, size_t limit)
{
	bool quotes = log_form == LOG_JSON || needs_quotes(value);
	size_t room = limit - (quotes ? 2 : 0);
	if (quotes)
		put(line, "\"", 1);
	size_t start = line->len;
	if (*put_escaped(line, value, room) != '\0') {
		line->len = start;
		put_escaped(line, value, room - 3);
		put(line, "...", 3);
	}
	if (quotes)
		put(line, "\"", 1);
}

static usec_t wall_clock(void)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * USEC_PER_SEC + now.tv_nsec / 1000;
}

static const char *priority_name(int priority)
{
	static const char *const names[] = { "emerg", "alert", "crit", "err", "warning", "notice",
		"info", "debug" };
	return names[priority & LOG_PRIMASK];
}

void log_begin(struct log_line *line, int priority, const char *event)
{
	line->priority = priority;
	line->active = log_enabled(priority);
	line->len = 0;
	if (log_form == LOG_JSON && log_sink != LOG_SINK_SYSLOG && !log_to_journal) {
		log_instant(line, "time", line->active ? wall_clock() : 0);
		log_text(line, "priority", priority_name(priority));
	}
	log_text(line, "event", event);
}

static void put_key(struct log_line *line, const char *key)
{
	const char *before = line->len > 0 ? " " : "", *after = "=";
	if (log_form == LOG_JSON) {
		before = line->len > 0 ? ",\"" : "{\"";
		after = "\":";
	}
	put(line, before, strlen(before));
	put(line, key, strlen(key));
	put(line, after, strlen(after));
}

#define KEY_EXTRA 5 /* what stands around a key, and the end of a JSON object */

/* The room of a value behind its key; 0: a pair for which not even a short value has room is left out whole. */
static size_t room_for(const struct log_line *line, const char *key)
{
	size_t key_len = strlen(key) + KEY_EXTRA, left = sizeof(line->text) - 1 - line->len;
	if (left < key_len + SHORT_VALUE)
		return 0;
	left -= key_len;
	return left / 2 > SHORT_VALUE ? left / 2 : SHORT_VALUE;
}

void log_text(struct log_line *line, const char *key, const char *value)
{
	size_t limit = line->active && value ? room_for(line, key) : 0;
	if (limit == 0)
		return;
	put_key(line, key);
	put_value(line, value, limit);
}

void log_stored(struct log_line *line, const char *key, const char *value)
{
	if (charset_is_utf8(charset_bound()) || !line->active || !value) {
		log_text(line, key, value);
		return;
	}
	struct strbuf text CLEANUP(strbuf_free) = STRBUF(SIZE_MAX);
	bool whole = charset_to_utf8(charset_bound(), value, strlen(value), &text);
	log_text(line, key, whole ? text.data : value);
}

void log_int(struct log_line *line, const char *key, int64_t value)
{
	if (!line->active)
		return;
	char text[24];
	snprintf(text, sizeof(text), "%" PRId64, value);
	if (room_for(line, key) == 0)
		return;
	put_key(line, key);
	put(line, text, strlen(text));
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
	if (!line->active)
		return;
	va_list args;
	va_start(args, fmt);
	int len = vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (len >= 0)
		log_text(line, key, text);
}

/* "14:03:05.017 notice " by the clock on the wall of whoever looks. */
static void put_time(char *prefix, size_t size, int priority)
{
	usec_t now = wall_clock();
	time_t second = now / USEC_PER_SEC;
	struct tm local;
	char clock[16];
	localtime_r(&second, &local);
	strftime(clock, sizeof(clock), "%H:%M:%S", &local);
	snprintf(prefix, size, "%s.%03d %s ", clock, (int)(now / 1000 % 1000),
		priority_name(priority));
}

static void put_prefix(char *prefix, size_t size, int priority)
{
	bool json = log_form == LOG_JSON;
	if (json && !log_to_journal)
		*prefix = '\0';
	else if (log_sink == LOG_SINK_TERMINAL && !json)
		put_time(prefix, size, priority);
	else
		snprintf(prefix, size, "<%d>", priority & LOG_PRIMASK);
}

static void write_stderr(const struct log_line *line)
{
	char prefix[PREFIX_MAX], text[LOG_LINE_MAX + 1];
	put_prefix(prefix, sizeof(prefix), line->priority);
	struct iovec parts[] = { { prefix, strlen(prefix) }, { text, line->len + 1 } };
	memcpy(text, line->text, line->len);
	text[line->len] = '\n';
	ssize_t n;
	do
		n = writev(STDERR_FILENO, parts, 2);
	while (n < 0 && errno == EINTR);
}

void log_end(struct log_line *line)
{
	if (!line->active)
		return;
	line->active = false;
	if (log_form == LOG_JSON)
		put(line, "}", 1);
	line->text[line->len] = '\0';
	if (log_sink == LOG_SINK_SYSLOG)
		syslog(line->priority, "%s", line->text);
	else
		write_stderr(line);
}

void log_msg(int priority, const char *event, const char *fmt, ...)
{
	if (!log_enabled(priority))
		return;
	char text[LOG_LINE_MAX];
	va_list args;
	va_start(args, fmt);
	int len = vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	struct log_line line;
	log_begin(&line, priority, event);
	if (len >= 0)
		log_text(&line, "msg", text);
	log_end(&line);
}
