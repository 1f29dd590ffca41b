/* file: the configuration file, read by libconfuse.
 *
 * Inside of conf/ only.  Each `key = value` is handed to a function as it is read, with its line.
 * Surprises of libconfuse 3.3 that are kept away from people: its line numbers go wrong after any
 * comment, so comments become blanks before it sees them; "${X}" would be replaced by an environment
 * variable, or by nothing, so it is refused where it would be (write '${X}' or "\${X}"); "#" inside
 * of an unquoted value would cut it silently, "+5" would be read as "5", so these are refused, as are
 * its lists, functions, sections, "//" and C comments.
 */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "util/err.h"

#define FILE_SIZE_MAX (256 * 1024)

/* False stops the reading; err gets "file:line: " put before it. */
typedef bool file_value_fn(
	void *arg, const char *key, const char *value, int line, struct err *err);

/* What may stand in it. */
struct nearest;
struct file_keys {
	const char *manual; /* the page that lists them */
	size_t n;
	const char *(*name)(size_t i);
	const char *(*hint)(struct nearest *nearest); /* what was meant by another; "" */
};

/* missing_ok: a file that does not exist has no values. */
bool file_read(const char *path, bool missing_ok, const struct file_keys *keys, file_value_fn *fn,
	void *arg, struct err *err) NODISCARD;
/* A value as it may stand in the file, in quotes. */
void file_print_quoted(const char *value, FILE *out);
