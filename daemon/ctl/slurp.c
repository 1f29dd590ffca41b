/* Files to texts; see the header. */
#include "ctl/slurp.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "ctl/ctl.h"
#include "util/mem.h"

#define CHUNK 65536

/* Until its end or the buffer's cap; false: errno says why not. */
static bool read_all(int fd, struct strbuf *text)
{
	char *chunk CLEANUP(mem_cleanup) = mem_alloc(CHUNK);
	ssize_t got = 1;
	while (got != 0 && !text->overflowed) {
		got = read(fd, chunk, CHUNK);
		if (got > 0)
			strbuf_add(text, chunk, (size_t)got);
		else if (got < 0 && errno != EINTR)
			return false;
	}
	return true;
}

int slurp_file(const char *path, struct strbuf *text)
{
	bool is_stdin = strcmp(path, "-") == 0;
	int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	bool well = fd >= 0 && read_all(fd, text);
	int error = errno;
	if (!is_stdin && fd >= 0)
		close(fd);
	if (!well)
		return ctl_error(EX_DATAERR, "%s: %s", path, strerror(error));
	if (text->overflowed)
		return ctl_error(EX_DATAERR, "%s: larger than %zu MB", path, text->cap >> 20);
	return EX_OK;
}
