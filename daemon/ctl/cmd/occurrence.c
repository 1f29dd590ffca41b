/* recurctl skip, unskip, postpone, change, split, trigger: one occurrence of a template, and from one on.
 *
 * Functions of the database do it; what they cannot tell, whether the rule has an occurrence there, is told here.
 */
#include <stdio.h>
#include <string.h>

#include "ctl/args.h"
#include "ctl/cmd/rule.h"
#include "ctl/ctl.h"
#include "ctl/settings.h"
#include "ctl/table.h"
#include "ctl/template.h"
#include "db/params.h"
#include "util/timefmt.h"

#define LOOKED_AT_MAX 100000 /* occurrences */
#define BEYOND_MAX    1000 /* of them, behind the instant: what was moved from there to later */

static const struct ctl_option no_options[] = { { NULL, 0, NULL, NULL } };
static const struct ctl_option change_options[] = {
	{ "title", 't', "TEXT", "another title, of this occurrence alone" },
	{ "description", 'd', "TEXT", "another description" },
	{ "priority", 'p', "WORD", "low, medium, high or urgent" },
	{ NULL, 0, NULL, NULL },
};

struct request {
	const char *verb, *template;
	usec_t at, to;
	const char *title, *description, *priority;
	struct strbuf rule; /* JSON; empty: none */
};

/* ---- is there an occurrence? ---- */

static int fail_none(const struct request *request, usec_t before, usec_t behind)
{
	char at[INSTANT_TEXT_MAX], one[INSTANT_TEXT_MAX], other[INSTANT_TEXT_MAX];
	instant_format(request->at, at);
	bool has_before = before != TEMPLATE_NONE, has_behind = behind != TEMPLATE_NONE;
	return ctl_error(EX_DATAERR,
		"%s is no occurrence of template \"%s\" that is still to come%s%s%s%s", at,
		request->template, has_before ? "; before it there is " : "",
		has_before ? instant_format(before, one) : "",
		has_behind ? "; after it there is " : "",
		has_behind ? instant_format(behind, other) : "");
}

static int find(const struct request *request, struct outlook *outlook)
{
	usec_t before = TEMPLATE_NONE, behind = TEMPLATE_NONE;
	sec_t wanted = sec_from_usec(request->at);
	struct err err;
	int beyond = 0;
	for (int i = 0; i < LOOKED_AT_MAX && beyond < BEYOND_MAX; i++) {
		struct fate fate;
		enum recur_status status = outlook_next(outlook, &fate, &err);
		if (status == RECUR_FAILED)
			return ctl_error(EX_DATAERR, "%s", err.text);
		if (status != RECUR_FOUND)
			break;
		if (sec_from_usec(fate.nominal) == wanted || sec_from_usec(fate.due) == wanted)
			return EX_OK;
		bool is_behind = sec_from_usec(fate.due) > wanted;
		if (!is_behind)
			before = fate.due;
		else if (behind == TEMPLATE_NONE)
			behind = fate.due;
		beyond += is_behind;
	}
	return fail_none(request, before, behind);
}

/* Something must be left to come from there on, or the template would go on beyond its own end. */
static int find_rest(const struct request *request, struct outlook *outlook)
{
	char at[INSTANT_TEXT_MAX], last[INSTANT_TEXT_MAX];
	usec_t before = TEMPLATE_NONE;
	struct err err;
	for (int i = 0; i < LOOKED_AT_MAX; i++) {
		struct fate fate;
		enum recur_status status = outlook_next(outlook, &fate, &err);
		if (status == RECUR_FAILED)
			return ctl_error(EX_DATAERR, "%s", err.text);
		if (status != RECUR_FOUND && before == TEMPLATE_NONE)
			return EX_OK; /* has ended, or is paused: the function tells that */
		if (status != RECUR_FOUND)
			return ctl_error(EX_DATAERR,
				"template \"%s\" has its last occurrence at %s: nothing of it "
				"would "
				"come from %s on",
				request->template, instant_format(before, last),
				instant_format(request->at, at));
		if (fate.nominal >= request->at || fate.due >= request->at)
			return EX_OK;
		before = fate.nominal;
	}
	return EX_OK;
}

static int check(struct ctl *ctl, const struct request *request)
{
	struct outlook *outlook CLEANUP(outlook_cleanup) = NULL;
	PGresult *result CLEANUP(ctl_clear) = NULL;
	struct settings *settings CLEANUP(settings_cleanup) = NULL;
	struct plan_policy policy;
	struct err err;
	int code = settings_load(ctl, &settings);
	if (code == EX_OK)
		code = ctl_query_id(ctl, QUERY_CTL_TEMPLATE, request->template, &result);
	if (code != EX_OK)
		return code;
	if (PQntuples(result) == 0)
		return ctl_error(EX_DATAERR, "there is no template \"%s\"", request->template);
	zones_open(ctl->conf->zoneinfo_dir);
	template_policy(settings, &policy);
	if (!outlook_open_row(&policy, result, 0, T_OUTLOOK, &outlook, &err))
		return ctl_error(EX_DATAERR, "%s", err.text);
	return strcmp(request->verb, "split") == 0 ? find_rest(request, outlook)
						   : find(request, outlook);
}

