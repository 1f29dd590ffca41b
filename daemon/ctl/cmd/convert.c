/* recurctl convert: the series of a calendar as rules of ours; no database. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "ctl/convert/convert.h"
#include "ctl/ctl.h"
#include "ctl/slurp.h"
#include "ctl/table.h"
#include "util/mem.h"
#include "util/timefmt.h"

enum { OPT_TIME = 256, OPT_ZONE };

static const struct ctl_option options[] = {
	{ "time", OPT_TIME, "TIME", "time of day of dates that have none (default: 00:00)" },
	{ "zone", OPT_ZONE, "NAME",
		"time zone of times that name none, to tell the first (default: UTC)" },
	{ NULL, 0, NULL, NULL },
};

static const struct column columns[] = {
	{ "component", "component", 0 },
	{ "uid", "uid", COLUMN_ID },
	{ "title", "title", COLUMN_WHOLE },
	{ "description", "description", COLUMN_JSON_ONLY },
	{ "start", "start", 0 },
	{ "time_zone", "zone", 0 },
	{ "next_due_at", "first", 0 },
	{ "rule", "json", COLUMN_WHOLE | COLUMN_RAW },
	{ "meaning", "meaning", COLUMN_WHOLE },
	{ "error", "not converted", COLUMN_WHOLE },
	{ "notes", "notes", COLUMN_RAW | COLUMN_JSON_ONLY },
};

static void print_first(struct table *record, const struct conversion *conversion)
{
	struct recurrence *recurrence = NULL;
	struct occurrence first = { 0 };
	enum recur_status status = RECUR_AGAIN;
	if (recurrence_open(conversion->rule, conversion->start, conversion->zone, RECUR_BY_TIME,
		    &recurrence, NULL))
		for (int calls = 0; calls < 100 && status == RECUR_AGAIN; calls++)
			status = recurrence_next(recurrence, &first, NULL);
	recurrence_close(recurrence);
	if (status == RECUR_FOUND)
		table_instant(record, first.at * USEC_PER_SEC);
	else
		table_null(record);
}

static void print_rule(struct table *record, const struct conversion *conversion)
{
	struct strbuf text CLEANUP(strbuf_free) = STRBUF(4 * RULE_BYTES_MAX);
	if (!conversion->rule) {
		for (int i = 0; i < 5; i++)
			table_null(record);
		table_text(record, conversion->err.text);
		return;
	}
	table_wall(record, conversion->start);
	table_text(record, rule_time_zone(conversion->rule));
	print_first(record, conversion);
	rule_to_json(conversion->rule, &text);
	table_json(record, text.data);
	strbuf_reset(&text);
	rule_describe(conversion->rule, conversion->start, &text);
	table_text(record, text.data);
	table_null(record);
}

static void print_notes(struct table *row, const struct conversion *conversion)
{
	json_auto_t *list = json_array();
	for (size_t i = 0; i < conversion->notes_n; i++)
		json_array_append_new(list, json_string(conversion->notes[i]));
	char *text CLEANUP(mem_cleanup) = json_dumps(list, JSON_COMPACT);
	table_json(row, text);
}

static void print_cells(
	struct table *row, const struct conversion *conversion, enum calendar_kind kind)
{
	table_text(row, kind == CALENDAR_TODO ? "VTODO" : "VEVENT");
	table_text(row, conversion->uid);
	table_text(row, conversion->title);
	table_text(row, conversion->description);
	print_rule(row, conversion);
	print_notes(row, conversion);
	table_end_row(row);
}

/* People read one under the other. */
static void print_record(const struct conversion *conversion, enum calendar_kind kind, bool first)
{
	static const struct column note_columns[] = { { "note", "NOTE", COLUMN_WHOLE } };
	if (!first)
		putchar('\n');
	struct table *record = record_begin(stdout, false, columns, ARRAY_LEN(columns));
	print_cells(record, conversion, kind);
	if (conversion->notes_n > 0) {
		struct table *notes = record_nest(record, "notes", "notes", note_columns, 1);
		for (size_t i = 0; i < conversion->notes_n; i++) {
			table_text(notes, conversion->notes[i]);
			table_end_row(notes);
		}
		table_end(notes, "");
	}
	table_end(record, "");
}

