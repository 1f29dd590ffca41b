/* The settings of the database; see the header. */
#include "job/settings.h"

#include <string.h>

#include "conf/value.h"
#include "db/rows.h"
#include "db/settings_row.h"
#include "job/errand.h"
#include "plan/calendars_row.h"
#include "recur/zone.h"
#include "recur/zone_lacks.h"
#include "util/clock.h"
#include "util/duration.h"
#include "util/log.h"

#define FAILED_PAUSE   USEC_PER_SEC
#define TROUBLED_PAUSE (30 * USEC_PER_SEC) /* somebody may install time zone data meanwhile */

void settings_outdate(struct job_shared *shared)
{
	shared->settings_old = true;
	shared->settings_at = 0;
}

/* ---- telling ---- */

static void log_all(const struct settings *settings)
{
	struct log_line line;
	log_begin(&line, LOG_NOTICE, "settings");
	for (size_t i = 0; i < settings_options_len; i++) {
		struct strbuf value CLEANUP(strbuf_free) = STRBUF(ERR_TEXT_MAX);
		(void)value_format(settings, &settings_options[i], &value);
		log_text(&line, settings_options[i].name, value.data);
	}
	log_end(&line);
}

static void log_change(const struct conf_option *option, const char *was, const char *is,
	const PGresult *result, int row)
{
	struct log_line line;
	log_begin(&line, LOG_NOTICE, "setting_changed");
	log_text(&line, "setting", option->name);
	log_text(&line, "from", was);
	log_text(&line, "to", is);
	log_text(&line, "by", row_text(result, row, SETTINGS_BY));
	if (!row_is_null(result, row, SETTINGS_TEMPLATES))
		log_int(&line, "templates", row_int8(result, row, SETTINGS_TEMPLATES));
	log_end(&line);
}

/* Rows are in the order of the table. */
static void log_changes(
	const struct settings *old, const struct settings *new, const PGresult *result)
{
	for (size_t i = 0; i < settings_options_len; i++) {
		struct strbuf was CLEANUP(strbuf_free) = STRBUF(ERR_TEXT_MAX);
		struct strbuf is CLEANUP(strbuf_free) = STRBUF(ERR_TEXT_MAX);
		(void)value_format(old, &settings_options[i], &was);
		(void)value_format(new, &settings_options[i], &is);
		if (strcmp(was.data, is.data) != 0)
			log_change(&settings_options[i], was.data, is.data, result, (int)i);
	}
}

/* Each that is another trouble than before. */
static void log_calendars(const struct settings *old, const struct settings *new)
{
	const struct workdays *calendar, *before;
	for (size_t i = 0; (calendar = calendars_at(new->calendars, i)); i++) {
		const struct err *trouble = workdays_trouble(calendar);
		struct err was = { .text = "" };
		bool had = old &&
			   !calendars_find(old->calendars, workdays_name(calendar), &before, &was);
		if (trouble && !(had && strcmp(was.text, trouble->text) == 0))
			log_msg(LOG_ERR, "calendar_failed",
				"%s; what goes by it is quarantined until it is mended",
				trouble->text);
	}
}

static void log_trouble(const struct settings *old, const struct settings *new)
{
	if (*new->trouble.text && (!old || strcmp(old->trouble.text, new->trouble.text) != 0))
		log_msg(LOG_ERR, "settings_failed", "%s", new->trouble.text);
}

/* Whoever comes to a database learns what will be gone some day. */
static void log_first_start(const struct settings *settings)
{
	struct strbuf kept CLEANUP(strbuf_free) = STRBUF(ERR_TEXT_MAX);
	duration_format(settings->notification_retention, &kept);
	if (settings->notification_retention > 0)
		log_msg(LOG_NOTICE, "first_start",
			"recurd is at work on this database for the first time; rows of "
			"recurd.notifications and recurd.decisions will be kept for %s, or for "
			"ever after "
			"recurctl settings set notification_retention 0",
			kept.data);
	else
		log_msg(LOG_NOTICE, "first_start",
			"recurd is at work on this database for the first time; rows of "
			"recurd.notifications are kept for ever");
}

/* ---- reading ---- */

/* Not to know its data is no reason to put everybody's templates into quarantine. */
static void check_zone(struct settings *settings)
{
	const struct zone *zone;
	struct err err;
	zone_lacks_begin();
	if (*settings->trouble.text || zone_load(settings->default_time_zone, &zone, &err) ||
		(err.passing && !zone_lacks_met()))
		return;
	err_set(&settings->trouble,
		"recurd.settings.default_time_zone: %s; nothing is made until this machine has its "
		"time zone data, or somebody says recurctl settings set default_time_zone NAME",
		err.text);
}

static void take_rows(struct job_shared *shared, const PGresult *result, const PGresult *calendars)
{
	struct settings *old = shared->settings, *new = settings_of_rows(result);
	new->calendars = calendars_of_rows(calendars);
	new->drop_calendars = calendars_drop;
	check_zone(new);
	if (old)
		log_changes(old, new, result);
	else
		log_all(new);
	if (shared->first_start)
		log_first_start(new);
	shared->first_start = false;
	log_trouble(old, new);
	log_calendars(old, new);
	settings_drop(old);
	shared->settings = new;
	shared->settings_old = *new->trouble.text;
	shared->settings_at = clock_monotonic() + TROUBLED_PAUSE;
}

static void take(struct errand *errand, const struct reply *reply, struct job_report *report)
{
	struct job_shared *shared = errand->site.shared;
	if (reply->status != REPLY_OK) {
		shared->settings_at = clock_monotonic() + FAILED_PAUSE;
		if (reply->status == REPLY_FAILED)
			errand_complain(LOG_WARNING, "settings_failed", reply);
		return;
	}
	const PGresult *result = reply->results[reply->n - 2];
	report->unfit = PQntuples(result) == 0;
	report->unfit_why = "recurd.settings has no row";
	if (!report->unfit)
		take_rows(shared, result, reply->results[reply->n - 1]);
}

static void *start(const struct job *job, const struct job_site *site,
	const struct job_order *order, job_done_fn *done, void *arg)
{
	(void)job;
	(void)order;
	struct errand *errand = errand_begin(site, ERRAND_ASKS, take, done, arg);
	struct params params CLEANUP(params_free);
	struct params rows CLEANUP(params_free);
	settings_params(&params);
	conn_add(site->conn, QUERY_SETTINGS_READ, &params);
	/* Behind them: calendars that are newer than their version are read again. */
	params_init(&rows);
	params_int4(&rows, CALENDARS_ROWS_MAX + 1);
	conn_add(site->conn, QUERY_CALENDARS_READ, &rows);
	errand_fly(errand);
	return errand;
}

static usec_t due(const struct job_shared *shared)
{
	return !shared->settings || shared->settings_old ? shared->settings_at : INT64_MAX;
}

const struct job job_read_settings = { .name = "settings",
	.when = JOB_TIMED,
	.rank = JOB_AT_ONCE,
	.weight = 1,
	.tells = true,
	.due = due,
	.start = start,
	.destroy = errand_destroy };
