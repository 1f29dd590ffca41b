/* lines: texts that hold a finding a line, as the files of a step raise them. */
#pragma once

#include <stdbool.h>

#include "util/strbuf.h"

struct line {
	const char *text; /* not ended by NUL */
	size_t len;
};

/* The next line of *rest, which moves on; false: there is none.  *rest may be NULL. */
bool lines_next(const char **rest, struct line *ret_line);
/* lines may be NULL. */
bool lines_have(const char *lines, const struct line *line);
/* It begins with the word; ret_rest: what stands behind it. */
bool line_after(const struct line *line, const char *word, struct line *ret_rest);
/* It tells of something that the step's up file does not make good. */
bool line_is_needed(const struct line *line);
/* Appends it, behind what is there and the separator. */
void lines_add(struct strbuf *buf, const char *separator, const struct line *line);
/* Appends a text as a line of its own. */
void lines_add_text(struct strbuf *buf, const char *text);
/* The lines that are needed; problems may be NULL. */
void lines_add_needed(struct strbuf *buf, const char *separator, const char *problems);
/* The lines that are among others (wanted), or those that are not; NULL: none; free it. */
char *lines_filter(const char *lines, const char *others, bool wanted);
