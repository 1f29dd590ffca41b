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

bool zone_names_spell(const char *name, char *ret)
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
	char *path CLEANUP(mem_cleanup) = mem_printf("%s/%s", zones_dir(), name);
	return zone_name_is_sane(name) && access(path, F_OK) == 0;
}

/* What is there under exactly this name is left alone without a look at its neighbours. */
static bool find_name(const char *name, char *ret)
{
	if (!zone_is_loaded(name) && !has_file(name))
		return zone_names_spell(name, ret);
	strcpy(ret, name);
	return true;
}

/* "/mozilla.org/20050126_1/Europe/Paris", "tzone://Microsoft/Utc": the longest tail that is a name. */
static bool find_tail(const char *text, char *ret)
{
	if (*text != '/' && strncasecmp(text, "tzone://", 8) != 0)
		return false;
	for (const char *slash = strchr(text, '/'); slash; slash = strchr(slash + 1, '/'))
		if (find_name(slash + 1, ret))
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
		name[i] = found[i] < 0x80 ? (char)found[i] : '?';
	name[n] = '\0';
	return find_name(modern_name(name), ret);
}

static bool find_shown(const char *text, char *ret)
{
	const char *windows = zone_shown_windows(text);
	return windows && find_windows(windows, ret);
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
	char *name CLEANUP(mem_cleanup) = bare(text, len);
	char found[ZONE_NAME_MAX + 1];
	bool sane = zone_name_is_sane(name);
	bool known = sane ? find_name(name, found) : find_tail(name, found);
	if (known || find_windows(name, found) || find_shown(name, found))
		*ret_name = mem_strdup(found);
	else if (sane)
		*ret_name = mem_strdup(name);
	else
		return err_set(
			err, "expected a time zone like Europe/Berlin, got \"%.*s\"", SHOWN, name);
	return true;
}
