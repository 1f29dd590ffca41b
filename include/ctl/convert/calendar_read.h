/* calendar_read: the lines of an unfolded iCalendar text to the parts of a calendar.  For calendar.c. */
#pragma once

#include "ctl/convert/calendar.h"

/* By kind, id and, of events and tasks, version: a series' versions with the newest last, and then its
 * instances, in the same order. */
void calendar_sort(struct calendar *calendar);
/* Two readings, between them calendar_sort.  The first takes what recurs, the instances and the zones, and counts
 * the rest; the second takes of the rest what is a version of one that recurs. */
void calendar_read(struct calendar *calendar, size_t len, bool second);
bool calendar_same_id(const struct calendar_part *x, const struct calendar_part *y);
/* Any of the n first parts, which are sorted, that has this kind and id; NULL: none. */
const struct calendar_part *calendar_find(
	const struct calendar *calendar, size_t n, enum calendar_kind kind, struct slice id);
