/* The merge; see the header. */
#include "plan/account.h"

#include <stdlib.h>
#include <string.h>

#include "plan/account_past.h"
#include "plan/fates.h"
#include "plan/move.h"
#include "util/mem.h"
#include "util/timefmt.h"

#define FORGET_AFTER (2 * 86400) /* a move takes instants back by no more */

struct open_decision {
	struct account_decision decision;
	bool met; /* some occurrence was told by it */
};

struct account {
	struct account_input input;
	struct template template;
	struct past past;
	struct past_occurrence occurrence; /* the next of the set, while `expected` */
	struct account_task task; /* the next instance, while it has an id */
	struct account_decision decision; /* the next one, while it has a kind */
	bool expected;
	sec_t reached;
	struct open_decision open[ACCOUNT_OPEN_MAX];
	size_t open_n;
	struct account_task *early; /* a move made them late: their local time is still to come */
	size_t early_n, early_size;
	struct account_task told; /* with the entry that was given last */
	char *texts[3]; /* with that, too: the rule they are from may be gone */
	struct fates fates;
	enum { FUTURE_CLOSED, FUTURE_OPEN, FUTURE_OVER } future;
	struct err problem;
};

const char *account_verdict_name(enum account_verdict verdict)
{
	static const char *const names[] = { "made", "made", "decided", "excluded", "passed over",
		"gone", "paused", "due", "to come" };
	return names[verdict];
}

/* ---- the streams ---- */

static char *keep_text(char **kept, const char *text)
{
	free(*kept);
	*kept = text ? mem_strdup(text) : NULL;
	return *kept;
}

static struct fate_change keep_texts(struct account *account, const struct fate_change *texts)
{
	return (struct fate_change){ keep_text(&account->texts[0], texts->title),
		keep_text(&account->texts[1], texts->description),
		keep_text(&account->texts[2], texts->priority) };
}

static void task_free(struct account_task *task)
{
	free(task->id);
	*task = (struct account_task){ 0 };
}

static void decision_free(struct account_decision *decision)
{
	free(decision->kind);
	free(decision->detail);
	free(decision->by);
	*decision = (struct account_decision){ 0 };
}

/* Its identity says that a move made it late (move.h). */
static bool is_coded(usec_t identity)
{
	sec_t second = sec_from_usec(identity);
	int code = (int)(identity - second * USEC_PER_SEC);
	return code != 0 && abs(code - MOVE_CODE) <= 26 * 3600;
}

static void keep_early(struct account *account)
{
	if (account->early_n == account->early_size) {
		account->early_size = account->early_size ? account->early_size * 2 : 16;
		account->early = mem_realloc_array(
			account->early, account->early_size, sizeof(*account->early));
	}
	account->early[account->early_n++] = account->task;
	account->task = (struct account_task){ 0 };
}

static void read_task(struct account *account)
{
	const struct account_input *input = &account->input;
	while (input->next_task(input->source, &account->task)) {
		if (!is_coded(account->task.occurrence) || account->early_n == ACCOUNT_EARLY_MAX)
			return;
		keep_early(account);
	}
	account->task = (struct account_task){ 0 };
}

static void read_decision(struct account *account)
{
	const struct account_input *input = &account->input;
	if (!input->next_decision(input->source, &account->decision))
		account->decision = (struct account_decision){ 0 };
}

static void read_occurrence(struct account *account)
{
	account->expected = past_next(&account->past, &account->occurrence);
}

struct account *account_open(const struct account_input *input)
{
	struct account *account = mem_alloc(sizeof(*account));
	*account = (struct account){ .input = *input, .template = *input->template };
	account->input.template = &account->template;
	account->reached = INT64_MIN;
	past_init(&account->past, &account->input);
	read_task(account);
	read_decision(account);
	read_occurrence(account);
	return account;
}

