/* UTF-8 for recurctl; see the header. */
#include "db/recode.h"

#include <endian.h>
#include <string.h>

#include "util/mem.h"
#include "util/text.h"

/* pg_type.dat */
enum {
	OID_NAME = 19,
	OID_TEXT = 25,
	OID_JSON = 114,
	OID_BPCHAR = 1042,
	OID_VARCHAR = 1043,
	OID_TEXT_ARRAY = 1009,
};

static bool is_text(const PGresult *result, int column)
{
	switch (PQftype(result, column)) {
	case OID_NAME:
	case OID_TEXT:
	case OID_JSON:
	case OID_BPCHAR:
	case OID_VARCHAR:
		return true;
	default:
		return PQfformat(result, column) == 0;
	}
}

static void recode_value(struct charset *charset, PGresult *result, int row, int column)
{
	struct strbuf utf8 CLEANUP(strbuf_free) = STRBUF(INT32_MAX);
	const char *value = PQgetvalue(result, row, column);
	size_t len = (size_t)PQgetlength(result, row, column);
	(void)charset_to_utf8(charset, value, len, &utf8);
	if (utf8.len == len && memcmp(utf8.data, value, len) == 0)
		return;
	if (!PQsetvalue(result, row, column, utf8.data, (int)utf8.len))
		mem_abort("out of memory in PQsetvalue");
}

void recode_result(struct charset *charset, PGresult *result)
{
	if (charset_is_utf8(charset))
		return;
	for (int column = 0; column < PQnfields(result); column++)
		for (int row = 0; is_text(result, column) && row < PQntuples(result); row++)
			if (!PQgetisnull(result, row, column))
				recode_value(charset, result, row, column);
}

static uint32_t read_be32(const char *bytes)
{
	uint32_t value;
	memcpy(&value, bytes, sizeof(value));
	return be32toh(value);
}

/* As params_texts writes it: 20 bytes of head, where there are elements, then length and bytes of each. */
static void add_array(struct charset *charset, const char *data, size_t len, struct strbuf *out)
{
	enum { HEAD = 20 };
	strbuf_add(out, data, len < HEAD ? len : HEAD);
	for (size_t at = HEAD; at + 4 <= len;) {
		uint32_t n = read_be32(data + at);
		at += 4;
		if (n == UINT32_MAX) {
			strbuf_add_be32(out, n);
			continue;
		}
		struct strbuf bytes CLEANUP(strbuf_free) = STRBUF(SIZE_MAX);
		(void)charset_from_utf8(charset, data + at, n, &bytes);
		strbuf_add_be32(out, (uint32_t)bytes.len);
		strbuf_add(out, bytes.data, bytes.len);
		at += n;
	}
}

/* A byte that is not UTF-8 is one that means nothing in the database's encoding, of an id that somebody copied. */
static void add_text(struct charset *charset, const char *text, size_t len, struct strbuf *out)
{
	for (size_t n; len > 0; text += n, len -= n) {
		uint32_t code;
		size_t one = 1;
		for (n = 0; n < len && one > 0; n += one)
			one = text_decode(text + n, len - n, &code);
		(void)charset_from_utf8(charset, text, n, out);
		if (n < len)
			strbuf_add_char(out, text[n++]);
	}
}

void recode_params(struct charset *charset, const struct params *params, struct params *ret_params)
{
	const char *values[PARAMS_MAX];
	params_values(params, values);
	for (int i = 0; i < params->n; i++) {
		size_t len = (size_t)params->lengths[i];
		struct strbuf *out = &ret_params->data;
		size_t begin = out->len;
		ret_params->types[i] = params->types[i];
		ret_params->formats[i] = params->formats[i];
		ret_params->offsets[i] = values[i] ? begin : SIZE_MAX;
		bool recoded = values[i] && !charset_is_utf8(charset);
		if (recoded && params->types[i] == OID_TEXT)
			add_text(charset, values[i], len, out);
		else if (recoded && params->types[i] == OID_TEXT_ARRAY)
			add_array(charset, values[i], len, out);
		else if (values[i])
			strbuf_add(out, values[i], len);
		ret_params->lengths[i] = (int)(out->len - begin);
	}
	ret_params->n = params->n;
}
