/* recurctl simulate: what will be made and told, by the daemon's own plans, under a clock that runs ahead. */
#include "ctl/cmd/simulate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/args.h"
#include "ctl/ctl.h"
#include "ctl/settings.h"
#include "ctl/template.h"
#include "db/params.h"
#include "db/rows.h"
#include "plan/template_row.h"
#include "recur/zone.h"
#include "util/mem.h"
#include "util/timefmt.h"

#define DAY      (INT64_C(24) * 3600 * USEC_PER_SEC)
#define GAPS_MAX 100
#define OPEN_MAX (36500 * DAY)

enum { OPT_ALL = 256, OPT_FROM, OPT_TO, OPT_LOAD, OPT_ICS, OPT_DOWN, OPT_OPEN };

static const struct ctl_option options[] = {
	{ "all", OPT_ALL, NULL, "every template, and every reminder that is set" },
	{ "from", OPT_FROM, "WHEN", "nothing earlier (default: now)" },
	{ "to", OPT_TO, "WHEN", "nothing later (default: 30 days behind the begin)" },
	{ "open", OPT_OPEN, "SPAN",
		"so long each task stays open (default: until the next one comes)" },
	{ "down", OPT_DOWN, "SPAN", "no worker runs then: WHEN/WHEN; may be given several times" },
	{ "load", OPT_LOAD, NULL, "how much comes in each hour, in place of what comes" },
	{ "ics", OPT_ICS, NULL, "as a calendar" },
	{ NULL, 0, NULL, NULL },
};

struct gap_asked {
	struct arg_bound from, until;
};

struct asked {
	bool all;
	enum foretell_form form;
	struct arg_bound from, to;
	bool has_to;
	usec_t open_for;
	struct gap_asked down[GAPS_MAX];
	size_t down_n;
};

struct simulation {
	struct ctl *ctl;
	struct foretelling foretelling;
	struct simulate_span span;
	struct simulate_gap gaps[GAPS_MAX];
	struct settings *settings;
	struct plan_policy policy;
};

/* ---- what was asked for ---- */

static bool take_gap(char *text, struct gap_asked *ret_gap, struct err *err)
{
	char *slash = strchr(text, '/');
	if (!slash)
		return err_set(
			err, "expected two instants as in 2027-01-31/2027-02-02, got \"%s\"", text);
	*slash = '\0';
	bool good = arg_begin(text, &ret_gap->from, err) &&
		    arg_bound(slash + 1, &ret_gap->until, err);
	*slash = '/';
	return good;
}

static bool take_open(usec_t *ret_span, struct err *err)
{
	return arg_span(optarg, ret_span, err) &&
	       (*ret_span <= OPEN_MAX || err_set(err, "at most 36500d, got \"%s\"", optarg));
}

static bool take_option(int letter, struct asked *asked, struct err *err)
{
	switch (letter) {
	case OPT_ALL:
		return asked->all = true;
	case OPT_LOAD:
	case OPT_ICS:
		if (asked->form != FORETELL_EVENTS)
			return err_set(err, "--load and --ics are two forms, take one of them");
		asked->form = letter == OPT_LOAD ? FORETELL_LOAD : FORETELL_CALENDAR;
		return true;
	case OPT_FROM:
		return arg_begin(optarg, &asked->from, err) || err_prefix(err, "--from: ");
	case OPT_TO:
		asked->has_to = true;
		return arg_bound(optarg, &asked->to, err) || err_prefix(err, "--to: ");
	case OPT_OPEN:
		return take_open(&asked->open_for, err) || err_prefix(err, "--open: ");
	default:
		if (asked->down_n == GAPS_MAX)
			return err_set(err, "--down at most %d times", GAPS_MAX);
		return take_gap(optarg, &asked->down[asked->down_n++], err) ||
		       err_prefix(err, "--down: ");
	}
}

/* A span counts from there. */
static usec_t instant_of(const struct arg_bound *bound, usec_t from)
{
	return bound->is_span ? from + bound->value : bound->value;
}

static int compare_gaps(const void *a, const void *b)
{
	const struct simulate_gap *left = a, *right = b;
	return left->from < right->from ? -1 : left->from > right->from;
}

static bool find_span(const struct asked *asked, struct simulation *s, struct err *err)
{
	struct foretelling *f = &s->foretelling;
	f->from = instant_of(&asked->from, f->now);
	f->from = f->from < f->now ? f->now : f->from; /* what was before has been made */
	f->to = asked->has_to ? instant_of(&asked->to, f->from) : f->from + 30 * DAY;
	if (f->to < f->from)
		return err_set(err,
			"--to lies before %s; what was made in the past is in the "
			"tables",
			f->from > f->now ? "--from" : "now");
	if (f->to - f->from > LOAD_DAYS_MAX * DAY || f->to - f->now > LOAD_DAYS_MAX * DAY)
		return err_set(err, "at most %d days ahead", LOAD_DAYS_MAX);
	for (size_t i = 0; i < asked->down_n; i++) {
		s->gaps[i].from = instant_of(&asked->down[i].from, f->now);
		s->gaps[i].until = instant_of(&asked->down[i].until, s->gaps[i].from);
		if (s->gaps[i].until < s->gaps[i].from)
			return err_set(err, "--down: it ends before it begins");
	}
	qsort(s->gaps, asked->down_n, sizeof(s->gaps[0]), compare_gaps);
	s->span = (struct simulate_span){ .from = f->now,
		.to = f->to,
		.gaps = s->gaps,
		.gaps_n = asked->down_n,
		.open_for = asked->open_for };
	return true;
}

/* ---- one after the other ---- */

