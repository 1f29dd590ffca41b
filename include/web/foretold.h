/* foretold: events of a calendar (feed.h) from rows: tasks that are there, and what templates will make of theirs by the
 * daemon's own plans.
 *
 * Of more than FEED_EVENTS_MAX the earliest are kept.  However often a template comes and however many there are, no
 * more than some thousand are ever made of them: what lies behind the last that is kept is not looked at.
 */
#pragma once

#include <libpq-fe.h>

#include "plan/policy.h"
#include "web/feed.h"

/* Columns of web_feed_tasks.sql and web_feed_templates.sql. */
enum { FEED_TASK_ID, FEED_TASK_TITLE, FEED_TASK_PRIORITY, FEED_TASK_DUE, FEED_TASK_STAMP };
enum { FEED_TASK_COMPLETED = 5, FEED_TASK_COMPLETE, FEED_TASK_REMIND, FEED_TASK_TAGS };
enum { FEED_TPL_TITLE, FEED_TPL_PRIORITY, FEED_TPL_STAMP, FEED_TPL_TAGS, FEED_TPL_PAUSED_UNTIL };
enum { FEED_TPL_TEMPLATE = 5 };

struct foretold {
	struct feed_event *events; /* sorted, once foretold_finish was called */
	size_t n;
	usec_t from, now, until; /* until comes nearer when there are too many */
	char **texts; /* theirs */
	size_t texts_n, texts_alloc, alloc;
};

void foretold_init(struct foretold *foretold, usec_t from, usec_t now, usec_t until);
void foretold_free(struct foretold *foretold);
void foretold_add_tasks(struct foretold *foretold, const PGresult *tasks);
/* One of them after the other: each takes a moment. */
void foretold_add_template(
	struct foretold *foretold, const struct plan_policy *policy, const PGresult *rows, int row);
/* In order, each once, no more than FEED_EVENTS_MAX. */
void foretold_finish(struct foretold *foretold);
