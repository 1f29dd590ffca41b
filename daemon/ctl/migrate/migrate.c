/* migrate: the command line of `recurctl migrate`. */

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/ctl.h"
#include "ctl/migrate/migrate_down.h"
#include "ctl/migrate/migrator.h"
#include "db/rows.h"
#include "util/nearest.h"

enum {
	OPT_TO = 256,
	OPT_DRY_RUN,
	OPT_DESTROY,
	OPT_DIR,
	OPT_WITH,
	OPT_ACCEPT_CHANGES,
	OPT_ATTEMPTS,
	OPT_NEW_TABLES,
	OPT_YES,
	OPT_BESIDE_WORKERS,
	OPT_CONVERT,
	OPT_ZONE,
};

static const struct ctl_option options[] = {
	{ "to", OPT_TO, "N",
		"up: the last step to apply; down: the last step to keep; verify: to check" },
	{ "dry-run", OPT_DRY_RUN, NULL, "say what would be done, change nothing" },
	{ "with", OPT_WITH, "NAME", "up: apply this optional migration as well" },
	{ "destroy", OPT_DESTROY, NULL, "down: also undo steps that were there before recurd" },
	{ "new-tables", OPT_NEW_TABLES, NULL, "repair: make tables that are missing anew, empty" },
	{ "convert", OPT_CONVERT, NULL,
		"up: bring tables of a known other shape to the one expected" },
	{ "zone", OPT_ZONE, "ZONE", "up: of times without time zone that --convert converts" },
	{ "yes", OPT_YES, NULL, "down: do not ask" },
	{ "beside-workers", OPT_BESIDE_WORKERS, NULL, "down: though workers are at work" },
	{ "dir", OPT_DIR, "DIR", "read the migrations from DIR instead of from the program" },
	{ "accept-changes", OPT_ACCEPT_CHANGES, NULL,
		"up: applied files may differ from what was applied" },
	{ "attempts", OPT_ATTEMPTS, "N",
		"how often a lock of " MIGRATE_LOCK_TIMEOUT " is tried (default: 60)" },
	{ NULL, 0, NULL, NULL },
};

enum verb { VERB_UP, VERB_DOWN, VERB_REPAIR, VERB_STATUS, VERB_VERIFY };

#define VERBS "up, down, repair, status, verify"

struct order {
	enum verb verb;
	int to; /* -1: not said */
	int attempts;
	bool dry_run, destroy, accept_changes, new_tables, yes, beside_workers, convert;
	const char *dir, *with, *zone;
};

/* -1: no number that will do. */
static int read_number(const char *text, int min)
{
	char *end;
	errno = 0;
	long value = strtol(text, &end, 10);
	return errno || *end || end == text || value < min || value > 9999 ? -1 : (int)value;
}

static int take_option(struct ctl *ctl, struct order *order, int letter)
{
	switch (letter) {
	case OPT_TO:
		order->to = read_number(optarg, 0);
		if (order->to < 0)
			return ctl_usage(ctl, "--to is the number of a step, not \"%s\"", optarg);
		break;
	case OPT_ATTEMPTS:
		order->attempts = read_number(optarg, 1);
		if (order->attempts < 0)
			return ctl_usage(ctl, "--attempts is 1 to 9999, not \"%s\"", optarg);
		break;
	case OPT_DRY_RUN:
		order->dry_run = true;
		break;
	case OPT_DESTROY:
		order->destroy = true;
		break;
	case OPT_CONVERT:
		order->convert = true;
		break;
	case OPT_ZONE:
		order->zone = optarg;
		break;
	case OPT_YES:
		order->yes = true;
		break;
	case OPT_BESIDE_WORKERS:
		order->beside_workers = true;
		break;
	case OPT_NEW_TABLES:
		order->new_tables = true;
		break;
	case OPT_ACCEPT_CHANGES:
		order->accept_changes = true;
		break;
	case OPT_DIR:
		order->dir = optarg;
		break;
	default:
		order->with = optarg;
		break;
	}
	return EX_OK;
}

