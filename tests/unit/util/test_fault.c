/* fault: kills at the named point and passage, and nowhere else; nothing in builds without it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "util/fault.h"

#ifdef RECURD_FAULTS
#define KILLED SIGKILL
#else
#define KILLED 0
#endif

/* The signal that ended a process which passes "other", then three times "here"; 0: none did.  The
 * exit status, which is the number of passages, goes to *ret_passages. */
static int signal_of(const char *wanted, int *ret_passages)
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		setenv("RECURD_FAULT", wanted, 1);
		fault("other");
		for (int i = 0; i < 3; i++)
			fault("here");
		_exit(3);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	*ret_passages = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void kills_at_its_point(void **state)
{
	int passages;

	(void)state;
	assert_int_equal(signal_of("here", &passages), KILLED);
	assert_int_equal(signal_of("here:3", &passages), KILLED);
	assert_int_equal(signal_of("other", &passages), KILLED);
}

static void spares_what_is_not_named(void **state)
{
	static const char *const wanted[] = { "", "her", "here.too", "here:4", "elsewhere:1" };
	int passages;

	(void)state;
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		assert_int_equal(signal_of(wanted[i], &passages), 0);
		assert_int_equal(passages, 3);
	}
}

/* A test that counts wrongly must not look like a daemon that survives. */
static void wrong_counts_abort(void **state)
{
	static const char *const wanted[] = { "here:", "here:0", "here:-1", "here:2x" };
	int passages;

	(void)state;
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		assert_int_equal(signal_of(wanted[i], &passages), KILLED != 0 ? SIGABRT : 0);
}

/* Stopped at its second passage, and after SIGCONT never again. */
static void stops_once(void **state)
{
	int status;
	pid_t child = fork();

	(void)state;
	if (child == 0) {
		setenv("RECURD_FAULT_STOP", "here:2", 1);
		for (int i = 0; i < 6; i++)
			fault("here");
		_exit(3);
	}
	if (KILLED != 0) {
		assert_int_equal(waitpid(child, &status, WUNTRACED), child);
		assert_true(WIFSTOPPED(status));
		kill(child, SIGCONT);
	}
	assert_int_equal(waitpid(child, &status, WUNTRACED), child);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kills_at_its_point),
		cmocka_unit_test(spares_what_is_not_named),
		cmocka_unit_test(wrong_counts_abort),
		cmocka_unit_test(stops_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
