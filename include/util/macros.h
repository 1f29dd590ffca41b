/* Compiler attributes that every layer uses, under one spelling. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* The caller must look at the result: it tells of the world, not of a bug. */
#define NODISCARD        __attribute__((warn_unused_result))
#define PRINTF(fmt, arg) __attribute__((format(printf, fmt, arg)))
/* A local that frees itself; fn takes a pointer to the variable. */
#define CLEANUP(fn)      __attribute__((cleanup(fn)))
#define ARRAY_LEN(array) (sizeof(array) / sizeof((array)[0]))

/* Time is an argument everywhere.  Three kinds, never mixed:
 *   usec_t  an instant: microseconds since 1970-01-01T00:00:00Z (PostgreSQL's resolution), or a
 *	     span of microseconds; int64_t, negative before 1970
 *   sec_t   whole seconds: an instant (since 1970-01-01T00:00:00Z) or, where the name says "wall",
 *	     the reading of a wall clock counted as if it stood in UTC (1970-01-01T00:00:00 is 0)
 *   ev_tstamp (double, libev) only for waits on the monotonic clock
 */
typedef int64_t usec_t;
typedef int64_t sec_t;

#define USEC_PER_SEC  INT64_C(1000000)
#define USEC_PER_MSEC INT64_C(1000)
