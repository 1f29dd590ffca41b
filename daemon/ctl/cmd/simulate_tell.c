/* What comes, in the form that was asked for; see the header. */
#include "ctl/cmd/simulate.h"

#include <inttypes.h>
#include <string.h>

#include "ctl/ics.h"
#include "db/rows.h"
#include "plan/identity.h"
#include "util/err.h"
#include "util/strbuf.h"
#include "util/timefmt.h"

/* One line of it; TEMPLATE_NONE, NULL: it has none. */
struct event {
	usec_t at;
	const char *kind, *template_id, *user_id, *task_id;
	usec_t occurrence, due, through;
	int64_t number;
	const char *title, *priority, *note;
};

static void print_instant(struct table *table, usec_t instant)
{
	if (instant == TEMPLATE_NONE)
		table_null(table);
	else
		table_instant(table, instant);
}

static void print_event(struct table *table, const struct event *event)
{
	table_instant(table, event->at);
	table_text(table, event->kind);
	table_text(table, event->template_id);
	table_text(table, event->user_id);
	table_text(table, event->task_id);
	print_instant(table, event->occurrence);
	print_instant(table, event->due);
	print_instant(table, event->through);
	if (event->number > 0)
		table_int(table, event->number);
	else
		table_null(table);
	table_text(table, event->title);
	table_text(table, event->priority);
	table_text(table, event->note);
	table_end_row(table);
}

static void tell(struct foretelling *f, const struct event *event)
{
	if (event->at < f->from || event->at > f->to)
		return;
	if (f->form == FORETELL_EVENTS)
		print_event(f->table, event);
}

/* What is not made is nothing for a calendar. */
static void tell_coming(struct foretelling *f, const struct event *event, enum load_kind kind)
{
	char stamp[INSTANT_TEXT_MAX];
	struct strbuf uid CLEANUP(strbuf_free) = STRBUF(SIZE_MAX);
	if (event->at < f->from || event->at > f->to)
		return;
	load_add(&f->load, kind, event->at);
	tell(f, event);
	if (f->form != FORETELL_CALENDAR)
		return;
	strbuf_add_text(&uid, event->task_id);
	if (kind == LOAD_REMINDERS)
		strbuf_addf(&uid, "-%s", instant_format(event->occurrence, stamp));
	ics_event(stdout, &(struct ics_event){ uid.data, f->now,
				  kind == LOAD_REMINDERS ? event->at : event->due, event->title,
				  event->kind });
}

/* ---- of templates ---- */

static bool is_moved(const struct fate *fate)
{
	return sec_from_usec(fate->stands) != sec_from_usec(fate->nominal);
}

/* Those that its policy gives to it.  Who completed it meanwhile is not reminded. */
static void tell_reminders(
	struct foretelling *f, const struct simulate_look *look, const struct event *instance)
{
	const struct policies *policies = look->simulate->row.policies;
	usec_t open_until = f->span->open_for ? instance->at + f->span->open_for : USEC_INFINITY;
	for (size_t i = 0; policies && i < policies->remind_before_n; i++) {
		usec_t set = instance->due - policies->remind_before[i];
		usec_t at = simulate_attended(f->span, set > instance->at ? set : instance->at);
		struct event reminder = *instance;
		if (at >= open_until)
			continue;
		reminder.kind = "reminder";
		reminder.at = at;
		reminder.occurrence = set;
		reminder.note = at == set ? NULL : "late";
		tell_coming(f, &reminder, LOAD_REMINDERS);
	}
}

static void tell_made(
	struct foretelling *f, const struct simulate_look *look, const struct fate *fate, usec_t at)
{
	const struct template *row = &look->simulate->row;
	char id[INSTANCE_ID_SIZE] = "";
	if (f->form != FORETELL_LOAD)
		identity_instance(row->id, fate->nominal, id);
	const struct event instance = { .at = at,
		.kind = "instance",
		.template_id = row->id,
		.user_id = row->user_id,
		.task_id = id,
		.occurrence = fate->nominal,
		.due = fate->due,
		.through = TEMPLATE_NONE,
		.number = 1,
		.title = fate->change.title ? fate->change.title : f->title,
		.priority = fate->change.priority ? fate->change.priority : f->priority,
		.note = is_moved(fate)              ? "moved"
			: fate->due != fate->stands ? "shifted"
						    : NULL };
	tell_coming(f, &instance, LOAD_INSTANCES);
	tell_reminders(f, look, &instance);
}

