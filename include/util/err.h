/* err: why something failed, in words for the person who must act.
 *
 * A function that can fail for reasons of the world returns false and fills a struct err that its
 * caller owns (usually on the stack; nothing to free).  The text is one line of UTF-8 without a
 * final newline or full stop: what was expected, what was found.  Line breaks in it become blanks
 * (libpq's messages end in one); a text that is too long is cut and ends in "...".  On success the
 * err is untouched; on failure the results are.
 */
#pragma once

#include <stdbool.h>

#include "util/macros.h"

#define ERR_TEXT_MAX 512

struct err {
	char text[ERR_TEXT_MAX];
	/* It says nothing about what was asked for: this machine lacks something just now (descriptors, memory),
	 * and the same may work in a moment.  err_set clears it, err_prefix keeps it. */
	bool passing;
};

/* Both return false, so that `return err_set(err, ...)` fails in one line.  err may be NULL. */
bool err_set(struct err *err, const char *fmt, ...) PRINTF(2, 3);
/* As err_set, of something that passes. */
bool err_set_passing(struct err *err, const char *fmt, ...) PRINTF(2, 3);
/* Puts words before the text that is there: err_prefix(err, "%s: ", path). */
bool err_prefix(struct err *err, const char *fmt, ...) PRINTF(2, 3);
