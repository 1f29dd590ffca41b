/* What comes, in the form that was asked for; see the header. */
#include "ctl/cmd/simulate.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/ics.h"
#include "db/rows.h"
#include "plan/identity.h"
#include "util/err.h"
#include "util/mem.h"
#include "util/strbuf.h"
#include "util/timefmt.h"

/* One line of it; TEMPLATE_NONE, NULL: it has none. */
struct event {
	usec_t at;
	const char *kind, *template_id, *user_id, *task_id;
	usec_t occurrence, due, through;
	int64_t number;
	const char *title, *priority, *note;
	const char *reminder_id; /* NULL: that of the task's own row, or none that is there yet */
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
	if (event->reminder_id)
		strbuf_addf(&uid, "-%s", event->reminder_id);
	ics_event(stdout, &(struct ics_event){ uid.data, f->now,
				  kind == LOAD_REMINDERS ? event->at : event->due, event->title,
				  event->kind });
}

/* ---- of templates ---- */

static bool is_moved(const struct fate *fate)
{
	return sec_from_usec(fate->stands) != sec_from_usec(fate->nominal);
}

/* One that its policy gives to it.  Who completed it meanwhile is not reminded. */
static void tell_reminder(struct foretelling *f, const struct event *instance, usec_t set)
{
	usec_t open_until = f->span->open_for ? instance->at + f->span->open_for : USEC_INFINITY;
	usec_t at = simulate_attended(f->span, set > instance->at ? set : instance->at);
	struct event reminder = *instance;
	if (at >= open_until || set < f->live_since)
		return;
	reminder.kind = "reminder";
	reminder.at = at;
	reminder.occurrence = set;
	reminder.note = at == set ? NULL : "late";
	tell_coming(f, &reminder, LOAD_REMINDERS);
}

/* When they come: each once, and of those whose instant has passed when the task is made only the last. */
static size_t find_reminders(const struct policies *policies, usec_t made_at, usec_t due,
	usec_t ret_set[static POLICIES_REMINDERS_MAX])
{
	usec_t last = USEC_MINUS_INFINITY;
	size_t n = 0;
	for (size_t i = 0; i < policies->remind_before_n; i++) {
		usec_t set = due - policies->remind_before[i];
		if (set <= made_at && set > last)
			last = set;
	}
	for (size_t i = 0; i < policies->remind_before_n; i++) {
		usec_t set = due - policies->remind_before[i];
		bool again = set < last;
		for (size_t j = 0; j < n && !again; j++)
			again = ret_set[j] == set;
		if (!again)
			ret_set[n++] = set;
	}
	return n;
}

/* Those that come before another task took the place of theirs. */
static void release(struct foretelling *f, const struct template *row, usec_t until)
{
	struct foretell_held *held = &f->held;
	const struct event instance = { .at = held->made_at,
		.template_id = row->id,
		.user_id = row->user_id,
		.task_id = held->task,
		.due = held->due,
		.through = TEMPLATE_NONE,
		.number = 1,
		.title = held->title,
		.priority = held->priority };
	for (size_t i = 0; i < held->n; i++) {
		usec_t set = held->set[i] > held->made_at ? held->set[i] : held->made_at;
		if (simulate_attended(f->span, set) <= until)
			tell_reminder(f, &instance, held->set[i]);
	}
	free(held->title);
	free(held->priority);
	*held = (struct foretell_held){ .n = 0 };
}

static void hold(
	struct foretelling *f, const struct policies *policies, const struct event *instance)
{
	struct foretell_held *held = &f->held;
	held->n = find_reminders(policies, instance->at, instance->due, held->set);
	held->made_at = instance->at;
	held->due = instance->due;
	snprintf(held->task, sizeof(held->task), "%s", instance->task_id);
	held->title = instance->title ? mem_strdup(instance->title) : NULL;
	held->priority = instance->priority ? mem_strdup(instance->priority) : NULL;
}

static void tell_reminders(
	struct foretelling *f, const struct simulate_look *look, const struct event *instance)
{
	const struct policies *policies = look->simulate->row.policies;
	usec_t set[POLICIES_REMINDERS_MAX];
	if (!policies || policies->remind_before_n == 0)
		return;
	if (policies->overlap == OVERLAP_REPLACE) {
		release(f, &look->simulate->row, USEC_INFINITY);
		hold(f, policies, instance);
		return;
	}
	size_t n = find_reminders(policies, instance->at, instance->due, set);
	for (size_t i = 0; i < n; i++)
		tell_reminder(f, instance, set[i]);
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

/* ---- what its user may have ---- */

static int64_t day_of(const struct foretelling *f, usec_t now)
{
	return sec_from_usec(now) / 86400 - sec_from_usec(f->now) / 86400;
}

static void count_made(struct foretelling *f, const struct plan *plan, usec_t now)
{
	if (f->allowance.limit > 0)
		f->allowance.made[day_of(f, now)] += (int64_t)plan->made_n;
}

size_t foretell_allow(void *foretelling, usec_t now)
{
	const struct foretelling *f = foretelling;
	int64_t left = f->allowance.limit - f->allowance.made[day_of(f, now)];
	return left > 0 ? (size_t)left : 0;
}

void foretell_turn(struct foretelling *f, const char *user, int64_t made_today)
{
	struct foretell_allowance *allowance = &f->allowance;
	if (allowance->limit == 0 || !user ||
		(allowance->user && strcmp(allowance->user, user) == 0))
		return;
	free(allowance->user);
	allowance->user = mem_strdup(user);
	memset(allowance->made, 0, sizeof(allowance->made));
	allowance->made[0] = made_today;
}

void foretell_turned(struct foretelling *f, const struct template *row)
{
	release(f, row, USEC_INFINITY);
}

/* One that the simulation has made, or one that was there before. */
static void supersede(struct foretelling *f, const struct simulate_look *look)
{
	release(f, &look->simulate->row, look->now);
	if (look->plan->superseded == look->simulate->open_task)
		return;
	if (f->superseded_n == f->superseded_size) {
		f->superseded_size = f->superseded_size ? f->superseded_size * 2 : 16;
		f->superseded = mem_realloc_array(
			f->superseded, f->superseded_size, sizeof(*f->superseded));
	}
	f->superseded[f->superseded_n++] = (struct foretell_superseded){
		mem_strdup(look->plan->superseded), look->now
	};
}

static int compare_superseded(const void *a, const void *b)
{
	const struct foretell_superseded *left = a, *right = b;
	return strcmp(left->task, right->task);
}

void foretell_templates_end(struct foretelling *f)
{
	if (f->superseded_n > 0)
		qsort(f->superseded, f->superseded_n, sizeof(*f->superseded), compare_superseded);
}

/* Who is complete is not reminded. */
static bool is_open_at(const struct foretelling *f, const char *task, usec_t at)
{
	struct foretell_superseded key = { .task = (char *)(uintptr_t)task };
	const struct foretell_superseded *found = f->superseded_n == 0
							  ? NULL
							  : bsearch(&key, f->superseded,
								    f->superseded_n, sizeof(key),
								    compare_superseded);
	return !found || at <= found->at;
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
	if (plan->superseded)
		supersede(f, look);
	count_made(f, plan, look->now);
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
	if (set < f->live_since || !is_open_at(f, row_text(result, row, REM_TASK), at))
		return;
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
			.note = at == set ? NULL : "late",
			.reminder_id = row_text(result, row, REM_ID) },
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
	free(f->allowance.user);
	for (size_t i = 0; i < f->superseded_n; i++)
		free(f->superseded[i].task);
	free(f->superseded);
}
