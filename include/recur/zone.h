/* zone: IANA time zones from TZif files (RFC 8536), read by recurd itself.
 *
 * A local time in a gap takes the offset from before the gap (02:30 becomes 03:30); one
 * that exists twice is the first (RFC 5545 section 3.3.5, RFC 8984 section 4.3).
 *
 * Names come from users: a name is letters, digits, '_', '+', '-' and '/', no empty, "." or ".." part,
 * at most ZONE_NAME_MAX bytes, and must be a TZif file below the zoneinfo folder.  Refused are "localtime" and
 * "posixrules", this machine's choice, "Factory", nobody's, and "right/...", which counts leap seconds;
 * "posix/Europe/Berlin" is Europe/Berlin.  Loaded zones are cached for the life
 * of the process; pointers stay valid until zones_close.  One thread.
 */
#pragma once

#include <stdbool.h>

#include "recur/tzif.h"

#define ZONE_NAME_MAX 64

struct zone;

/* dir: NULL means /usr/share/zoneinfo. */
void zones_open(const char *dir);
void zones_close(void);
/* A name in another case ("europe/berlin") is the zone that zone_names.h finds, under the folder's spelling.
 * err.passing: the file is there, but cannot be read just now, or others have one (zone_lacks.h). */
bool zone_load(const char *name, const struct zone **ret_zone, struct err *err) NODISCARD;
/* As zone_load; err names the option that is at fault: default_time_zone, or zoneinfo_dir where not even
 * UTC is found. */
bool zone_load_default(const char *name, const struct zone **ret_zone, struct err *err) NODISCARD;
/* The rules for names above, without looking at any file. */
bool zone_name_is_sane(const char *name);
/* A name that the folder may have, and that is no zone for us, in any case of letters; err says why. */
bool zone_name_is_refused(const char *name, struct err *err);
/* Without the "posix/" of some folders, which says that leap seconds are not counted. */
const char *zone_name_plain(const char *name);
bool zone_is_loaded(const char *name);
const char *zones_dir(void);
const char *zone_name(const struct zone *zone);

sec_t zone_to_instant(
	const struct zone *zone, sec_t wall, enum zone_fit *ret_fit); /* ret may be NULL */
sec_t zone_to_wall(const struct zone *zone, sec_t instant);
struct tzif_fit zone_fit_wall(const struct zone *zone, sec_t wall);
/* They have the same clocks, as Europe/Kiev and Europe/Kyiv do: one is an alias of the other, or was copied. */
bool zone_is_same(const struct zone *zone, const struct zone *other);
/* The same of two names; false: err says which of them is no zone. */
bool zone_names_agree(
	const char *name, const char *other, bool *ret_same, struct err *err) NODISCARD;
/* Changes whenever the zone's file does: the data under which something was computed. */
uint64_t zone_digest(const struct zone *zone);

/* Looks again at the files of all loaded zones (tzdata is upgraded under running daemons).  A zone
 * whose file has changed is replaced in place; one whose file is gone or broken stays as it was.  A file
 * whose inode, size and times are what they were at the last two looks is not opened.  Returns how many have changed. */
size_t zones_refresh(void);
#define ZONES_VERSION_MAX 32
/* The version of the time zone data, "2025b", as their folder says it at this moment, in tzdata.zi or
 * +VERSION; "": it does not.  Those are read when they have changed. */
void zones_version(char version[static ZONES_VERSION_MAX]);
void zones_version_forget(void); /* for zones_close */
/* The loaded zones, in the order of their names; NULL: fewer than that. */
const struct zone *zones_at(size_t index);
