/* fault: crash points.
 *
 * fault("reminder.logged_not_committed") kills this process with SIGKILL when the environment
 * variable RECURD_FAULT names that point, with ":N" at its N-th passage; RECURD_FAULT_STOP stops it
 * there with SIGSTOP, once.  Compiled into builds with -DRECURD_FAULTS=ON (the presets dev and asan);
 * elsewhere the call is nothing.
 */
#pragma once

#ifdef RECURD_FAULTS
void fault(const char *point);
#else
static inline void fault(const char *point)
{
	(void)point;
}
#endif
