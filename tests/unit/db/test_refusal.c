/* refusal: what an error names as refusing, in whatever language the server speaks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "db/refusal.h"
#include "util/macros.h"

static const struct {
	const char *story;
	struct refusal refusal;
	const char *object;
} named[] = {
	{ "nothing is named", { 0 }, "" },
	{ "a check constraint", { .constraint = "ck_tasks_title", .table = "tasks" },
		"constraint ck_tasks_title" },
	{ "a constraint that a function checks",
		{ .constraint = "ck_a", .context = "PL/pgSQL function f() line 1 at RAISE" },
		"constraint ck_a" },
	{ "not null", { .table = "tasks", .column = "project_id" }, "column tasks.project_id" },
	{ "not null, of a domain", { .type = "title" }, "type title" },
	{ "no partition for the row", { .table = "notifications" }, "table notifications" },
	{ "a name that breaks the line", { .constraint = "a\nb" }, "constraint a?b" },
};

static const struct {
	const char *story, *context, *object;
} contexts[] = {
	{ "English", "PL/pgSQL function refuse_archived() line 4 at RAISE",
		"function refuse_archived()" },
	{ "before its first statement", "PL/pgSQL function refuse() during statement block entry",
		"function refuse()" },
	{ "without a line", "PL/pgSQL function refuse()", "function refuse()" },
	{ "with its schema", "PL/pgSQL function app.refuse() line 4 at RAISE",
		"function app.refuse()" },
	{ "with arguments", "PL/pgSQL function refuse_it(text,numeric(5,2)) line 2 at RAISE",
		"function refuse_it()" },
	{ "a quoted name", "PL/pgSQL function \"App\".\"Refuse \"\"all\"\"\"() line 4 at RAISE",
		"function \"App\".\"Refuse \"\"all\"\"\"()" },
	{ "Czech", "PL/pgSQL funkce refuse() řádek 4 na RAISE", "function refuse()" },
	{ "German", "PL/pgSQL-Funktion refuse() Zeile 4 bei RAISE", "function refuse()" },
	{ "Greek", "συνάρτηση PL/pgSQL refuse() γραμμή 4 στο RAISE", "function refuse()" },
	{ "Spanish", "función PL/pgSQL refuse() en la línea 4 en RAISE", "function refuse()" },
	{ "French", "fonction PL/pgSQL refuse(), ligne 4 à RAISE", "function refuse()" },
	{ "Italian", "funzione PL/pgSQL refuse() riga 4 a RAISE", "function refuse()" },
	{ "Japanese", "PL/pgSQL関数refuse()の4行目 - RAISE", "function refuse()" },
	{ "Georgian", "PL/pgSQL ფუნქცია refuse() ხაზზე 4 RAISE-სთან", "function refuse()" },
	{ "Korean", "PL/pgSQL 함수 \"refuse()\" 의 4번째 RAISE", "function refuse()" },
	{ "Polish", "funkcja PL/pgSQL refuse(), wiersz 4 w RAISE", "function refuse()" },
	{ "Russian", "функция PL/pgSQL refuse(), строка 4, оператор RAISE", "function refuse()" },
	{ "Turkish", "refuse() PL/pgSQL fonksiyonu, 4. satır, RAISE içinde", "function refuse()" },
	{ "Chinese", "在RAISE的第4行的PL/pgSQL函数refuse()", "function refuse()" },
	{ "the innermost of several",
		"PL/pgSQL function inner_one(text) line 2 at RAISE\n"
		"SQL statement \"select inner_one(new.title)\"\n"
		"PL/pgSQL function outer_one() line 5 at PERFORM",
		"function inner_one()" },
	{ "a statement of the function's fails: its text is nobody's business",
		"SQL statement \"insert into audit (title) values (secret('x'))\"\n"
		"PL/pgSQL function audit_it() line 3 at SQL statement",
		"function audit_it()" },
	{ "a statement of many lines",
		"SQL statement \"insert into audit\n  values (secret('x'))\"\n"
		"PL/pgSQL function audit_it() line 3 at SQL statement",
		"function audit_it()" },
	{ "an assignment fails",
		"PL/pgSQL assignment \"x := secret(y)\"\n"
		"PL/pgSQL function audit_it() line 3 at assignment",
		"function audit_it()" },
	{ "an assignment, in German",
		"PL/pgSQL-Zuweisung »x[secret(1)] := 2«\n"
		"PL/pgSQL-Funktion audit_it() Zeile 3 bei Zuweisung",
		"function audit_it()" },
	{ "a block that has no name", "PL/pgSQL function inline_code_block line 1 at RAISE", "" },
	{ "another language", "PL/Python function \"refuse\"", "" },
	{ "a function in SQL", "SQL function \"refuse\" statement 1", "" },
	{ "no function", "while inserting index tuple (0,1) in relation \"tasks\"", "" },
	{ "nothing", "", "" },
	{ "parentheses without a name", "PL/pgSQL (", "" },
	{ "a quotation mark that nothing opens", "PL/pgSQL function x\"() line 4", "" },
};

static void compare(const char *story, const struct refusal *refusal, const char *expected)
{
	char object[REFUSAL_OBJECT_MAX];
	refusal_object(refusal, object);
	if (strcmp(object, expected) != 0)
		fail_msg("%s: \"%s\", expected \"%s\"", story, object, expected);
}

static void what_refuses_is_named(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(named); i++)
		compare(named[i].story, &named[i].refusal, named[i].object);
}

static void a_function_is_found_in_every_language(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(contexts); i++) {
		struct refusal refusal = { .context = contexts[i].context };
		compare(contexts[i].story, &refusal, contexts[i].object);
	}
}

static void a_long_name_is_cut_between_characters(void **state)
{
	(void)state;
	char name[] = "xéééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééé";
	for (size_t skipped = 0; skipped < 2; skipped++) {
		struct refusal refusal = { .constraint = name + skipped };
		char object[REFUSAL_OBJECT_MAX];
		refusal_object(&refusal, object);
		size_t len = strlen(object);
		assert_in_range(len, REFUSAL_OBJECT_MAX - 2, REFUSAL_OBJECT_MAX - 1);
		assert_string_equal(object + len - 2, "é");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_refuses_is_named),
		cmocka_unit_test(a_function_is_found_in_every_language),
		cmocka_unit_test(a_long_name_is_cut_between_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
