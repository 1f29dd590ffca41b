/* content: content lines of iCalendar (RFC 5545 section 3.1), as they are exported and as they are pasted.
 *
 *	NAME;PARAMETER=VALUE;PARAMETER="VALUE":VALUE
 *
 * Nothing is copied and nothing is interpreted here; slices point into the text that was handed over.
 */
#pragma once

#include <stdbool.h>

#include "util/macros.h"

struct slice {
	const char *text;
	size_t len;
};

enum content_flags {
	/* A line that is indented and begins as one that rules consist of is a line, not the rest of the one
	 * before it: text out of somebody's program. */
	CONTENT_INDENTED = 1 << 0,
};

/* The same lines without what stands around and within them: a byte order mark, empty lines, folds, carriage
 * returns, blanks at their ends, the indentation of all of them; each ends with one newline.  A text with NUL
 * bytes keeps them.  Owner of the result: free. */
char *content_unfold(const char *text, size_t len, unsigned flags, size_t *ret_len);
/* The next line of an unfolded text, false: there is none.  *text and *len move on. */
bool content_next(const char **text, size_t *len, struct slice *ret_line);

struct content {
	struct slice name, parameters, value; /* parameters: from the first ';' on */
};

/* false: there is no colon. */
bool content_split(struct slice line, struct content *ret_content);
/* Takes the first of the parameters off, its value without quotes; false: there is none.  *ret_well: it has
 * a name, a '=' and, if its value begins with a quote, one that ends it. */
bool content_parameter(
	struct slice *parameters, struct slice *ret_name, struct slice *ret_value, bool *ret_well);

/* In any case. */
bool slice_is(struct slice slice, const char *word);
bool slice_begins(struct slice slice, const char *word);
/* How much of it a message shows, for "%.*s". */
int slice_shown(struct slice slice);
/* Without blanks at both ends. */
struct slice slice_trim(struct slice slice);
/* The item before the next comma, which is taken off, without blanks around it.  Nothing behind a last comma
 * is no item.  false: there is none. */
bool slice_item(struct slice *list, struct slice *ret_item);
/* Length of the byte order mark that text begins with. */
size_t content_mark(const char *text, size_t len);
