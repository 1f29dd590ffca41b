/* recurctl next: what a rule means, and when it falls due next; only --template needs a database, and a rule that
 * names no zone asks one that is there for the default. */
#include <stdio.h>

#include "ctl/args.h"
#include "ctl/cmd/rule.h"
#include "ctl/ctl.h"
#include "ctl/settings.h"
#include "ctl/template.h"
#include "recur/sentence.h"
#include "util/timefmt.h"

#define NEXT_MAX 10000

enum { OPT_START = 256, OPT_AFTER, OPT_ZONE, OPT_TEMPLATE };

static const struct ctl_option options[] = {
	{ "number", 'n', "N", "so many occurrences (default: 5)" },
	{ "start", OPT_START, "TIME",
		"the anchor, local time (default: now, or the rule's DTSTART)" },
	{ "after", OPT_AFTER, "INSTANT", "only what comes after it" },
	{ "zone", OPT_ZONE, "NAME", "time zone of a rule that names none" },
	{ "template", OPT_TEMPLATE, "ID",
		"what comes of this template, as it stands in the database" },
	{ NULL, 0, NULL, NULL },
};

struct request {
	struct rule_anchor anchor;
	const char *template;
	sec_t after;
	bool has_after;
	int64_t n;
};

/* advice: what else to say where it does not work. */
static int show_argument(
	struct ctl *ctl, const char *text, const struct request *request, const char *advice)
{
	struct typed_rule typed CLEANUP(typed_rule_close) = { .rule = NULL };
	struct err err;
	if (!typed_rule_ask(ctl, text, &request->anchor, &typed, &err))
		return ctl_error(EX_DATAERR, "%s%s", err.text, advice);
	if (request->has_after)
		recurrence_seek(typed.recurrence, request->after);
	struct series series = { typed.rule, typed.start, typed.zone, series_next_of_recurrence,
		typed.recurrence };
	series_print(&series, ctl->json, request->n, "none");
	return EX_OK;
}

/* 30 9 * * mon-fri, or every weekday at 9, without quotes. */
static int show_words(struct ctl *ctl, char *const *operands, int n, const struct request *request)
{
	struct strbuf text CLEANUP(strbuf_free) = STRBUF(RULE_BYTES_MAX);
	struct err err;
	if (!rule_join(operands, n, &text, &err))
		return ctl_usage(ctl, "%s", err.text);
	if (sentence_is(text.data))
		return show_argument(ctl, text.data, request, "");
	int code = show_argument(ctl, text.data, request, "; " RULE_JOINED);
	return code == EX_OK ? ctl_error(code, RULE_JOINED_NOTE, text.data) : code;
}

static int show_template(struct ctl *ctl, const struct request *request)
{
	struct outlook *outlook CLEANUP(outlook_cleanup) = NULL;
	PGresult *result CLEANUP(ctl_clear) = NULL;
	struct settings *settings CLEANUP(settings_cleanup) = NULL;
	struct plan_policy policy;
	struct err err;
	usec_t now;
	int code = template_world(ctl, &settings, &policy, &now);
	if (code == EX_OK)
		code = ctl_query_id(ctl, QUERY_CTL_TEMPLATE, request->template, &result);
	if (code != EX_OK)
		return code;
	if (PQntuples(result) == 0)
		return ctl_error(EX_DATAERR, "there is no template \"%s\"", request->template);
	if (!outlook_open_template(&policy, now, result, &outlook, &err))
		return ctl_error(EX_DATAERR, "%s", err.text);
	struct foretold foretold = { .outlook = outlook };
	struct series series = series_of_outlook(&foretold);
	series_print(&series, ctl->json, request->n, template_why_none(result));
	return EX_OK;
}

static bool take_option(int letter, struct request *request, struct err *err)
{
	usec_t after = 0;
	switch (letter) {
	case 'n':
		return arg_count(optarg, 1, NEXT_MAX, &request->n, err);
	case OPT_START:
		request->anchor.has_start = true;
		return wall_parse(optarg, &request->anchor.start, err) ||
		       err_prefix(err, "--start: ");
	case OPT_AFTER:
		request->has_after = true;
		if (!arg_instant(optarg, &after, err))
			return err_prefix(err, "--after: ");
		request->after = sec_from_usec(after);
		return true;
	case OPT_TEMPLATE:
		request->template = optarg;
		return true;
	default:
		request->anchor.zone_name = optarg;
		return true;
	}
}

static int run(struct ctl *ctl, int argc, char **argv)
{
	struct request request = { .n = 5 };
	struct err err;
	int code = EX_OK;
	for (int letter; (letter = ctl_getopt(ctl, argc, argv)) != -1;)
		if (!take_option(letter, &request, &err))
			return ctl_usage(ctl, "%s", err.text);
	bool placed = request.anchor.has_start || request.anchor.zone_name || request.has_after;
	if (request.template && (optind < argc || placed))
		return ctl_usage(ctl, "with --template there is only -n");
	if (!request.template && optind >= argc)
		return ctl_usage(ctl, "next takes a RULE, or --template ID");
	zones_open(ctl->conf->zoneinfo_dir);
	if (request.template)
		code = show_template(ctl, &request);
	else if (rule_lacks_quotes(argv + optind, argc - optind))
		code = show_words(ctl, argv + optind, argc - optind, &request);
	else
		for (int i = optind; i < argc && code == EX_OK; i++)
			code = show_argument(ctl, argv[i], &request, "");
	zones_close();
	return code;
}

const struct ctl_command command_next = {
	.name = "next",
	.args = "RULE... | --template ID",
	.help = "what a rule means, and when it falls due next",
	.run = run,
	.options = options,
	.role = "recurd_reader",
};
