/* Statement parameters in binary; see the header.
 *
 * Array format (PostgreSQL's array_send): dimensions, has-nulls flag, element type, then length and
 * lower bound of the one dimension, then each element as length and bytes, -1 for NULL.
 */
#include "db/params.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "util/charset.h"
#include "util/mem.h"
#include "util/timefmt.h"

/* pg_type.dat; stable by promise of the protocol. */
enum {
	OID_BOOL = 16,
	OID_INT8 = 20,
	OID_INT4 = 23,
	OID_TEXT = 25,
	OID_TID = 27,
	OID_TIMESTAMP = 1114,
	OID_TIMESTAMPTZ = 1184,
	OID_BOOL_ARRAY = 1000,
	OID_TEXT_ARRAY = 1009,
	OID_TID_ARRAY = 1010,
	OID_INT8_ARRAY = 1016,
	OID_TIMESTAMP_ARRAY = 1115,
	OID_TIMESTAMPTZ_ARRAY = 1185,
	OID_UUID = 2950,
	OID_UUID_ARRAY = 2951,
};

void params_init(struct params *params)
{
	params->n = 0;
	strbuf_init(&params->data, PARAMS_BYTES_MAX);
}

void params_free(struct params *params)
{
	strbuf_free(&params->data);
	params->n = 0;
}

/* Opens the next parameter; its bytes are what is appended to data until param_end. */
static int param_begin(struct params *params, Oid type)
{
	if (params->n == PARAMS_MAX)
		mem_abort("more than PARAMS_MAX parameters");
	int i = params->n++;
	params->types[i] = type;
	params->formats[i] = 1;
	params->offsets[i] = params->data.len;
	return i;
}

static void param_end(struct params *params, int i)
{
	if (params->data.overflowed)
		mem_abort("parameters exceed PARAMS_BYTES_MAX");
	params->lengths[i] = (int)(params->data.len - params->offsets[i]);
}

void params_null(struct params *params, Oid type)
{
	int i = param_begin(params, type);
	params->offsets[i] = SIZE_MAX;
	params->lengths[i] = 0;
}

void params_text(struct params *params, const char *value)
{
	if (!value) {
		params_null(params, OID_TEXT);
		return;
	}
	int i = param_begin(params, OID_TEXT);
	strbuf_add_text(&params->data, value);
	param_end(params, i);
}

void params_utf8(struct params *params, const char *value)
{
	if (!value) {
		params_null(params, OID_TEXT);
		return;
	}
	int i = param_begin(params, OID_TEXT);
	(void)charset_from_utf8(charset_bound(), value, strlen(value), &params->data);
	param_end(params, i);
}

void params_int4(struct params *params, int32_t value)
{
	int i = param_begin(params, OID_INT4);
	strbuf_add_be32(&params->data, (uint32_t)value);
	param_end(params, i);
}

void params_int8(struct params *params, int64_t value)
{
	int i = param_begin(params, OID_INT8);
	strbuf_add_be64(&params->data, (uint64_t)value);
	param_end(params, i);
}

void params_bool(struct params *params, bool value)
{
	int i = param_begin(params, OID_BOOL);
	strbuf_add_char(&params->data, value ? 1 : 0);
	param_end(params, i);
}

static uint64_t postgres_instant(usec_t value)
{
	bool infinite = value == USEC_INFINITY || value == USEC_MINUS_INFINITY;
	return (uint64_t)(infinite ? value : value - POSTGRES_EPOCH);
}

/* Infinite walls are the infinities themselves. */
static uint64_t postgres_wall(sec_t value)
{
	bool infinite = value == USEC_INFINITY || value == USEC_MINUS_INFINITY;
	return postgres_instant(infinite ? value : value * USEC_PER_SEC);
}

void params_instant(struct params *params, usec_t value)
{
	if (value == INSTANT_NONE) {
		params_null(params, OID_TIMESTAMPTZ);
		return;
	}
	int i = param_begin(params, OID_TIMESTAMPTZ);
	strbuf_add_be64(&params->data, postgres_instant(value));
	param_end(params, i);
}

void params_wall(struct params *params, sec_t value)
{
	int i = param_begin(params, OID_TIMESTAMP);
	strbuf_add_be64(&params->data, postgres_wall(value));
	param_end(params, i);
}

static int array_begin(struct params *params, Oid type, Oid element_type, bool has_nulls, size_t n)
{
	int i = param_begin(params, type);
	strbuf_add_be32(&params->data, n ? 1 : 0);
	strbuf_add_be32(&params->data, has_nulls ? 1 : 0);
	strbuf_add_be32(&params->data, element_type);
	if (n) {
		strbuf_add_be32(&params->data, (uint32_t)n);
		strbuf_add_be32(&params->data, 1);
	}
	return i;
}

static void array_add_be64(struct params *params, uint64_t value)
{
	strbuf_add_be32(&params->data, 8);
	strbuf_add_be64(&params->data, value);
}

