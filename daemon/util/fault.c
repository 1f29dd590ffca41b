/* fault: crash points for tests.  RECURD_FAULT=POINT[:N], RECURD_FAULT_STOP=POINT[:N]; see the header. */
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

/* What is to happen, where, and after how many more passages. */
struct harm {
	const char *variable;
	int signal;
	long left;
};

static void pass(struct harm *harm, const char *point)
{
	const char *wanted = getenv(harm->variable);
	if (!wanted)
		return;
	size_t len = strcspn(wanted, ":");
	if (strlen(point) != len || strncmp(point, wanted, len) != 0)
		return;
	if (harm->left == 0)
		harm->left = wanted[len] == ':' ? parse_passage(wanted + len + 1) : 1;
	if (--harm->left != 0)
		return;
	kill(getpid(), harm->signal);
	/* Woken again, it is over. */
	unsetenv(harm->variable);
}

void fault(const char *point)
{
	static struct harm harms[] = { { "RECURD_FAULT", SIGKILL, 0 },
		{ "RECURD_FAULT_STOP", SIGSTOP, 0 } };
	for (size_t i = 0; i < sizeof(harms) / sizeof(harms[0]); i++)
		pass(&harms[i], point);
}
#endif
