/* The rows of a batch on their way to the server and into the log; see the header. */
#include "job/generate_rows.h"

#include <stdlib.h>
#include <string.h>

#include "job/generate_decisions.h"
#include "job/kinds.h"
#include "plan/shift.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/timefmt.h"

static void *grow(void *array, size_t n, size_t *size, size_t element)
{
	if (n < *size)
		return array;
	*size = *size ? *size * 2 : 64;
	return mem_realloc_array(array, *size, element);
}

static void keep_policies(struct generate_rows *rows, struct planned *planned)
{
	if (!planned->template.policies)
		return;
	planned->policies = mem_alloc(sizeof(*planned->policies));
	*planned->policies = *planned->template.policies;
	planned->template.policies = planned->policies;
	rows->reminding = rows->reminding || planned->policies->remind_before_n > 0;
	rows->policed = true;
}

void generate_rows_add(struct generate_rows *rows, const struct template *template,
	struct row_place place, struct plan *plan)
{
	rows->planned = grow(rows->planned, rows->n, &rows->size, sizeof(*rows->planned));
	size_t index = rows->n++;
	rows->planned[index] = (struct planned){
		.template = *template, .place = place, .plan = *plan, .made_from = rows->made_n
	};
	keep_policies(rows, &rows->planned[index]);
	for (size_t i = 0; i < plan->n; i++) {
		const struct fate *fate = &plan->fates[i];
		if (fate->kind != FATE_MADE)
			continue;
		rows->made = grow(rows->made, rows->made_n, &rows->made_size, sizeof(*rows->made));
		struct made *made = &rows->made[rows->made_n++];
		*made = (struct made){ .planned = index, .fate = fate };
		rows->changes = rows->changes || fate_is_changed(fate);
		identity_instance(template->id, fate->nominal, made->id);
	}
}

void generate_rows_clear(struct generate_rows *rows)
{
	for (size_t i = 0; i < rows->n; i++) {
		plan_finish(&rows->planned[i].plan);
		free(rows->planned[i].policies);
	}
	free(rows->planned);
	free(rows->made);
	*rows = (struct generate_rows){ 0 };
}

void generate_rows_name(struct generate_rows *rows, usec_t keys_from)
{
	for (size_t i = 0; i < rows->made_n; i++) {
		struct made *made = &rows->made[i];
		event_make(
			&kind_task_created, made->id, made->fate->nominal, keys_from, &made->event);
		rows->hashed = rows->hashed || event_newer(&made->event);
	}
}

/* Some of the templates, with their instances. */
struct stretch {
	const struct planned *planned;
	size_t n;
	const struct made *made;
	size_t made_n;
	const struct generate_rows *rows;
};

static struct stretch stretch_of(const struct generate_rows *rows, size_t from, size_t n)
{
	size_t end = from + n, first = rows->planned[from].made_from;
	size_t behind = end < rows->n ? rows->planned[end].made_from : rows->made_n;
	return (struct stretch){ rows->planned + from, n, rows->made + first, behind - first,
		rows };
}

size_t generate_rows_instances(const struct generate_rows *rows, size_t from, size_t n)
{
	return stretch_of(rows, from, n).made_n;
}

/* ---- parameters ---- */

static void add_template_ids(const struct stretch *s, struct params *params)
{
	const char **ids CLEANUP(mem_cleanup) = mem_alloc_array(s->made_n, sizeof(*ids));
	for (size_t i = 0; i < s->made_n; i++)
		ids[i] = s->rows->planned[s->made[i].planned].template.id;
	params_texts(params, ids, s->made_n);
}

static void add_instants_and_ids(const struct stretch *s, struct params *params)
{
	const char **ids CLEANUP(mem_cleanup) = mem_alloc_array(s->made_n, sizeof(*ids));
	usec_t *instants CLEANUP(mem_cleanup) = mem_alloc_array(s->made_n, sizeof(*instants));
	for (size_t i = 0; i < s->made_n; i++) {
		ids[i] = s->made[i].id;
		instants[i] = s->made[i].fate->nominal;
	}
	params_instants(params, instants, NULL, s->made_n);
	params_texts(params, ids, s->made_n);
}

static void add_instance_places(const struct stretch *s, struct params *params)
{
	struct row_place *places CLEANUP(mem_cleanup) = mem_alloc_array(s->made_n, sizeof(*places));
	for (size_t i = 0; i < s->made_n; i++)
		places[i] = s->rows->planned[s->made[i].planned].place;
	params_places(params, places, s->made_n);
}

static void add_template_places(const struct stretch *s, struct params *params)
{
	struct row_place *places CLEANUP(mem_cleanup) = mem_alloc_array(s->n, sizeof(*places));
	for (size_t i = 0; i < s->n; i++)
		places[i] = s->planned[i].place;
	params_places(params, places, s->n);
}

