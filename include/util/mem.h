/* mem: allocation that aborts when memory is out.
 *
 * Small things only; what hostile input could make large has a named limit before it comes here.
 * Free with free(), or declare with CLEANUP(mem_cleanup) for any pointer type.
 */
#pragma once

#include "util/macros.h"

void *mem_alloc(size_t size); /* zeroed */
void *mem_alloc_array(size_t n, size_t size); /* zeroed; overflow aborts */
void *mem_realloc_array(void *old, size_t n, size_t size);
char *mem_strdup(const char *text); /* NULL: NULL */
char *mem_strndup(const char *text, size_t len);
char *mem_printf(const char *fmt, ...) PRINTF(1, 2);
/* A bug of ours, or memory is out: says so on standard error and syslog, then abort(3). */
_Noreturn void mem_abort(const char *fmt, ...) PRINTF(1, 2);
void mem_cleanup(void *pointer_to_pointer); /* free(*p), *p = NULL */
