/* table: listings line up, stream, and are one JSON document; records nest listings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <jansson.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/table.h"

static const struct column columns[] = {
	{ "id", "ID", COLUMN_WHOLE },
	{ "used", "USED", COLUMN_RIGHT },
	{ "rule", "RULE", COLUMN_JSON_ONLY | COLUMN_RAW },
	{ "title", "TITLE", 0 },
};

struct output {
	FILE *stream;
	char *text;
	size_t len;
};

static void output_open(struct output *output)
{
	output->stream = open_memstream(&output->text, &output->len);
	assert_non_null(output->stream);
}

static void output_close(struct output *output)
{
	fclose(output->stream);
}

static void output_free(struct output *output)
{
	free(output->text);
}

static void put_row(struct table *table, const char *id, int64_t used, const char *title)
{
	table_text(table, id);
	table_int(table, used);
	table_json(table, "{\"frequency\":\"daily\",\"n\":1e400}");
	table_text(table, title);
	table_end_row(table);
}

static void text_lines_up(void **state)
{
	struct output output CLEANUP(output_free) = { .text = NULL };
	(void)state;
	output_open(&output);
	struct table *table = table_begin(output.stream, false, columns, ARRAY_LEN(columns));
	put_row(table, "1", 7, "a\nb");
	put_row(table, "long id", 12345, NULL);
	table_end(table, "nothing");
	output_close(&output);
	assert_string_equal(output.text, "ID        USED  TITLE\n"
					 "1            7  a\\x0ab\n"
					 "long id  12345  -\n");
}

/* However many columns: each has a width of its own. */
static void many_columns_line_up(void **state)
{
	enum { N = 200 };
	static struct column many[N];
	struct output output CLEANUP(output_free) = { .text = NULL };
	(void)state;
	for (int i = 0; i < N; i++)
		many[i] = (struct column){ "n", "N", 0 };
	output_open(&output);
	struct table *table = table_begin(output.stream, false, many, N);
	for (int row = 0; row < 2; row++) {
		for (int i = 0; i < N; i++)
			table_text(table, row == 0 ? "wide" : "x");
		table_end_row(table);
	}
	table_end(table, "nothing");
	output_close(&output);
	/* Three lines; four of "wide" or what fills it, two between, and none behind the last. */
	assert_int_equal(output.len, 3 * (N * 6 - 1) - 3 - 3);
	for (int i = 0; i < N; i++)
		assert_memory_equal(output.text + i * 6, "N", 1);
}

static void many_columns_of_a_record(void **state)
{
	enum { N = 200 };
	static struct column many[N];
	struct output output CLEANUP(output_free) = { .text = NULL };
	(void)state;
	for (int i = 0; i < N; i++)
		many[i] = (struct column){ "n", i == N - 1 ? "longest" : "n", 0 };
	output_open(&output);
	struct table *table = record_begin(output.stream, false, many, N);
	for (int i = 0; i < N; i++)
		table_int(table, 7);
	table_end_row(table);
	table_end(table, "nothing");
	output_close(&output);
	assert_int_equal(output.len, N * strlen("longest  7\n"));
}

static void text_says_when_it_is_empty(void **state)
{
	struct output output CLEANUP(output_free) = { .text = NULL };
	(void)state;
	output_open(&output);
	table_end(table_begin(output.stream, false, columns, ARRAY_LEN(columns)), "nothing");
	output_close(&output);
	assert_string_equal(output.text, "nothing\n");
}

/* Rows beyond the lookahead come out while the listing goes on. */
static void text_streams(void **state)
{
	struct output output CLEANUP(output_free) = { .text = NULL };
	(void)state;
	output_open(&output);
	struct table *table = table_begin(output.stream, false, columns, ARRAY_LEN(columns));
	for (int i = 0; i < TABLE_LOOKAHEAD - 1; i++)
		put_row(table, "x", i, "t");
	fflush(output.stream);
	assert_int_equal(output.len, 0);
	put_row(table, "x", 1, "t");
	fflush(output.stream);
	size_t before = output.len;
	assert_true(before > 0);
	put_row(table, "wider than all before", 1, "t");
	fflush(output.stream);
	assert_string_equal(output.text + before, "wider than all before     1  t\n");
	table_end(table, "nothing");
	output_close(&output);
}

static void json_is_one_document(void **state)
{
	struct output output CLEANUP(output_free) = { .text = NULL };
	(void)state;
	output_open(&output);
	struct table *table = table_begin(output.stream, true, columns, ARRAY_LEN(columns));
	put_row(table, "a\xff", INT64_MIN, "\x1b\"");
	put_row(table, "b", 2, NULL);
	table_end(table, "nothing");
	output_close(&output);
	json_t *parsed = json_loads(output.text, 0, NULL);
	assert_int_equal(json_array_size(parsed), 2);
	assert_string_equal(json_string_value(json_object_get(json_array_get(parsed, 0), "id")),
		"a\xef\xbf\xbd");
	assert_string_equal(
		json_string_value(json_object_get(json_array_get(parsed, 0), "title")), "\x1b\"");
	assert_true(json_is_null(json_object_get(json_array_get(parsed, 1), "title")));
	/* What no double holds stays readable. */
	assert_true(json_is_string(json_object_get(json_array_get(parsed, 1), "rule")));
	json_decref(parsed);
}

static void json_without_rows_is_an_empty_array(void **state)
{
	struct output output CLEANUP(output_free) = { .text = NULL };
	(void)state;
	output_open(&output);
	table_end(table_begin(output.stream, true, columns, ARRAY_LEN(columns)), "nothing");
	output_close(&output);
	assert_string_equal(output.text, "[]\n");
}

static const struct column facts[] = {
	{ "name", "name", 0 },
	{ "lag_seconds", "  lag", 0 },
};

static void print_record(struct output *output, bool json)
{
	struct table *record, *nested;

	output_open(output);
	record = record_begin(output->stream, json, facts, ARRAY_LEN(facts));
	table_text(record, "x");
	table_span(record, 1500 * USEC_PER_MSEC);
	table_end_row(record);
	nested = record_nest(record, "rows", "its rows", columns, ARRAY_LEN(columns));
	put_row(nested, "1", 2, "t");
	table_end(nested, "none");
	nested = record_nest(record, "others", "others", columns, ARRAY_LEN(columns));
	table_end(nested, "none");
	table_end(record, "");
	output_close(output);
}

static void records_nest_listings(void **state)
{
	struct output text CLEANUP(output_free) = { .text = NULL };
	struct output json CLEANUP(output_free) = { .text = NULL };
	(void)state;
	print_record(&text, false);
	assert_string_equal(text.text, "name   x\n"
				       "  lag  1s 500ms\n"
				       "\nits rows\n"
				       "ID  USED  TITLE\n"
				       "1      2  t\n"
				       "\nothers\nnone\n");
	print_record(&json, true);
	json_t *parsed = json_loads(json.text, 0, NULL);
	assert_int_equal(json_array_size(json_object_get(parsed, "rows")), 1);
	assert_int_equal(json_array_size(json_object_get(parsed, "others")), 0);
	assert_true(json_real_value(json_object_get(parsed, "lag_seconds")) == 1.5);
	json_decref(parsed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_lines_up),
		cmocka_unit_test(many_columns_line_up),
		cmocka_unit_test(many_columns_of_a_record),
		cmocka_unit_test(text_says_when_it_is_empty),
		cmocka_unit_test(text_streams),
		cmocka_unit_test(json_is_one_document),
		cmocka_unit_test(json_without_rows_is_an_empty_array),
		cmocka_unit_test(records_nest_listings),
	};

	(void)setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