/* ---- doing it ---- */

static void add_instant(struct params *params, usec_t instant)
{
	enum { TIMESTAMPTZ = 1184 };
	if (instant == TEMPLATE_NONE)
		params_null(params, TIMESTAMPTZ);
	else
		params_instant(params, instant);
}

static int act(struct ctl *ctl, const struct request *request)
{
	static const struct column columns[] = {
		{ "done", "DONE", 0 },
		{ "template", "TEMPLATE", COLUMN_ID },
		{ "occurrence", "OCCURRENCE", 0 },
		{ "id", "NEW TEMPLATE OR TASK", COLUMN_ID },
	};
	struct params params CLEANUP(params_free);
	PGresult *result CLEANUP(ctl_clear) = NULL;
	params_init(&params);
	params_text(&params, request->verb);
	params_text(&params, request->template);
	add_instant(&params, request->at);
	add_instant(&params, request->to);
	params_text(&params, request->title);
	params_text(&params, request->description);
	params_text(&params, request->priority);
	params_text(&params, request->rule.len > 0 ? request->rule.data : NULL);
	int code = ctl_exec(ctl, "begin; set local lock_timeout = '5s'");
	if (code == EX_OK)
		code = ctl_query(ctl, QUERY_CTL_OCCURRENCE, &params, &result);
	if (code == EX_OK)
		code = ctl_exec(ctl, "commit");
	if (code != EX_OK)
		return code;
	struct table *table = table_begin(stdout, ctl->json, columns, ARRAY_LEN(columns));
	table_rows(table, result);
	table_end(table, NULL);
	return EX_OK;
}

/* ---- the command line ---- */

static void take_option(int letter, struct request *request)
{
	if (letter == 't')
		request->title = optarg;
	else if (letter == 'd')
		request->description = optarg;
	else
		request->priority = optarg;
}

/* A rule that does not parse would put the new template into quarantine. */
static int take_rule(struct request *request, const char *text)
{
	struct rule *rule = NULL;
	struct err err;
	if (!rule_argument(text, &request->rule, &err) ||
		!rule_parse(request->rule.data, request->rule.len, &rule, &err))
		return ctl_error(EX_DATAERR, "%s", err.text);
	rule_free(rule);
	return EX_OK;
}

static int take_operands(
	const struct ctl *ctl, char *const *operands, int n, struct request *request)
{
	struct err err;
	const char *verb = request->verb;
	bool is_split = strcmp(verb, "split") == 0;
	int most = strcmp(verb, "trigger") == 0 ? 1 : strcmp(verb, "postpone") == 0 ? 3 : 2;
	if (n < most || n > most + is_split)
		return ctl_usage(ctl, "%s takes %s", verb, ctl->command->args);
	request->template = operands[0];
	if ((most > 1 && !arg_instant(operands[1], &request->at, &err)) ||
		(most > 2 && !arg_instant(operands[2], &request->to, &err)))
		return ctl_usage(ctl, "%s", err.text);
	return n > most ? take_rule(request, operands[2]) : EX_OK;
}

static int serve(struct ctl *ctl, int argc, char **argv, struct request *request)
{
	for (int letter; (letter = ctl_getopt(ctl, argc, argv)) != -1;)
		take_option(letter, request);
	bool changes = request->title || request->description || request->priority;
	if (strcmp(request->verb, "change") == 0 && !changes)
		return ctl_usage(ctl, "change needs --title, --description or --priority");
	int code = take_operands(ctl, argv + optind, argc - optind, request);
	bool is_checked = strcmp(request->verb, "skip") == 0 || changes ||
			  strcmp(request->verb, "postpone") == 0 ||
			  strcmp(request->verb, "split") == 0;
	if (code == EX_OK && is_checked)
		code = check(ctl, request);
	return code == EX_OK ? act(ctl, request) : code;
}

static int run(struct ctl *ctl, int argc, char **argv)
{
	struct request request = { .verb = ctl->command->name,
		.at = TEMPLATE_NONE,
		.to = TEMPLATE_NONE,
		.rule = STRBUF(4 * RULE_BYTES_MAX) };
	int code = serve(ctl, argc, argv, &request);
	strbuf_free(&request.rule);
	return code;
}

#define COMMAND(verb, operands, words, opts)        \
	const struct ctl_command command_##verb = { \
		.name = #verb,                      \
		.args = (operands),                 \
		.help = (words),                    \
		.run = run,                         \
		.options = (opts),                  \
	}

COMMAND(skip, "TEMPLATE OCCURRENCE", "leave one occurrence of a template out", no_options);
COMMAND(unskip, "TEMPLATE OCCURRENCE", "take back what was said of one occurrence", no_options);
COMMAND(postpone, "TEMPLATE OCCURRENCE TO", "move one occurrence to another time", no_options);
COMMAND(change, "TEMPLATE OCCURRENCE", "give one occurrence another title, text or priority",
	change_options);
COMMAND(split, "TEMPLATE OCCURRENCE [RULE]", "from there on, make it a template of its own",
	no_options);
COMMAND(trigger, "TEMPLATE", "make an instance of it now, beside its rule", no_options);