/* Returns how many could not be converted. */
static size_t print_all(
	const struct ctl *ctl, const struct calendar *calendar, const struct convert_options *how)
{
	struct table *list = ctl->json ? table_begin(stdout, true, columns, ARRAY_LEN(columns))
				       : NULL;
	size_t failed = 0;
	for (size_t i = 0; i < calendar->series_n && !ferror(stdout); i++) {
		const struct calendar_series *series = &calendar->series[i];
		enum calendar_kind kind = calendar->parts[series->begin].kind;
		struct conversion conversion;
		convert_series(calendar, how, series, &conversion);
		failed += !conversion.rule;
		if (list)
			print_cells(list, &conversion, kind);
		else
			print_record(&conversion, kind, i == 0);
		conversion_finish(&conversion);
	}
	if (list)
		table_end(list, "");
	return failed;
}

static int convert(const struct ctl *ctl, const struct calendar *calendar, const char *path,
	const struct convert_options *how)
{
	if (calendar->series_n == 0 && !calendar->broken)
		return ctl_error(EX_DATAERR,
			"%s: nothing in it recurs (single events and tasks: %zu)", path,
			calendar->single);
	size_t failed = print_all(ctl, calendar, how);
	if (calendar->broken)
		return ctl_error(EX_DATAERR, "%s: %s; %s", path, calendar->why.text,
			calendar->series_n > 0 ? "what stands before it is above"
					       : "nothing before it recurs");
	return failed > 0 ? CTL_FOUND : EX_OK;
}

static int convert_file(struct ctl *ctl, const char *path, const struct convert_options *how)
{
	struct strbuf text CLEANUP(strbuf_free) = STRBUF(CALENDAR_BYTES_MAX);
	struct calendar *calendar = NULL;
	struct err err;
	int code = slurp_file(path, &text);
	if (code != EX_OK)
		return code;
	if (!calendar_parse(text.data, text.len, &calendar, &err))
		return ctl_error(EX_DATAERR, "%s: %s", path, err.text);
	code = convert(ctl, calendar, path, how);
	calendar_free(calendar);
	return code;
}

/* "09:30" */
static bool take_time(const char *text, struct convert_options *how, struct err *err)
{
	char *moment CLEANUP(mem_cleanup) = mem_printf("1970-01-01T%s:00", text);
	return wall_parse(moment, &how->time_of_day, NULL) ||
	       err_set(err, "--time: expected a time of day like 09:30, got \"%s\"", text);
}

static int run(struct ctl *ctl, int argc, char **argv)
{
	struct convert_options how = { .zone = "UTC" };
	const struct zone *zone;
	struct err err;
	int code = EX_OK;
	for (int letter; (letter = ctl_getopt(ctl, argc, argv)) != -1;) {
		if (letter == OPT_ZONE)
			how.zone = optarg;
		else if (!take_time(optarg, &how, &err))
			return ctl_usage(ctl, "%s", err.text);
	}
	if (optind + 1 < argc)
		return ctl_usage(ctl, "convert takes one FILE, or reads standard input");
	zones_open(ctl->conf->zoneinfo_dir);
	if (zone_load(how.zone, &zone, &err))
		code = convert_file(ctl, optind < argc ? argv[optind] : "-", &how);
	else
		code = ctl_error(EX_DATAERR, "--zone: %s", err.text);
	zones_close();
	return code;
}

const struct ctl_command command_convert = {
	.name = "convert",
	.args = "[FILE]",
	.help = "turn the series of an iCalendar file into rules",
	.run = run,
	.options = options,
};
