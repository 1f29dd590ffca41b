/* text: UTF-8, and what others wrote made fit for a reader.
 *
 * One decoder (RFC 3629: no overlong form, no surrogate, nothing beyond U+10FFFF) and one table of the
 * characters that nobody may be shown as they are: they move the cursor, end a line, turn the direction
 * of writing or hide what stands there.  Each place that shows text has its escaper, and all of them walk
 * that table.
 */
#pragma once

#include <stdbool.h>

#include "util/strbuf.h"

struct text_range {
	uint32_t first, last;
	const char *name;
};

/* Ascending. */
extern const struct text_range text_deceiving[];
extern const size_t text_deceiving_n;

/* Bytes of the character that text begins with; 0: it begins with none.  len > 0. */
size_t text_decode(const char *text, size_t len, uint32_t *ret_code);
bool text_deceives(uint32_t code);

#define TEXT_PIECE_MAX 17

/* One character as it is shown: bytes of the input, bytes of its form, columns of the screen. */
struct text_piece {
	size_t taken, len, width;
	char bytes[TEXT_PIECE_MAX];
};

/* The first character of text, for the log: '"' and '\' after a '\', what deceives and bytes that are not
 * UTF-8 as \xNN, byte by byte.  len > 0.  width is not told. */
void text_piece_log(const char *text, size_t len, struct text_piece *ret_piece);
/* The same for a JSON string, its quotes not included: '"' and '\' after a '\', control characters and what
 * deceives as \uNNNN, bytes that are not UTF-8 as \ufffd.  Always valid UTF-8. */
void text_piece_json(const char *text, size_t len, struct text_piece *ret_piece);
/* For a terminal: what deceives or does not print as \xNN or \u{NNNN}, '\' as '\\', so that nothing can be
 * forged.  Needs LC_CTYPE of some UTF-8 locale; without one, whatever is not ASCII is escaped. */
void text_piece_terminal(const char *text, size_t len, struct text_piece *ret_piece);

/* Appends value as text_piece_terminal has it, at most `width` columns of the screen, cut with "...";
 * 0: all of it.  Returns the columns that it takes. */
size_t text_add_terminal(struct strbuf *buf, const char *value, size_t width);
/* Appends value with U+FFFD for each byte that is not UTF-8. */
void text_add_repaired(struct strbuf *buf, const char *value);
/* Appends an id for JSON, so that it is valid UTF-8 and can still be told from others: one that is UTF-8 as it is,
 * of another the bytes that are not as \xNN and '\' as '\\'. */
void text_add_id(struct strbuf *buf, const char *id);
/* Appends what was meant by a text as text_add_terminal or text_add_id have shown it.  false: nothing in it is
 * escaped, or a '\' begins no escape. */
bool text_add_unescaped(struct strbuf *buf, const char *shown);

/* As one word of a command, for a shell: quoted where it must be. */
void text_add_word(struct strbuf *out, const char *value);
