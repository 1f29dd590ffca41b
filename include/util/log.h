/* log: one event, one line, logfmt (key=value), to syslog(3) or to standard error.
 *
 * A line is built on the stack and sent by log_end:
 *
 *	struct log_line line;
 *	log_begin(&line, LOG_INFO, "generated");
 *	log_text(&line, "template", id);
 *	log_instant(&line, "occurrence", at);
 *	log_end(&line);
 *
 * gives  event=generated template=42 occurrence=2025-02-03T10:00:00Z
 *
 * Values come from anywhere, hostile rows included: a value with anything but printable ASCII
 * without space, '"', '=' and '\' is put in double quotes; '"' and '\' are escaped with '\'; control
 * characters and whatever else turns or hides the text around it (the table of util/text.h), and bytes that
 * are no valid UTF-8, become \xNN, byte by byte; an empty value is "".  So nothing can forge a line or
 * a key.  A line is at most LOG_LINE_MAX bytes: a value takes at most half of what is left of it
 * (short ones whatever they need), is cut at a character's boundary and then ends in "..."; so the
 * keys that follow remain whole.  When nothing is left, a key goes together with its value.
 *
 * In the form LOG_JSON a line is one JSON object with the same keys, valid UTF-8; numbers are numbers, and what
 * would be \\xNN is \\uNNNN.  On standard error it begins with time and priority, but for the journal, which has
 * its own (JOURNAL_STREAM).
 *
 * Priorities are those of syslog(3).  Lines below the level cost one comparison.  Not thread-safe:
 * only the loop's thread logs.  Only layers that decide log: pure code returns an err.
 */
#pragma once

#include <stdbool.h>
#include <syslog.h>

#include "util/macros.h"

#define LOG_LINE_MAX 2048

struct log_line {
	int priority;
	bool active; /* false: below the level, every call on it returns at once */
	size_t len;
	char text[LOG_LINE_MAX];
};

enum log_sink {
	LOG_SINK_SYSLOG, /* facility daemon */
	LOG_SINK_STDERR, /* "<N>" before each line, as sd-daemon(3) reads it */
	LOG_SINK_TERMINAL, /* standard error with somebody before it: the time of day, the priority in words */
};

enum log_form { LOG_LOGFMT, LOG_JSON };

/* May be called again (reload).  ident is kept by pointer, as openlog(3) does. */
void log_open(enum log_sink sink, enum log_form form, const char *ident, int level);
void log_close(void);
bool log_enabled(int priority);

void log_begin(struct log_line *line, int priority, const char *event);
void log_text(struct log_line *line, const char *key, const char *value); /* NULL: key left out */
/* One that the database holds: bytes of its encoding (util/charset.h). */
void log_stored(struct log_line *line, const char *key, const char *value);
void log_int(struct log_line *line, const char *key, int64_t value);
void log_instant(struct log_line *line, const char *key, usec_t instant); /* RFC 3339, UTC */
void log_fmt(struct log_line *line, const char *key, const char *fmt, ...) PRINTF(3, 4);
void log_end(struct log_line *line);

/* For lines with nothing but a message: event=EVENT msg="..." */
void log_msg(int priority, const char *event, const char *fmt, ...) PRINTF(3, 4);
