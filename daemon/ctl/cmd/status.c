/* recurctl status: what is going on, for people and for monitoring. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ctl/args.h"
#include "ctl/cmd/causes.h"
#include "ctl/cmd/consumers.h"
#include "ctl/cmd/workers.h"
#include "ctl/ctl.h"
#include "ctl/table.h"
#include "db/params.h"
#include "db/rows.h"
#include "util/duration.h"
#include "util/mem.h"
#include "util/text.h"

enum {
	OPT_CHECK = 256,
	OPT_MAX_LAG,
	OPT_MAX_FAILURES,
	OPT_MIN_WORKERS,
	OPT_MAX_DEAD,
	OPT_MAX_CONSUMER_LAG
};

static const struct ctl_option options[] = {
	{ "check", OPT_CHECK, NULL, "one line, and exit code 1 when a threshold is passed" },
	{ "max-lag", OPT_MAX_LAG, "SPAN",
		"with --check: how late anything may be (default: 5min)" },
	{ "max-failures", OPT_MAX_FAILURES, "N",
		"with --check: templates, or tasks, in quarantine (default: 0)" },
	{ "min-workers", OPT_MIN_WORKERS, "N", "with --check: workers alive (default: 1)" },
	{ "max-dead", OPT_MAX_DEAD, "N",
		"with --check: workers that died unreplaced (default: any number, as long as one "
		"serves)" },
	{ "max-consumer-lag", OPT_MAX_CONSUMER_LAG, "SPAN",
		"with --check: how far behind a consumer of notifications may be (default: 1d)" },
	{ NULL, 0, NULL, NULL },
};

/* Columns of ctl_status.sql that decide something. */
enum status_column {
	S_LIVE_SINCE = 3,
	S_LAG = 7,
	S_QUARANTINED = 12,
	S_NEXT_REMIND = 16,
	S_REMINDERS_LAG = 15,
	S_ALIVE = 17,
	S_DEAD = 18,
	S_LAST_SEEN = 19,
	S_NOTIFICATIONS = 20,
	S_HAS_MIGRATIONS = 22,
	S_COMPATIBLE_FROM = 23,
	S_HAS_CAUSES = 24,
	S_HAS_CONSUMERS = 25,
	S_CAPPED = 26,
	S_ESTIMATES = 27,
	S_HAS_REPEATS = 28,
};

struct thresholds {
	usec_t max_lag, max_consumer_lag;
	int64_t max_failures, min_workers, max_dead;
};

static int schema_level(struct ctl *ctl, const PGresult *status, int64_t *ret_level)
{
	PGresult *result CLEANUP(ctl_clear) = NULL;
	*ret_level = 0;
	if (!row_bool(status, 0, S_HAS_MIGRATIONS))
		return EX_OK;
	int code = ctl_query(ctl, QUERY_CTL_SCHEMA_LEVEL, NULL, &result);
	if (code == EX_OK)
		*ret_level = row_int8(result, 0, 0);
	return code;
}

/* Completed tasks that do not come back. */
struct stuck {
	bool known; /* the database has such a table */
	int64_t tasks;
};

/* What the figures want said in words. */
static void print_notes(const PGresult *result, const struct stuck *stuck, const char *behind)
{
	struct strbuf line CLEANUP(strbuf_free) = STRBUF(SIZE_MAX);
	if (row_is_null(result, 0, S_LIVE_SINCE))
		printf("\nNo worker has ever started here; recurctl preflight says what a first "
		       "start would do.\n");
	else if (row_int8(result, 0, S_ALIVE) == 0)
		printf("\nNo worker is alive: nothing is made and nobody is reminded.\n");
	if (row_int8(result, 0, S_QUARANTINED) > 0 || stuck->tasks > 0)
		printf("\nRules in quarantine: recurctl list --state quarantined\n");
	(void)text_add_terminal(&line, behind ? behind : "", 0);
	if (line.len > 0)
		printf("\nBehind: %s\n", line.data);
}

