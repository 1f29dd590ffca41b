/* clock: the monotonic clock, for waits and durations.  Business time is the database's alone. */
#pragma once

#include "util/macros.h"

usec_t clock_monotonic(void);
