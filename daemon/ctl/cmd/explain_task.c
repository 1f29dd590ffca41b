/* recurctl explain --task: why a task is there, and what became of its reminder and its successor, as a list of what
 * happened, in the order of time as far as that is known. */
#include <stdio.h>
#include <string.h>

#include "ctl/cmd/explain.h"
#include "ctl/table.h"
#include "db/params.h"
#include "db/rows.h"
#include "plan/identity.h"
#include "util/duration.h"

/* Columns of ctl_task.sql. */
enum {
	K_ID = 0,
	K_COMPLETE = 5,
	K_DUE,
	K_CREATED,
	K_TEMPLATE = 9,
	K_OCCURRENCE,
	K_REMIND,
	K_REMINDED,
	K_PENDING,
	K_RULE,
	K_COMPLETED,
	K_REPEAT_OF,
	K_REPEATED_BY,
	K_FAILED,
	K_FAILURE,
	K_MADE_FOR
};

#define DECISIONS_MAX 1000
#define LATE_MIN      (60 * USEC_PER_SEC) /* less is on time, as far as people care */

int explain_waits(struct ctl *ctl, const char *id, bool of_template, PGresult **ret_waits)
{
	static const char *const kinds[2][4] = { { "remind", "reminders", "settle", "repeat" },
		{ "generate", "policed", "replan" } };
	struct params params CLEANUP(params_free);
	params_init(&params);
	params_text(&params, id);
	params_texts(&params, kinds[of_template], ARRAY_LEN(kinds[0]));
	return ctl_query(ctl, QUERY_CTL_WAITS, &params, ret_waits);
}

/* Under the key of either format: which of them an event has is not for us to judge. */
int explain_told(struct ctl *ctl, const PGresult *task, PGresult **ret_result)
{
	static const struct {
		const char *kind;
		int instant;
	} events[] = { { "task_created", K_OCCURRENCE }, { "task_created", K_MADE_FOR },
		{ "reminder", K_REMINDED },
		/* A completion moves reminded_at to the end of that second. */
		{ "reminder", K_REMIND } };
	static const enum key_format formats[] = { KEY_HASHED, KEY_TIMED };
	char keys[ARRAY_LEN(events) * ARRAY_LEN(formats)][NOTIFICATION_KEY_SIZE];
	const char *found[ARRAY_LEN(keys)];
	size_t n = 0;
	for (size_t i = 0; i < ARRAY_LEN(events); i++) {
		usec_t at = row_instant(task, 0, events[i].instant);
		/* An infinite instant, of a hand-made table, has no key. */
		if (at == INSTANT_NONE || at == USEC_INFINITY || at == USEC_MINUS_INFINITY)
			continue;
		for (size_t k = 0; k < ARRAY_LEN(formats); k++) {
			identity_notification(
				formats[k], events[i].kind, row_text(task, 0, 0), at, keys[n]);
			found[n] = keys[n];
			n++;
		}
	}
	struct params params CLEANUP(params_free);
	params_init(&params);
	params_texts(&params, found, n);
	return ctl_query(ctl, QUERY_CTL_NOTIFICATIONS, &params, ret_result);
}

/* ---- rows ---- */

struct story {
	struct table *table;
	const PGresult *task;
};

static void tell(const struct story *story, usec_t at, const char *what, const char *fmt, ...)
	PRINTF(4, 5);
static void tell(const struct story *story, usec_t at, const char *what, const char *fmt, ...)
{
	struct strbuf why CLEANUP(strbuf_free) = STRBUF(SIZE_MAX);
	va_list args;
	va_start(args, fmt);
	strbuf_vaddf(&why, fmt, args);
	va_end(args);
	if (at == INSTANT_NONE)
		table_null(story->table);
	else
		table_instant(story->table, at);
	table_text(story->table, what);
	table_text(story->table, why.data);
	table_end_row(story->table);
}

static bool has(const struct story *story, int column)
{
	return !row_is_null(story->task, 0, column);
}

static usec_t instant(const struct story *story, int column)
{
	return has(story, column) ? row_instant(story->task, 0, column) : INSTANT_NONE;
}