/* What overrides change; hardly any batch has it. */
static void add_changes(const struct stretch *s, struct params *params)
{
	size_t n = s->rows->changes ? s->made_n : 0;
	usec_t *instants CLEANUP(mem_cleanup) = mem_alloc_array(n, sizeof(*instants));
	const char **texts CLEANUP(mem_cleanup) = mem_alloc_array(n, sizeof(*texts));
	for (size_t i = 0; i < n; i++)
		instants[i] = s->made[i].fate->due;
	params_instants(params, instants, NULL, n);
	for (int which = 0; which < 3; which++) {
		for (size_t i = 0; i < n; i++)
			texts[i] = fate_text(s->made[i].fate, which);
		params_utf8s(params, texts, n);
	}
}

/* One instant of every plan, null where it is TEMPLATE_NONE. */
static void add_instants(const struct stretch *s, size_t offset, struct params *params)
{
	usec_t *instants CLEANUP(mem_cleanup) = mem_alloc_array(s->n, sizeof(*instants));
	bool *present CLEANUP(mem_cleanup) = mem_alloc_array(s->n, sizeof(*present));
	for (size_t i = 0; i < s->n; i++) {
		memcpy(&instants[i], (const char *)&s->planned[i].plan + offset, sizeof(usec_t));
		present[i] = instants[i] != TEMPLATE_NONE;
	}
	params_instants(params, instants, present, s->n);
}

static void add_templates(const struct stretch *s, usec_t now, struct params *params)
{
	size_t n = s->n;
	const char **texts CLEANUP(mem_cleanup) = mem_alloc_array(n, sizeof(*texts));
	int64_t *numbers CLEANUP(mem_cleanup) = mem_alloc_array(n, sizeof(*numbers));
	bool *flags CLEANUP(mem_cleanup) = mem_alloc_array(n, sizeof(*flags));
	for (size_t i = 0; i < n; i++)
		texts[i] = s->planned[i].template.id;
	params_texts(params, texts, n);
	add_template_places(s, params);
	add_instants(s, offsetof(struct plan, next_due_at), params);
	add_instants(s, offsetof(struct plan, planned_due_at), params);
	add_instants(s, offsetof(struct plan, made_through), params);
	for (size_t i = 0; i < n; i++)
		numbers[i] = s->planned[i].plan.used_count;
	params_int8s(params, numbers, n);
	for (size_t i = 0; i < n; i++) {
		const struct plan *plan = &s->planned[i].plan;
		numbers[i] = template_wall_us(plan->starts_local, plan->starts_code);
		texts[i] = *plan->starts_zone ? plan->starts_zone : NULL;
		flags[i] = *plan->starts_zone != '\0';
	}
	params_walls_us(params, numbers, flags, n);
	params_texts(params, texts, n);
	add_instants(s, offsetof(struct plan, ended_at), params);
	for (size_t i = 0; i < n; i++)
		flags[i] = s->planned[i].plan.is_active;
	params_bools(params, flags, n);
	add_instants(s, offsetof(struct plan, replan_at), params);
	for (size_t i = 0; i < n; i++) {
		const struct plan *plan = &s->planned[i].plan;
		numbers[i] = now;
		flags[i] = plan->outcome == PLAN_FAILED;
		texts[i] = flags[i] ? plan->failure.text : NULL;
	}
	params_instants(params, numbers, flags, n);
	params_utf8s(params, texts, n);
}

/* Hardly any batch has one with policies. */
static void add_wakes(const struct stretch *s, struct params *params)
{
	size_t n = s->rows->policed ? s->n : 0;
	int64_t *numbers CLEANUP(mem_cleanup) = mem_alloc_array(n, sizeof(*numbers));
	bool *present CLEANUP(mem_cleanup) = mem_alloc_array(n, sizeof(*present));
	for (size_t i = 0; i < n; i++) {
		numbers[i] = s->planned[i].plan.wake_at;
		present[i] = s->planned[i].policies && numbers[i] != TEMPLATE_NONE;
	}
	params_instants(params, numbers, present, n);
	for (size_t i = 0; i < n; i++)
		numbers[i] = s->planned[i].policies ? s->planned[i].policies->version : 0;
	params_int8s(params, numbers, n);
}

static void add_superseded(const struct stretch *s, struct params *params)
{
	const char **texts CLEANUP(mem_cleanup) = mem_alloc_array(2 * s->n, sizeof(*texts));
	size_t n = 0;
	for (size_t i = 0; i < s->n; i++) {
		if (!s->planned[i].plan.superseded)
			continue;
		texts[n] = s->planned[i].plan.superseded;
		texts[s->n + n++] = s->planned[i].template.id;
	}
	params_texts(params, texts, n);
	params_texts(params, texts + s->n, n);
}

