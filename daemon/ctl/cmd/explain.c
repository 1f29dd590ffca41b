/* recurctl explain: what became of each occurrence of a template, and what is still to come; or why a task is there.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ctl/args.h"
#include "ctl/cmd/explain.h"
#include "ctl/ctl.h"
#include "ctl/explained.h"
#include "ctl/settings.h"
#include "ctl/table.h"
#include "ctl/template.h"
#include "db/rows.h"
#include "plan/template_row.h"
#include "util/duration.h"
#include "util/text.h"

#define SPAN     (30 * 86400 * USEC_PER_SEC) /* to either side, unless another is asked for */
#define LATE_MIN (60 * USEC_PER_SEC) /* less is on time, as far as people care */

enum { OPT_FROM = 256, OPT_TO, OPT_TASK };

static const struct ctl_option options[] = {
	{ "from", OPT_FROM, "WHEN", "2027-01-31, an instant, or 90d: so long ago (default: 30d)" },
	{ "to", OPT_TO, "WHEN", "2027-01-31, an instant, or 1d: so long from now (default: 30d)" },
	{ "task", OPT_TASK, "ID", "why this task is there, and when its reminder came" },
	{ NULL, 0, NULL, NULL },
};

struct request {
	struct arg_bound from, to;
	bool has_from, has_to;
	const char *task;
};

/* Why what is to come may not come as it is said. */
struct hindrance {
	char text[ERR_TEXT_MAX];
	usec_t until; /* and it lasts no longer; INSTANT_NONE: nobody knows */
};

/* ---- words ---- */

static const char *decided_words(const char *kind)
{
	static const char *const words[][2] = {
		{ "dropped", "missed, and not made" },
		{ "paused", "fell into a pause" },
		{ "adopted", "was due before the first start (adopt_backlog)" },
		{ "excluded", "an override of the rule excludes it" },
		{ "moved", "an override of the rule has it stand at another time" },
		{ "coalesced", "missed, and a later one was made for all of them" },
		{ "overlapped", "another instance was open then, or took its place" },
		{ "superseded", "its task was completed in favour of a later one" },
		{ "shifted", "its calendar has it stand on another day" },
		{ "skipped", "its calendar leaves that day out" },
		{ "limited", "its user had as many instances that day as are allowed" },
		{ "triggered", "somebody asked for it" },
		{ "backfilled", "somebody asked for it afterwards" },
	};
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strcmp(words[i][0], kind) == 0)
			return words[i][1];
	return NULL;
}

static void say_decision(const struct account_decision *decision, struct strbuf *out)
{
	char at[INSTANT_TEXT_MAX];
	const char *words = decided_words(decision->kind);
	strbuf_add_text(out, words ? words : decision->kind);
	if (decision->detail)
		strbuf_addf(out, "; %s", decision->detail);
	else if (strcmp(decision->kind, "dropped") == 0)
		strbuf_add_text(out, "; more than catch_up_limit were: the newest are made");
	strbuf_addf(out, "; decided %s", instant_format(decision->at, at));
	if (decision->by)
		strbuf_addf(out, " by %s", decision->by);
}

static void say_made(const struct account_entry *entry, struct strbuf *out)
{
	usec_t late = entry->late;
	if (entry->decision)
		say_decision(entry->decision, out);
	if (entry->verdict == ACCOUNT_OUTSIDE && !entry->decision)
		strbuf_add_text(out,
			"not by the rule as it is known: next_due_at was set to it, or "
			"the rule was another");
	if (late != INSTANT_NONE && late > LATE_MIN) {
		strbuf_add_text(out, out->len > 0 ? "; made late by " : "made late by ");
		duration_tell(late, out);
	}
}

static void say_change(const struct account_change *change, struct strbuf *out)
{
	char at[INSTANT_TEXT_MAX];
	strbuf_addf(out, "%s at %s by %s, before it was looked at",
		change->set != TEMPLATE_NONE ? "next_due_at was set" : "the rule was edited",
		instant_format(change->at, at), change->by);
}

