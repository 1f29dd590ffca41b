/* fuzz_conf: any file is refused with a text that names it, or gives a configuration whose dump is a
 * file again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "conf/conf.h"
#include "util/mem.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void require(bool condition)
{
	if (!condition)
		abort();
}

/* Loads a text as a file; NULL: refused. */
static struct conf *load(const void *text, size_t len, struct err *err)
{
	struct conf *conf = NULL;
	char path[64];
	int fd = memfd_create("conf", MFD_CLOEXEC);

	require(fd >= 0 && write(fd, text, len) == (ssize_t)len && lseek(fd, 0, SEEK_SET) == 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (!conf_load(path, NULL, 0, &conf, err)) {
		require(conf == NULL && strncmp(err->text, path, strlen(path)) == 0);
		close(fd);
		return NULL;
	}
	close(fd);
	return conf;
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct err err = { .text = "" };
	struct conf *conf = load(data, size, &err), *again;
	char *text CLEANUP(mem_cleanup) = NULL;
	size_t len = 0;
	FILE *out;

	if (conf == NULL)
		return 0;
	out = open_memstream(&text, &len);
	require(out != NULL);
	conf_dump(conf, out);
	fclose(out);
	again = load(text, len, &err);
	if (again == NULL) {
		fprintf(stderr, "%s\n%s\n", err.text, text);
		abort();
	}
	conf_free(conf);
	conf_free(again);
	return 0;
}