void account_close(struct account *account)
{
	if (!account)
		return;
	past_finish(&account->past);
	if (account->future == FUTURE_OPEN)
		fates_close(&account->fates);
	for (size_t i = 0; i < account->open_n; i++)
		decision_free(&account->open[i].decision);
	for (size_t i = 0; i < account->early_n; i++)
		task_free(&account->early[i]);
	free(account->early);
	task_free(&account->task);
	task_free(&account->told);
	(void)keep_texts(account, &(struct fate_change){ 0 });
	decision_free(&account->decision);
	free(account);
}

void account_cleanup(struct account **account)
{
	account_close(*account);
	*account = NULL;
}

const char *account_problem(const struct account *account)
{
	return *account->problem.text        ? account->problem.text
	       : *account->past.problem.text ? account->past.problem.text
					     : NULL;
}

/* ---- decisions that reach over an instant ---- */

/* Of what was made, more than that it was made. */
static bool is_remark(const struct account_decision *decision)
{
	static const char *const remarks[] = { "moved", "shifted", "triggered", "backfilled",
		"superseded" };
	for (size_t i = 0; i < ARRAY_LEN(remarks); i++)
		if (strcmp(decision->kind, remarks[i]) == 0)
			return true;
	return false;
}

static sec_t end_of(const struct account_decision *decision)
{
	bool one = decision->number == 1 || decision->last == INSTANT_NONE;
	return sec_from_usec(one ? decision->first : decision->last);
}

static void forget(struct account *account, size_t i)
{
	decision_free(&account->open[i].decision);
	account->open[i] = account->open[--account->open_n];
}

static void make_room(struct account *account)
{
	size_t first = 0;
	for (size_t i = account->open_n; i-- > 0;) {
		if (end_of(&account->open[i].decision) + FORGET_AFTER < account->reached)
			forget(account, i);
	}
	for (size_t i = 1; i < account->open_n; i++)
		if (end_of(&account->open[i].decision) < end_of(&account->open[first].decision))
			first = i;
	if (account->open_n == ACCOUNT_OPEN_MAX)
		forget(account, first);
}

static struct open_decision *open_next(struct account *account)
{
	make_room(account);
	account->open[account->open_n] = (struct open_decision){ account->decision, false };
	account->decision = (struct account_decision){ 0 };
	read_decision(account);
	return &account->open[account->open_n++];
}

/* Runs of several kinds reach over one another: what is excluded, or left out by a calendar, is told by that, and
 * other decisions are for the rest.  Of others the narrower says more. */
static int fitness_of(
	const struct account_decision *decision, const struct past_occurrence *occurrence)
{
	const char *own = occurrence->excluded  ? "excluded"
			  : occurrence->skipped ? "skipped"
						: NULL;
	bool special = strcmp(decision->kind, "excluded") == 0 ||
		       strcmp(decision->kind, "skipped") == 0;
	bool alike = own ? strcmp(decision->kind, own) == 0 : !special;
	return (alike ? 2 : 0) + (decision->number == 1 ? 1 : 0);
}

static struct open_decision *covering(
	struct account *account, const struct past_occurrence *occurrence, bool remark)
{
	struct open_decision *best = NULL;
	for (size_t i = 0; i < account->open_n; i++) {
		struct open_decision *open = &account->open[i];
		const struct account_decision *decision = &open->decision;
		bool covers = sec_from_usec(decision->first) <= occurrence->nominal &&
			      occurrence->nominal <= end_of(decision) &&
			      is_remark(decision) == remark;
		if (covers && (!best || fitness_of(decision, occurrence) >
						fitness_of(&best->decision, occurrence)))
			best = open;
	}
	return best;
}

/* ---- entries of the past ---- */