static void tell_not_made(
	struct foretelling *f, const struct simulate_look *look, const struct fate *fate, usec_t at)
{
	char through[INSTANT_TEXT_MAX];
	struct strbuf note CLEANUP(strbuf_free) = STRBUF(ERR_TEXT_MAX);
	if (fate_kind_detail(fate->kind))
		strbuf_addf(
			&note, "%s%s", fate_kind_detail(fate->kind), fate->number > 1 ? ": " : "");
	if (fate->number > 1)
		strbuf_addf(&note, "%s%" PRId64 ", through %s", fate->estimated ? "about " : "",
			fate->number, instant_format(fate->through, through));
	tell(f, &(struct event){ .at = at,
			.kind = fate_kind_name(fate->kind),
			.template_id = look->simulate->row.id,
			.user_id = look->simulate->row.user_id,
			.occurrence = fate->nominal,
			.due = fate->stands,
			.through = fate->through,
			.number = fate->number,
			.title = f->title,
			.priority = f->priority,
			.note = note.len > 0 ? note.data : NULL });
}

static void tell_row(struct foretelling *f, const struct template *row, usec_t at, const char *kind,
	const char *why)
{
	tell(f, &(struct event){ .at = at,
			.kind = kind,
			.template_id = row->id,
			.user_id = row->user_id,
			.occurrence = TEMPLATE_NONE,
			.due = TEMPLATE_NONE,
			.through = TEMPLATE_NONE,
			.title = f->title,
			.priority = f->priority,
			.note = why });
}

/* A series is over with its last occurrence. */
static usec_t end_of(const struct simulate_look *look)
{
	const struct plan *plan = look->plan;
	bool known = look->leap && plan->n > 0;
	return known ? simulate_fate_at(look, &plan->fates[plan->n - 1]) : look->now;
}

void foretell_look(void *foretelling, const struct simulate_look *look)
{
	struct foretelling *f = foretelling;
	const struct template *row = &look->simulate->row;
	const struct plan *plan = look->plan;
	if (!plan) {
		tell_row(f, row, look->now, "resumed", NULL);
		return;
	}
	if (plan->rezoned_from != TEMPLATE_NONE)
		tell_row(f, row, look->now, "rezoned", plan->rezoned_why);
	for (size_t i = 0; i < plan->n; i++) {
		const struct fate *fate = &plan->fates[i];
		usec_t at = simulate_fate_at(look, fate);
		if (fate->kind == FATE_MADE)
			tell_made(f, look, fate, at);
		else if (fate->kind != FATE_EXCLUDED) /* nobody waits for it */
			tell_not_made(f, look, fate, at);
	}
	if (plan->superseded)
		tell_row(f, row, look->now, "superseded", plan->superseded);
	f->quarantined += plan->outcome == PLAN_FAILED;
	if (plan->outcome != PLAN_ADVANCED)
		tell_row(f, row, look->now,
			plan->outcome == PLAN_FAILED ? "quarantined" : "waiting",
			plan->failure.text);
	if (plan->turn == PLAN_ENDS)
		tell_row(f, row, end_of(look), "ended", NULL);
	if (plan->turn == PLAN_REVIVES)
		tell_row(f, row, look->now, "extended", NULL);
}

void foretell_idle(
	struct foretelling *f, const struct template *row, const char *kind, const char *why)
{
	tell_row(f, row, f->now > f->from ? f->now : f->from, kind, why);
}

/* ---- of tasks ---- */

static usec_t instant_or_none(const PGresult *result, int row, int column)
{
	return row_is_null(result, row, column) ? TEMPLATE_NONE : row_instant(result, row, column);
}