static const struct column status_columns[] = {
	{ "schema_level", "schema level", 0 },
	{ "compatible_from", "needs recurd of level", 0 },
	{ "app_schema", "application schema", 0 },
	{ "database", "database", 0 },
	{ "server_version", "PostgreSQL", 0 },
	{ "now", "now", 0 },
	{ "live_since", "live since", 0 },
	{ "templates", "templates", 0 },
	{ "templates_active", "  active", 0 },
	{ "templates_due", "  due", 0 },
	{ "templates_lag_seconds", "  lag", COLUMN_SPAN },
	{ "next_due_at", "  next", 0 },
	{ "templates_replan", "  edited, to replan", 0 },
	{ "templates_paused", "  paused", 0 },
	{ "templates_ended", "  ended", 0 },
	{ "templates_quarantined", "  quarantined", 0 },
	{ "templates_waiting", "  waiting", 0 },
	{ "tasks_quarantined", "tasks quarantined", 0 },
	{ "reminders_pending", "reminders pending", 0 },
	{ "reminders_due", "  due", 0 },
	{ "reminders_lag_seconds", "  lag", COLUMN_SPAN },
	{ "next_remind_at", "  next", 0 },
	{ "reminders_waiting", "  waiting", 0 },
	{ "workers_alive", "workers alive", 0 },
	{ "workers_dead", "  dead", 0 },
	{ "last_seen_at", "  last seen", 0 },
	{ "workers_differ", "  differ in", COLUMN_WHOLE },
	{ "notifications_last_hour", "notifications last hour", 0 },
	{ "consumers_behind", "  kept for consumers", COLUMN_JSON_ONLY },
	{ "oldest_snapshot_age_seconds", "oldest snapshot", COLUMN_SPAN },
	{ "capped", "", COLUMN_JSON_ONLY | COLUMN_RAW },
	{ "estimates", "about", COLUMN_WHOLE },
};

/* ret_causes: NULL on a database that has no such table yet. */
static int query_causes(struct ctl *ctl, const PGresult *status, PGresult **ret_causes)
{
	*ret_causes = NULL;
	return row_bool(status, 0, S_HAS_CAUSES)
		       ? ctl_query(ctl, QUERY_CTL_CAUSES, NULL, ret_causes)
		       : EX_OK;
}

/* The figure stopped at its limit; capped: a JSON array of such names. */
static bool is_capped(const struct strbuf *capped, const char *name)
{
	char *quoted CLEANUP(mem_cleanup) = mem_printf("\"%s\"", name);
	return strstr(capped->data, quoted);
}

static void add_capped(struct strbuf *capped, const char *name)
{
	strbuf_addf(capped, "%s\"%s\"", capped->len > 1 ? "," : "", name);
}

/* An array that is open still: ours follow those of the view. */
static void begin_capped(const PGresult *result, struct strbuf *capped)
{
	const char *names = row_is_null(result, 0, S_CAPPED) ? "[]" : row_text(result, 0, S_CAPPED);
	strbuf_addf(capped, "%.*s", (int)strcspn(names, "]"), names);
}

static void put_waiting(struct table *record, const PGresult *causes, const char *name,
	bool of_templates, struct strbuf *capped)
{
	bool more = false;
	if (causes)
		table_count(record, causes_count(causes, of_templates, &more), more);
	else
		table_null(record);
	if (more)
		add_capped(capped, name);
}

/* {"templates": 5000000, ...}, for people: templates 5000000, ... */
static void put_estimates(struct table *record, const PGresult *result, bool json)
{
	struct strbuf text CLEANUP(strbuf_free) = STRBUF(SIZE_MAX);
	if (row_is_null(result, 0, S_ESTIMATES)) {
		table_null(record);
		return;
	}
	const char *estimates = row_text(result, 0, S_ESTIMATES);
	for (const char *p = estimates; *p; p++)
		if (!strchr("{}\":", *p))
			strbuf_addf(&text, "%c", *p);
	if (json)
		table_json(record, estimates);
	else
		table_text(record, text.data);
}

