/* What comes of a rule, as a record; see the header. */
#include "ctl/series.h"

#include "ctl/table.h"
#include "util/strbuf.h"

#define TEXT_MAX (4 * RULE_BYTES_MAX)

enum recur_status series_step(
	struct recurrence *recurrence, struct occurrence *ret_occurrence, struct err *err)
{
	enum recur_status status;
	do
		status = recurrence_next(recurrence, ret_occurrence, err);
	while (status == RECUR_AGAIN);
	return status;
}

enum recur_status series_next_of_recurrence(
	void *recurrence, struct series_one *ret_one, struct err *err)
{
	struct occurrence found;
	enum recur_status status = series_step(recurrence, &found, err);
	if (status == RECUR_FOUND)
		*ret_one = (struct series_one){ .due = found.at * USEC_PER_SEC,
			.nominal = found.nominal * USEC_PER_SEC,
			.made_at = TEMPLATE_NONE,
			.fit = found.fit };
	return status;
}

/* A date that is not the rule's stands beside that. */
static void say_note(const struct series_one *one, struct strbuf *out)
{
	static const char *const notes[] = {
		[ZONE_GAP] = "shifted: the clock skips this time",
		[ZONE_FOLD] = "the first of two: the clock shows this time twice",
	};
	char text[INSTANT_TEXT_MAX];
	bool elsewhere = sec_from_usec(one->due) != sec_from_usec(one->nominal);
	if (elsewhere)
		strbuf_addf(out, "%s from %s", one->shifted ? "shifted by its calendar" : "moved",
			instant_format(one->nominal, text));
	else if (notes[one->fit])
		strbuf_add_text(out, notes[one->fit]);
	if (one->made_at != TEMPLATE_NONE && one->made_at != one->due)
		strbuf_addf(out, "%smade %s", out->len > 0 ? "; " : "",
			instant_format(one->made_at, text));
	if (one->remark)
		strbuf_addf(out, "%s%s", out->len > 0 ? "; " : "", one->remark);
}

static void print_one(
	const struct series *series, const struct series_one *one, struct table *table)
{
	struct strbuf note CLEANUP(strbuf_free) = STRBUF(TEXT_MAX);
	say_note(one, &note);
	table_instant(table, one->due);
	table_wall(table, zone_to_wall(series->zone, sec_from_usec(one->due)));
	table_instant(table, one->nominal);
	if (one->made_at == TEMPLATE_NONE)
		table_null(table);
	else
		table_instant(table, one->made_at);
	table_text(table, note.len > 0 ? note.data : NULL);
	table_end_row(table);
}

void series_print_next(const struct series *series, struct table *record, const char *name,
	const char *heading, int64_t n, const char *none)
{
	static const struct column columns[] = {
		{ "at", "AT", 0 },
		{ "local", "LOCAL TIME", 0 },
		{ "occurrence_at", "OCCURRENCE", COLUMN_JSON_ONLY },
		{ "made_at", "MADE", COLUMN_JSON_ONLY },
		{ "note", "NOTE", COLUMN_WHOLE },
	};
	struct table *table = record_nest(record, name, heading, columns, ARRAY_LEN(columns));
	struct series_one one;
	struct err err;
	enum recur_status status = RECUR_FOUND;
	for (; series && n > 0; n--) {
		status = series->next(series->source, &one, &err);
		if (status != RECUR_FOUND)
			break;
		print_one(series, &one, table);
	}
	table_end(table, status == RECUR_FAILED ? err.text : none);
}

void series_print(const struct series *series, bool json, int64_t n, const char *none)
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
	series_print_next(series, record, "occurrences", "occurrences", n, none);
	table_end(record, "");
}
