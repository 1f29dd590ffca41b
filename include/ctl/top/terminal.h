/* terminal: the whole screen of a terminal, for as long as a command wants it.
 *
 * Without a library: the few sequences that it needs are those that every terminal of today has (ECMA-48, and xterm's
 * second screen).  A frame is written at once, and only where it differs from the one before: nothing flickers.  However
 * the program ends by a signal, the terminal is as it was.
 */
#pragma once

#include <stdbool.h>

#include "util/err.h"
#include "util/strbuf.h"

enum key {
	KEY_NONE = 0, /* nothing was typed in that time */
	KEY_UP = 256,
	KEY_DOWN,
	KEY_PAGE_UP,
	KEY_PAGE_DOWN,
	KEY_ENTER,
	KEY_ESCAPE,
	KEY_TAB,
	KEY_BACKSPACE,
	KEY_RESIZED, /* the screen has another size, or was left for a while: draw anew */
	KEY_GONE, /* nobody types any more */
};

/* false: standard input and output are no terminal that can do this. */
bool terminal_open(struct err *err) NODISCARD;
void terminal_close(void);
void terminal_size(size_t *ret_width, size_t *ret_height);
/* Lines, each ended by a newline, none wider than the screen. */
void terminal_show(const struct strbuf *frame);
/* A byte, one of enum key, or KEY_NONE. */
int terminal_key(int timeout_ms);
