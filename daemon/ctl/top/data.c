/* What is shown; see the header. */
#include "ctl/top/data.h"

#include <string.h>

#include "db/rows.h"
#include "recur/zone.h"
#include "util/clock.h"

#define FRESH_MINUTES (10 * USEC_PER_SEC)
#define SOON          12 /* of what comes, for the verdict */

enum { TIMESTAMPTZ = 1184, TEXT = 25, INT8 = 20 };

const char *const top_screen_names[TOP_SCREENS] = { "upcoming", "late", "quarantine", "decisions",
	"workers", "waits" };

static void clear(PGresult **result)
{
	PQclear(*result);
	*result = NULL;
}

/* ---- the statements ---- */

static void fill_upcoming(struct params *params, int n)
{
	params_int4(params, n);
	params_instant(params, USEC_MINUS_INFINITY);
}

static void fill_templates(struct params *params, const char *which, const char *sought, int n)
{
	params_text(params, which);
	params_text(params, sought);
	params_int4(params, n);
	params_null(params, TIMESTAMPTZ);
	params_null(params, TEXT);
}

static void fill_decisions(struct params *params, const char *template)
{
	params_text(params, template);
	params_int4(params, TOP_ROWS);
	params_null(params, TIMESTAMPTZ);
	params_null(params, INT8);
}

static enum query_id query_of(enum top_screen screen, struct params *params)
{
	switch (screen) {
	case TOP_QUARANTINE:
		fill_templates(params, "quarantined", NULL, TOP_ROWS);
		return QUERY_WEB_TEMPLATES;
	case TOP_DECISIONS:
		fill_decisions(params, NULL);
		return QUERY_WEB_DECISIONS;
	case TOP_WORKERS:
		return QUERY_WEB_WORKERS;
	case TOP_WAITS:
		return QUERY_CTL_CAUSES;
	default:
		fill_upcoming(params, TOP_ROWS);
		return QUERY_WEB_UPCOMING;
	}
}

static bool ask(struct session *session, enum query_id query, const struct params *params,
	PGresult **ret_result, struct err *err)
{
	PGresult *result = NULL;
	if (!session_query(session, query, params, &result, err))
		return false;
	PQclear(*ret_result);
	*ret_result = result;
	return true;
}

static bool ask_rows(struct session *session, enum top_screen screen, const char *template,
	struct top_data *data, struct err *err)
{
	struct params params CLEANUP(params_free);
	params_init(&params);
	/* Rows of another question have other columns. */
	if (data->screen != screen || !data->template != !template)
		clear(&data->rows);
	data->screen = screen;
	if (!template) {
		clear(&data->template);
		enum query_id query = query_of(screen, &params);
		return ask(session, query, &params, &data->rows, err);
	}
	struct params one CLEANUP(params_free);
	params_init(&one);
	fill_templates(&one, "id", template, 1);
	fill_decisions(&params, template);
	return ask(session, QUERY_WEB_TEMPLATES, &one, &data->template, err) &&
	       ask(session, QUERY_WEB_DECISIONS, &params, &data->rows, err);
}

/* ---- what was read ---- */

static const struct zone *zone_of(const char *name)
{
	const struct zone *zone;
	struct err err;
	if (name && zone_load_default(name, &zone, &err))
		return zone;
	return zone_load_default("UTC", &zone, &err) ? zone : NULL;
}

static bool take(struct top_data *data, const PGresult *now, const PGresult *soon, struct err *err)
{
	struct standing *standing = &data->standing;
	texts_free(&data->texts);
	*standing = (struct standing){ .face.zone = zone_of(NULL), .away_since = INSTANT_NONE };
	data->database = NULL;
	if (!read_figures(now, &data->texts, &standing->figures, &standing->face.now))
		return err_set(err, "recurd.now() gives no usable time, or recurd.settings has no "
				    "row: see recurctl status");
	standing->face.zone = zone_of(texts_cell(&data->texts, now, 0, 1));
	data->database = texts_cell(&data->texts, now, 0, 2);
	if (!standing->face.zone)
		return err_set(err, "this machine has no time zone data");
	size_t n;
	struct upcoming_row *rows = read_upcoming(soon, &data->texts, true, &n);
	standing->upcoming = (const struct upcoming_row *)(const void *)texts_keep(
		&data->texts, (char *)rows);
	standing->upcoming_n = n;
	return true;
}

static bool ask_minutes(struct session *session, struct top_data *data, struct err *err)
{
	PGresult *minutes = NULL;
	usec_t now = clock_monotonic();
	if (data->minutes_read && now - data->minutes_read < FRESH_MINUTES)
		return true;
	if (!ask(session, QUERY_WEB_MINUTES, NULL, &minutes, err))
		return false;
	read_minutes(minutes, data->minutes);
	data->minutes_read = now;
	PQclear(minutes);
	return true;
}

static bool read_all(struct session *session, enum top_screen screen, const char *template,
	struct top_data *data, struct err *err)
{
	PGresult *now CLEANUP(clear) = NULL, *soon CLEANUP(clear) = NULL;
	struct params params CLEANUP(params_free);
	params_init(&params);
	fill_upcoming(&params, SOON);
	return session_exec(session,
		       "begin isolation level read committed read only; "
		       "set local statement_timeout = '2s'; set local lock_timeout = '1s'",
		       NULL, err) &&
	       ask(session, QUERY_WEB_NOW, NULL, &now, err) &&
	       ask(session, QUERY_WEB_UPCOMING, &params, &soon, err) &&
	       ask_minutes(session, data, err) && ask_rows(session, screen, template, data, err) &&
	       take(data, now, soon, err);
}

bool top_read(struct session *session, enum top_screen screen, const char *template,
	struct top_data *data, struct err *err)
{
	bool good = read_all(session, screen, template, data, err);
	struct err ignored;
	/* No snapshot is held between two looks. */
	bool ended = session_exec(session, good ? "commit" : "rollback", NULL, &ignored);
	return good && (ended || err_set(err, "%s", ignored.text));
}

void top_free(struct top_data *data)
{
	clear(&data->rows);
	clear(&data->template);
	texts_free(&data->texts);
}
