/* Loaded zones, by name, and the files that they come from. */
#include "recur/zone.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "recur/zone_lacks.h"
#include "recur/zone_names.h"
#include "util/mem.h"
#include "util/stamp.h"

#define ZONEINFO_DIR "/usr/share/zoneinfo"
#define ZONES_MAX \
	2048 /* the folder has some 600 names; aliases of a folder in it may double them */

struct zone {
	char *name;
	struct tzif *tzif;
	uint64_t digest;
	struct stamp stamp; /* of what was read */
	bool confirmed; /* it was read once more after that stamp was seen first */
};

struct content {
	struct tzif *tzif;
	uint64_t digest;
	struct stamp stamp;
};

static struct {
	char *dir;
	struct zone **list; /* sorted by name */
	size_t n;
} zones;

void zones_open(const char *dir)
{
	zones_close();
	zones.dir = mem_strdup(dir ? dir : ZONEINFO_DIR);
}

static void zone_free(struct zone *zone)
{
	tzif_free(zone->tzif);
	free(zone->name);
	free(zone);
}

void zones_close(void)
{
	for (size_t i = 0; i < zones.n; i++)
		zone_free(zones.list[i]);
	zone_names_forget();
	zones_version_forget();
	free(zones.list);
	free(zones.dir);
	zones.list = NULL;
	zones.dir = NULL;
	zones.n = 0;
}

bool zone_name_is_sane(const char *name)
{
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+-/";
	size_t len = strnlen(name, ZONE_NAME_MAX + 1);
	if (len == 0 || len > ZONE_NAME_MAX || strspn(name, allowed) != len)
		return false;
	if (name[0] == '/' || name[len - 1] == '/' || strstr(name, "//"))
		return false;
	return !zone_name_is_refused(name, NULL);
}

bool zone_name_is_refused(const char *name, struct err *err)
{
	if (strcasecmp(name, "localtime") == 0 || strcasecmp(name, "posixrules") == 0)
		return !err_set(err,
			"\"%s\" is no time zone name: it is what this machine has chosen", name);
	if (strcasecmp(name, "Factory") == 0)
		return !err_set(err,
			"\"%s\" is no time zone: it stands for one that nobody has chosen", name);
	if (strncasecmp(name, "right/", 6) == 0)
		return !err_set(err,
			"\"%.*s\" counts leap seconds, which instants here do not: expected "
			"\"%.*s\"",
			ZONE_NAME_MAX, name, ZONE_NAME_MAX, name + 6);
	return false;
}

const char *zone_name_plain(const char *name)
{
	static const char prefix[] = "posix/";
	size_t len = strlen(prefix);
	return strncasecmp(name, prefix, len) == 0 ? &name[len] : name;
}

/* That there is no such file is a fact about the name; anything else is trouble of this machine. */
static bool file_failed(const char *name, int error, struct err *err)
{
	if (error == ENOENT || error == ENOTDIR || error == ELOOP || error == ENAMETOOLONG)
		return err_set(err, "unknown time zone \"%s\"", name);
	return err_set_passing(err, "time zone \"%s\": %s", name, strerror(error));
}

/* Whole file into buf (TZIF_BYTES_MAX + 1 bytes); the name has been checked. */
static bool file_read(const char *name, unsigned char *buf, size_t *ret_len,
	struct stamp *ret_stamp, struct err *err)
{
	char *path CLEANUP(mem_cleanup) = mem_printf("%s/%s", zones.dir, name);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return file_failed(name, errno, err);
	struct stat st;
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return err_set(err, "unknown time zone \"%s\"", name);
	}
	size_t len = 0;
	ssize_t got = 0;
	do {
		got = read(fd, buf + len, TZIF_BYTES_MAX + 1 - len);
		if (got > 0)
			len += (size_t)got;
	} while ((got > 0 && len <= TZIF_BYTES_MAX) || (got < 0 && errno == EINTR));
	int error = got < 0 ? errno : 0;
	close(fd);
	if (error)
		return file_failed(name, error, err);
	*ret_len = len;
	*ret_stamp = stamp_of(&st); /* from before the read: what is written meanwhile is noticed */
	return true;
}

static uint64_t digest_of(const unsigned char *data, size_t len)
{
	uint64_t hash = UINT64_C(14695981039346656037); /* FNV-1a */
	for (size_t i = 0; i < len; i++)
		hash = (hash ^ data[i]) * UINT64_C(1099511628211);
	return hash;
}

static bool content_read(const char *name, struct content *ret_content, struct err *err)
{
	unsigned char *buf CLEANUP(mem_cleanup) = mem_alloc(TZIF_BYTES_MAX + 1);
	struct content content;
	size_t len = 0;
	if (!file_read(name, buf, &len, &content.stamp, err))
		return false;
	if (!tzif_parse(buf, len, &content.tzif, err))
		return err_prefix(err, "time zone \"%s\": ", name);
	content.digest = digest_of(buf, len);
	*ret_content = content;
	return true;
}