/* What policies, or an override, have due, or made, at another time than the rule. */
static void say_planned(const struct account_entry *entry, struct strbuf *out)
{
	char text[INSTANT_TEXT_MAX];
	if (entry->due != entry->nominal)
		strbuf_addf(out, "; due %s", instant_format(entry->due, text));
	if (entry->fire != entry->due)
		strbuf_addf(
			out, "; its policies have it made %s", instant_format(entry->fire, text));
}

static void say_coming(
	const struct account_entry *entry, const struct hindrance *hindrance, struct strbuf *out)
{
	char at[INSTANT_TEXT_MAX];
	bool due = entry->due != INSTANT_NONE;
	if (entry->kind == FATE_PAUSED)
		strbuf_add_text(out, "fell into a pause: it will not be made");
	else if (entry->kind == FATE_ADOPTED)
		strbuf_add_text(out, "was due before the first start (adopt_backlog)");
	else if (hindrance->until != INSTANT_NONE && due && entry->due > hindrance->until)
		strbuf_addf(out, "the rule gives it, and its pause ends before, at %s",
			instant_format(hindrance->until, at));
	else if (*hindrance->text)
		strbuf_add_text(out, hindrance->text);
	else if (entry->verdict == ACCOUNT_DUE)
		strbuf_add_text(out, "is due, and no worker has been there yet (recurctl status)");
	else
		strbuf_add_text(out, "the rule gives it");
	if (due && entry->verdict != ACCOUNT_DUE)
		say_planned(entry, out);
}

static void say_why(
	const struct account_entry *entry, const struct hindrance *hindrance, struct strbuf *out)
{
	switch (entry->verdict) {
	case ACCOUNT_MADE:
	case ACCOUNT_OUTSIDE:
		say_made(entry, out);
		break;
	case ACCOUNT_DECIDED:
		say_decision(entry->decision, out);
		break;
	case ACCOUNT_EXCLUDED:
		strbuf_add_text(
			out, decided_words(entry->kind == FATE_SKIPPED ? "skipped" : "excluded"));
		break;
	case ACCOUNT_PASSED:
		say_change(entry->change, out);
		break;
	case ACCOUNT_GONE:
		strbuf_add_text(out,
			"was made, and its task is not there any more: it was deleted; "
			"or its record is past its retention; or it was of the series "
			"from which this one was split off");
		break;
	default:
		say_coming(entry, hindrance, out);
	}
}

/* ---- rows ---- */

static const struct column columns[] = {
	{ "occurrence_at", "OCCURRENCE", 0 },
	{ "verdict", "WHAT", 0 },
	{ "number", "NUMBER", COLUMN_JSON_ONLY },
	{ "due_at", "DUE", COLUMN_JSON_ONLY },
	{ "task_id", "TASK", COLUMN_ID },
	{ "late_seconds", "LATE", COLUMN_JSON_ONLY | COLUMN_SPAN },
	{ "complete", "COMPLETE", COLUMN_JSON_ONLY },
	{ "kind", "KIND", COLUMN_JSON_ONLY },
	{ "decided_at", "DECIDED", COLUMN_JSON_ONLY },
	{ "by", "BY", COLUMN_JSON_ONLY },
	{ "why", "WHY", COLUMN_WHOLE },
};

static const char *verdict_of(const struct account_entry *entry)
{
	if (entry->verdict == ACCOUNT_EXCLUDED && entry->kind == FATE_SKIPPED)
		return fate_kind_name(entry->kind);
	return entry->verdict == ACCOUNT_DECIDED ? entry->decision->kind
						 : account_verdict_name(entry->verdict);
}

static void put_instant(struct table *table, usec_t instant)
{
	if (instant == INSTANT_NONE)
		table_null(table);
	else
		table_instant(table, instant);
}

static void put_task(struct table *table, const struct account_entry *entry)
{
	table_text(table, entry->task ? entry->task->id : NULL);
	if (!entry->task || entry->late == INSTANT_NONE)
		table_null(table);
	else
		table_span(table, entry->late);
	if (entry->task)
		table_bool(table, entry->task->complete);
	else
		table_null(table);
}

static void put_decision(struct table *table, const struct account_entry *entry)
{
	const struct account_decision *decision = entry->decision;
	const struct account_change *change = entry->change;
	table_text(table, decision ? decision->kind : NULL);
	put_instant(table, decision ? decision->at : change ? change->at : INSTANT_NONE);
	table_text(table, decision ? decision->by : change ? change->by : NULL);
}

