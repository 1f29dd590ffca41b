/* What a first start would do with the templates and reminders that are there; see the header. */
#include "ctl/cmd/preflight.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "db/rows.h"
#include "plan/template_row.h"
#include "util/mem.h"
#include "util/timefmt.h"

struct preflight *preflight_create(const struct conf *conf)
{
	struct preflight *preflight = mem_alloc(sizeof(*preflight));
	preflight->conf = conf;
	preflight->settings = settings_create();
	return preflight;
}

static void stale_free(struct stale *stale)
{
	free(stale->id);
	free(stale->user);
	free(stale->title);
}

void preflight_cleanup(struct preflight **preflight_ptr)
{
	struct preflight *preflight = *preflight_ptr;
	if (!preflight)
		return;
	for (size_t i = 0; i < preflight->findings_n; i++) {
		free(preflight->findings[i].check);
		free(preflight->findings[i].detail);
	}
	free(preflight->findings);
	for (size_t i = 0; i < preflight->stale_n; i++)
		stale_free(&preflight->stale[i]);
	for (size_t i = 0; i < preflight->broken_n; i++) {
		free(preflight->broken[i].id);
		free(preflight->broken[i].user);
		free(preflight->broken[i].problem);
	}
	settings_drop(preflight->settings);
	free(preflight);
	*preflight_ptr = NULL;
}

/* Hand-made tables may allow null. */
static char *text_or_empty(const char *text)
{
	return mem_strdup(text ? text : "");
}

static void add_broken(
	struct preflight *preflight, const struct template *template, const struct err *err)
{
	preflight->broken_count++;
	if (preflight->broken_n < BROKEN_MAX)
		preflight->broken[preflight->broken_n++] = (struct broken){ text_or_empty(
										    template->id),
			text_or_empty(template->user_id), mem_strdup(err->text) };
}

/* Keeps those that missed most, in order. */
static void add_stale(struct preflight *preflight, const struct template *template,
	const char *title, int64_t missed, int64_t to_make)
{
	size_t at = preflight->stale_n;
	while (at > 0 && preflight->stale[at - 1].missed < missed)
		at--;
	if (at == STALE_MAX)
		return;
	if (preflight->stale_n == STALE_MAX)
		stale_free(&preflight->stale[--preflight->stale_n]);
	memmove(&preflight->stale[at + 1], &preflight->stale[at],
		(preflight->stale_n - at) * sizeof(preflight->stale[0]));
	preflight->stale[at] = (struct stale){
		.id = text_or_empty(template->id),
		.user = text_or_empty(template->user_id),
		.title = text_or_empty(title),
		.next_due_at = template->next_due_at,
		.missed = missed,
		.to_make = to_make,
	};
	preflight->stale_n++;
}

/* Occurrences that are due, MISSED_MAX at most; -1: the rule fails on the way. */
static int64_t count_missed(struct outlook *outlook, usec_t now, struct err *err)
{
	struct fate fate;
	int64_t missed = 0;
	enum recur_status status = RECUR_FOUND;
	while (missed < MISSED_MAX) {
		status = outlook_next(outlook, &fate, err);
		if (status != RECUR_FOUND || sec_from_usec(fate.due) * USEC_PER_SEC > now)
			break;
		missed++;
	}
	return status == RECUR_FAILED ? -1 : missed;
}

/* A template that recurd has planned before is ordinary catch-up; adopt_backlog is for the rest. */
static int64_t count_to_make(const struct preflight *preflight, int64_t missed, bool planned)
{
	int64_t limit = preflight->settings->catch_up_limit;
	bool all = planned || preflight->live || preflight->settings->adopt_backlog == ADOPT_ALL;
	if (all)
		return missed < limit ? missed : limit;
	return preflight->settings->adopt_backlog == ADOPT_LATEST && missed > 0 ? 1 : 0;
}

bool preflight_take_template(void *context, const PGresult *result, int row)
{
	struct preflight *preflight = context;
	struct outlook *outlook CLEANUP(outlook_cleanup) = NULL;
	struct template template;
	struct plan_policy policy;
	struct err err;
	template_row_read(result, row, 0, &template);
	template_policy(preflight->settings, &policy);
	int64_t missed = -1;
	preflight->templates++;
	if (outlook_open(&template, &policy, &outlook, &err))
		missed = count_missed(outlook, preflight->now, &err);
	if (missed < 0)
		add_broken(preflight, &template, &err);
	if (missed <= 0)
		return true;
	int64_t to_make = count_to_make(
		preflight, missed, template.planned_due_at != TEMPLATE_NONE);
	preflight->stale_count++;
	preflight->missed += missed;
	preflight->to_make += to_make;
	add_stale(preflight, &template, row_text(result, row, TEMPLATE_COLUMNS), missed, to_make);
	return true;
}

static void conclude_first_start(struct preflight *preflight)
{
	preflight_find(preflight, FINDING_NOTE, "old script",
		"stop the script that makes the instances now (its cron entry or timer) before "
		"recurd "
		"starts: it cannot be seen from here, and both together make tasks twice");
	if (preflight->reminders > 0)
		preflight_find(preflight, FINDING_NOTE, "reminders",
			"%" PRId64
			" pending reminders lie in the past: they are marked handled and "
			"nobody is reminded",
			preflight->reminders);
	if (preflight->stale_count > 0)
		preflight_find(preflight, FINDING_NOTE, "backlog",
			"%" PRId64 " templates were due before now and missed %" PRId64
			" occurrences: %" PRId64 " of them would be made (adopt_backlog, "
			"catch_up_limit)",
			preflight->stale_count, preflight->missed, preflight->to_make);
}

void preflight_conclude(struct preflight *preflight)
{
	char since[INSTANT_TEXT_MAX];
	if (!preflight->live)
		conclude_first_start(preflight);
	else
		preflight_find(preflight, FINDING_NOTE, "start",
			"recurd has been at work here since %s: a start goes on where it stopped, "
			"%" PRId64 " occurrences and %" PRId64 " reminders are due",
			instant_format(preflight->live_since, since), preflight->to_make,
			preflight->reminders);
	if (preflight->broken_count > 0)
		preflight_find(preflight, FINDING_WARNING, "rules",
			"%" PRId64
			" templates would be put into quarantine; all of them, with tasks: "
			"recurctl validate --all",
			preflight->broken_count);
}