size_t generate_rows_decisions(const struct generate_rows *rows, size_t from, size_t n)
{
	struct decision *all CLEANUP(mem_cleanup) = NULL;
	return generate_decide(rows->planned + from, n, &all);
}

static void add_decisions(const struct stretch *s, struct params *params)
{
	struct decision *all CLEANUP(mem_cleanup) = NULL;
	size_t n = generate_decide(s->planned, s->n, &all);
	const char **texts CLEANUP(mem_cleanup) = mem_alloc_array(n, sizeof(*texts));
	usec_t *instants CLEANUP(mem_cleanup) = mem_alloc_array(n, sizeof(*instants));
	bool *present CLEANUP(mem_cleanup) = mem_alloc_array(n, sizeof(*present));
	for (size_t i = 0; i < n; i++)
		texts[i] = all[i].template_id;
	params_texts(params, texts, n);
	for (size_t i = 0; i < n; i++)
		texts[i] = all[i].kind;
	params_texts(params, texts, n);
	for (int last = 0; last < 2; last++) {
		for (size_t i = 0; i < n; i++) {
			instants[i] = last ? all[i].last_at : all[i].first_at;
			present[i] = instants[i] != TEMPLATE_NONE;
		}
		params_instants(params, instants, present, n);
	}
	for (size_t i = 0; i < n; i++)
		instants[i] = all[i].occurrences;
	params_int8s(params, instants, n);
	for (size_t i = 0; i < n; i++)
		texts[i] = all[i].detail;
	params_utf8s(params, texts, n);
}

/* Ids sort as the UUIDs that they are. */
static int compare_made(const void *a, const void *b)
{
	const struct made *const *left = a, *const *right = b;
	return strcmp((*left)->id, (*right)->id);
}

static void add_keys(const struct stretch *s, bool told, struct params *params)
{
	size_t n = told ? s->made_n : 0;
	const struct made **sorted CLEANUP(mem_cleanup) = mem_alloc_array(n, sizeof(*sorted));
	const char **texts CLEANUP(mem_cleanup) = mem_alloc_array(n, sizeof(*texts));
	for (size_t i = 0; i < n; i++)
		sorted[i] = &s->made[i];
	qsort(sorted, n, sizeof(*sorted), compare_made);
	for (size_t i = 0; i < n; i++)
		texts[i] = sorted[i]->id;
	params_uuids(params, texts, n);
	for (size_t i = 0; i < n; i++)
		texts[i] = sorted[i]->event.key;
	params_uuids(params, texts, n);
	for (size_t i = 0; i < n; i++)
		texts[i] = event_newer(&sorted[i]->event);
	params_uuids(params, texts, n);
}

/* What is counted for the users, beside what is made. */
static void add_limited(const struct stretch *s, struct params *params)
{
	const char **users CLEANUP(mem_cleanup) = mem_alloc_array(s->n, sizeof(*users));
	int64_t *numbers CLEANUP(mem_cleanup) = mem_alloc_array(s->n, sizeof(*numbers));
	size_t n = 0;
	for (size_t i = 0; i < s->n && s->rows->counted; i++) {
		users[n] = s->planned[i].template.user_id;
		numbers[n] = plan_skipped(&s->planned[i].plan, FATE_LIMITED).occurrences;
		n += numbers[n] > 0;
	}
	params_bool(params, s->rows->counted);
	params_texts(params, users, n);
	params_int8s(params, numbers, n);
}

void generate_rows_params(const struct generate_rows *rows, size_t from, size_t n, usec_t now,
	const char *kind, struct params *params)
{
	struct stretch s = stretch_of(rows, from, n);
	add_template_ids(&s, params);
	add_instance_places(&s, params);
	add_instants_and_ids(&s, params);
	add_changes(&s, params);
	params_text(params, kind);
	add_templates(&s, now, params);
	add_decisions(&s, params);
	add_keys(&s, kind != NULL, params);
	add_wakes(&s, params);
	add_superseded(&s, params);
	add_limited(&s, params);
	params_bool(params, rows->reminding);
}

/* ---- log lines ---- */

static void log_instance(const struct planned *planned, const struct made *made, usec_t clock)
{
	struct log_line line;
	log_begin(&line, kind_task_created.priority, kind_task_created.event);
	log_stored(&line, "template", planned->template.id);
	log_stored(&line, "task", made->id);
	log_stored(&line, "user", planned->template.user_id);
	log_instant(&line, "occurrence", made->fate->nominal);
	usec_t since = template_waits_since(&planned->template, made->fate->fire, clock);
	log_int(&line, "late_ms", (clock - since) / USEC_PER_MSEC);
	if (planned->plan.is_active)
		log_instant(&line, "next", planned->plan.next_due_at);
	else
		log_text(&line, "next", "none");
	log_text(&line, "key", made->event.key);
	log_end(&line);
}