static void put_entry(
	struct table *table, const struct account_entry *entry, const struct hindrance *hindrance)
{
	struct strbuf why CLEANUP(strbuf_free) = STRBUF(SIZE_MAX);
	say_why(entry, hindrance, &why);
	table_instant(table, entry->nominal);
	table_text(table, verdict_of(entry));
	table_int(table, entry->number);
	put_instant(table, entry->due);
	put_task(table, entry);
	put_decision(table, entry);
	table_text(table, why.len > 0 ? why.data : NULL);
	table_end_row(table);
}

/* ---- a template ---- */

static void say_pause(const PGresult *row, struct hindrance *hindrance)
{
	char since[INSTANT_TEXT_MAX + sizeof(" since ")] = "", until[sizeof(since)] = "";
	char at[INSTANT_TEXT_MAX];
	if (!row_is_null(row, 0, T_PAUSED))
		snprintf(since, sizeof(since), " since %s",
			instant_format(row_instant(row, 0, T_PAUSED), at));
	if (!row_is_null(row, 0, T_PAUSED_UNTIL)) {
		hindrance->until = row_instant(row, 0, T_PAUSED_UNTIL);
		snprintf(until, sizeof(until), " until %s", instant_format(hindrance->until, at));
	}
	snprintf(hindrance->text, sizeof(hindrance->text),
		"paused%s%s: it is not made unless that ends before", since, until);
}

static void find_hindrance(
	const PGresult *row, const PGresult *waits, struct hindrance *ret_hindrance)
{
	char at[INSTANT_TEXT_MAX];
	char *text = ret_hindrance->text;
	size_t size = sizeof(ret_hindrance->text);
	bool active = !row_is_null(row, 0, T_ACTIVE) && row_bool(row, 0, T_ACTIVE);
	*ret_hindrance = (struct hindrance){ .until = INSTANT_NONE };
	if (!row_is_null(row, 0, T_FAILED))
		snprintf(text, size, "in quarantine since %s: %s",
			instant_format(row_instant(row, 0, T_FAILED), at),
			row_is_null(row, 0, T_FAILURE) ? "" : row_text(row, 0, T_FAILURE));
	else if (!row_is_null(row, 0, T_ENDED))
		snprintf(text, size, "the rule has ended");
	else if (!active)
		say_pause(row, ret_hindrance);
	else if (PQntuples(waits) > 0)
		snprintf(text, size, "waits since %s, and is tried again: %s",
			instant_format(row_instant(waits, 0, 3), at), row_text(waits, 0, 7));
}

struct sums {
	int64_t verdicts[ACCOUNT_VERDICTS];
};

static int print_account(struct ctl *ctl, struct explained *explained, struct account *account,
	const struct hindrance *hindrance, struct sums *ret_sums)
{
	struct account_entry entry;
	struct table *table = table_begin(stdout, ctl->json, columns, ARRAY_LEN(columns));
	while (account_next(account, &entry) && explained->code == EX_OK) {
		ret_sums->verdicts[entry.verdict] += entry.number;
		put_entry(table, &entry, hindrance);
	}
	table_end(table, explained->code == EX_OK ? "no occurrence lies in that span" : NULL);
	return explained->code;
}

static void print_sums(const struct sums *sums, const char *problem)
{
	static const char *const words[] = { "made", "made outside of the rule", "decided against",
		"excluded", "passed over by a change", "gone", "in a pause", "due", "to come" };
	const char *gap = "\n";
	for (size_t i = 0; i < ACCOUNT_VERDICTS; i++) {
		if (sums->verdicts[i] == 0)
			continue;
		printf("%s%" PRId64 " %s", gap, sums->verdicts[i], words[i]);
		gap = ", ";
	}
	if (*gap == ',')
		printf("\n");
	if (problem) {
		struct strbuf line CLEANUP(strbuf_free) = STRBUF(SIZE_MAX);
		(void)text_add_terminal(&line, problem, 0);
		printf("\nNot all could be expanded: %s\n", line.data);
	}
}

