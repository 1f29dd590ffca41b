/* SQLSTATE to meaning; see the header.  A full code stands before its class. */
#include "db/sqlstate.h"

#include <stddef.h>
#include <string.h>

#include "util/macros.h"

static const struct {
	const char *prefix; /* five characters, or the two of a class */
	enum sqlstate_class meaning;
	bool ends_session;
} table[] = {
	{ "25006", SQLSTATE_RETRY,
		true }, /* read_only_sql_transaction: a standby, look for another host */
	{ "25P03", SQLSTATE_RETRY, true }, /* idle_in_transaction_session_timeout */
	{ "25P04", SQLSTATE_RETRY, true }, /* transaction_timeout */
	{ "26000", SQLSTATE_RETRY, true }, /* what was prepared is gone: a pooler */
	{ "42P05", SQLSTATE_RETRY, true }, /* ... or was prepared by others */
	{ "28", SQLSTATE_OPERATOR, true }, /* authentication */
	{ "3D000", SQLSTATE_OPERATOR, true }, /* no such database */
	{ "40001", SQLSTATE_CONFLICT, false }, /* serialization_failure */
	{ "40P01", SQLSTATE_CONFLICT, false }, /* deadlock_detected */
	{ "40003", SQLSTATE_RETRY, true }, /* statement_completion_unknown */
	{ "55P03", SQLSTATE_CONFLICT, false }, /* lock_not_available */
	{ "55006", SQLSTATE_CONFLICT, false }, /* object_in_use */
	{ "57014", SQLSTATE_CONFLICT,
		false }, /* query_canceled: statement_timeout, a smaller batch may do */
	{ "57P01", SQLSTATE_RETRY, true }, /* admin_shutdown */
	{ "57P02", SQLSTATE_RETRY, true }, /* crash_shutdown */
	{ "57P03", SQLSTATE_RETRY, true }, /* cannot_connect_now */
	{ "57P04", SQLSTATE_RETRY, true }, /* database_dropped */
	{ "57P05", SQLSTATE_RETRY, true }, /* idle_session_timeout */
	{ "42501", SQLSTATE_OPERATOR, false }, /* insufficient_privilege */
	{ "42P01", SQLSTATE_OPERATOR, false }, /* undefined_table */
	{ "42703", SQLSTATE_OPERATOR, false }, /* undefined_column */
	{ "42883", SQLSTATE_OPERATOR, false }, /* undefined_function */
	{ "42804", SQLSTATE_OPERATOR,
		false }, /* datatype_mismatch: shape.h says it of results, too */
	{ "3F000", SQLSTATE_OPERATOR, false }, /* no such schema */
	{ "F0000", SQLSTATE_OPERATOR,
		false }, /* a setting that nobody can go by (job/generate.c) */
	{ "08", SQLSTATE_RETRY, true }, /* connection */
	{ "22", SQLSTATE_ROW, false }, /* data */
	{ "23", SQLSTATE_ROW, false }, /* integrity constraint */
	{ "27", SQLSTATE_ROW, false }, /* a trigger is in the way of what we write */
	{ "44", SQLSTATE_ROW, false }, /* with check option */
	{ "P0", SQLSTATE_ROW, false }, /* raised by a trigger of the application */
	{ "09", SQLSTATE_ROW, false }, /* triggered action */
	{ "53", SQLSTATE_RETRY, false }, /* resources */
	{ "57", SQLSTATE_RETRY, false }, /* operator intervention */
	{ "58", SQLSTATE_RETRY, false }, /* system */
	{ "XX", SQLSTATE_RETRY, false }, /* internal error, corruption */
	{ "0A000", SQLSTATE_OPERATOR,
		false }, /* feature_not_supported, in a trigger say; of what was prepared: reply.outdated */
};

static int lookup(const char *sqlstate)
{
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		if (strncmp(sqlstate, table[i].prefix, strlen(table[i].prefix)) == 0)
			return (int)i;
	}
	return -1;
}

enum sqlstate_class sqlstate_classify(const char *sqlstate)
{
	if (!sqlstate || !*sqlstate)
		return SQLSTATE_RETRY;
	int i = lookup(sqlstate);
	return i < 0 ? SQLSTATE_BUG : table[i].meaning;
}

const char *sqlstate_class_name(enum sqlstate_class sqlstate_class)
{
	static const char *const names[] = { "retry", "conflict", "row", "operator", "bug" };
	return names[sqlstate_class];
}

bool sqlstate_spoils_session(const char *sqlstate)
{
	/* A standby; what was prepared is gone, or was prepared by others. */
	static const char *const states[] = { "25006", "26000", "42P05" };
	for (size_t i = 0; i < ARRAY_LEN(states); i++) {
		if (strcmp(sqlstate, states[i]) == 0)
			return true;
	}
	return !*sqlstate;
}

bool sqlstate_ends_session(const char *sqlstate)
{
	if (!sqlstate || !*sqlstate)
		return true;
	int i = lookup(sqlstate);
	return i >= 0 && table[i].ends_session;
}
