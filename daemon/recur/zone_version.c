/* Which version of the time zone data lies in the folder. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "recur/zone.h"
#include "util/mem.h"
#include "util/stamp.h"

#define HEAD_MAX 64 /* bytes of a file that are looked at */

/* Where distributions and the builders of containers say it, the first that does counts. */
static const struct {
	const char *file, *before;
} places[] = {
	{ "tzdata.zi", "# version " },
	{ "+VERSION", "" },
};

/* What was read last: each heartbeat asks. */
static struct {
	char *path;
	struct stamp stamp;
	char version[ZONES_VERSION_MAX];
} known;

static void take_version(
	const char *head, const char *before, char version[static ZONES_VERSION_MAX])
{
	static const char allowed[] =
		"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ._-";
	size_t skipped = strlen(before);
	*version = '\0';
	if (strncmp(head, before, skipped) != 0)
		return;
	size_t len = strspn(head + skipped, allowed);
	if (len >= ZONES_VERSION_MAX)
		return;
	memcpy(version, head + skipped, len);
	version[len] = '\0';
}

/* Not only regular files have names: one that blocks would stop the loop. */
static bool read_version(const char *path, const char *before)
{
	char head[HEAD_MAX + 1];
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return false;
	ssize_t len = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? read(fd, head, HEAD_MAX) : -1;
	close(fd);
	if (len < 0)
		return false;
	head[len] = '\0';
	zones_version_forget();
	known.path = mem_strdup(path);
	known.stamp = stamp_of(&st);
	take_version(head, before, known.version);
	return *known.version != '\0';
}

static bool is_known(const char *path)
{
	struct stat st;
	if (!known.path || strcmp(known.path, path) != 0 || stat(path, &st) != 0)
		return false;
	struct stamp stamp = stamp_of(&st);
	return *known.version != '\0' && stamp_same(&stamp, &known.stamp);
}

void zones_version_forget(void)
{
	free(known.path);
	known.path = NULL;
	*known.version = '\0';
}

void zones_version(char version[static ZONES_VERSION_MAX])
{
	bool found = false;
	for (size_t i = 0; i < ARRAY_LEN(places) && !found; i++) {
		char *path CLEANUP(mem_cleanup) = mem_printf("%s/%s", zones_dir(), places[i].file);
		found = is_known(path) || read_version(path, places[i].before);
	}
	memcpy(version, found ? known.version : "", found ? sizeof(known.version) : 1);
}
