/* Words of the command line become a call, and its answer a table; see ctl/cmd/verb.h. */
#include "ctl/cmd/verb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/args.h"
#include "util/nearest.h"
#include "util/timefmt.h"

#define PAGE_MAX 500

/* ---- options ---- */

#define TAKEN_MAX 32

/* Options in the order in which they came: what they mean the verb says, which may stand behind them. */
struct taken {
	struct {
		int letter;
		const char *value;
	} options[TAKEN_MAX];
	size_t n;
};

static bool take_common(int letter, struct request *request, struct err *err)
{
	switch (letter) {
	case VERB_USER:
		request->user = optarg;
		return true;
	case VERB_CURSOR:
		request->cursor = optarg;
		return true;
	case VERB_KEY:
		request->key = optarg;
		return true;
	case VERB_IF_MATCH:
		request->if_match = optarg;
		return true;
	case VERB_DRY_RUN:
		return request->dry_run = true;
	default:
		return arg_count(optarg, 0, 1000000000, &request->number, err);
	}
}

static bool is_common(int letter)
{
	return letter == 'n' || letter >= VERB_USER;
}

static const char *option_name(const struct request *request, int letter)
{
	const struct ctl_option *option = request->ctl->command->options;
	while (option->letter != letter)
		option++;
	return option->name;
}

static bool has_word(const char *words, const char *word)
{
	size_t len = strlen(word);
	for (const char *at = words; (at = strstr(at, word)); at += len)
		if ((at == words || at[-1] == ' ') && (at[len] == '\0' || at[len] == ' '))
			return true;
	return false;
}

static bool put_value(struct request *request, const struct verb_key *key, const char *value)
{
	switch (key->kind) {
	case VERB_TRUE:
	case VERB_FALSE:
		return json_object_set_new(
			       request->body, key->key, json_boolean(key->kind == VERB_TRUE)) == 0;
	case VERB_RULE:
		request->rule = value;
		return true;
	case VERB_TAG:
		if (!request->tags)
			request->tags = json_array();
		return json_array_append_new(request->tags, json_string(value)) == 0;
	default:
		return json_object_set_new(request->body, key->key,
			       *value ? json_string(value) : json_null()) == 0;
	}
}

static int put_option(struct request *request, int letter, const char *value)
{
	const char *verb = request->verb->name;
	const struct verb_key *key = request->object->keys;
	const char *verbs = NULL;
	for (; key->key; key++)
		if (key->letter == letter) {
			if (has_word(key->verbs, verb))
				break;
			verbs = key->verbs;
		}
	if (!key->key)
		return ctl_usage(request->ctl, "--%s is for %s, not for %s",
			option_name(request, letter), verbs, verb);
	if (!put_value(request, key, value))
		return ctl_usage(
			request->ctl, "--%s: the text is no UTF-8", option_name(request, letter));
	return EX_OK;
}

static int check_common(const struct request *request)
{
	const char *verb = request->verb->name;
	bool creates = strcmp(verb, "create") == 0, lists = has_word("list history", verb);
	if (!request->user)
		return ctl_usage(request->ctl, "--user ID says whose it is");
	if (request->key && !creates)
		return ctl_usage(request->ctl, "--key is for create, not for %s", verb);
	if (request->if_match && (creates || lists || strcmp(verb, "show") == 0))
		return ctl_usage(
			request->ctl, "--if-match is for what changes a row, not for %s", verb);
	if (request->cursor && !lists)
		return ctl_usage(request->ctl, "--cursor is for lists, not for %s", verb);
	if (request->dry_run && (lists || strcmp(verb, "show") == 0))
		return ctl_usage(
			request->ctl, "--dry-run is for what changes a row, not for %s", verb);
	return EX_OK;
}

/* ---- the verb and its operands ---- */

static int find_verb(struct request *request, const char *name)
{
	struct strbuf names CLEANUP(strbuf_free) = STRBUF(ERR_TEXT_MAX);
	struct nearest nearest = NEAREST(name ? name : "");
	for (const struct verb *verb = request->object->verbs; verb->name; verb++) {
		if (name && strcmp(verb->name, name) == 0) {
			request->verb = verb;
			return EX_OK;
		}
		nearest_offer(&nearest, verb->name);
		strbuf_addf(&names, "%s%s", names.len > 0 ? ", " : "", verb->name);
	}
	if (!name)
		return ctl_usage(
			request->ctl, "%s takes one of %s", request->object->name, names.data);
	return ctl_usage(request->ctl, "there is no %s %s%s; there are %s", request->object->name,
		name, nearest_hint(&nearest), names.data);
}