/* An option that the verb does not know is an error, not ignored. */
static int check_order(struct ctl *ctl, const struct order *order, int operands)
{
	enum verb verb = order->verb;
	if (operands > 1)
		return ctl_usage(ctl, "migrate takes one of " VERBS);
	if (verb == VERB_DOWN && order->to < 0)
		return ctl_usage(ctl, "down needs --to N, the last step to keep");
	if (order->to >= 0 && (verb == VERB_STATUS || verb == VERB_REPAIR))
		return ctl_usage(ctl, "status and repair take no --to");
	if ((order->with || order->accept_changes) && verb != VERB_UP)
		return ctl_usage(ctl, "--with and --accept-changes belong to up");
	if ((order->convert || order->zone) && verb != VERB_UP)
		return ctl_usage(ctl, "--convert and --zone belong to up");
	if ((order->destroy || order->yes || order->beside_workers) && verb != VERB_DOWN)
		return ctl_usage(ctl, "--destroy, --yes and --beside-workers belong to down");
	if ((order->dry_run || order->attempts != MIGRATE_ATTEMPTS) && verb >= VERB_STATUS)
		return ctl_usage(ctl, "--dry-run and --attempts belong to up, down and repair");
	if (order->new_tables && verb != VERB_REPAIR)
		return ctl_usage(ctl, "--new-tables belongs to repair");
	return EX_OK;
}

static int read_order(struct ctl *ctl, int argc, char **argv, struct order *ret_order)
{
	static const char *const verbs[] = { "up", "down", "repair", "status", "verify" };
	struct order order = { .to = -1, .attempts = MIGRATE_ATTEMPTS };
	int letter, code;
	while ((letter = ctl_getopt(ctl, argc, argv)) != -1)
		if ((code = take_option(ctl, &order, letter)) != EX_OK)
			return code;
	/* `migrate --dry-run` alone is the question that one asks first. */
	if (optind >= argc && !order.dry_run)
		return ctl_usage(ctl, "migrate needs one of " VERBS);
	size_t verb = 0;
	struct nearest nearest = NEAREST(optind < argc ? argv[optind] : verbs[0]);
	while (verb < ARRAY_LEN(verbs) && strcmp(nearest.typed, verbs[verb]) != 0)
		nearest_offer(&nearest, verbs[verb++]);
	if (verb == ARRAY_LEN(verbs))
		return ctl_usage(
			ctl, "migrate has no \"%s\"%s", argv[optind], nearest_hint(&nearest));
	order.verb = (enum verb)verb;
	*ret_order = order;
	return check_order(ctl, &order, argc - optind);
}

static bool run_order(
	struct migrator *migrator, const struct order *order, int *ret_code, struct err *err)
{
	int to = order->to >= 0 ? order->to : INT_MAX;
	bool is_good;
	switch (order->verb) {
	case VERB_UP:
		if (!order->dry_run)
			return migrate_up(migrator, to, order->with, err);
		if (!migrate_up_plan(migrator, to, order->with, &is_good, err))
			return false;
		*ret_code = is_good ? EX_OK : CTL_FOUND;
		return true;
	case VERB_DOWN:
		return migrate_down(migrator,
			&(struct down_order){ to, order->destroy, order->beside_workers, order->yes,
				order->dry_run },
			err);
	case VERB_REPAIR:
		if (!migrate_repair(migrator, order->new_tables, order->dry_run, &is_good, err))
			return false;
		*ret_code = is_good ? EX_OK : CTL_FOUND;
		return true;
	case VERB_STATUS:
		return migrate_status(migrator, err);
	default:
		if (!migrate_verify(migrator, to, &is_good, err))
			return false;
		*ret_code = is_good ? EX_OK : CTL_FOUND;
		report_fact(&migrator->report, "good", json_boolean(is_good));
		return true;
	}
}