/* Of a column that is a timestamp in UTC, or an instant. */
static usec_t created_at(const struct story *story)
{
	enum { TIMESTAMP = 1114 };
	if (!has(story, K_CREATED))
		return INSTANT_NONE;
	return PQftype(story->task, K_CREATED) == TIMESTAMP
		       ? row_wall_us(story->task, 0, K_CREATED)
		       : row_instant(story->task, 0, K_CREATED);
}

static void add_late(usec_t at, usec_t due, struct strbuf *out)
{
	bool known = at != INSTANT_NONE && due != INSTANT_NONE && at != USEC_INFINITY &&
		     at != USEC_MINUS_INFINITY && due != USEC_INFINITY &&
		     due != USEC_MINUS_INFINITY;
	if (!known || at - due <= LATE_MIN)
		return;
	strbuf_add_text(out, ", late by ");
	duration_tell(at - due, out);
}

static void tell_origin(const struct story *story)
{
	struct strbuf late CLEANUP(strbuf_free) = STRBUF(SIZE_MAX);
	char occurrence[INSTANT_TEXT_MAX];
	usec_t created = created_at(story);
	if (has(story, K_TEMPLATE)) {
		add_late(created, instant(story, K_OCCURRENCE), &late);
		tell(story, created, "made", "the instance of template %s for its occurrence %s%s",
			row_text(story->task, 0, K_TEMPLATE),
			instant_format(instant(story, K_OCCURRENCE), occurrence), late.data);
	} else if (has(story, K_REPEAT_OF)) {
		tell(story, created, "made", "follows task %s, which was completed and has a rule",
			row_text(story->task, 0, K_REPEAT_OF));
	} else if (has(story, K_OCCURRENCE)) {
		tell(story, created, "made",
			"the instance of a template that is not there any more, for its occurrence "
			"%s",
			instant_format(instant(story, K_OCCURRENCE), occurrence));
	} else {
		tell(story, created, "made", "by the application: recurd did not make it");
	}
}

/* What was told at all, and how late. */
static bool tell_told(const struct story *story, const PGresult *told)
{
	bool reminded = false;
	for (int row = 0; row < PQntuples(told); row++) {
		struct strbuf late CLEANUP(strbuf_free) = STRBUF(SIZE_MAX);
		char of[INSTANT_TEXT_MAX];
		bool reminder = strcmp(row_text(told, row, 1), "reminder") == 0;
		usec_t at = row_instant(told, row, 0), due = row_instant(told, row, 2);
		add_late(at, due, &late);
		if (reminder && late.len > 0)
			strbuf_add_text(&late, ": no worker was there, the task waited, or its "
					       "reminder was set when "
					       "that had passed");
		reminded = reminded || reminder;
		tell(story, at, reminder ? "reminded" : "told", "%s %s%s; key %s",
			reminder ? "for its reminder at" : "that it was made for",
			instant_format(due, of), reminder ? late.data : "", row_text(told, row, 3));
	}
	return reminded;
}

static void tell_reminder(const struct story *story, bool reminded, const PGresult *waits)
{
	usec_t remind = instant(story, K_REMIND);
	if (row_bool(story->task, 0, K_PENDING))
		tell(story, remind, "reminder to come", "%s",
			PQntuples(waits) > 0
				? "waits, see below"
				: "told by the first worker that sees that it has come");
	else if (has(story, K_REMINDED) && !reminded)
		tell(story, instant(story, K_REMINDED), "reminder passed",
			"not told: it was from before the first start, or passed while the task "
			"was "
			"complete; or its notification is past its retention");
	else if (remind != INSTANT_NONE && row_bool(story->task, 0, K_COMPLETE))
		tell(story, remind, "no reminder", "the task is complete");
}

