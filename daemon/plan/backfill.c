/* What is to be made of the past; see the header. */
#include "plan/backfill.h"

#include <stdlib.h>
#include <string.h>

#include "plan/start.h"
#include "util/mem.h"

struct making {
	const struct account_input *input;
	struct start start; /* its shift alone is of interest */
	struct backfill *made;
	const struct backfill_limits *limits;
	int looks;
	int64_t run;
};

static bool no_decision(void *source, struct account_decision *ret_decision)
{
	(void)source;
	(void)ret_decision;
	return false;
}

static char *copy(const char *text)
{
	return text ? mem_strdup(text) : NULL;
}

static void add(struct making *making, const struct account_entry *entry, usec_t due)
{
	making->made->items[making->made->n++] = (struct backfill_item){ .nominal = entry->nominal,
		.due = due,
		.title = copy(entry->texts.title),
		.description = copy(entry->texts.description),
		.priority = copy(entry->texts.priority),
		.run = making->run };
}

static void leave_out(struct making *making)
{
	making->made->left_out++;
	making->run++;
}

/* Of the past the account knows nothing of calendars. */
static void make_past(struct making *making, const struct account_entry *entry)
{
	const struct shift *shift = &making->start.shift;
	struct shifted shifted = shift_move(shift, entry->due);
	if (shifted.skipped)
		leave_out(making);
	else
		add(making, entry, shifted.due);
}

static void make_resting(struct making *making, const struct account_entry *entry)
{
	if (entry->kind == FATE_SKIPPED)
		leave_out(making);
	else
		add(making, entry, entry->due);
}

static bool comes_by_itself(const struct making *making, const struct account_entry *entry)
{
	bool works = making->input->template->is_active;
	return entry->verdict == ACCOUNT_COMES || (entry->verdict == ACCOUNT_DUE && works);
}

static void look_at(struct making *making, const struct account_entry *entry)
{
	switch (entry->verdict) {
	case ACCOUNT_MADE:
	case ACCOUNT_OUTSIDE:
		making->made->there++;
		making->run++;
		break;
	case ACCOUNT_PASSED:
	case ACCOUNT_GONE:
		make_past(making, entry);
		break;
	case ACCOUNT_RESTS:
	case ACCOUNT_DUE:
		make_resting(making, entry);
		break;
	default:
		leave_out(making);
	}
}

static bool is_enough(const struct making *making)
{
	return making->made->n == making->limits->makes || making->looks == making->limits->looks;
}

/* false: there is nothing more to look at for now. */
static bool make_next(struct making *making, struct account *account)
{
	struct account_entry entry;
	struct backfill *made = making->made;
	if (!account_next(account, &entry)) {
		made->over = true;
		return false;
	}
	if (comes_by_itself(making, &entry)) {
		made->waits = entry.verdict == ACCOUNT_DUE;
		made->over = !made->waits;
		return false;
	}
	look_at(making, &entry);
	making->looks++;
	if (made->through == INSTANT_NONE || entry.nominal > made->through)
		made->through = entry.nominal;
	return !is_enough(making);
}

static void go_through(struct making *making, const struct account_input *input)
{
	struct account *account = account_open(input);
	while (make_next(making, account))
		;
	const char *problem = account_problem(account);
	if (problem)
		err_set(&making->made->problem, "%s", problem);
	account_close(account);
}

void backfill_make(const struct account_input *input, const struct backfill_limits *limits,
	struct backfill *ret_backfill)
{
	struct account_input within = *input;
	struct making making = { .input = input,
		.start = { .template = input->template, .policy = input->policy },
		.made = ret_backfill,
		.limits = limits };
	*ret_backfill = (struct backfill){ .through = INSTANT_NONE };
	ret_backfill->items = mem_alloc_array(limits->makes, sizeof(*ret_backfill->items));
	within.next_decision = no_decision;
	within.to = input->to < limits->known ? input->to : limits->known;
	if (template_check(input->template, &ret_backfill->problem) &&
		start_rule(&making.start, &ret_backfill->problem))
		go_through(&making, &within);
	start_finish(&making.start);
	/* Behind what is known there may be more. */
	if (ret_backfill->over && limits->known < input->to) {
		ret_backfill->over = false;
		ret_backfill->through = limits->known;
	}
}

void backfill_finish(struct backfill *backfill)
{
	for (size_t i = 0; i < backfill->n; i++) {
		free(backfill->items[i].title);
		free(backfill->items[i].description);
		free(backfill->items[i].priority);
	}
	free(backfill->items);
	*backfill = (struct backfill){ 0 };
}
