/* strbuf: a growing string of bytes with a hard cap.
 *
 * Always NUL-terminated (data is never NULL after strbuf_init), may hold NUL bytes as well.  What
 * would exceed the cap is not appended and sets `overflowed`, which stays set: the caller looks once,
 * at the end.  Out of memory aborts (systemd restarts, PostgreSQL has the truth).
 * The owner calls strbuf_free, or declares it with CLEANUP(strbuf_free).
 */
#pragma once

#include <stdarg.h>
#include <stdbool.h>

#include "util/macros.h"

struct strbuf {
	char *data;
	size_t len; /* without the final NUL */
	size_t alloc; /* 0 while data is the shared empty string */
	size_t cap; /* len never exceeds it */
	bool overflowed;
};

extern char strbuf_empty[1]; /* what data points to while there is no memory */
/* For a local with CLEANUP: initialised where it is declared, so that no early return frees garbage.
 *	struct strbuf text CLEANUP(strbuf_free) = STRBUF(cap);
 */
#define STRBUF(cap_)                                \
	{                                           \
		.data = strbuf_empty, .cap = (cap_) \
	}

void strbuf_init(struct strbuf *buf, size_t cap);
void strbuf_free(struct strbuf *buf); /* accepts a zeroed one; leaves a zeroed one */
void strbuf_reset(struct strbuf *buf); /* empty again, memory kept, overflowed cleared */

void strbuf_add(struct strbuf *buf, const void *data, size_t len);
void strbuf_add_text(struct strbuf *buf, const char *text);
void strbuf_add_char(struct strbuf *buf, char c);
void strbuf_addf(struct strbuf *buf, const char *fmt, ...) PRINTF(2, 3);
void strbuf_vaddf(struct strbuf *buf, const char *fmt, va_list args) PRINTF(2, 0);
/* Big-endian, for PostgreSQL's binary formats. */
void strbuf_add_be32(struct strbuf *buf, uint32_t value);
void strbuf_add_be64(struct strbuf *buf, uint64_t value);
/* Hands the memory to the caller, who frees it with free(); the buffer is empty again. */
char *strbuf_steal(struct strbuf *buf);
