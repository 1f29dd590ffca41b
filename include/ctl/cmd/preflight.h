/* preflight: what is gathered of a database before a first start, and what follows from it.
 *
 * The daemon decides (job/); this counts beforehand what it would do: which templates are stale, how
 * many occurrences they missed and how many of them would be made under adopt_backlog and
 * catch_up_limit.
 */
#pragma once

#include <libpq-fe.h>
#include <stdbool.h>

#include "conf/settings.h"
#include "ctl/ctl.h"
#include "ctl/template.h"

#define STALE_MAX  10 /* templates that missed most */
#define BROKEN_MAX 100 /* recurctl validate --all lists them all */
#define MISSED_MAX 10000 /* occurrences counted per template */

enum finding_level { FINDING_PROBLEM, FINDING_WARNING, FINDING_NOTE };

struct preflight_finding {
	enum finding_level level;
	char *check, *detail;
};

struct stale {
	char *id, *user, *title;
	usec_t next_due_at;
	int64_t missed, to_make;
};

struct broken {
	char *id, *user, *problem;
};

struct preflight {
	const struct conf *conf;
	struct settings *settings; /* of the database; before the migration the built-in ones */
	const char *role;
	usec_t now, live_since;
	bool live; /* some worker has started before */
	int compatible_from; /* level of the schema that a program must know; 0: unknown */
	int64_t reminders; /* pending, in the past */
	int64_t templates, stale_count, missed, to_make, broken_count;
	size_t problems;
	struct preflight_finding *findings; /* all: the one that names the mend may be the last */
	size_t findings_n;
	struct stale stale[STALE_MAX]; /* most missed first */
	size_t stale_n;
	struct broken broken[BROKEN_MAX];
	size_t broken_n;
};

struct preflight *preflight_create(const struct conf *conf);
void preflight_cleanup(struct preflight **preflight);
void preflight_find(struct preflight *preflight, enum finding_level level, const char *check,
	const char *fmt, ...) PRINTF(4, 5);
/* Finds what of the schema is missing and what would refuse it.  recorded: the database has records of
 * migrations.  ret_misfit: tables cannot be read as those of the application.  Exit code. */
int preflight_read_migrations(
	struct ctl *ctl, struct preflight *preflight, bool recorded, bool *ret_misfit) NODISCARD;
/* A row of ctl_preflight_open.sql; for ctl_stream. */
bool preflight_take_template(void *preflight, const PGresult *result, int row);
/* Puts what was counted into findings. */
void preflight_conclude(struct preflight *preflight);