/* place: of its column in the record. */
static void put_figure(struct table *record, const PGresult *result, int column, size_t place,
	const struct strbuf *capped)
{
	if (is_capped(capped, status_columns[place].name))
		table_count(record, row_int8(result, 0, column), true);
	else
		table_cell(record, result, 0, column);
}

#define STUCK_MAX 1000 /* counted, unless a threshold asks for more */

static int count_stuck(
	struct ctl *ctl, const PGresult *result, int64_t most, struct stuck *ret_stuck)
{
	struct params params CLEANUP(params_free);
	PGresult *counted CLEANUP(ctl_clear) = NULL;
	params_init(&params);
	params_int8(&params, most);
	*ret_stuck = (struct stuck){ .known = row_bool(result, 0, S_HAS_REPEATS) };
	if (!ret_stuck->known)
		return EX_OK;
	int code = ctl_query(ctl, QUERY_CTL_QUARANTINED_TASKS, &params, &counted);
	if (code == EX_OK)
		ret_stuck->tasks = row_int8(counted, 0, 0);
	return code;
}

static void put_stuck(struct table *record, const struct stuck *stuck, struct strbuf *capped)
{
	bool more = stuck->tasks > STUCK_MAX;
	if (stuck->known)
		table_count(record, more ? STUCK_MAX : stuck->tasks, more);
	else
		table_null(record);
	if (more)
		add_capped(capped, "tasks_quarantined");
}

static void put_figures(struct table *record, const PGresult *result, const PGresult *causes,
	const struct stuck *stuck, const char *differ, const char *behind, struct strbuf *capped)
{
	enum { FIRST = 3 };
	size_t place = FIRST;
	for (int column = 0; column < S_HAS_MIGRATIONS; column++) {
		put_figure(record, result, column, place++, capped);
		if (column == S_QUARANTINED || column == S_NEXT_REMIND) {
			put_waiting(record, causes, status_columns[place].name,
				column == S_QUARANTINED, capped);
			place++;
		}
		if (column == S_QUARANTINED) {
			put_stuck(record, stuck, capped);
			place++;
		}
		if (column == S_LAST_SEEN) {
			table_text(record, differ);
			place++;
		}
		if (column == S_NOTIFICATIONS) {
			table_text(record, behind);
			place++;
		}
	}
}

static int print_status(struct ctl *ctl, const PGresult *result, const PGresult *causes,
	const PGresult *consumers, const struct thresholds *limits)
{
	struct strbuf differ CLEANUP(strbuf_free) = STRBUF(SIZE_MAX);
	struct strbuf capped CLEANUP(strbuf_free) = STRBUF(SIZE_MAX);
	struct strbuf behind CLEANUP(strbuf_free) = STRBUF(SIZE_MAX);
	consumers_tell_behind(consumers, limits->max_consumer_lag, &behind);
	int64_t level;
	struct stuck stuck;
	int code = schema_level(ctl, result, &level);
	if (code == EX_OK)
		code = count_stuck(ctl, result, STUCK_MAX + 1, &stuck);
	if (code == EX_OK)
		code = workers_tell_differences(ctl, &differ);
	if (code != EX_OK)
		return code;
	struct table *record = record_begin(
		stdout, ctl->json, status_columns, ARRAY_LEN(status_columns));
	if (level > 0)
		table_int(record, level);
	else
		table_null(record);
	table_cell(record, result, 0, S_COMPATIBLE_FROM);
	table_text(record, ctl->conf->app_schema);
	begin_capped(result, &capped);
	put_figures(record, result, causes, &stuck, differ.len > 0 ? differ.data : NULL,
		behind.len > 0 ? behind.data : NULL, &capped);
	strbuf_add_text(&capped, "]");
	table_json(record, capped.data);
	put_estimates(record, result, ctl->json);
	table_end_row(record);
	if (causes)
		causes_print(causes, record, ctl->json);
	table_end(record, "");
	if (!ctl->json)
		print_notes(result, &stuck, behind.len > 0 ? behind.data : NULL);
	return EX_OK;
}

