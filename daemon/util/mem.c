/* mem: allocation that aborts when memory is out. */
#include "util/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

static _Noreturn void out_of_memory(void)
{
	static const char text[] = "<2>event=abort reason=\"out of memory\"\n";
	ssize_t n = write(STDERR_FILENO, text, sizeof(text) - 1);
	(void)n;
	abort();
}

void *mem_alloc(size_t size)
{
	return mem_alloc_array(1, size);
}

void *mem_alloc_array(size_t n, size_t size)
{
	void *memory = calloc(n > 0 ? n : 1, size > 0 ? size : 1);
	if (!memory)
		out_of_memory();
	return memory;
}

void *mem_realloc_array(void *old, size_t n, size_t size)
{
	void *memory = reallocarray(old, n > 0 ? n : 1, size > 0 ? size : 1);
	if (!memory)
		out_of_memory();
	return memory;
}

char *mem_strdup(const char *text)
{
	return text ? mem_strndup(text, strlen(text)) : NULL;
}

char *mem_strndup(const char *text, size_t len)
{
	char *copy = strndup(text, len);
	if (!copy)
		out_of_memory();
	return copy;
}

char *mem_printf(const char *fmt, ...)
{
	char *text = NULL;
	va_list args;
	va_start(args, fmt);
	int len = vasprintf(&text, fmt, args);
	va_end(args);
	if (len < 0)
		out_of_memory();
	return text;
}

void mem_cleanup(void *pointer_to_pointer)
{
	void *memory; /* copied as bytes: the pointer's own type is the caller's */
	memcpy(&memory, pointer_to_pointer, sizeof(memory));
	free(memory);
	memset(pointer_to_pointer, 0, sizeof(memory));
}

void mem_abort(const char *fmt, ...)
{
	char text[512];
	va_list args;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	dprintf(STDERR_FILENO, "<2>event=abort reason=\"%s\"\n", text);
	syslog(LOG_CRIT, "event=abort reason=\"%s\"", text);
	abort();
}
