/* Promised and found types; see the header. */
#include "db/shape.h"

#include <stdio.h>
#include <string.h>

#include "util/mem.h"

/* pg_type.dat; those of one name travel alike. */
static const struct {
	const char *name;
	Oid oid;
} types[] = {
	{ "bool", 16 },
	{ "int8", 20 },
	{ "int4", 23 },
	{ "text", 25 },
	{ "text", 1043 }, /* varchar */
	{ "text", 1042 }, /* char(n) */
	{ "text", 19 }, /* name */
	{ "tid", 27 },
	{ "float8", 701 },
	{ "timestamp", 1114 },
	{ "timestamptz", 1184 },
	{ "void", 2278 },
	/* Not promised by anybody, but found. */
	{ "int2", 21 },
	{ "json", 114 },
	{ "date", 1082 },
	{ "interval", 1186 },
	{ "numeric", 1700 },
	{ "uuid", 2950 },
	{ "jsonb", 3802 },
};

static const char *type_name(Oid oid, char buf[static 32])
{
	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (types[i].oid == oid)
			return types[i].name;
	snprintf(buf, 32, "type %u", oid);
	return buf;
}

static bool is_type(const char *name, size_t len, Oid oid)
{
	bool known = false;
	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		if (strncmp(types[i].name, name, len) != 0 || types[i].name[len])
			continue;
		known = true;
		if (types[i].oid == oid)
			return true;
	}
	if (!known)
		mem_abort("no type of a result: %.*s", (int)len, name);
	return false;
}

/* word: "timestamp|timestamptz". */
static bool is_one_of(const char *word, size_t len, Oid oid)
{
	bool found = false;
	for (size_t i = 0; i < len;) {
		size_t n = strcspn(word + i, "| ");
		found |= is_type(word + i, n, oid);
		i += n + 1;
	}
	return found;
}

static int count_words(const char *promise)
{
	int n = 0;
	for (; *promise; promise += strspn(promise, " ")) {
		promise += strcspn(promise, " ");
		n++;
	}
	return n;
}

static bool match_columns(const char *promise, const PGresult *result, struct err *err)
{
	char buf[32];
	int expected = count_words(promise);
	if (PQnfields(result) != expected)
		return err_set(
			err, "its result has %d columns, expected %d", PQnfields(result), expected);
	for (int i = 0; i < expected; i++) {
		size_t len = strcspn(promise, " ");
		Oid oid = PQftype(result, i);
		if (!is_one_of(promise, len, oid))
			return err_set(err, "column %d of its result (%s) is %s, expected %.*s",
				i + 1, PQfname(result, i), type_name(oid, buf), (int)len, promise);
		if (PQfformat(result, i) != 1)
			return err_set(err, "column %d of its result (%s) is not binary", i + 1,
				PQfname(result, i));
		promise += len;
		promise += strspn(promise, " ");
	}
	return true;
}

bool shape_match(const char *promise, const PGresult *result, struct err *err)
{
	static const char cursor[] = "cursor ";
	bool rows = PQresultStatus(result) == PGRES_TUPLES_OK;
	if (strcmp(promise, "any") == 0)
		return true;
	if (strncmp(promise, cursor, strlen(cursor)) == 0) {
		promise += strlen(cursor);
		if (!rows) /* declared, nothing fetched yet */
			return true;
	}
	if (strcmp(promise, "none") == 0)
		promise = "";
	return match_columns(promise, result, err);
}

bool shape_check(enum query_id id, const PGresult *result, struct err *err)
{
	return shape_match(query_result(id), result, err);
}
