/* The first two flights of a session; see the header. */
#include "db/fitness.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "db/rows.h"
#include "db/sqlstate.h"
#include "util/charset.h"

/* What the statements in daemon/sql need; the first level that has it all is named to the
 * administrator by recurctl migrate status. */
static const char *const columns[] = { "recurring_tasks.next_due_at",
	"recurring_tasks.starts_local", "recurring_tasks.planned_due_at",
	"recurring_tasks.made_through", "recurring_tasks.used_count", "recurring_tasks.replan_at",
	"recurring_tasks.resumed_at", "recurring_tasks.paused_at", "recurring_tasks.starts_zone",
	"recurring_tasks.failure", "recurring_tasks.ended_at", "recurring_tasks.failed_at",
	"tasks.recurring_task_id", "tasks.occurrence_at", "tasks.reminded_at", "task_tags.tag_id",
	"recurd.settings.live_since", "recurd.settings.compatible_from", "recurd.notifications.key",
	"recurd.decisions.kind", "recurd.workers.seen_at", "recurd.template_tags.tag_id",
	"recurd.preferences.time_zone", "recurd.zones.digest", "recurd.waiting.place",
	"recurd.causes.next_try_at", "recurd.settings.changes", "recurd.workers.tzdata",
	"recurd.workers.figures", "recurd.consumers.done_through", "recurd.repeats.failed_at",
	"tasks.repeat_of", "recurd.keys_from()", "recurring_tasks.wake_at",
	"recurd.policies.pause_catch_up", "recurd.calendars.weekend", "recurd.calendar_days.rule",
	"recurd.reminders.before", "recurd.notifications.reminder_id", "recurd.changes.before" };

/* Without the unique ones nothing stands below exactly-once; without the others polls read tables. */
static const char *const indexes[] = { "ux_tasks_recurring_task_id_occurrence_at",
	"ux_tasks_repeat_of", "ix_tasks_pending_remind_at", "ix_recurring_tasks_due",
	"ix_recurring_tasks_replan", "ix_recurring_tasks_wake" };

static void finish(struct fitness *fitness, enum fitness_verdict verdict)
{
	fitness->report.verdict = verdict;
	fitness->done(fitness->arg, &fitness->report);
}

static void set_why(
	struct fitness *fitness, const char *before, const char *what, const char *after)
{
	snprintf(fitness->report.why, sizeof(fitness->report.why), "%s%s%s", before, what, after);
}

static bool arrived(struct fitness *fitness, const struct reply *reply)
{
	if (reply->status == REPLY_OK)
		return true;
	bool denied = strcmp(reply->sqlstate, "42501") == 0;
	set_why(fitness, reply->message, "",
		denied ? ": this role needs what recurd_worker has (grant recurd_worker to it); "
			 "where it has that, run recurctl migrate repair"
		       : "");
	finish(fitness, reply->status == REPLY_LOST ? FITNESS_LOST : FITNESS_WAIT);
	return false;
}

static void on_begun(void *arg, const struct reply *reply)
{
	struct fitness *fitness = arg;
	if (!arrived(fitness, reply))
		return;
	const PGresult *result = reply->results[reply->n - 1];
	const char *why = NULL;
	usec_t now;
	bool written = strcmp(PQcmdTuples(reply->results[reply->n - 2]), "1") == 0;
	if (PQntuples(result) != 1)
		why = "recurd.settings has no row: insert into recurd.settings default values; "
		      "where recurd was at work before, a restore left the row out: give its "
		      "live_since, too";
	else if (!row_clock(result, 0, 0, &now) || row_is_null(result, 0, 1))
		why = CLOCK_COMPLAINT;
	else if (row_is_null(result, 0, 3))
		why = KEYS_COMPLAINT;
	if (why) {
		set_why(fitness, why, "", "");
		finish(fitness, FITNESS_WAIT);
		return;
	}
	fitness->report.live_since = row_instant(result, 0, 1);
	/* One that was put right after a clock had been wrong is that of an event, or as good as new. */
	fitness->report.first = written && fitness->report.live_since == now;
	fitness->report.keys_differ = row_bool(result, 0, 4);
	int32_t compatible_from = row_int4(result, 0, 2);
	if (compatible_from > SCHEMA_LEVEL) {
		snprintf(fitness->report.why, sizeof(fitness->report.why),
			"the schema needs a recurd that knows migration %" PRId32
			"; this one knows %d: upgrade it",
			compatible_from, SCHEMA_LEVEL);
		finish(fitness, FITNESS_INCOMPATIBLE);
		return;
	}
	finish(fitness, FITNESS_GOOD);
}

static void on_checked(void *arg, const struct reply *reply)
{
	struct fitness *fitness = arg;
	if (!arrived(fitness, reply))
		return;
	const PGresult *result = reply->results[reply->n - 1];
	conn_direct(fitness->conn, row_int4(result, 0, 4));
	charset_bind(row_text(result, 0, 6));
	fitness->report.deadlock_timeout = row_int8(result, 0, 1) * USEC_PER_MSEC;
	const char *missing = row_text(result, 0, 2), *blinding = row_text(result, 0, 3);
	const char *obstacle = row_text(result, 0, 5);
	if (row_bool(result, 0, 0))
		set_why(fitness, "the server is a standby: waiting for the primary", "", "");
	else if (missing && strncmp(missing, columns[0], strlen(columns[0])) == 0)
		set_why(fitness, "schema ", fitness->app_schema,
			" has no recurring_tasks as recurd needs it: is app_schema right? If it "
			"is, run "
			"recurctl migrate up, then recurctl migrate repair");
	else if (missing)
		set_why(fitness,
			"the schema is not complete, run recurctl migrate up, then recurctl "
			"migrate repair (a migration was undone, or is not applied yet: this "
			"worker waits, and goes on by itself); missing: ",
			missing, "");
	else if (obstacle)
		set_why(fitness, obstacle, "", "");
	else if (blinding)
		set_why(fitness, "row-level security hides rows of ", blinding,
			" from this role: alter role ... bypassrls; what a policy would leave out "
			"nobody could tell");
	if (*fitness->report.why) {
		finish(fitness, FITNESS_WAIT);
		return;
	}
	conn_begin(fitness->conn, fitness->limits);
	conn_add(fitness->conn, QUERY_SESSION_FIRST, NULL);
	conn_add(fitness->conn, QUERY_SESSION_BEGIN, NULL);
	conn_fly(fitness->conn, on_begun, fitness);
}

void fitness_check(struct fitness *fitness, struct conn *conn, const char *app_schema,
	struct conn_limits limits, fitness_done_fn *done, void *arg)
{
	*fitness = (struct fitness){
		.conn = conn, .app_schema = app_schema, .limits = limits, .done = done, .arg = arg
	};
	struct params params CLEANUP(params_free);
	params_init(&params);
	params_text(&params, app_schema);
	params_texts(&params, columns, ARRAY_LEN(columns));
	params_texts(&params, indexes, ARRAY_LEN(indexes));
	conn_add_limits(conn, limits);
	conn_add(conn, QUERY_SESSION_CHECK, &params);
	conn_fly(conn, on_checked, fitness);
}