static bool take_template(void *context, const PGresult *result, int row)
{
	struct simulation *s = context;
	struct foretelling *f = &s->foretelling;
	struct template template;
	struct policies policies;
	struct simulate simulate;
	bool is_paused_until = !row_is_null(result, row, SIM_PAUSED_UNTIL);
	template_row_read(result, row, SIM_TEMPLATE, &template);
	if (policies_row_read(result, row, SIM_TEMPLATE + TEMPLATE_COLUMNS, &policies))
		template.policies = &policies;
	bool failed = row_bool(result, row, SIM_FAILED);
	f->title = row_text(result, row, SIM_TITLE);
	f->priority = row_text(result, row, SIM_PRIORITY);
	f->templates++;
	f->quarantined += failed;
	simulate_begin(&template, failed,
		is_paused_until ? row_instant(result, row, SIM_PAUSED_UNTIL) : TEMPLATE_NONE,
		&simulate);
	if (failed)
		foretell_idle(f, &template, "in quarantine", row_text(result, row, SIM_FAILURE));
	else if (!template.is_active && template.ended_at == TEMPLATE_NONE)
		foretell_idle(f, &template, "is paused", NULL);
	foretell_turn(f, template.user_id,
		row_is_null(result, row, SIM_MADE_TODAY) ? 0
							 : row_int8(result, row, SIM_MADE_TODAY));
	simulate_run(&simulate, &s->span, &s->policy, foretell_look, f);
	foretell_turned(f, &template);
	return !ferror(stdout);
}

static bool take_reminder(void *context, const PGresult *result, int row)
{
	struct simulation *s = context;
	usec_t set = row_instant(result, row, REM_AT);
	usec_t at = simulate_attended(&s->span, set > s->span.from ? set : s->span.from);
	foretell_reminder(&s->foretelling, result, row, at);
	return !ferror(stdout);
}

static int stream_templates(struct simulation *s, const char *id)
{
	struct params params CLEANUP(params_free);
	params_init(&params);
	params_text(&params, id);
	bool limited = s->foretelling.allowance.limit > 0;
	enum query_id open = limited ? QUERY_CTL_SIMULATE_USERS_OPEN : QUERY_CTL_SIMULATE_OPEN;
	return ctl_stream(s->ctl, open, &params, false, take_template, s);
}

static int stream_reminders(struct simulation *s, const char *id)
{
	struct params params CLEANUP(params_free);
	params_init(&params);
	params_text(&params, id);
	params_instant(&params, s->foretelling.to);
	return ctl_stream(
		s->ctl, QUERY_CTL_SIMULATE_REMINDERS_OPEN, &params, false, take_reminder, s);
}

/* id: NULL: all. */
static int stream(struct simulation *s, const char *id)
{
	int64_t before = s->foretelling.templates;
	int code = stream_templates(s, id);
	char *meant CLEANUP(mem_cleanup) = ctl_meant(id);
	char *found CLEANUP(mem_cleanup) = id ? mem_strdup(id) : NULL;
	while (code == EX_OK && meant && s->foretelling.templates == before) {
		free(found);
		found = mem_strdup(meant);
		code = stream_templates(s, meant);
		meant = ctl_meant_next(meant);
	}
	if (code == EX_OK && id && s->foretelling.templates == before)
		return ctl_error(EX_DATAERR, "there is no template \"%s\"", id);
	foretell_templates_end(&s->foretelling);
	return code == EX_OK ? stream_reminders(s, found) : code;
}

static int stream_each(struct simulation *s, char *const *ids, int n)
{
	int code = n > 0 ? EX_OK : stream(s, NULL);
	for (int i = 0; i < n && code == EX_OK; i++)
		code = stream(s, ids[i]);
	return code;
}

/* ---- the whole ---- */

static int simulate(struct ctl *ctl, const struct asked *asked, char *const *ids, int n)
{
	struct simulation *s CLEANUP(mem_cleanup) = mem_alloc(sizeof(*s));
	struct err err;
	s->ctl = ctl;
	s->foretelling.form = asked->form;
	s->foretelling.json = ctl->json;
	int code = template_world(ctl, &s->settings, &s->policy, &s->foretelling.now);
	if (code == EX_OK && !find_span(asked, s, &err))
		code = ctl_usage(ctl, "%s", err.text);
	if (code == EX_OK) {
		s->foretelling.span = &s->span;
		s->foretelling.live_since = s->policy.live_since;
		s->foretelling.allowance.limit = s->settings->max_instances_per_user_day;
		s->span.stepwise = s->foretelling.allowance.limit > 0;
		s->span.allow = s->span.stepwise ? foretell_allow : NULL;
		foretell_begin(&s->foretelling);
		code = stream_each(s, ids, n);
		foretell_end(&s->foretelling, code == EX_OK);
	}
	settings_drop(s->settings);
	return code;
}

static int run(struct ctl *ctl, int argc, char **argv)
{
	struct asked *asked CLEANUP(mem_cleanup) = mem_alloc(sizeof(*asked));
	struct err err;
	asked->from.is_span = true;
	for (int letter; (letter = ctl_getopt(ctl, argc, argv)) != -1;)
		if (!take_option(letter, asked, &err))
			return ctl_usage(ctl, "%s", err.text);
	if (asked->all == (optind < argc))
		return ctl_usage(ctl, "simulate takes TEMPLATE..., or --all");
	if (asked->form == FORETELL_CALENDAR && ctl->json)
		return ctl_usage(ctl, "--ics is no JSON");
	zones_open(ctl->conf->zoneinfo_dir);
	int code = simulate(ctl, asked, argv + optind, argc - optind);
	zones_close();
	return code;
}

const struct ctl_command command_simulate = {
	.name = "simulate",
	.args = "TEMPLATE... | --all",
	.help = "what will be made and told, under a clock that runs ahead",
	.run = run,
	.options = options,
	.role = "recurd_reader",
};
