/* Templates that are claimed are planned; see the header. */
#include <stdlib.h>
#include <string.h>

#include "job/generate_private.h"
#include "job/zones.h"
#include "plan/template_row.h"
#include "recur/zone_lacks.h"
#include "util/clock.h"
#include "util/mem.h"

#define SLICE          (4 * USEC_PER_MSEC) /* planning at a stretch, then the loop has its turn */
#define PLANNING_LIMIT (500 * USEC_PER_MSEC) /* of a batch; sane rules need a hundredth of it */

void generate_row_of(const struct template *template, struct row_place place, bool edited,
	struct run_row *ret_row)
{
	*ret_row = (struct run_row){ .id = template->id,
		.user_id = template->user_id,
		.at = edited ? template->replan_at : template->next_due_at,
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

static void wait_for(struct generate *generate, const struct template *template,
	struct row_place place, const char *reason)
{
	struct run_row waits;
	generate_row_of(template, place, generate->edited, &waits);
	run_wait(&generate->run, &waits, reason);
}

/* What it needs is not here just now: a zone that others have, or something that passes. */
static void postpone(struct generate *generate, int number, const struct template *template,
	struct row_place place, const char *reason)
{
	const char *zone = zone_lacks_met();
	struct run_row waits;
	generate_row_of(template, place, generate->edited, &waits);
	if (!zone) {
		wait_for(generate, template, place, reason);
	} else if (zone_lacks_is_unasked(zone)) {
		if (!generate->undecided)
			generate->undecided = mem_alloc_array(
				generate->run.claimed_n, sizeof(*generate->undecided));
		generate->undecided[generate->undecided_n++] = number;
	} else {
		run_wait_elsewhere(&generate->run, &waits, zone, reason);
	}
}

static void plan_row(struct generate *generate, int number)
{
	struct template template;
	struct plan plan;
	template_row_read(generate->claimed, number, 0, &template);
	struct row_place place = row_place(generate->claimed, number, TEMPLATE_COLUMNS);
	if (is_held(generate, &template)) {
		wait_for(generate, &template, place, "somebody has locked the row of its user");
		return;
	}
	zone_lacks_begin();
	plan_make(&template, generate->run.batch.now, &generate->policy,
		generate->run.limit - generate->rows.made_n, &plan);
	if (plan.outcome != PLAN_POSTPONED) {
		generate_rows_add(&generate->rows, &template, place, &plan);
		return;
	}
	postpone(generate, number, &template, place, plan.failure.text);
	plan_finish(&plan);
}

static void write_planned(struct generate *generate)
{
	if (generate->next_row < (int)generate->run.claimed_n || generate->cut)
		generate->run.last_looked_at = row_text(
			generate->claimed, generate->next_row - 1, 0);
	if (generate->rows.n > 0)
		run_write(&generate->run, generate->rows.n);
	else
		run_close(&generate->run);
}

/* Planned anew, now that it is known: they wait for a worker that has their zone, or are quarantined. */
static void on_zones_known(void *job, const struct reply *reply)
{
	struct generate *generate = job;
	const PGresult *known = reply->results[0];
	const char *names[ZONE_LACKS_MAX];
	for (int row = 0; row < PQntuples(known); row++)
		zonewatch_judge(row_text(known, row, 0), true);
	size_t n = zone_lacks_unasked(names, ARRAY_LEN(names));
	for (size_t i = 0; i < n; i++)
		zonewatch_judge(names[i], false);
	n = generate->undecided_n;
	generate->undecided_n = 0;
	for (size_t i = 0; i < n && generate->rows.made_n < generate->run.limit; i++)
		plan_row(generate, generate->undecided[i]);
	write_planned(generate);
}

static void ask_whose_zones(struct generate *generate)
{
	const char *names[ZONE_LACKS_MAX];
	struct params params CLEANUP(params_free);
	params_init(&params);
	params_texts(&params, names, zone_lacks_unasked(names, ARRAY_LEN(names)));
	conn_add(generate->run.batch.conn, QUERY_ZONES_KNOWN, &params);
	batch_fly(&generate->run.batch, on_zones_known);
}

static void plan_slice(struct generate *generate)
{
	usec_t until = clock_monotonic() + SLICE;
	while (generate->next_row < (int)generate->run.claimed_n &&
		generate->rows.made_n < generate->run.limit) {
		plan_row(generate, generate->next_row++);
		/* Costly rules: what is planned is written before the server loses its patience. */
		if (clock_monotonic() - generate->planning_began > PLANNING_LIMIT)
			break;
		if (clock_monotonic() >= until) {
			ev_timer_set(&generate->slice, 0., 0.);
			ev_timer_start(generate->run.site.loop, &generate->slice);
			return;
		}
	}
	if (generate->undecided_n > 0) {
		ask_whose_zones(generate);
		return;
	}
	write_planned(generate);
}

static void on_slice(struct ev_loop *loop, struct ev_timer *timer, int events)
{
	(void)loop;
	(void)events;
	struct generate *generate = timer->data;
	if (batch_alive(&generate->run.batch))
		plan_slice(generate);
	else
		batch_lose(&generate->run.batch);
}

static void start_planning(struct generate *generate)
{
	generate->planning_began = clock_monotonic();
	plan_slice(generate);
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
	start_planning(generate);
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
		start_planning(generate);
}

void generate_plan_init(struct generate *generate)
{
	ev_timer_init(&generate->slice, on_slice, 0., 0.);
	generate->slice.data = generate;
}