/* What the rule asks for is no news. */
static int decision_priority(const char *kind)
{
	if (strcmp(kind, "excluded") == 0 || strcmp(kind, "moved") == 0 ||
		strcmp(kind, "shifted") == 0)
		return LOG_INFO;
	return strcmp(kind, "quarantined") == 0 ? LOG_WARNING : LOG_NOTICE;
}

static void log_decision(const struct decision *decision)
{
	struct log_line line;
	log_begin(&line, decision_priority(decision->kind), decision->kind);
	log_stored(&line, "template", decision->template_id);
	if (decision->occurrences)
		log_int(&line, "occurrences", decision->occurrences);
	if (decision->first_at != TEMPLATE_NONE)
		log_instant(&line, "first", decision->first_at);
	if (decision->last_at != TEMPLATE_NONE)
		log_instant(&line, "last", decision->last_at);
	log_text(&line, "reason", decision->detail);
	log_end(&line);
}

static int compare_ids(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static const char **sorted_ids(const PGresult *written, size_t n)
{
	const char **sorted = mem_alloc_array(n, sizeof(*sorted));
	for (size_t i = 0; i < n; i++)
		sorted[i] = row_text(written, (int)i, 0);
	qsort(sorted, n, sizeof(*sorted), compare_ids);
	return sorted;
}

/* Where fewer were made than planned, the server says which: a task that existed already is not told
 * again. */
size_t generate_rows_wrote(
	struct generate_rows *rows, size_t from, size_t n, const PGresult *written)
{
	size_t first = rows->planned[from].made_from;
	size_t planned = generate_rows_instances(rows, from, n);
	size_t made = row_is_null(written, 0, 0) ? 0 : (size_t)PQntuples(written);
	const char **ids CLEANUP(mem_cleanup) = made < planned ? sorted_ids(written, made) : NULL;
	for (size_t i = from; i < from + n; i++)
		rows->planned[i].written = true;
	for (size_t i = first; i < first + planned; i++) {
		const char *id = rows->made[i].id;
		rows->made[i].written = !ids || bsearch(&id, ids, made, sizeof(*ids), compare_ids);
	}
	return made;
}

/* Rare, so that the rows are looked through. */
static struct made *find_made(struct generate_rows *rows, size_t first, size_t n, const char *id)
{
	for (size_t i = first; i < first + n; i++)
		if (strcmp(rows->made[i].id, id) == 0)
			return &rows->made[i];
	return NULL;
}

size_t generate_rows_meet(
	struct generate_rows *rows, size_t from, size_t n, const PGresult *written, int column)
{
	size_t untold = 0;
	for (int row = 0; row < PQntuples(written); row++) {
		if (row_is_null(written, row, column))
			continue;
		struct made *made = find_made(rows, rows->planned[from].made_from,
			generate_rows_instances(rows, from, n), row_text(written, row, 0));
		if (!made)
			continue;
		event_meet(&made->event, &kind_task_created, made->id, made->fate->nominal, written,
			row, column);
		untold += made->event.untold;
	}
	return untold;
}

size_t generate_rows_quarantined(const struct generate_rows *rows)
{
	size_t n = 0;
	for (size_t i = 0; i < rows->n; i++)
		n += rows->planned[i].written && rows->planned[i].plan.outcome == PLAN_FAILED;
	return n;
}

static size_t log_instances(const struct generate_rows *rows, usec_t clock, struct tell_rate *rate,
	struct tell_hint *hint)
{
	size_t silent = 0;
	for (size_t i = 0; i < rows->made_n; i++) {
		const struct made *made = &rows->made[i];
		if (!made->written)
			continue;
		tell_hint_add(hint, made->id);
		if (tell_rate_take(rate, clock_monotonic()))
			log_instance(&rows->planned[made->planned], made, clock);
		else
			silent++;
	}
	return silent;
}

static size_t log_decisions(const struct planned *planned, struct tell_rate *rate)
{
	struct decision *decisions CLEANUP(mem_cleanup) = NULL;
	size_t n = planned->written ? generate_decide(planned, 1, &decisions) : 0, silent = 0;
	for (size_t i = 0; i < n; i++) {
		if (strcmp(decisions[i].kind, fate_kind_name(FATE_LIMITED)) == 0)
			continue; /* told once of its user: allowance_log */
		if (tell_rate_take(rate, clock_monotonic()))
			log_decision(&decisions[i]);
		else
			silent++;
	}
	return silent;
}

size_t generate_rows_log(const struct generate_rows *rows, usec_t clock, struct tell_rate *rate,
	bool told, struct tell_hint *hint)
{
	size_t silent = log_instances(rows, clock, rate, hint);
	if (!told)
		hint->count = 0;
	for (size_t i = 0; i < rows->n; i++)
		silent += log_decisions(&rows->planned[i], rate);
	return silent;
}