/* Where the name is, or belongs. */
static size_t zone_place(const char *name, bool *ret_found)
{
	size_t low = 0, high = zones.n;
	*ret_found = false;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int order = strcmp(zones.list[mid]->name, name);
		if (order == 0) {
			*ret_found = true;
			return mid;
		}
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static const struct zone *zone_insert(size_t place, const char *name, const struct content *content)
{
	struct zone *zone = mem_alloc(sizeof(*zone));
	*zone = (struct zone){ .name = mem_strdup(name),
		.tzif = content->tzif,
		.digest = content->digest,
		.stamp = content->stamp };
	zones.list = mem_realloc_array(zones.list, zones.n + 1, sizeof(struct zone *));
	memmove(&zones.list[place + 1], &zones.list[place],
		(zones.n - place) * sizeof(struct zone *));
	zones.list[place] = zone;
	zones.n++;
	return zone;
}

const char *zones_dir(void)
{
	if (!zones.dir)
		zones_open(NULL);
	return zones.dir;
}

bool zone_is_loaded(const char *name)
{
	bool found;
	zone_place(name, &found);
	return found;
}

static bool load_file(const char *name, const struct zone **ret_zone, struct err *err)
{
	bool found = false;
	size_t place = zone_place(name, &found);
	if (found) {
		*ret_zone = zones.list[place];
		return true;
	}
	if (zones.n >= ZONES_MAX)
		return err_set(err, "more than %d time zones in use", ZONES_MAX);
	struct content content;
	if (!content_read(name, &content, err))
		return false;
	*ret_zone = zone_insert(place, name, &content);
	return true;
}

bool zone_load(const char *name, const struct zone **ret_zone, struct err *err)
{
	char *spelled CLEANUP(mem_cleanup) = NULL;
	zones_dir();
	name = zone_name_plain(name);
	if (zone_name_is_refused(name, err))
		return false;
	if (!zone_name_is_sane(name))
		return err_set(err, "\"%.*s\" is no time zone name", ZONE_NAME_MAX, name);
	struct err why = { .passing = false };
	if (load_file(name, ret_zone, &why))
		return true;
	if (!why.passing && zone_names_read(name, strlen(name), &spelled, NULL) &&
		strcmp(spelled, name) != 0)
		return load_file(spelled, ret_zone, err);
	if (!why.passing)
		zone_lacks_take(name, zones.dir, &why);
	if (err)
		*err = why;
	return false;
}

bool zone_load_default(const char *name, const struct zone **ret_zone, struct err *err)
{
	if (zone_load(name, ret_zone, err))
		return true;
	const struct zone *utc;
	if ((err && err->passing) || zone_load("UTC", &utc, NULL))
		return err_prefix(err, "default_time_zone: ");
	return err_set(err, "zoneinfo_dir: there are no time zones in %s", zones.dir);
}

static bool is_untouched(const struct zone *zone)
{
	char *path CLEANUP(mem_cleanup) = mem_printf("%s/%s", zones.dir, zone->name);
	struct stat st;
	if (!zone->confirmed || stat(path, &st) != 0)
		return false;
	struct stamp stamp = stamp_of(&st);
	return stamp_same(&stamp, &zone->stamp);
}

/* true: the zone is another one now. */
static bool zone_refresh(struct zone *zone)
{
	struct content content = { 0 };
	if (is_untouched(zone) || !content_read(zone->name, &content, NULL))
		return false;
	/* A file that is written twice within a tick of the file system's clock keeps its stamp: what
	 * has a new one is read at the next look as well. */
	zone->confirmed = stamp_same(&content.stamp, &zone->stamp);
	zone->stamp = content.stamp;
	if (content.digest == zone->digest) {
		tzif_free(content.tzif);
		return false;
	}
	tzif_free(zone->tzif);
	zone->tzif = content.tzif;
	zone->digest = content.digest;
	return true;
}

size_t zones_refresh(void)
{
	size_t changed = 0;
	zone_lacks_refresh();
	zone_names_forget(); /* tzdata may have come with other names, and other links */
	for (size_t i = 0; i < zones.n; i++)
		changed += zone_refresh(zones.list[i]);
	return changed;
}

const char *zone_name(const struct zone *zone)
{
	return zone->name;
}

uint64_t zone_digest(const struct zone *zone)
{
	return zone->digest;
}

bool zone_is_same(const struct zone *zone, const struct zone *other)
{
	return zone == other || zone->digest == other->digest;
}

bool zone_names_agree(const char *name, const char *other, bool *ret_same, struct err *err)
{
	const struct zone *zone = NULL, *another = NULL;
	if (strcmp(name, other) == 0) {
		*ret_same = true;
		return true;
	}
	if (!zone_load(name, &zone, err) || !zone_load(other, &another, err))
		return false;
	*ret_same = zone && another && zone_is_same(zone, another);
	return true;
}

struct tzif_fit zone_fit_wall(const struct zone *zone, sec_t wall)
{
	return tzif_fit_wall(zone->tzif, wall);
}

sec_t zone_to_instant(const struct zone *zone, sec_t wall, enum zone_fit *ret_fit)
{
	struct tzif_fit fit = tzif_fit_wall(zone->tzif, wall);
	if (ret_fit)
		*ret_fit = fit.fit;
	return wall - fit.offset;
}

sec_t zone_to_wall(const struct zone *zone, sec_t instant)
{
	return instant + tzif_offset_at(zone->tzif, instant);
}

const struct zone *zones_at(size_t index)
{
	return index < zones.n ? zones.list[index] : NULL;
}