static void tell_end(const struct story *story)
{
	bool complete = !row_is_null(story->task, 0, K_COMPLETE) &&
			row_bool(story->task, 0, K_COMPLETE);
	bool rule = has(story, K_RULE) && strcmp(row_text(story->task, 0, K_RULE), "null") != 0;
	if (complete)
		tell(story, instant(story, K_COMPLETED), "completed", "%s",
			!rule ? "it has no rule of its own: it does not come back"
			: has(story, K_TEMPLATE)    ? "an instance: its template goes on by itself"
			: has(story, K_REPEATED_BY) ? "and came back"
			: has(story, K_FAILED)      ? "it should come back, and is in quarantine"
						    : "it comes back, unless its rule has ended");
	if (has(story, K_REPEATED_BY))
		tell(story, INSTANT_NONE, "repeated", "by task %s",
			row_text(story->task, 0, K_REPEATED_BY));
	if (has(story, K_FAILED))
		tell(story, instant(story, K_FAILED), "quarantined",
			"it does not come back until that is mended (rule, due date or zone), or "
			"recurctl retry %s: %s",
			row_text(story->task, 0, K_ID),
			has(story, K_FAILURE) ? row_text(story->task, 0, K_FAILURE) : "");
}

static void tell_decisions(const struct story *story, const PGresult *decisions)
{
	for (int row = PQntuples(decisions); row-- > 0;) {
		usec_t at = row_instant(decisions, row, 0);
		const char *kind = row_text(decisions, row, 1);
		/* The one that lasts has its line. */
		if (strcmp(kind, "quarantined") == 0 && has(story, K_FAILED) &&
			at >= instant(story, K_FAILED))
			continue;
		tell(story, at, kind, "%s",
			row_is_null(decisions, row, 5) ? "" : row_text(decisions, row, 5));
	}
}

static void tell_waits(const struct story *story, const PGresult *waits)
{
	for (int row = 0; row < PQntuples(waits); row++) {
		char next[INSTANT_TEXT_MAX] = "soon";
		if (!row_is_null(waits, row, 6))
			instant_format(row_instant(waits, row, 6), next);
		tell(story, row_instant(waits, row, 3), "waits",
			"%s, tried %d times, again %s: %s (%s)", row_text(waits, row, 0),
			(int)row_int4(waits, row, 5), next, row_text(waits, row, 7),
			row_text(waits, row, 1));
	}
}

static int query_decisions(struct ctl *ctl, const char *id, PGresult **ret_result)
{
	struct params params CLEANUP(params_free);
	params_init(&params);
	params_text(&params, id);
	params_int8(&params, DECISIONS_MAX);
	params_bool(&params, true);
	return ctl_query(ctl, QUERY_CTL_DECISIONS, &params, ret_result);
}

static int print_story(struct ctl *ctl, const PGresult *task)
{
	static const struct column columns[] = {
		{ "at", "AT", 0 },
		{ "what", "WHAT", 0 },
		{ "why", "WHY", COLUMN_WHOLE },
	};
	PGresult *told CLEANUP(ctl_clear) = NULL, *waits CLEANUP(ctl_clear) = NULL,
		       *decisions CLEANUP(ctl_clear) = NULL;
	const char *id = row_text(task, 0, K_ID);
	int code = explain_told(ctl, task, &told);
	if (code == EX_OK)
		code = explain_waits(ctl, id, false, &waits);
	if (code == EX_OK)
		code = query_decisions(ctl, id, &decisions);
	if (code != EX_OK)
		return code;
	struct story story = { table_begin(stdout, ctl->json, columns, ARRAY_LEN(columns)), task };
	tell_origin(&story);
	bool reminded = tell_told(&story, told);
	tell_reminder(&story, reminded, waits);
	tell_end(&story);
	tell_decisions(&story, decisions);
	tell_waits(&story, waits);
	table_end(story.table, NULL);
	return EX_OK;
}

int explain_task(struct ctl *ctl, const char *id)
{
	PGresult *task CLEANUP(ctl_clear) = NULL;
	int code = explain_begin(ctl);
	if (code == EX_OK)
		code = ctl_query_id(ctl, QUERY_CTL_TASK, id, &task);
	if (code != EX_OK)
		return code;
	if (PQntuples(task) == 0)
		return ctl_error(EX_DATAERR, "there is no task \"%s\"", id);
	return print_story(ctl, task);
}
