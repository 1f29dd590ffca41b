/* What changes with a file; see the header. */
#include "util/stamp.h"

struct stamp stamp_of(const struct stat *st)
{
	return (struct stamp){ st->st_dev, st->st_ino, st->st_size, st->st_mtim, st->st_ctim };
}

static bool same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

bool stamp_same(const struct stamp *stamp, const struct stamp *other)
{
	return stamp->dev == other->dev && stamp->ino == other->ino && stamp->size == other->size &&
	       same_time(&stamp->modified, &other->modified) &&
	       same_time(&stamp->changed, &other->changed);
}