static int fail(const struct migrator *migrator, int code, const struct err *err)
{
	if (migrator_is_denied(migrator))
		code = EX_CONFIG;
	return ctl_error(migrator_is_cut_off(migrator) ? EX_UNAVAILABLE : code, "%s", err->text);
}

/* Where it happens: the wrong shell has the wrong PGHOST. */
static void tell_target(struct migrator *migrator)
{
	PGconn *pq = session_pq(migrator->session);
	struct report *report = &migrator->report;
	if (!report->json) {
		report_note(report, "database %s on %s:%s, as role %s", PQdb(pq), PQhost(pq),
			PQport(pq), PQuser(pq));
		return;
	}
	report_fact(report, "database", json_string(PQdb(pq)));
	report_fact(report, "host", json_string(PQhost(pq)));
	report_fact(report, "port", json_string(PQport(pq)));
	report_fact(report, "role", json_string(PQuser(pq)));
}

static bool check_zone(struct migrator *migrator, struct err *err)
{
	struct params params CLEANUP(params_free);
	PGresult *result CLEANUP(ctl_clear) = NULL;
	params_init(&params);
	if (!migrator->zone)
		return true;
	params_text(&params, migrator->zone);
	if (!session_query(migrator->session, QUERY_CTL_MIGRATE_ZONE, &params, &result, err))
		return false;
	return row_bool(result, 0, 0) ||
	       err_set(err,
		       "--zone: the server knows no time zone \"%s\", expected a name such as "
		       "Europe/Berlin or UTC; nothing was changed",
		       migrator->zone);
}

static int carry_out(struct ctl *ctl, struct migrator *migrator, const struct order *order)
{
	struct err err;
	int code = EX_OK;
	bool writes = order->verb <= VERB_REPAIR && !order->dry_run;
	if (!migrator_prepare(migrator, writes, &err))
		return fail(migrator, EX_CONFIG, &err);
	report_begin(&migrator->report, ctl->json, order->dry_run);
	if (order->verb <= VERB_REPAIR)
		tell_target(migrator);
	bool ok = check_zone(migrator, &err) && run_order(migrator, order, &code, &err);
	report_end(&migrator->report);
	return ok ? code : fail(migrator, EX_DATAERR, &err);
}

/* Steps that the order names and that are not there. */
static int check_steps(struct ctl *ctl, const struct migration_set *set, const struct order *order)
{
	if (order->to > 0 && !migration_find(set, order->to))
		return ctl_usage(ctl, "there is no step %d", order->to);
	if (order->with && !migration_find_optional(set, order->with))
		return ctl_usage(ctl, "there is no optional migration \"%s\"", order->with);
	return EX_OK;
}

static int migrate(struct ctl *ctl, const struct order *order)
{
	struct err err;
	struct migrator migrator = {
		.app_schema = ctl->conf->app_schema,
		.attempts = order->attempts,
		.accept_changes = order->accept_changes,
		.convert = order->convert,
		.zone = order->zone,
		.conninfo = ctl->conf->database_url,
		.password_file = ctl->conf->password_file,
	};
	if (!migration_set_load(order->dir, &migrator.set, &err))
		return ctl_error(EX_CONFIG, "%s", err.text);
	int code = check_steps(ctl, &migrator.set, order);
	if (code == EX_OK) {
		migrator.session = ctl_session(ctl, &err);
		code = migrator.session ? carry_out(ctl, &migrator, order)
					: ctl_error(EX_UNAVAILABLE, "%s", err.text);
	}
	migrator_finish(&migrator);
	return code;
}

static int run(struct ctl *ctl, int argc, char **argv)
{
	struct order order = { 0 };
	int code = read_order(ctl, argc, argv, &order);
	return code == EX_OK ? migrate(ctl, &order) : code;
}

const struct ctl_command command_migrate = {
	.name = "migrate",
	.args = "up | down | repair | status | verify",
	.help = "apply, undo, mend and check the steps of the schema",
	.run = run,
	.options = options,
};