static void take_span(const struct request *request, usec_t now, struct account_input *input)
{
	input->now = now;
	input->from = now - SPAN;
	input->to = now + SPAN;
	if (request->has_from)
		input->from = request->from.is_span ? now - request->from.value
						    : request->from.value;
	if (request->has_to)
		input->to = request->to.is_span ? now + request->to.value : request->to.value;
}

static int explain_row(
	struct ctl *ctl, const PGresult *row, const struct request *request, usec_t now)
{
	struct settings *settings CLEANUP(settings_cleanup) = NULL;
	PGresult *waits CLEANUP(ctl_clear) = NULL;
	struct plan_policy policy;
	struct template template;
	struct policies policies;
	struct hindrance hindrance = { .until = INSTANT_NONE };
	struct explained explained;
	struct sums sums = { 0 };
	int code = settings_load(ctl, &settings);
	if (code == EX_OK)
		code = explain_waits(ctl, row_text(row, 0, T_ID), true, &waits);
	if (code != EX_OK)
		return code;
	template_policy(settings, &policy);
	template_read(row, &template, &policies);
	find_hindrance(row, waits, &hindrance);
	struct account_input input = { .template = &template, .policy = &policy };
	take_span(request, now, &input);
	code = explained_open(ctl, row_text(row, 0, T_ID), &input, &explained);
	if (code == EX_OK) {
		struct account *account CLEANUP(account_cleanup) = account_open(&input);
		code = print_account(ctl, &explained, account, &hindrance, &sums);
		if (code == EX_OK && !ctl->json)
			print_sums(&sums, account_problem(account));
	}
	explained_finish(&explained);
	return code;
}

/* One snapshot of all, in the order of the indexes. */
int explain_begin(struct ctl *ctl)
{
	return ctl_exec(ctl, "begin isolation level repeatable read read only;"
			     "set local lock_timeout = '5s'; set local enable_seqscan = off;"
			     "set local enable_bitmapscan = off; set local jit = off");
}

static int explain_template(struct ctl *ctl, const char *id, const struct request *request)
{
	PGresult *row CLEANUP(ctl_clear) = NULL, *clock CLEANUP(ctl_clear) = NULL;
	usec_t now;
	int code = explain_begin(ctl);
	if (code == EX_OK)
		code = ctl_query(ctl, QUERY_CTL_CLOCK, NULL, &clock);
	if (code == EX_OK && !row_clock(clock, 0, 0, &now))
		code = ctl_error(EX_DATAERR, CLOCK_COMPLAINT);
	if (code == EX_OK)
		code = ctl_query_id(ctl, QUERY_CTL_TEMPLATE, id, &row);
	if (code != EX_OK)
		return code;
	if (PQntuples(row) == 0)
		return ctl_error(EX_DATAERR,
			"there is no template \"%s\" (of a task: recurctl explain --task ID)", id);
	zones_open(ctl->conf->zoneinfo_dir);
	code = explain_row(ctl, row, request, now);
	zones_close();
	return code;
}

/* ---- arguments ---- */

/* A date begins a span with its first moment, and ends one with its last. */
static bool take_option(int letter, struct request *request, struct err *err)
{
	switch (letter) {
	case OPT_FROM:
		request->has_from = true;
		return arg_begin(optarg, &request->from, err) || err_prefix(err, "--from: ");
	case OPT_TO:
		request->has_to = true;
		return arg_bound(optarg, &request->to, err) || err_prefix(err, "--to: ");
	default:
		request->task = optarg;
		return true;
	}
}

static int run(struct ctl *ctl, int argc, char **argv)
{
	struct request request = { 0 };
	struct err err;
	for (int letter; (letter = ctl_getopt(ctl, argc, argv)) != -1;)
		if (!take_option(letter, &request, &err))
			return ctl_usage(ctl, "%s", err.text);
	if (request.task) {
		if (optind < argc || request.has_from || request.has_to)
			return ctl_usage(ctl, "with --task there is nothing else");
		return explain_task(ctl, request.task);
	}
	if (optind + 1 != argc)
		return ctl_usage(ctl, "explain takes the ID of one template, or --task ID");
	return explain_template(ctl, argv[optind], &request);
}

const struct ctl_command command_explain = {
	.name = "explain",
	.args = "ID | --task ID",
	.help = "what became of each occurrence of a template, and why",
	.run = run,
	.options = options,
	.role = "recurd_reader",
};
