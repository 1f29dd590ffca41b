/* recurctl next and expand: what a rule means; only next --template needs a database. */
#include "ctl/cmd/rule.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "ctl/args.h"
#include "ctl/cmd/expand.h"
#include "ctl/table.h"
#include "recur/recurrence.h"
#include "util/mem.h"
#include "util/timefmt.h"

#define NEXT_MAX  10000
#define TEXT_MAX  (4 * RULE_BYTES_MAX)
#define CHUNK_MAX 65536

enum { OPT_START = 256, OPT_AFTER, OPT_ZONE, OPT_TEMPLATE };

const struct ctl_option next_options[] = {
	{ "number", 'n', "N", "so many occurrences (default: 5)" },
	{ "start", OPT_START, "TIME",
		"the anchor, local time (default: now, or the rule's DTSTART)" },
	{ "after", OPT_AFTER, "INSTANT", "only what comes after it" },
	{ "zone", OPT_ZONE, "NAME", "time zone of a rule that names none" },
	{ "template", OPT_TEMPLATE, "ID",
		"what comes of this template, as it stands in the database" },
	{ NULL, 0, NULL, NULL },
};

const struct ctl_option expand_options[] = {
	{ NULL, 0, NULL, NULL },
};

struct preview {
	const char *zone_name, *template;
	sec_t start, after;
	bool has_start, has_after;
	int64_t n;
};

void rule_argument(const char *text, struct strbuf *json)
{
	bool is_json = text[strspn(text, " \t\r\n")] == '{';
	json_t *object;
	char *line;

	if (is_json) {
		strbuf_add_text(json, text);
		return;
	}
	/* RRULE parts have an '=', iCalendar lines a ':', cron's fields neither. */
	object = json_pack("{ss}", strpbrk(text, "=:") != NULL ? "rrule" : "cron", text);
	/* Bytes that are not UTF-8 make no JSON: the parser is to say so. */
	line = object != NULL ? json_dumps(object, JSON_COMPACT) : NULL;
	strbuf_add_text(json, line != NULL ? line : text);
	free(line);
	json_decref(object);
}

static bool parse_argument(const char *text, struct rule **ret_rule, struct err *err)
{
	struct strbuf json CLEANUP(strbuf_free);

	strbuf_init(&json, TEXT_MAX);
	rule_argument(text, &json);
	if (json.overflowed)
		return err_set(err, "recurrence_rule: larger than %d bytes", RULE_BYTES_MAX);
	return rule_parse(json.data, json.len, ret_rule, err);
}

static sec_t wall_now(const struct zone *zone)
{
	return zone_to_wall(zone, time(NULL));
}

/* Rule, zone and recurrence of a RULE that a person typed. */
struct opened {
	struct rule *rule;
	const struct zone *zone;
	sec_t start;
	struct recurrence *recurrence;
};

static void opened_close(struct opened *opened)
{
	recurrence_close(opened->recurrence);
	rule_free(opened->rule);
}

static bool open_argument(const struct conf *conf, const char *text, const struct preview *preview,
	struct opened *opened, struct err *err)
{
	const char *name;

	if (!parse_argument(text, &opened->rule, err))
		return false;
	name = rule_time_zone(opened->rule);
	if (name == NULL)
		name = preview->zone_name != NULL ? preview->zone_name : conf->default_time_zone;
	if (!zone_load(name, &opened->zone, err))
		return err_prefix(err, "recurrence_rule.timeZone: ");
	if (preview->has_start)
		opened->start = preview->start;
	else if (!rule_start(opened->rule, &opened->start))
		opened->start = wall_now(opened->zone);
	if (!recurrence_open(opened->rule, opened->start, opened->zone, RECUR_BY_TIME,
		    &opened->recurrence, err))
		return false;
	return recurrence_check_interval(
		opened->recurrence, conf->min_interval / USEC_PER_SEC, err);
}

bool validate_rule_text(
	const struct conf *conf, const char *text, sec_t start_wall, struct err *err)
{
	struct opened opened CLEANUP(opened_close) = { .rule = NULL };
	struct preview preview = { .start = start_wall, .has_start = true };

	return open_argument(conf, text, &preview, &opened, err);
}

static void print_occurrences(struct table *record, const struct opened *opened, int64_t n)
{
	static const struct column columns[] = {
		{ "at", "AT", 0 },
		{ "local", "LOCAL TIME", 0 },
		{ "note", "NOTE", COLUMN_WHOLE },
	};
	static const char *const notes[] = {
		[ZONE_GAP] = "shifted: the clock skips this time",
		[ZONE_FOLD] = "the first of two: the clock shows this time twice",
	};
	struct table *table = record_nest(
		record, "occurrences", "occurrences", columns, ARRAY_LEN(columns));
	enum recur_status status = RECUR_FOUND;
	struct occurrence next = { .at = 0 };
	struct err err;

	for (; n > 0; n--) {
		do
			status = recurrence_next(opened->recurrence, &next, &err);
		while (status == RECUR_AGAIN);
		if (status != RECUR_FOUND)
			break;
		table_instant(table, next.at * USEC_PER_SEC);
		table_wall(table, zone_to_wall(opened->zone, next.at));
		table_text(table, next.at != next.nominal ? "moved" : notes[next.fit]);
		table_end_row(table);
	}
	table_end(table, status == RECUR_FAILED ? err.text : "none");
}

