/* Zone names from elsewhere; see the header. */
#include "recur/zone_names.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unicode/ucal.h>
#include <unistd.h>

#include "recur/zone.h"
#include "recur/zone_shown.h"
#include "util/mem.h"
#include "util/strbuf.h"

#define SHOWN       60
#define PARTS_MAX   3
#define TEXT_MAX    200 /* of a name as it is written */
#define WINDOWS_MAX 64 /* of a name; the longest has 32 */

/* ---- the folder ---- */

/* The entry of the folder that is `part` in another case; of several, the first in the order of bytes, so
 * that the order of the folder does not matter. */
static bool find_entry(const char *folder, const char *part, size_t len, char *ret)
{
	DIR *dir = opendir(folder);
	bool found = false;
	if (!dir)
		return false;
	for (const struct dirent *entry; (entry = readdir(dir));) {
		if (strlen(entry->d_name) != len || strncasecmp(entry->d_name, part, len) != 0)
			continue;
		if (!found || strcmp(entry->d_name, ret) < 0)
			memcpy(ret, entry->d_name, len + 1);
		found = true;
	}
	closedir(dir);
	return found;
}

/* The folder's spelling of a sane name in another case; ret: ZONE_NAME_MAX + 1 bytes. */
static bool find_spelling(const char *name, char *ret)
{
	struct strbuf path CLEANUP(strbuf_free) = STRBUF(4096);
	char spelled[ZONE_NAME_MAX + 1] = "";
	if (!zone_name_is_sane(name))
		return false;
	strbuf_add_text(&path, zones_dir());
	size_t root = path.len + 1;
	for (const char *part = name; *part != '\0';) {
		size_t len = strcspn(part, "/");
		char entry[ZONE_NAME_MAX + 1];
		if (path.overflowed || !find_entry(path.data, part, len, entry))
			return false;
		strbuf_addf(&path, "/%s", entry);
		part += len + (part[len] == '/');
	}
	if (path.overflowed || path.len - root > ZONE_NAME_MAX)
		return false;
	strcpy(spelled, path.data + root);
	/* "LOCALTIME" is refused as "localtime" is. */
	if (!zone_name_is_sane(spelled))
		return false;
	strcpy(ret, spelled);
	return true;
}

static bool has_file(const char *name)
{
	if (!zone_name_is_sane(name))
		return false;
	char *path CLEANUP(mem_cleanup) = mem_printf("%s/%s", zones_dir(), name);
	return access(path, F_OK) == 0;
}

/* What is there under exactly this name is left alone without a look at its neighbours. */
static bool find_name(const char *name, char *ret)
{
	name = zone_name_plain(name);
	if (!zone_is_loaded(name) && !has_file(name))
		return find_spelling(name, ret);
	strcpy(ret, name);
	return true;
}

/* "/mozilla.org/20050126_1/Europe/Paris", "tzone://Microsoft/Utc": the longest tail that is a name. */
static bool find_tail(const char *text, char *ret)
{
	if (*text != '/' && strncasecmp(text, "tzone://", 8) != 0)
		return false;
	/* No name has more parts: "America/Argentina/Ushuaia". */
	const char *tails[PARTS_MAX] = { NULL };
	for (const char *slash = strchr(text, '/'); slash; slash = strchr(slash + 1, '/')) {
		memmove(tails, tails + 1, sizeof(tails) - sizeof(tails[0]));
		tails[PARTS_MAX - 1] = slash + 1;
	}
	for (size_t i = 0; i < PARTS_MAX; i++)
		if (tails[i] && find_name(tails[i], ret))
			return true;
	return false;
}

/* ---- Windows ---- */

/* CLDR keeps the names of its first edition, links that some systems no longer install; and its older
 * tables, which are still in use, have two zones by places that have left them since. */
