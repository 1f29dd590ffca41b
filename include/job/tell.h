/* tell: the words of a batch: its log lines within log_rate, its NOTIFY payload within 8,000 bytes.
 *
 * Per-row lines are complete up to log_rate a second (a token bucket of one second's worth); above it
 * rows go without a line and the batch's summary line says how many did.
 */
#pragma once

#include <stdbool.h>

#include "util/strbuf.h"

struct tell_rate {
	double per_second, burst; /* 0: no per-row lines */
	double tokens;
	usec_t filled_at; /* monotonic */
};

/* burst: so many at once, after a quiet time. */
void tell_rate_set(struct tell_rate *rate, double per_second, double burst);
bool tell_rate_take(struct tell_rate *rate, usec_t monotonic);

/* {"kind":"reminder","count":2,"tasks":["a","b"]}, in ASCII; where the ids do not fit, or are bytes that mean
 * nothing: {"kind":"reminder","count":1000,"more":true}: read recurd.notifications. */
#define TELL_HINT_MAX 7900

struct tell_hint {
	const char *kind;
	int64_t count;
	bool overflowed;
	struct strbuf ids;
};

void tell_hint_init(struct tell_hint *hint, const char *kind);
void tell_hint_add(struct tell_hint *hint, const char *task_id);
/* The payload, NULL if nothing was added; valid until free.  */
const char *tell_hint_text(struct tell_hint *hint);
void tell_hint_free(struct tell_hint *hint);