static void print_preview(const struct opened *opened, bool json, int64_t n)
{
	static const struct column columns[] = {
		{ "description", "meaning", COLUMN_WHOLE },
		{ "start", "start", 0 },
		{ "time_zone", "zone", 0 },
		{ "rule", "json", COLUMN_WHOLE | COLUMN_RAW },
		{ "rrule", "rrule", COLUMN_WHOLE },
	};
	struct strbuf text CLEANUP(strbuf_free);
	struct table *record = record_begin(stdout, json, columns, ARRAY_LEN(columns));

	strbuf_init(&text, TEXT_MAX);
	rule_describe(opened->rule, opened->start, &text);
	table_text(record, text.data);
	table_wall(record, opened->start);
	table_text(record, zone_name(opened->zone));
	strbuf_reset(&text);
	rule_to_json(opened->rule, &text);
	table_json(record, text.data);
	strbuf_reset(&text);
	rule_to_rrule(opened->rule, &text);
	table_text(record, text.data);
	table_end_row(record);
	print_occurrences(record, opened, n);
	table_end(record, "");
}

static int preview_argument(struct ctl *ctl, const char *text, const struct preview *preview)
{
	struct opened opened CLEANUP(opened_close) = { .rule = NULL };
	struct err err;

	if (!open_argument(ctl->conf, text, preview, &opened, &err))
		return ctl_error(EX_DATAERR, "%s", err.text);
	if (preview->has_after)
		recurrence_seek(opened.recurrence, preview->after);
	print_preview(&opened, ctl->json, preview->n);
	return EX_OK;
}

static bool take_option(int letter, struct preview *preview, struct err *err)
{
	usec_t after = 0;

	switch (letter) {
	case 'n':
		return arg_count(optarg, 1, NEXT_MAX, &preview->n, err);
	case OPT_START:
		preview->has_start = true;
		return wall_parse(optarg, &preview->start, err) || err_prefix(err, "--start: ");
	case OPT_AFTER:
		preview->has_after = true;
		if (!arg_instant(optarg, &after, err))
			return err_prefix(err, "--after: ");
		preview->after = sec_from_usec(after);
		return true;
	case OPT_TEMPLATE:
		preview->template = optarg;
		return true;
	default:
		preview->zone_name = optarg;
		return true;
	}
}

int cmd_next(struct ctl *ctl, int argc, char **argv)
{
	struct preview preview = { .n = 5 };
	struct err err;
	int letter, code = EX_OK;

	while ((letter = ctl_getopt(ctl, argc, argv)) != -1)
		if (!take_option(letter, &preview, &err))
			return ctl_usage(ctl, "%s", err.text);
	bool placed = preview.has_start || preview.has_after || preview.zone_name != NULL;
	if (preview.template != NULL && (optind < argc || placed))
		return ctl_usage(ctl, "with --template there is only -n");
	if (preview.template == NULL && optind >= argc)
		return ctl_usage(ctl, "next takes a RULE, or --template ID");
	zones_open(ctl->conf->zoneinfo_dir);
	if (preview.template != NULL)
		code = next_of_template(ctl, preview.template, preview.n);
	for (int i = optind; i < argc && code == EX_OK; i++)
		code = preview_argument(ctl, argv[i], &preview);
	zones_close();
	return code;
}

/* expand ------------------------------------------------------------------------------------------- */

struct line_reader {
	char chunk[CHUNK_MAX];
	size_t len, at;
	struct strbuf line;
	bool ended;
};

/* More input.  What has been answered goes out first: whoever writes the questions may wait for it. */
static bool refill(struct line_reader *reader)
{
	ssize_t got;

	if (fflush(stdout) != 0)
		return false;
	do
		got = read(STDIN_FILENO, reader->chunk, sizeof(reader->chunk));
	while (got < 0 && errno == EINTR);
	reader->at = 0;
	reader->len = got > 0 ? (size_t)got : 0;
	return got > 0;
}

/* The next line without its newline; one that is too long is cut and marked overflowed. */
static bool read_line(struct line_reader *reader)
{
	bool any = false;

	strbuf_reset(&reader->line);
	while (!reader->ended) {
		const char *from = reader->chunk + reader->at, *end;
		size_t left = reader->len - reader->at;

		if (left == 0) {
			reader->ended = !refill(reader);
			continue;
		}
		any = true;
		end = memchr(from, '\n', left);
		strbuf_add(&reader->line, from, end != NULL ? (size_t)(end - from) : left);
		reader->at += end != NULL ? (size_t)(end - from) + 1 : left;
		if (end != NULL)
			return true;
	}
	return any;
}

int cmd_expand(struct ctl *ctl, int argc, char **argv)
{
	struct line_reader *reader CLEANUP(mem_cleanup) = mem_alloc(sizeof(*reader));
	struct strbuf answer CLEANUP(strbuf_free);
	int letter = ctl_getopt(ctl, argc, argv);

	strbuf_init(&answer, EXPAND_ANSWER_MAX);
	if (letter != -1 || optind != argc)
		return ctl_usage(ctl, "expand takes no arguments, it reads standard input");
	strbuf_init(&reader->line, EXPAND_LINE_MAX);
	zones_open(ctl->conf->zoneinfo_dir);
	while (read_line(reader) && !ferror(stdout)) {
		if (reader->line.overflowed)
			expand_refuse("line too long", &answer);
		else
			expand_line(reader->line.data, reader->line.len,
				ctl->conf->default_time_zone, &answer);
		strbuf_add_char(&answer, '\n');
		fwrite(answer.data, 1, answer.len, stdout);
	}
	strbuf_free(&reader->line);
	zones_close();
	return EX_OK;
}