static const char *modern_name(const char *name)
{
	static const char *const renamed[][2] = {
		{ "America/Buenos_Aires", "America/Argentina/Buenos_Aires" },
		{ "America/Godthab", "America/Nuuk" },
		{ "America/Indianapolis", "America/Indiana/Indianapolis" },
		{ "America/Chihuahua", "America/Mazatlan" },
		{ "Asia/Almaty", "Asia/Bishkek" },
		{ "Asia/Calcutta", "Asia/Kolkata" },
		{ "Asia/Katmandu", "Asia/Kathmandu" },
		{ "Asia/Rangoon", "Asia/Yangon" },
		{ "Europe/Kiev", "Europe/Kyiv" },
	};
	for (size_t i = 0; i < ARRAY_LEN(renamed); i++)
		if (strcmp(renamed[i][0], name) == 0 && has_file(renamed[i][1]))
			return renamed[i][1];
	return name;
}

static bool find_windows(const char *text, char *ret)
{
	UChar id[WINDOWS_MAX + 1], found[ZONE_NAME_MAX + 1];
	UErrorCode status = U_ZERO_ERROR;
	char name[ZONE_NAME_MAX + 1];
	size_t len = strlen(text);
	if (len > WINDOWS_MAX)
		return false;
	for (size_t i = 0; i <= len; i++) {
		if ((unsigned char)text[i] >= 0x80)
			return false;
		id[i] = (UChar)text[i];
	}
	int32_t n = ucal_getTimeZoneIDForWindowsID(
		id, (int32_t)len, NULL, found, ZONE_NAME_MAX, &status);
	if (U_FAILURE(status) || n <= 0 || n > ZONE_NAME_MAX)
		return false;
	for (int32_t i = 0; i < n; i++)
		name[i] = (char)(found[i] < 0x80 ? found[i] : '?');
	name[n] = '\0';
	return find_name(modern_name(name), ret);
}

static bool find_shown(const char *text, char *ret)
{
	const char *windows = zone_shown_windows(text);
	return windows && find_windows(windows, ret);
}

/* ---- what was found before ---- */

/* Rules are read again and again, and a look into the folder costs more than the rest of a rule.  What is not
 * found is looked for anew: it may come with the next tzdata. */
#define KNOWN_MAX 64

static struct known {
	char *text, *name;
} known[KNOWN_MAX];

static struct known *known_place(const char *text)
{
	uint32_t hash = UINT32_C(2166136261); /* FNV-1a */
	for (; *text != '\0'; text++)
		hash = (hash ^ (unsigned char)*text) * UINT32_C(16777619);
	return &known[hash % KNOWN_MAX];
}

static void known_set(struct known *place, char *text, char *name)
{
	free(place->text);
	free(place->name);
	*place = (struct known){ text, name };
}

void zone_names_forget(void)
{
	for (size_t i = 0; i < KNOWN_MAX; i++)
		known_set(&known[i], NULL, NULL);
}

/* ---- the whole ---- */

static char *bare(const char *text, size_t len)
{
	while (len > 0 && strchr(" \t\r\n", text[len - 1]))
		len--;
	for (; len > 0 && strchr(" \t", *text); len--)
		text++;
	if (len > 1 && *text == '"' && text[len - 1] == '"')
		return mem_strndup(text + 1, len - 2);
	return mem_strndup(text, len);
}

bool zone_names_read(const char *text, size_t len, char **ret_name, struct err *err)
{
	if (len > TEXT_MAX)
		return err_set(err, "expected a time zone like Europe/Berlin, got %zu bytes", len);
	char *written CLEANUP(mem_cleanup) = bare(text, len);
	const char *name = zone_name_plain(written);
	char found[ZONE_NAME_MAX + 1];
	bool sane = zone_name_is_sane(name);
	struct known *place = known_place(name);
	if (place->text && strcmp(place->text, name) == 0) {
		*ret_name = mem_strdup(place->name);
		return true;
	}
	if ((sane ? find_name(name, found) : find_tail(name, found)) || find_windows(name, found) ||
		find_shown(name, found)) {
		*ret_name = mem_strdup(found);
		known_set(place, mem_strdup(name), mem_strdup(found));
		return true;
	}
	if (!sane && zone_name_is_refused(name, err))
		return false;
	if (!sane)
		return err_set(
			err, "expected a time zone like Europe/Berlin, got \"%.*s\"", SHOWN, name);
	*ret_name = mem_strdup(name);
	return true;
}

void zone_names_open(void)
{
	char name[ZONE_NAME_MAX + 1];
	(void)find_windows("W. Europe Standard Time", name);
}
