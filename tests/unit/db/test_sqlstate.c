/* sqlstate: what the codes of appendix A that a worker can meet mean. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "db/sqlstate.h"
#include "util/macros.h"

static const struct {
	const char *code, *when;
	enum sqlstate_class meaning;
	bool ends_session;
} codes[] = {
	{ NULL, "the link broke", SQLSTATE_RETRY, true },
	{ "", "no code", SQLSTATE_RETRY, true },
	{ "08006", "connection failure", SQLSTATE_RETRY, true },
	{ "08P01", "protocol violation", SQLSTATE_RETRY, true },
	{ "57P01", "pg_terminate_backend, shutdown", SQLSTATE_RETRY, true },
	{ "57P02", "a neighbour crashed", SQLSTATE_RETRY, true },
	{ "57P03", "starting up", SQLSTATE_RETRY, true },
	{ "25P03", "idle in transaction too long", SQLSTATE_RETRY, true },
	{ "25006", "failed over: this is a standby now", SQLSTATE_RETRY, true },
	{ "53300", "too many connections", SQLSTATE_RETRY, false },
	{ "53100", "disk full", SQLSTATE_RETRY, false },
	{ "58030", "I/O error", SQLSTATE_RETRY, false },
	{ "XX001", "data corrupted", SQLSTATE_RETRY, false },
	{ "40001", "serialization failure", SQLSTATE_CONFLICT, false },
	{ "40P01", "deadlock", SQLSTATE_CONFLICT, false },
	{ "55P03", "lock_timeout", SQLSTATE_CONFLICT, false },
	{ "57014", "statement_timeout", SQLSTATE_CONFLICT, false },
	{ "23505", "unique violation", SQLSTATE_ROW, false },
	{ "23503", "foreign key", SQLSTATE_ROW, false },
	{ "23514", "check constraint of the application", SQLSTATE_ROW, false },
	{ "22001", "value too long", SQLSTATE_ROW, false },
	{ "22008", "datetime overflow", SQLSTATE_ROW, false },
	{ "P0001", "raise exception in a trigger of the application", SQLSTATE_ROW, false },
	{ "44000", "with check option", SQLSTATE_ROW, false },
	{ "28P01", "wrong password", SQLSTATE_OPERATOR, true },
	{ "28000", "no entry in pg_hba.conf", SQLSTATE_OPERATOR, true },
	{ "3D000", "no such database", SQLSTATE_OPERATOR, true },
	{ "42501", "no right", SQLSTATE_OPERATOR, false },
	{ "42P01", "no such table", SQLSTATE_OPERATOR, false },
	{ "42703", "no such column", SQLSTATE_OPERATOR, false },
	{ "42804", "a column of another type", SQLSTATE_OPERATOR, false },
	{ "42601", "syntax error", SQLSTATE_BUG, false },
	{ "26000", "what was prepared is gone: a pooler", SQLSTATE_RETRY, true },
	{ "42P05", "what is to be prepared is there: a pooler", SQLSTATE_RETRY, true },
	{ "0A000", "no such feature, says the server or a trigger", SQLSTATE_OPERATOR, false },
	{ "99999", "nobody knows", SQLSTATE_BUG, false },
};

static void every_code_has_its_meaning(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
		enum sqlstate_class meaning = sqlstate_classify(codes[i].code);
		if (meaning != codes[i].meaning)
			fail_msg("%s (%s): %s, expected %s", codes[i].code, codes[i].when,
				sqlstate_class_name(meaning),
				sqlstate_class_name(codes[i].meaning));
		if (sqlstate_ends_session(codes[i].code) != codes[i].ends_session)
			fail_msg("%s (%s): the session %s", codes[i].code, codes[i].when,
				codes[i].ends_session ? "ends" : "goes on");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(every_code_has_its_meaning) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
