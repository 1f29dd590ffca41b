/* Templates that are claimed are planned; see the header. */
#include <stdlib.h>
#include <string.h>

#include "job/generate.h"
#include "job/generate_private.h"
#include "plan/template_row.h"
#include "recur/zone_lacks.h"
#include "util/mem.h"

usec_t generate_instant_of(const struct job *source, const struct template *template)
{
	if (source == &job_replan)
		return template->replan_at;
	return source == &job_policed && template->policies ? template->policies->wake_at
							    : template->next_due_at;
}

int generate_column_behind(const struct generate *generate)
{
	return TEMPLATE_COLUMNS + (generate->with_policies ? POLICIES_COLUMNS : 0);
}

void generate_row_of(const struct job *source, const struct template *template,
	struct row_place place, struct run_row *ret_row)
{
	*ret_row = (struct run_row){ .id = template->id,
		.user_id = template->user_id,
		.at = generate_instant_of(source, template),
		.place = place };
}

static int compare_texts(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool is_held(const struct generate *generate, const struct template *template)
{
	const char *user = template->user_id;
	return generate->held && user &&
	       bsearch(&user, generate->held_ids, (size_t)PQntuples(generate->held), sizeof(user),
		       compare_texts);
}

static void plan_row(struct generate *generate, int number)
{
	struct template template;
	struct policies policies;
	struct plan plan;
	struct run_row row;
	template_row_read(generate->claimed, number, 0, &template);
	if (generate->with_policies &&
		policies_row_read(generate->claimed, number, TEMPLATE_COLUMNS, &policies))
		template.policies = &policies;
	if (generate->source != &job_replan)
		generate->run.through = generate_instant_of(generate->source, &template);
	struct row_place place = row_place(
		generate->claimed, number, generate_column_behind(generate));
	generate_row_of(generate->source, &template, place, &row);
	if (is_held(generate, &template)) {
		run_wait(&generate->run, &row, "somebody has locked the row of its user");
		return;
	}
	zone_lacks_begin();
	plan_make(&template, generate->run.batch.now, &generate->policy,
		generate->run.limit - generate->rows.made_n, &plan);
	if (plan.outcome != PLAN_POSTPONED) {
		generate_rows_add(&generate->rows, &template, place, &plan);
		return;
	}
	run_postpone(&generate->run, number, &row, plan.failure.text);
	plan_finish(&plan);
}

static bool is_left(const struct generate *generate)
{
	return generate->next_row < (int)generate->run.claimed_n &&
	       generate->rows.made_n < generate->run.limit;
}

static bool plan_next(void *job)
{
	struct generate *generate = job;
	if (is_left(generate))
		plan_row(generate, generate->next_row++);
	return is_left(generate);
}

static void looked_at_all(void *job)
{
	struct generate *generate = job;
	if (!run_asks_others(&generate->run))
		generate_planned(&generate->run);
}

void generate_plan_again(struct run *run, int number)
{
	struct generate *generate = (struct generate *)run;
	if (generate->rows.made_n < run->limit)
		plan_row(generate, number);
}

/* Templates that make up for days, or cost much: there is plenty to do, and perhaps some of the others, of a claim that
 * puts them first, are among those that are left. */
static void leave_some(struct generate *generate)
{
	struct run *run = &generate->run;
	run->full = run->full || !run->job->retries;
	run->seen.stepped = -1;
	run->last_looked_at = row_text(generate->claimed, generate->next_row - 1, 0);
}

void generate_planned(struct run *run)
{
	struct generate *generate = (struct generate *)run;
	if (generate->next_row < (int)run->claimed_n || generate->cut)
		leave_some(generate);
	generate_rows_name(&generate->rows, run->batch.keys_from);
	if (generate->rows.n > 0)
		run_write(run, generate->rows.n);
	else
		run_close(run);
}

static void on_held(void *job, const struct reply *reply)
{
	struct generate *generate = job;
	generate->held = reply_take(reply, 0);
	size_t n = (size_t)PQntuples(generate->held);
	generate->held_ids = mem_alloc_array(n, sizeof(*generate->held_ids));
	for (size_t i = 0; i < n; i++)
		generate->held_ids[i] = row_text(generate->held, (int)i, 0);
	qsort(generate->held_ids, n, sizeof(*generate->held_ids), compare_texts);
	slicing_start(&generate->slicing);
}

static void ask_who_is_held(struct generate *generate)
{
	size_t n = generate->run.claimed_n, users = 0;
	const char **ids CLEANUP(mem_cleanup) = mem_alloc_array(n, sizeof(*ids));
	for (size_t i = 0; i < n; i++) {
		struct template template;
		template_row_read(generate->claimed, (int)i, 0, &template);
		if (template.user_id)
			ids[users++] = template.user_id;
	}
	qsort(ids, users, sizeof(*ids), compare_texts);
	struct params params CLEANUP(params_free);
	params_init(&params);
	params_texts(&params, ids, users);
	conn_add(generate->run.batch.conn, QUERY_GENERATE_HELD, &params);
	batch_fly(&generate->run.batch, on_held);
}

void generate_plan(struct generate *generate)
{
	if (generate->run.careful)
		ask_who_is_held(generate);
	else
		slicing_start(&generate->slicing);
}

void generate_plan_init(struct generate *generate, struct ev_loop *loop)
{
	generate->slicing = (struct slicing){ .loop = loop,
		.batch = &generate->run.batch,
		.step = plan_next,
		.finished = looked_at_all,
		.job = generate };
}
