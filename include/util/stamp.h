/* stamp: what changes with a file, whether it is written in place, renamed over, or behind a symlink that is
 * switched.  A file that is written twice within a tick of the file system's clock keeps its stamp.
 */
#pragma once

#include <stdbool.h>
#include <sys/stat.h>
#include <time.h>

struct stamp {
	dev_t dev;
	ino_t ino;
	off_t size;
	struct timespec modified, changed;
};

struct stamp stamp_of(const struct stat *st);
bool stamp_same(const struct stamp *stamp, const struct stamp *other);