static void tell_task(struct account *account, struct account_task *task, bool expected,
	struct account_entry *ret)
{
	const struct past_occurrence at = { .nominal = sec_from_usec(task->occurrence) };
	struct open_decision *remark = covering(account, &at, true);
	task_free(&account->told);
	account->told = *task;
	*task = (struct account_task){ 0 };
	*ret = (struct account_entry){ .verdict = expected ? ACCOUNT_MADE : ACCOUNT_OUTSIDE,
		.nominal = account->told.occurrence,
		.due = expected ? account->occurrence.at * USEC_PER_SEC : account->told.due,
		.number = 1,
		.task = &account->told,
		.decision = remark ? &remark->decision : NULL };
	/* The first of a series stands as it was set, microseconds and all. */
	if (expected && account->occurrence.at == account->occurrence.nominal)
		ret->due = account->told.occurrence;
}

static void tell_decision(struct open_decision *open, usec_t nominal, usec_t due, int64_t number,
	struct account_entry *ret)
{
	open->met = true;
	*ret = (struct account_entry){ .verdict = ACCOUNT_DECIDED,
		.nominal = nominal,
		.due = due,
		.number = number,
		.decision = &open->decision };
}

/* Nothing was made of it. */
static bool tell_unmade(struct account *account, struct account_entry *ret)
{
	const struct past_occurrence *o = &account->occurrence;
	usec_t nominal = o->nominal * USEC_PER_SEC, due = o->at * USEC_PER_SEC;
	struct open_decision *open = covering(account, o, false);
	struct open_decision *remark = covering(account, o, true);
	/* A run goes on behind the change: of what lies between, only what stood was looked at. */
	if (open && o->change && sec_from_usec(open->decision.first) != o->nominal)
		open = NULL;
	*ret = (struct account_entry){ .nominal = nominal,
		.due = due,
		.number = 1,
		.change = o->change,
		.texts = keep_texts(account, &o->texts),
		.decision = remark ? &remark->decision : NULL };
	if (open)
		tell_decision(open, nominal, due, 1, ret);
	else if (o->excluded)
		ret->verdict = ACCOUNT_EXCLUDED;
	else if (o->change)
		ret->verdict = ACCOUNT_PASSED;
	else if (o->sure)
		ret->verdict = ACCOUNT_GONE;
	else
		return false; /* the series had ended */
	return true;
}

static struct account_task *find_early(struct account *account)
{
	for (size_t i = 0; i < account->early_n; i++) {
		struct account_task *task = &account->early[i];
		if (task->id && sec_from_usec(task->occurrence) == account->occurrence.nominal)
			return task;
	}
	return NULL;
}

/* The next of the set.  false: there is nothing to be told of it. */
static bool tell_expected(struct account *account, struct account_entry *ret)
{
	sec_t nominal = account->occurrence.nominal;
	bool there = account->task.id && sec_from_usec(account->task.occurrence) == nominal;
	struct account_task *early = there ? NULL : find_early(account);
	bool tells = true;
	if (there || early)
		tell_task(account, there ? &account->task : early, true, ret);
	else
		tells = tell_unmade(account, ret);
	if (there)
		read_task(account);
	read_occurrence(account);
	return tells;
}

static sec_t task_second(const struct account *account)
{
	return account->task.id ? sec_from_usec(account->task.occurrence) : INT64_MAX;
}

/* Decisions that begin up to there are open from now on.  The first of a run is an occurrence, whether the rule
 * gives it or not; without a rule the run stands alone. */
static bool open_up_to(struct account *account, sec_t instant, struct account_entry *ret)
{
	while (account->decision.kind && sec_from_usec(account->decision.first) <= instant) {
		struct open_decision *open = open_next(account);
		const struct account_decision *decision = &open->decision;
		sec_t first = sec_from_usec(decision->first);
		bool given = account->expected && account->occurrence.nominal == first;
		bool backward = account->reached > first;
		if (given || is_remark(decision) || task_second(account) == first || backward ||
			decision->first < account->input.from || is_coded(decision->first))
			continue;
		bool alone = !account->expected || account->occurrence.nominal > end_of(decision);
		tell_decision(
			open, decision->first, INSTANT_NONE, alone ? decision->number : 1, ret);
		return true;
	}
	return false;
}