static int put_operands(struct request *request, char **operands, int n)
{
	const struct verb *verb = request->verb;
	if (!verb) /* find_verb has said so */
		return EX_USAGE;
	if (n < verb->operands_min || n > verb->operands_max)
		return ctl_usage(request->ctl, "%s %s takes %s", request->object->name, verb->name,
			verb->operands);
	if (n == 0)
		return EX_OK;
	if (strcmp(verb->name, "create") == 0)
		return json_object_set_new(request->body, request->object->subject,
			       json_string(operands[0])) == 0
			       ? EX_OK
			       : ctl_usage(request->ctl, "%s: the text is no UTF-8",
					 request->object->subject);
	request->id = operands[0];
	if (strcmp(verb->name, "tags") != 0)
		return EX_OK;
	request->tags = json_array();
	for (int i = 1; i < n; i++)
		if (json_array_append_new(request->tags, json_string(operands[i])) != 0)
			return ctl_usage(request->ctl, "a tag's name is no UTF-8");
	return EX_OK;
}

static int put_tags(struct request *request)
{
	json_t *ids CLEANUP(verb_drop) = NULL;
	if (!request->tags)
		return EX_OK;
	int code = verb_find_tags(request, &ids);
	if (code != EX_OK)
		return code;
	if (strcmp(request->verb->name, "list") != 0)
		json_object_set(request->body, "tag_ids", ids);
	else if (json_array_size(ids) == 1)
		json_object_set(request->body, "tag", json_array_get(ids, 0));
	else
		return ctl_usage(request->ctl, "list takes one --tag");
	return EX_OK;
}

/* ---- answers ---- */

static void put_cell(struct table *table, const struct column *column, const json_t *value)
{
	usec_t instant;
	const char *text = json_string_value(value);
	if (!value || json_is_null(value)) {
		table_null(table);
	} else if (text && instant_parse(text, &instant, NULL)) {
		table_instant(table, instant);
	} else if (text) {
		table_text(table, text);
	} else if (json_is_boolean(value)) {
		table_bool(table, json_is_true(value));
	} else if (json_is_integer(value)) {
		table_int(table, json_integer_value(value));
	} else if (strcmp(column->name, "tags") == 0) {
		json_t *names CLEANUP(verb_drop) = json_array();
		for (size_t i = 0; i < json_array_size(value); i++)
			json_array_append(names, json_object_get(json_array_get(value, i), "name"));
		char *line = json_dumps(names, JSON_COMPACT);
		table_json(table, line);
		free(line);
	} else {
		char *line = json_dumps(value, JSON_COMPACT);
		table_json(table, line);
		free(line);
	}
}

static void put_row(struct table *table, const struct column *columns, size_t n, const json_t *row)
{
	for (size_t i = 0; i < n; i++)
		put_cell(table, &columns[i], json_object_get(row, columns[i].name));
	table_end_row(table);
}

#define COLUMNS_MAX 32

static void show_row(const struct request *request, const json_t *row)
{
	const struct verb_object *object = request->object;
	struct column columns[COLUMNS_MAX];
	for (size_t i = 0; i < object->columns_n; i++) {
		columns[i] = object->columns[i];
		columns[i].flags &= ~(unsigned)COLUMN_JSON_ONLY;
		columns[i].heading = columns[i].name;
	}
	struct table *record = record_begin(stdout, request->ctl->json, columns, object->columns_n);
	put_row(record, columns, object->columns_n, row);
	if (json_is_object(json_object_get(row, "recurrence_rule")))
		verb_print_next(request, row, record);
	table_end(record, "");
}

static const struct column history_columns[] = {
	{ "kind", "KIND", 0 },
	{ "first_at", "FIRST", 0 },
	{ "last_at", "LAST", 0 },
	{ "occurrences", "OCCURRENCES", COLUMN_RIGHT },
	{ "at", "AT", 0 },
	{ "task_id", "TASK", COLUMN_ID },
	{ "is_complete", "COMPLETE", 0 },
	{ "completed_at", "COMPLETED", COLUMN_JSON_ONLY },
	{ "detail", "DETAIL", COLUMN_WHOLE },
};

/* Page by page; *ret_next: where it ended before all was told, "": it did not. */
static int list_pages(const struct request *request, const char *function, struct table *table,
	const struct column *columns, size_t columns_n, struct strbuf *next)
{
	int64_t left = request->number > 0 ? request->number : INT64_MAX;
	strbuf_add_text(next, request->cursor ? request->cursor : "");
	do {
		json_t *answer CLEANUP(verb_drop) = NULL;
		json_object_set_new(
			request->body, "limit", json_integer(left < PAGE_MAX ? left : PAGE_MAX));
		if (next->len > 0)
			json_object_set_new(request->body, "cursor", json_string(next->data));
		int code = verb_call(request, function, request->body, NULL, &answer);
		if (code != EX_OK)
			return code;
		const json_t *page = json_object_get(answer, "body");
		for (size_t i = 0; i < json_array_size(page); i++)
			put_row(table, columns, columns_n, json_array_get(page, i));
		left -= (int64_t)json_array_size(page);
		strbuf_reset(next);
		const char *more = json_string_value(json_object_get(answer, "next"));
		strbuf_add_text(next, more ? more : "");
	} while (next->len > 0 && left > 0);
	return EX_OK;
}

