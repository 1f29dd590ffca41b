/* recurctl validate: every stored rule that would not work, and why. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "ctl/cmd/rule.h"
#include "ctl/ctl.h"
#include "ctl/settings.h"
#include "ctl/table.h"
#include "ctl/template.h"
#include "db/rows.h"
#include "util/timefmt.h"

enum { OPT_ALL = 256 };

static const struct ctl_option options[] = {
	{ "all", OPT_ALL, NULL, "every stored rule, of templates and of tasks" },
	{ NULL, 0, NULL, NULL },
};

struct validation {
	struct settings *settings; /* of the database; NULL: a rule that somebody typed */
	struct table *table;
	bool json;
	int64_t checked, failed;
};

/* A rule that works is one that opens; one that never falls due again is over, not wrong. */
static bool rule_works(
	const struct settings *settings, const PGresult *result, int row, struct err *err)
{
	struct outlook *outlook CLEANUP(outlook_cleanup) = NULL;
	struct plan_policy policy;
	struct fate fate;
	template_policy(settings, &policy);
	if (!outlook_open_row(&policy, result, row, 1, &outlook, err))
		return false;
	for (int i = 0; i < 2; i++) /* next_due_at stands by itself; the second is the rule's */
		if (outlook_next(outlook, &fate, err) == RECUR_FAILED)
			return false;
	return true;
}

static bool validate_row(void *context, const PGresult *result, int row)
{
	struct validation *validation = context;
	struct err err;
	validation->checked++;
	if (rule_works(validation->settings, result, row, &err))
		return true;
	validation->failed++;
	for (int column = 0; column < 4; column++)
		table_cell(validation->table, result, row, column);
	table_text(validation->table, err.text);
	table_end_row(validation->table);
	return true;
}

static void begin(struct ctl *ctl, struct validation *validation)
{
	static const struct column columns[] = {
		{ "kind", "KIND", 0 },
		{ "id", "ID", COLUMN_ID },
		{ "user_id", "USER", COLUMN_ID },
		{ "recurrence_rule", "RULE", COLUMN_RAW | COLUMN_JSON_ONLY },
		{ "problem", "PROBLEM", COLUMN_WHOLE },
	};
	*validation = (struct validation){
		.table = table_begin(stdout, ctl->json, columns, ARRAY_LEN(columns)),
		.json = ctl->json,
	};
}

static int finish(struct validation *validation, int code)
{
	table_end(validation->table, code == EX_OK ? "ok" : NULL);
	settings_drop(validation->settings);
	if (code != EX_OK)
		return code;
	if (!validation->json && validation->failed > 0 && validation->checked > 1)
		printf("%" PRId64 " of %" PRId64 " rules would not work\n", validation->failed,
			validation->checked);
	return validation->failed > 0 ? CTL_FOUND : EX_OK;
}

static int validate_all(struct ctl *ctl)
{
	struct validation validation;
	struct settings *settings;
	int code = settings_load(ctl, &settings);
	if (code != EX_OK)
		return code;
	begin(ctl, &validation);
	validation.settings = settings;
	return finish(&validation,
		ctl_stream(ctl, QUERY_CTL_RULES_OPEN, NULL, false, validate_row, &validation));
}

static int validate_id(struct ctl *ctl, const char *id)
{
	struct validation validation;
	PGresult *result CLEANUP(ctl_clear) = NULL;
	struct settings *settings;
	int code = ctl_query_id(ctl, QUERY_CTL_RULE, id, &result);
	if (code != EX_OK)
		return code;
	if (PQntuples(result) == 0)
		return ctl_error(
			EX_DATAERR, "there is no template and no task with a rule \"%s\"", id);
	code = settings_load(ctl, &settings);
	if (code != EX_OK)
		return code;
	begin(ctl, &validation);
	validation.settings = settings;
	for (int row = 0; row < PQntuples(result); row++)
		(void)validate_row(&validation, result, row);
	return finish(&validation, EX_OK);
}

/* Ids of templates have no blank and no "="; every form of a rule has one, or begins as JSON, or as one of
 * cron's nicknames, does. */
static bool is_rule(const char *argument)
{
	return (*argument && strchr("@{[\"", *argument)) || strpbrk(argument, " =\n") != NULL;
}

static int validate_argument(struct ctl *ctl, const char *rule)
{
	struct validation validation;
	struct strbuf json CLEANUP(strbuf_free) = STRBUF(4 * RULE_BYTES_MAX);
	struct typed_rule typed CLEANUP(typed_rule_close) = { .rule = NULL };
	struct rule_anchor anchor = { .start = time(NULL), .has_start = true };
	struct err err;
	begin(ctl, &validation);
	validation.checked = 1;
	if (!typed_rule_ask(ctl, rule, &anchor, &typed, &err)) {
		validation.failed = 1;
		rule_argument(rule, &json);
		table_text(validation.table, "rule");
		table_null(validation.table);
		table_null(validation.table);
		table_json(validation.table, json.data);
		table_text(validation.table, err.text);
		table_end_row(validation.table);
	}
	return finish(&validation, EX_OK);
}

/* 30 9 * * mon-fri, without quotes. */
static int validate_words(struct ctl *ctl, char *const *operands, int n)
{
	struct strbuf rule CLEANUP(strbuf_free) = STRBUF(RULE_BYTES_MAX);
	struct err err;
	if (!rule_join(operands, n, &rule, &err))
		return ctl_usage(ctl, "validate takes an ID, a RULE, or --all; %s", err.text);
	int code = validate_argument(ctl, rule.data);
	return ctl_error(code, RULE_JOINED_NOTE, rule.data);
}

static int run(struct ctl *ctl, int argc, char **argv)
{
	bool all = false;
	while (ctl_getopt(ctl, argc, argv) != -1)
		all = true;
	bool words = !all && rule_lacks_quotes(argv + optind, argc - optind);
	if (!words && (all ? optind != argc : optind + 1 != argc))
		return ctl_usage(ctl, "validate takes an ID, a RULE, or --all");
	zones_open(ctl->conf->zoneinfo_dir);
	int code = words                   ? validate_words(ctl, argv + optind, argc - optind)
		   : all                   ? validate_all(ctl)
		   : is_rule(argv[optind]) ? validate_argument(ctl, argv[optind])
					   : validate_id(ctl, argv[optind]);
	zones_close();
	return code;
}

const struct ctl_command command_validate = {
	.name = "validate",
	.args = "ID | RULE | --all",
	.help = "every stored rule that would not work, and why",
	.run = run,
	.options = options,
	.role = "recurd_reader",
};