/* Appends what passes a threshold, one problem after the other. */
static void add_problem(struct strbuf *problems, const char *fmt, ...) PRINTF(2, 3);
static void add_problem(struct strbuf *problems, const char *fmt, ...)
{
	va_list args;
	if (problems->len > 0)
		strbuf_add_text(problems, "; ");
	va_start(args, fmt);
	strbuf_vaddf(problems, fmt, args);
	va_end(args);
}

static void check_lag(
	struct strbuf *problems, const char *what, const PGresult *result, int column, usec_t limit)
{
	struct strbuf lag CLEANUP(strbuf_free) = STRBUF(SIZE_MAX);
	struct strbuf allowed CLEANUP(strbuf_free) = STRBUF(SIZE_MAX);
	if (row_is_null(result, 0, column) || row_int8(result, 0, column) <= limit)
		return;
	duration_tell(row_int8(result, 0, column), &lag);
	duration_tell(limit, &allowed);
	add_problem(problems, "%s are %s late (limit %s)", what, lag.data, allowed.data);
}

static void check_consumers(
	struct strbuf *problems, const PGresult *consumers, const struct thresholds *limits)
{
	struct strbuf behind CLEANUP(strbuf_free) = STRBUF(SIZE_MAX);
	consumers_tell_behind(consumers, limits->max_consumer_lag, &behind);
	if (behind.len > 0)
		add_problem(problems, "%s", behind.data);
}

/* The view counts up to a limit of its own, which may be lower than the threshold.
 * ret_more: there are more than ret_failed. */
static int count_failed(struct ctl *ctl, const PGresult *result, int64_t threshold,
	int64_t *ret_failed, bool *ret_more)
{
	struct params params CLEANUP(params_free);
	PGresult *counted CLEANUP(ctl_clear) = NULL;
	params_init(&params);
	*ret_failed = row_int8(result, 0, S_QUARANTINED);
	*ret_more = !row_is_null(result, 0, S_CAPPED) &&
		    strstr(row_text(result, 0, S_CAPPED), "\"templates_quarantined\"");
	if (!*ret_more || *ret_failed > threshold || threshold == INT64_MAX)
		return EX_OK;
	params_int8(&params, threshold + 1);
	int code = ctl_query(ctl, QUERY_CTL_QUARANTINED, &params, &counted);
	if (code == EX_OK)
		*ret_failed = row_int8(counted, 0, 0);
	return code;
}

static int print_check(struct ctl *ctl, const PGresult *result, const PGresult *causes,
	const PGresult *consumers, const struct thresholds *limits)
{
	static const struct column columns[] = {
		{ "ok", "ok", 0 },
		{ "problems", "problems", 0 },
	};
	struct strbuf problems CLEANUP(strbuf_free) = STRBUF(SIZE_MAX);
	struct strbuf waits CLEANUP(strbuf_free) = STRBUF(SIZE_MAX);
	struct strbuf line CLEANUP(strbuf_free) = STRBUF(SIZE_MAX);
	int64_t alive = row_int8(result, 0, S_ALIVE), dead = row_int8(result, 0, S_DEAD);
	int64_t failed, most = limits->max_failures;
	struct stuck stuck;
	bool more;
	int code = count_failed(ctl, result, most, &failed, &more);
	if (code == EX_OK)
		code = count_stuck(ctl, result, most < INT64_MAX ? most + 1 : most, &stuck);
	if (code != EX_OK)
		return code;
	check_lag(&problems, "templates", result, S_LAG, limits->max_lag);
	check_lag(&problems, "reminders", result, S_REMINDERS_LAG, limits->max_lag);
	if (failed > limits->max_failures)
		add_problem(&problems, "%" PRId64 "%s templates in quarantine (limit %" PRId64 ")",
			failed, more ? "+" : "", limits->max_failures);
	if (stuck.tasks > limits->max_failures)
		add_problem(&problems,
			"%" PRId64 " or more tasks in quarantine (limit %" PRId64 ")", stuck.tasks,
			limits->max_failures);
	if (alive < limits->min_workers)
		add_problem(&problems, "%" PRId64 " workers alive (at least %" PRId64 ")", alive,
			limits->min_workers);
	if (dead > limits->max_dead)
		add_problem(&problems, "%" PRId64 " workers dead (limit %" PRId64 ")", dead,
			limits->max_dead);
	check_consumers(&problems, consumers, limits);
	if (causes)
		causes_tell_greatest(causes, &waits);
	if (waits.len > 0)
		add_problem(&problems, "%s", waits.data);
	(void)text_add_terminal(&line, problems.data, 0);
	if (ctl->json) {
		struct table *record = record_begin(stdout, true, columns, ARRAY_LEN(columns));
		table_bool(record, problems.len == 0);
		table_text(record, problems.len > 0 ? problems.data : NULL);
		table_end_row(record);
		table_end(record, "");
	} else {
		printf("%s\n", line.len > 0 ? line.data : "ok");
	}
	return problems.len > 0 ? CTL_FOUND : EX_OK;
}