void foretell_reminder(struct foretelling *f, const PGresult *result, int row, usec_t at)
{
	usec_t set = row_instant(result, row, REM_AT);
	tell_coming(f,
		&(struct event){ .at = at,
			.kind = "reminder",
			.template_id = row_text(result, row, REM_TEMPLATE),
			.user_id = row_text(result, row, REM_USER),
			.task_id = row_text(result, row, REM_TASK),
			.occurrence = set,
			.due = instant_or_none(result, row, REM_DUE),
			.through = TEMPLATE_NONE,
			.number = 1,
			.title = row_text(result, row, REM_TITLE),
			.priority = row_text(result, row, REM_PRIORITY),
			.note = at == set ? NULL : "late" },
		LOAD_REMINDERS);
}

/* ---- the whole ---- */

void foretell_begin(struct foretelling *f)
{
	static const struct column columns[] = {
		{ "at", "AT", 0 },
		{ "kind", "KIND", 0 },
		{ "template_id", "TEMPLATE", COLUMN_ID },
		{ "user_id", "USER", COLUMN_ID | COLUMN_JSON_ONLY },
		{ "task_id", "TASK", COLUMN_ID | COLUMN_JSON_ONLY },
		{ "occurrence", "OCCURRENCE", COLUMN_JSON_ONLY },
		{ "due", "DUE", 0 },
		{ "through", "THROUGH", COLUMN_JSON_ONLY },
		{ "number", "NUMBER", COLUMN_JSON_ONLY },
		{ "title", "TITLE", 0 },
		{ "priority", "PRIORITY", COLUMN_JSON_ONLY },
		{ "note", "NOTE", COLUMN_WHOLE },
	};
	load_init(&f->load, f->from, f->to);
	if (f->form == FORETELL_EVENTS)
		f->table = table_begin(stdout, f->json, columns, ARRAY_LEN(columns));
	if (f->form == FORETELL_CALENDAR)
		ics_begin(stdout);
}

static void print_load(const struct foretelling *f, bool whole)
{
	static const struct column columns[] = {
		{ "hour", "HOUR", 0 },
		{ "instances", "INSTANCES", COLUMN_RIGHT },
		{ "reminders", "REMINDERS", COLUMN_RIGHT },
		{ "fullest_minute", "FULLEST MINUTE", 0 },
		{ "in_that_minute", "IN THAT MINUTE", COLUMN_RIGHT },
	};
	struct table *table = table_begin(stdout, f->json, columns, ARRAY_LEN(columns));
	for (size_t i = 0; whole && i < load_hours(&f->load); i++) {
		struct load_hour hour = load_hour(&f->load, i);
		if (hour.fullest_n == 0)
			continue;
		table_instant(table, hour.begins);
		table_int(table, hour.n[LOAD_INSTANCES]);
		table_int(table, hour.n[LOAD_REMINDERS]);
		table_instant(table, hour.fullest);
		table_int(table, hour.fullest_n);
		table_end_row(table);
	}
	table_end(table, whole ? "nothing comes in that time" : NULL);
}

static void print_sum(const struct foretelling *f)
{
	struct load_hour fullest = { .fullest_n = 0 };
	int64_t most = 0;
	char text[INSTANT_TEXT_MAX];
	for (size_t i = 0; i < load_hours(&f->load); i++) {
		struct load_hour hour = load_hour(&f->load, i);
		int64_t all = hour.n[LOAD_INSTANCES] + hour.n[LOAD_REMINDERS];
		fullest = all > most ? hour : fullest;
		most = all > most ? all : most;
	}
	printf("%" PRId64 " instances and %" PRId64 " reminders; %" PRId64
	       " templates, of which %" PRId64 " are in quarantine by then",
		f->load.total[LOAD_INSTANCES], f->load.total[LOAD_REMINDERS], f->templates,
		f->quarantined);
	if (most > 0)
		printf("; the fullest hour begins at %s, with %" PRId64,
			instant_format(fullest.begins, text), most);
	printf("\n");
}

void foretell_end(struct foretelling *f, bool whole)
{
	if (f->form == FORETELL_EVENTS)
		table_end(f->table, whole ? "nothing comes in that time" : NULL);
	if (f->form == FORETELL_LOAD)
		print_load(f, whole);
	if (f->form == FORETELL_CALENDAR && whole)
		ics_end(stdout);
	if (whole && !f->json && f->form != FORETELL_CALENDAR)
		print_sum(f);
	load_free(&f->load);
}
