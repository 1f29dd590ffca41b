/* fault: crash points for tests.  RECURD_FAULT=POINT[:N]; see the header. */
#include "util/fault.h"

#ifdef RECURD_FAULTS
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A test that names its point wrongly must not pass as one that survived it. */
static long parse_passage(const char *text)
{
	char *end;
	long n = strtol(text, &end, 10);

	if (end == text || *end != '\0' || n < 1) {
		fprintf(stderr, "RECURD_FAULT: expected POINT or POINT:N, got \":%s\"\n", text);
		abort();
	}
	return n;
}

void fault(const char *point)
{
	static long left;
	const char *wanted = getenv("RECURD_FAULT");
	size_t len;

	if (wanted == NULL)
		return;
	len = strcspn(wanted, ":");
	if (strlen(point) != len || strncmp(point, wanted, len) != 0)
		return;
	if (left == 0)
		left = wanted[len] == ':' ? parse_passage(wanted + len + 1) : 1;
	if (--left == 0)
		kill(getpid(), SIGKILL);
}
#endif
