/* What comes of a rule, as a record; see the header. */
#include "ctl/series.h"

#include "ctl/table.h"
#include "util/strbuf.h"

#define TEXT_MAX (4 * RULE_BYTES_MAX)

enum recur_status series_next_of_recurrence(
	void *recurrence, struct occurrence *ret_occurrence, struct err *err)
{
	enum recur_status status;
	do
		status = recurrence_next(recurrence, ret_occurrence, err);
	while (status == RECUR_AGAIN);
	return status;
}

void series_print_next(const struct series *series, struct table *record, const char *name,
	const char *heading, int64_t n, const char *none)
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
	struct table *table = record_nest(record, name, heading, columns, ARRAY_LEN(columns));
	struct occurrence next = { .at = 0 };
	struct err err;
	enum recur_status status = RECUR_FOUND;
	for (; series && n > 0; n--) {
		status = series->next(series->source, &next, &err);
		if (status != RECUR_FOUND)
			break;
		table_instant(table, next.at * USEC_PER_SEC);
		table_wall(table, zone_to_wall(series->zone, next.at));
		table_text(table, next.at != next.nominal ? "moved" : notes[next.fit]);
		table_end_row(table);
	}
	table_end(table, status == RECUR_FAILED ? err.text : none);
}

void series_print(const struct series *series, bool json, int64_t n)
{
	static const struct column columns[] = {
		{ "description", "meaning", COLUMN_WHOLE },
		{ "start", "start", 0 },
		{ "time_zone", "zone", 0 },
		{ "rule", "json", COLUMN_WHOLE | COLUMN_RAW },
		{ "rrule", "rrule", COLUMN_WHOLE | COLUMN_LINES },
	};
	struct strbuf text CLEANUP(strbuf_free) = STRBUF(TEXT_MAX);
	struct table *record = record_begin(stdout, json, columns, ARRAY_LEN(columns));
	rule_describe(series->rule, series->start, &text);
	table_text(record, text.data);
	table_wall(record, series->start);
	table_text(record, zone_name(series->zone));
	strbuf_reset(&text);
	rule_to_json(series->rule, &text);
	table_json(record, text.data);
	strbuf_reset(&text);
	rule_to_lines(series->rule, &text);
	/* Lines of iCalendar know nothing of working days. */
	table_text(record, rule_is_of_workdays(series->rule) ? NULL : text.data);
	table_end_row(record);
	series_print_next(series, record, "occurrences", "occurrences", n, "none");
	table_end(record, "");
}
