/* settings: what decides *what* is made, the same for all workers of a database: the columns of the one row of
 * recurd.settings.  What decides how a process works is an option (conf.h).
 *
 * The table (daemon/conf/settings.c) drives reading (db/settings_row.h), `recurctl settings`, the checks, the
 * words for whoever still has one in a file, and the test that compares recurd.conf(5).  A new setting is a
 * row there, a field here, a column with a CHECK of the same range in a migration, a line in
 * ctl_settings_set.sql and an .It in the page.
 *
 * A column that is null stands for the default, so that a later version's default can be another one.
 *
 * A struct settings never changes once it is shared: who reads the row anew makes another one.  Whoever keeps
 * one holds a reference.
 */
#pragma once

#include "conf/conf.h"
#include "util/strbuf.h"

enum catch_up { CATCH_UP_ALL, CATCH_UP_LATEST, CATCH_UP_NONE };
enum adopt_backlog { ADOPT_LATEST, ADOPT_ALL, ADOPT_NONE };

struct settings {
	/* By the table. */
	char *default_time_zone;
	usec_t min_interval; /* a more frequent rule is quarantined */
	int64_t catch_up_limit; /* missed occurrences made per template */
	enum catch_up default_catch_up; /* of templates that say nothing else (recurd.policies) */
	usec_t default_catch_up_window; /* 0: none */
	usec_t catch_up_grace; /* what is later than that is late */
	enum adopt_backlog adopt_backlog;
	int64_t max_templates_per_user; /* 0: no limit; looked at where one is inserted, by a trigger */
	int64_t max_instances_per_user_day; /* 0: no limit */
	bool notify_task_created; /* notifications of kind task_created */
	bool repeat_tasks; /* of their own rules; looked at where a task is completed, by a trigger */
	usec_t notification_retention; /* 0: for ever */
	bool audit; /* changes of templates are noted, by a trigger */
	usec_t audit_retention; /* 0: for ever */

	/* Those of the database, which decide about days as the rest does; NULL: none.  Owner: this struct, which
	 * knows no more of them than how to get rid of them. */
	struct calendars *calendars;
	void (*drop_calendars)(struct calendars *calendars);

	int64_t version; /* another one after every write to the row */
	/* Nothing may be made by them: what is wrong with which, and what mends it; "": all is well. */
	struct err trouble;
	unsigned references;
};

#define SETTINGS_NO_VERSION (-1) /* the row is not there */

/* Rows as those of conf_options; the environment has no say, and all follow without a restart. */
extern const struct conf_option settings_options[];
extern const size_t settings_options_len;
const struct conf_option *settings_find(const char *name); /* NULL: there is none */

/* The built-in defaults, with one reference. */
struct settings *settings_create(void);
struct settings *settings_share(struct settings *settings); /* one reference more; NULL: NULL */
void settings_drop(struct settings *settings); /* one less, the last frees; accepts NULL */
void settings_cleanup(struct settings **settings); /* for CLEANUP */

/* What whoever has one in a file is to type: "... is a setting of the database now: recurctl settings set ...". */
void settings_redirect(const struct conf_option *option, const char *value, struct strbuf *out);
