/* zone: IANA time zones from TZif files (RFC 8536), read by recurd itself.
 *
 * A local time in a gap takes the offset from before the gap (02:30 becomes 03:30); one
 * that exists twice is the first (RFC 5545 section 3.3.5, RFC 8984 section 4.3).
 *
 * Names come from users: a name is letters, digits, '_', '+', '-' and '/', no empty, "." or ".." part,
 * at most ZONE_NAME_MAX bytes, and must be a TZif file below the zoneinfo folder.  Loaded zones are
 * cached for the life of the process; pointers stay valid until zones_close.  One thread.
 */
#pragma once

#include <stdbool.h>

#include "util/err.h"

#define ZONE_NAME_MAX 64

struct zone;

/* dir: NULL means /usr/share/zoneinfo. */
void zones_open(const char *dir);
void zones_close(void);
bool zone_load(const char *name, const struct zone **ret_zone, struct err *err) NODISCARD;
const char *zone_name(const struct zone *zone);

enum zone_fit {
	ZONE_EXACT,
	ZONE_GAP, /* the wall time does not exist: offset from before the gap */
	ZONE_FOLD, /* it exists twice: the first */
};

sec_t zone_to_instant(
	const struct zone *zone, sec_t wall, enum zone_fit *ret_fit); /* ret may be NULL */
sec_t zone_to_wall(const struct zone *zone, sec_t instant);
