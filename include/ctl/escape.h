/* escape: text that others wrote, made fit for a terminal.
 *
 * Control characters, characters that turn or hide the text around them (bidirectional controls,
 * zero-width ones) and bytes that are not UTF-8 become \xNN or \u{NNNN}; '\' becomes '\\', so that
 * nothing can be forged.  Needs LC_CTYPE of some UTF-8 locale; without one, whatever is not ASCII is
 * escaped.
 */
#pragma once

#include "util/strbuf.h"

/* Appends at most `width` columns of the screen of it, cut with "..."; 0: all of it.  Returns the
 * columns that it takes. */
size_t text_escape(struct strbuf *buf, const char *value, size_t width);
/* Appends value with U+FFFD for each byte that is not UTF-8. */
void utf8_repair(struct strbuf *buf, const char *value);
/* "3h 20min", "12s", "250ms": two units at most. */
void span_format(usec_t span, struct strbuf *buf);