static void array_add_null(struct params *params)
{
	strbuf_add_be32(&params->data, UINT32_MAX);
}

static bool any(const bool *flags, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (flags[i])
			return true;
	return false;
}

static void array_add_text(struct params *params, const char *text, bool utf8)
{
	struct strbuf bytes CLEANUP(strbuf_free) = STRBUF(SIZE_MAX);
	size_t len = strlen(text);
	if (utf8) {
		(void)charset_from_utf8(charset_bound(), text, len, &bytes);
		text = bytes.data;
		len = bytes.len;
	}
	strbuf_add_be32(&params->data, (uint32_t)len);
	strbuf_add(&params->data, text, len);
}

static bool all_null(const char *const *values, size_t n)
{
	size_t first = 0;
	while (first < n && !values[first])
		first++;
	return first == n;
}

static void add_texts(struct params *params, const char *const *values, size_t n, bool utf8)
{
	if (all_null(values, n))
		n = 0;
	int p = array_begin(params, OID_TEXT_ARRAY, OID_TEXT, true, n);
	for (size_t i = 0; i < n; i++) {
		if (values[i])
			array_add_text(params, values[i], utf8);
		else
			array_add_null(params);
	}
	param_end(params, p);
}

void params_texts(struct params *params, const char *const *values, size_t n)
{
	add_texts(params, values, n, false);
}

void params_utf8s(struct params *params, const char *const *values, size_t n)
{
	add_texts(params, values, n, true);
}

void params_int8s(struct params *params, const int64_t *values, size_t n)
{
	int p = array_begin(params, OID_INT8_ARRAY, OID_INT8, false, n);
	for (size_t i = 0; i < n; i++)
		array_add_be64(params, (uint64_t)values[i]);
	param_end(params, p);
}

void params_bools(struct params *params, const bool *values, size_t n)
{
	int p = array_begin(params, OID_BOOL_ARRAY, OID_BOOL, false, n);
	for (size_t i = 0; i < n; i++) {
		strbuf_add_be32(&params->data, 1);
		strbuf_add_char(&params->data, values[i] ? 1 : 0);
	}
	param_end(params, p);
}

void params_places(struct params *params, const struct row_place *values, size_t n)
{
	int p = array_begin(params, OID_TID_ARRAY, OID_TID, false, n);
	for (size_t i = 0; i < n; i++) {
		strbuf_add_be32(&params->data, sizeof(values[i].bytes));
		strbuf_add(&params->data, values[i].bytes, sizeof(values[i].bytes));
	}
	param_end(params, p);
}

static int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void array_add_uuid(struct params *params, const char *text)
{
	unsigned char bytes[16] = { 0 };
	for (size_t digits = 0; *text && digits < 2 * sizeof(bytes); text++) {
		int digit = hex_digit(*text);
		if (digit < 0)
			continue;
		bytes[digits / 2] |= (unsigned char)(digits % 2 ? digit : digit << 4);
		digits++;
	}
	strbuf_add_be32(&params->data, sizeof(bytes));
	strbuf_add(&params->data, bytes, sizeof(bytes));
}

void params_uuids(struct params *params, const char *const *values, size_t n)
{
	if (all_null(values, n))
		n = 0;
	int p = array_begin(params, OID_UUID_ARRAY, OID_UUID, true, n);
	for (size_t i = 0; i < n; i++) {
		if (values[i])
			array_add_uuid(params, values[i]);
		else
			array_add_null(params);
	}
	param_end(params, p);
}

void params_instants(struct params *params, const usec_t *values, const bool *present, size_t n)
{
	if (present && !any(present, n))
		n = 0;
	int p = array_begin(params, OID_TIMESTAMPTZ_ARRAY, OID_TIMESTAMPTZ, present != NULL, n);
	for (size_t i = 0; i < n; i++) {
		if (present && !present[i])
			array_add_null(params);
		else
			array_add_be64(params, postgres_instant(values[i]));
	}
	param_end(params, p);
}

void params_walls_us(struct params *params, const usec_t *values, const bool *present, size_t n)
{
	if (present && !any(present, n))
		n = 0;
	int p = array_begin(params, OID_TIMESTAMP_ARRAY, OID_TIMESTAMP, present != NULL, n);
	for (size_t i = 0; i < n; i++) {
		if (present && !present[i])
			array_add_null(params);
		else
			array_add_be64(params, postgres_instant(values[i]));
	}
	param_end(params, p);
}

void params_values(const struct params *params, const char *values[static PARAMS_MAX])
{
	for (int i = 0; i < params->n; i++) {
		bool is_null = params->offsets[i] == SIZE_MAX;
		values[i] = is_null ? NULL : params->data.data + params->offsets[i];
	}
}

void params_milliseconds(struct params *params, usec_t timeout)
{
	char text[32];
	usec_t ms = timeout / USEC_PER_MSEC;
	snprintf(text, sizeof(text), "%" PRId64, ms > 0 ? ms : 1);
	params_text(params, text);
}