static int list(const struct request *request, const char *function)
{
	struct strbuf next CLEANUP(strbuf_free) = STRBUF(65536);
	bool history = strcmp(request->verb->name, "history") == 0;
	const struct column *columns = history ? history_columns : request->object->columns;
	size_t n = history ? ARRAY_LEN(history_columns) : request->object->columns_n;
	struct table *table = table_begin(stdout, request->ctl->json, columns, n);
	int code = list_pages(request, function, table, columns, n, &next);
	table_end(table, code == EX_OK ? "none" : NULL);
	if (code == EX_OK && next.len > 0)
		fprintf(stderr, "recurctl: there are more; to go on: --cursor %s\n", next.data);
	return code;
}

static void show_deleted(const struct request *request)
{
	static const struct column columns[] = {
		{ "id", "id", COLUMN_ID },
		{ "deleted", "deleted", 0 },
	};
	struct table *record = record_begin(
		stdout, request->ctl->json, columns, ARRAY_LEN(columns));
	table_text(record, request->id);
	table_bool(record, !request->dry_run);
	table_end_row(record);
	table_end(record, "");
}

static int change(const struct request *request, const char *function)
{
	json_t *answer CLEANUP(verb_drop) = NULL;
	const char *extra = request->key ? request->key : request->if_match;
	int code = ctl_exec(request->ctl, "begin; set local lock_timeout = '5s'");
	if (code == EX_OK)
		code = verb_call(request, function, request->body, extra, &answer);
	if (code != EX_OK)
		return code;
	const json_t *row = json_object_get(answer, "body");
	if (row && request->dry_run)
		show_row(request, row);
	code = ctl_exec(request->ctl, request->dry_run ? "rollback" : "commit");
	if (code != EX_OK)
		return code;
	if (row && !request->dry_run)
		show_row(request, row);
	else if (!row)
		show_deleted(request);
	return EX_OK;
}

static int carry_out(struct request *request)
{
	struct strbuf function CLEANUP(strbuf_free) = STRBUF(ERR_TEXT_MAX);
	json_t *answer CLEANUP(verb_drop) = NULL;
	const char *verb = request->verb->name;
	strbuf_addf(&function, "%s_%s", request->object->name, request->verb->function);
	int code = put_tags(request);
	if (code == EX_OK && request->rule)
		code = verb_take_rule(request);
	if (code != EX_OK)
		return code;
	if (has_word("list history", verb))
		return list(request, function.data);
	if (strcmp(verb, "show") != 0)
		return change(request, function.data);
	code = verb_call(request, function.data, NULL, NULL, &answer);
	if (code == EX_OK)
		show_row(request, json_object_get(answer, "body"));
	return code;
}

static int read_words(struct request *request, int argc, char **argv)
{
	struct taken taken = { .n = 0 };
	struct err err;
	for (int letter; (letter = ctl_getopt(request->ctl, argc, argv)) != -1;) {
		if (is_common(letter)) {
			if (!take_common(letter, request, &err))
				return ctl_usage(request->ctl, "%s", err.text);
			continue;
		}
		if (taken.n == TAKEN_MAX)
			return ctl_usage(request->ctl, "at most %d options", TAKEN_MAX);
		taken.options[taken.n].letter = letter;
		taken.options[taken.n++].value = optarg;
	}
	int code = find_verb(request, optind < argc ? argv[optind] : NULL);
	if (code == EX_OK)
		code = put_operands(request, argv + optind + 1, argc - optind - 1);
	for (size_t i = 0; i < taken.n && code == EX_OK; i++)
		code = put_option(request, taken.options[i].letter, taken.options[i].value);
	return code == EX_OK ? check_common(request) : code;
}

int verb_run(struct ctl *ctl, int argc, char **argv, const struct verb_object *object)
{
	struct request request = { .ctl = ctl, .object = object, .number = 100 };
	request.body = json_object();
	int code = read_words(&request, argc, argv);
	if (code == EX_OK) {
		zones_open(ctl->conf->zoneinfo_dir);
		code = carry_out(&request);
		zones_close();
	}
	json_decref(request.body);
	json_decref(request.tags);
	return code;
}
