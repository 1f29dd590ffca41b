/* load: how much comes in each hour of a span, and in the fullest minute of it.
 *
 * Eight bytes for each minute of the span, however much comes.
 */
#pragma once

#include "util/macros.h"

struct table;

enum load_kind { LOAD_INSTANCES, LOAD_REMINDERS, LOAD_KINDS };

struct load {
	usec_t begins; /* a full hour */
	size_t minutes_n;
	uint32_t (*minutes)[LOAD_KINDS];
	int64_t total[LOAD_KINDS];
};

#define LOAD_DAYS_MAX 3660

struct load_hour {
	usec_t begins;
	int64_t n[LOAD_KINDS];
	usec_t fullest; /* minute of it */
	int64_t fullest_n; /* of all kinds */
};

/* from <= to, at most LOAD_DAYS_MAX apart. */
void load_init(struct load *load, usec_t from, usec_t to);
void load_free(struct load *load);
void load_add(struct load *load, enum load_kind kind, usec_t at); /* not in the span: nothing */
size_t load_hours(const struct load *load);
struct load_hour load_hour(const struct load *load, size_t i);
