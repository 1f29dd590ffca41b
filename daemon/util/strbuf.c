/* strbuf: a growing string of bytes with a hard cap; see the header for the contract. */
#include "util/strbuf.h"

#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/mem.h"

#define FIRST_ALLOC 64

char strbuf_empty[1]; /* never written but with the NUL that it holds */

void strbuf_init(struct strbuf *buf, size_t cap)
{
	*buf = (struct strbuf)STRBUF(cap);
}

void strbuf_free(struct strbuf *buf)
{
	if (buf->alloc > 0)
		free(buf->data);
	*buf = (struct strbuf){ 0 };
}

void strbuf_reset(struct strbuf *buf)
{
	buf->len = 0;
	buf->overflowed = false;
	if (buf->alloc > 0)
		buf->data[0] = '\0';
}

/* Makes room for `more` bytes and the NUL; false where the cap forbids them. */
static bool reserve(struct strbuf *buf, size_t more)
{
	if (more > buf->cap - buf->len) {
		buf->overflowed = true;
		return false;
	}
	size_t need = buf->len + more + 1;
	if (need <= buf->alloc)
		return true;
	size_t alloc = buf->alloc > 0 ? buf->alloc : FIRST_ALLOC;
	while (alloc < need)
		alloc = alloc > SIZE_MAX / 2 ? need : alloc * 2;
	buf->data = mem_realloc_array(buf->alloc > 0 ? buf->data : NULL, alloc, 1);
	buf->data[buf->len] = '\0';
	buf->alloc = alloc;
	return true;
}

void strbuf_add(struct strbuf *buf, const void *data, size_t len)
{
	if (len == 0 || !reserve(buf, len))
		return;
	memcpy(buf->data + buf->len, data, len);
	buf->len += len;
	buf->data[buf->len] = '\0';
}

void strbuf_add_text(struct strbuf *buf, const char *text)
{
	strbuf_add(buf, text, strlen(text));
}

void strbuf_add_char(struct strbuf *buf, char c)
{
	strbuf_add(buf, &c, 1);
}

void strbuf_addf(struct strbuf *buf, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	strbuf_vaddf(buf, fmt, args);
	va_end(args);
}

void strbuf_vaddf(struct strbuf *buf, const char *fmt, va_list args)
{
	size_t room = buf->alloc > 0 ? buf->alloc - buf->len : 0;
	va_list again;
	va_copy(again, args);
	char probe[1];
	int len = vsnprintf(room > 0 ? buf->data + buf->len : probe, room, fmt, args);
	if (len > 0 && reserve(buf, (size_t)len)) {
		if ((size_t)len >= room)
			vsnprintf(buf->data + buf->len, (size_t)len + 1, fmt, again);
		buf->len += (size_t)len;
	} else if (buf->alloc > 0) {
		buf->data[buf->len] = '\0'; /* what was tried above leaves no trace */
	}
	va_end(again);
}

void strbuf_add_be32(struct strbuf *buf, uint32_t value)
{
	value = htobe32(value);
	strbuf_add(buf, &value, sizeof(value));
}

void strbuf_add_be64(struct strbuf *buf, uint64_t value)
{
	value = htobe64(value);
	strbuf_add(buf, &value, sizeof(value));
}

char *strbuf_steal(struct strbuf *buf)
{
	char *data = buf->alloc > 0 ? buf->data : mem_alloc(1);
	strbuf_init(buf, buf->cap);
	return data;
}
