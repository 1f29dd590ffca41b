/* tzif: one time zone from the bytes of a TZif file (RFC 8536), without any I/O.
 *
 * Versions 2 and later: the 64-bit block and the POSIX footer for what lies behind its last
 * transition.  Refused: version 1 alone, leap seconds ("right/" files: their instants are not POSIX
 * time), anything that does not add up.  Every count is checked against the size before it is used.
 */
#pragma once

#include <stdbool.h>

#include "util/err.h"

#define TZIF_BYTES_MAX 65536

enum zone_fit {
	ZONE_EXACT,
	ZONE_GAP, /* the wall time does not exist: offset from before the gap */
	ZONE_FOLD, /* it exists twice: the first */
};

struct tzif;

/* A wall time looked up.  gap_end: first wall time after the gap, set for ZONE_GAP only. */
struct tzif_fit {
	int offset; /* seconds east of UTC */
	enum zone_fit fit;
	sec_t gap_end;
};

/* Owner of the result: tzif_free. */
bool tzif_parse(const void *data, size_t len, struct tzif **ret_tzif, struct err *err) NODISCARD;
void tzif_free(struct tzif *tzif);
int tzif_offset_at(const struct tzif *tzif, sec_t instant);
struct tzif_fit tzif_fit_wall(const struct tzif *tzif, sec_t wall);