static bool next_past(struct account *account, struct account_entry *ret)
{
	while (account->expected || account->task.id || account->decision.kind) {
		sec_t instant = account->expected ? account->occurrence.nominal : INT64_MAX;
		bool outside = task_second(account) < instant && account->reached <= instant;
		if (outside)
			instant = task_second(account);
		if (open_up_to(account, instant, ret))
			return true;
		if (instant > account->reached)
			account->reached = instant;
		if (outside) {
			tell_task(account, &account->task, false, ret);
			read_task(account);
			return true;
		}
		if (account->expected && tell_expected(account, ret))
			return true;
	}
	while (account->early_n > 0) {
		struct account_task *task = &account->early[--account->early_n];
		if (!task->id)
			continue;
		tell_task(account, task, false, ret);
		return true;
	}
	return false;
}

/* ---- what is to come ---- */

static void open_future(struct account *account)
{
	account->future = FUTURE_OPEN;
	if (fates_open(&account->template, account->input.policy, false, &account->fates,
		    &account->problem))
		return;
	fates_close(&account->fates);
	account->future = FUTURE_OVER;
}

static bool is_resting(const struct template *t, const struct fate *fate)
{
	bool paused = !t->is_active && t->ended_at == TEMPLATE_NONE;
	return fate->kind == FATE_PAUSED ||
	       (paused && (t->paused_at == TEMPLATE_NONE || fate->stands >= t->paused_at));
}

static enum account_verdict foretell(const struct account *account, const struct fate *fate)
{
	if (fate->kind == FATE_EXCLUDED || fate->kind == FATE_SKIPPED)
		return ACCOUNT_EXCLUDED;
	if (fate->fire > account->input.now)
		return ACCOUNT_COMES;
	return is_resting(&account->template, fate) ? ACCOUNT_RESTS : ACCOUNT_DUE;
}

static bool next_future(struct account *account, struct account_entry *ret)
{
	struct fate fate;
	if (account->future == FUTURE_CLOSED)
		open_future(account);
	while (account->future == FUTURE_OPEN) {
		fates_renew(&account->fates);
		enum recur_status status = fates_next(&account->fates, &fate, &account->problem);
		if (status != RECUR_FOUND || fate.stands > account->input.to) {
			fates_close(&account->fates);
			account->future = FUTURE_OVER;
			break;
		}
		if (fate.stands < account->input.from)
			continue;
		*ret = (struct account_entry){ .verdict = foretell(account, &fate),
			.nominal = fate.nominal,
			.due = fate.due,
			.fire = fate.fire,
			.number = 1,
			.kind = fate.kind,
			.texts = keep_texts(account, &fate.change) };
		return true;
	}
	return false;
}

static bool is_asked_for(const struct account_decision *decision)
{
	return decision && (strcmp(decision->kind, "backfilled") == 0 ||
				   strcmp(decision->kind, "triggered") == 0);
}

static usec_t lateness(const struct account *account, const struct account_entry *entry)
{
	const struct account_task *task = entry->task;
	usec_t due = entry->verdict == ACCOUNT_MADE ? entry->due : entry->nominal, late;
	if (!task || task->created == INSTANT_NONE || due == INSTANT_NONE ||
		is_asked_for(entry->decision))
		return INSTANT_NONE;
	usec_t begun = account->template.created_at;
	if (begun != TEMPLATE_NONE && begun > due && begun <= task->created)
		due = begun;
	return __builtin_sub_overflow(task->created, due, &late) ? INSTANT_NONE : late;
}

bool account_next(struct account *account, struct account_entry *ret_entry)
{
	bool found = next_past(account, ret_entry) || next_future(account, ret_entry);
	if (found)
		ret_entry->late = lateness(account, ret_entry);
	return found;
}