static bool take_option(int letter, bool *check, struct thresholds *limits, struct err *err)
{
	switch (letter) {
	case OPT_CHECK:
		*check = true;
		return true;
	case OPT_MAX_LAG:
		return arg_span(optarg, &limits->max_lag, err);
	case OPT_MAX_FAILURES:
		return arg_count(optarg, 0, INT64_MAX, &limits->max_failures, err);
	case OPT_MIN_WORKERS:
		return arg_count(optarg, 0, INT64_MAX, &limits->min_workers, err);
	case OPT_MAX_CONSUMER_LAG:
		return arg_span(optarg, &limits->max_consumer_lag, err);
	default:
		return arg_count(optarg, 0, INT64_MAX, &limits->max_dead, err);
	}
}

static int check_clock(struct ctl *ctl)
{
	PGresult *result CLEANUP(ctl_clear) = NULL;
	usec_t now;
	int code = ctl_query(ctl, QUERY_CTL_CLOCK, NULL, &result);
	if (code == EX_OK && !row_clock(result, 0, 0, &now))
		code = ctl_error(EX_DATAERR, CLOCK_COMPLAINT);
	return code;
}

static int run(struct ctl *ctl, int argc, char **argv)
{
	struct thresholds limits = { .max_lag = 300 * USEC_PER_SEC,
		.max_consumer_lag = 86400 * USEC_PER_SEC,
		.min_workers = 1,
		.max_dead = INT64_MAX };
	PGresult *result CLEANUP(ctl_clear) = NULL, *causes CLEANUP(ctl_clear) = NULL;
	PGresult *consumers CLEANUP(ctl_clear) = NULL;
	struct err err;
	bool check = false, threshold = false;
	for (int letter; (letter = ctl_getopt(ctl, argc, argv)) != -1;) {
		threshold = threshold || letter != OPT_CHECK;
		if (!take_option(letter, &check, &limits, &err))
			return ctl_usage(ctl, "%s", err.text);
	}
	if (optind < argc)
		return ctl_usage(ctl, "status takes no argument");
	if (threshold && !check)
		return ctl_usage(ctl, "thresholds need --check");
	/* Monitoring asks every minute: it must not pile up behind a lock. */
	int code = ctl_begin_bounded(ctl);
	if (code == EX_OK)
		code = check_clock(ctl);
	if (code == EX_OK)
		code = ctl_query(ctl, QUERY_CTL_STATUS, NULL, &result);
	if (code != EX_OK)
		return code;
	if (PQntuples(result) != 1)
		return ctl_error(EX_DATAERR,
			"recurd.settings has no row: insert into recurd.settings "
			"default values");
	code = query_causes(ctl, result, &causes);
	if (code == EX_OK && row_bool(result, 0, S_HAS_CONSUMERS))
		code = ctl_query(ctl, QUERY_CTL_CONSUMERS, NULL, &consumers);
	if (code != EX_OK)
		return code;
	return check ? print_check(ctl, result, causes, consumers, &limits)
		     : print_status(ctl, result, causes, consumers, &limits);
}

const struct ctl_command command_status = {
	.name = "status",
	.args = "",
	.help = "what is going on, on one screen; --check: for monitoring",
	.run = run,
	.options = options,
	.role = "recurd_reader",
};
