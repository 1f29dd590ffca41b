/* The figures of the database; see the header. */
#include "db/figures.h"

#include "db/rows.h"

enum value { VALUE_COUNT, VALUE_SPAN, VALUE_INSTANT };

/* Columns of figures.sql; those of one metric stand side by side. */
static const struct {
	const char *name, *labels, *help;
	int column;
	enum value value;
} rows[] = {
	{ "recurd_templates", "state=\"active\"",
		"Templates by state, exact up to 1000, beyond as the server's statistics say", 2,
		VALUE_COUNT },
	{ "recurd_templates", "state=\"paused\"", NULL, 3, VALUE_COUNT },
	{ "recurd_templates", "state=\"ended\"", NULL, 4, VALUE_COUNT },
	{ "recurd_templates", "state=\"quarantined\"", NULL, 5, VALUE_COUNT },
	{ "recurd_tasks_quarantined", "", "Completed tasks that do not come back, up to 1000", 11,
		VALUE_COUNT },
	{ "recurd_reminders_pending", "",
		"Reminders to be told, exact up to 1000, beyond as the server's statistics say", 8,
		VALUE_COUNT },
	{ "recurd_due", "kind=\"occurrence\"", "What is due and not made or told, up to 1000", 6,
		VALUE_COUNT },
	{ "recurd_due", "kind=\"reminder\"", NULL, 9, VALUE_COUNT },
	{ "recurd_oldest_due_seconds", "kind=\"occurrence\"",
		"Age of the oldest thing that is due; 0: nothing is", 7, VALUE_SPAN },
	{ "recurd_oldest_due_seconds", "kind=\"reminder\"", NULL, 10, VALUE_SPAN },
	{ "recurd_waiting", "", "Rows that could not be served, and wait, up to 1000", 14,
		VALUE_COUNT },
	{ "recurd_workers", "state=\"alive\"", "Workers that have left a row", 12, VALUE_COUNT },
	{ "recurd_workers", "state=\"dead\"", NULL, 13, VALUE_COUNT },
	{ "recurd_consumers", "", "Who has said how far he is with notifications", 16,
		VALUE_COUNT },
	{ "recurd_consumers_lag_seconds", "",
		"Age of the first notification that the one furthest behind has not done", 17,
		VALUE_SPAN },
	{ "recurd_oldest_snapshot_seconds", "", "Age of the oldest snapshot that holds VACUUM back",
		15, VALUE_SPAN },
	{ "recurd_live_since_timestamp_seconds", "",
		"When workers first came to this database; 0: never", 1, VALUE_INSTANT },
	{ "recurd_database_scrape_timestamp_seconds", "",
		"When these figures were read, by the clock of the database", 0, VALUE_INSTANT },
};

static double seconds(usec_t span)
{
	return (double)span / 1e6;
}

bool figures_add(const struct exposition *page, const PGresult *result)
{
	if (PQntuples(result) != 1)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		bool none = row_is_null(result, 0, rows[i].column);
		if (rows[i].help)
			exposition_head(page, rows[i].name, "gauge", rows[i].help);
		if (rows[i].value == VALUE_COUNT)
			exposition_int(page, rows[i].name, rows[i].labels,
				none ? 0 : row_int8(result, 0, rows[i].column));
		else if (rows[i].value == VALUE_SPAN)
			exposition_number(page, rows[i].name, rows[i].labels,
				none ? 0 : seconds(row_int8(result, 0, rows[i].column)));
		else
			exposition_number(page, rows[i].name, rows[i].labels,
				none ? 0 : seconds(row_instant(result, 0, rows[i].column)));
	}
	return true;
}
