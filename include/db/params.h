/* params: the parameters of one statement, in PostgreSQL's binary formats.
 *
 * Binary, because then neither TimeZone, DateStyle nor extra_float_digits of a session that others
 * used before us (a pooler's) can change what a value means, and because arrays need no quoting.
 * Values are copied.  At most PARAMS_MAX.  Owner: params_free, or CLEANUP(params_free).
 */
#pragma once

#include <libpq-fe.h>
#include <stdbool.h>

#include "db/rows.h"
#include "util/strbuf.h"

#define PARAMS_MAX       40
#define PARAMS_BYTES_MAX (64u << 20)

struct params {
	int n;
	Oid types[PARAMS_MAX];
	int lengths[PARAMS_MAX];
	int formats[PARAMS_MAX];
	size_t offsets[PARAMS_MAX]; /* into data; SIZE_MAX: NULL */
	struct strbuf data;
};

void params_init(struct params *params);
void params_free(struct params *params);

void params_null(struct params *params, Oid type);
void params_text(struct params *params, const char *value); /* NULL: null */
/* The same of a text in UTF-8, which the statement gets in the database's encoding (util/charset.h); ids, and
 * what else was read from the database, go back as they came. */
void params_utf8(struct params *params, const char *value);
void params_int4(struct params *params, int32_t value);
void params_int8(struct params *params, int64_t value);
/* A timeout as text, in milliseconds, at least 1: for set_config. */
void params_milliseconds(struct params *params, usec_t timeout);
void params_bool(struct params *params, bool value);
/* timestamptz; infinities map, and INSTANT_NONE to null. */
void params_instant(struct params *params, usec_t value);
void params_wall(struct params *params, sec_t value); /* timestamp; USEC_INFINITY: infinite */

/* Arrays of one dimension.  present: NULL, or one flag an element, false = NULL.  Where all are NULL the
 * array is empty: unnested beside others it yields the same, and costs nothing. */
void params_texts(struct params *params, const char *const *values, size_t n);
void params_utf8s(struct params *params, const char *const *values, size_t n);
/* Of 32 lower-case hex digits each, with hyphens or without. */
void params_uuids(struct params *params, const char *const *values, size_t n);
void params_int8s(struct params *params, const int64_t *values, size_t n);
void params_bools(struct params *params, const bool *values, size_t n);
void params_instants(struct params *params, const usec_t *values, const bool *present, size_t n);
void params_places(struct params *params, const struct row_place *values, size_t n); /* tid[] */
/* timestamp[], in microseconds */
void params_walls_us(struct params *params, const usec_t *values, const bool *present, size_t n);

/* Pointers for PQsendQueryParams, valid until the next change; values has PARAMS_MAX places. */
void params_values(const struct params *params, const char *values[static PARAMS_MAX]);
