/* conf: every option of a process, in one table.  What is made is no option: see conf/settings.h.
 *
 * The table (daemon/conf/options.c) drives parsing of the file, the environment and flags, the checks,
 * --dump-config and the test that compares recurd.conf(5).  A new option is a new row and a new field.
 *
 * Precedence: flag, then environment (RECURD_ and the key in capitals), then file, then default.  An
 * empty variable counts as unset.  But where the database is, a file that was named says before the environment.
 * The file is libconfuse's `key = value` without its functions,
 * sections and environment expansion; an unknown key, a repeated key and a value out of range are
 * errors that name file and line.  Durations take the units of postgresql.conf (us, ms, s, min, h, d)
 * and need one, but for 0.  Errors never quote connection texts: passwords may stand in them.
 *
 * A struct conf owns its texts; conf_free releases them.  It is immutable once loaded: a reload loads
 * a second one and swaps all or nothing.
 */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "util/err.h"
#include "util/nearest.h"
#include "util/strbuf.h"

struct conf {
	char *database_url; /* conninfo or URI; NULL: libpq's own PG* variables */
	char *listen_dsn; /* direct connection for LISTEN; NULL: none, the poll alone notices */
	char *password_file; /* the first line is the password; NULL: none */
	char *app_schema; /* checked identifier: [A-Za-z_][A-Za-z0-9_$]{0,62} */
	char *worker_name; /* NULL: host name */
	char *zoneinfo_dir;
	int64_t connections; /* whose batches overlap, in one process */
	int64_t batch_size; /* occurrences or reminders a transaction */
	int64_t user_share; /* percent of a batch that one user has while others wait; 100: no limit */
	usec_t poll_interval;
	usec_t connect_timeout; /* per host */
	usec_t query_timeout; /* per flight, on our side: the socket is closed */
	usec_t statement_timeout; /* on the server's side */
	usec_t lock_timeout; /* capped below a third of the server's deadlock_timeout */
	usec_t reconnect_limit; /* longest pause between attempts */
	usec_t heartbeat_interval;
	bool notify; /* NOTIFY on channel recurd */
	char *metrics_listen; /* where /metrics and health are served; NULL: nowhere */
	bool metrics_exposed; /* also to other machines */
	int64_t log_rate; /* per-row lines a second, 0: none */
	int log_format; /* LOG_LOGFMT, LOG_JSON */
	int log_level; /* LOG_ERR ... LOG_DEBUG */
	char *file; /* that was read; NULL: the default one, which is not there */
	char *misplaced; /* settings of the database that stand in a source, and what to type in their place,
			  * one after the other; NULL: none.  recurd refuses it, recurctl warns */
	char **sources; /* per row of conf_options: where its value came from, for people */
};

enum conf_type {
	CONF_TEXT,
	CONF_CONNINFO, /* a text that libpq accepts; --dump-config masks passwords in it */
	CONF_IDENT,
	CONF_INT,
	CONF_PERCENT, /* a whole number, with or without its % */
	CONF_DURATION,
	CONF_BOOL,
	CONF_CHOICE,
};

struct conf_option {
	const char *name;
	enum conf_type type;
	bool reloadable;
	bool alike; /* all workers of a database should have the same */
	size_t offset; /* of the field in struct conf, or struct settings */
	const char *default_text; /* parsed like any other value; NULL: unset */
	int64_t min, max; /* CONF_INT: value; CONF_DURATION: microseconds */
	bool or_zero; /* CONF_DURATION: 0 is a value of its own, below min */
	const char *const *choices; /* CONF_CHOICE, NULL at its end; the field is an int */
	const int *choice_values; /* what the field gets; NULL: the index */
	const char *environment; /* a second variable, read after RECURD_...; NULL: none */
	const char *help; /* one line, for --dump-config's comment */
};

extern const struct conf_option conf_options[];
extern const size_t conf_options_len;
/* NULL: no such option. */
const struct conf_option *conf_option_find(const char *name);
/* " (did you mean "batch_size"?)", or nothing; `nearest` was made of a name that is not found. */
const char *conf_option_hint(struct nearest *nearest);

/* file: NULL means the default path, which may be missing; a named file must exist.
 * overrides: "key=value" texts from flags, may be NULL; the last one of a key counts.
 * Where nothing sets password_file, the credential "pgpassword" of systemd becomes it, if it is
 * there and its first line is not empty; else, where the file names the database, what stands beside the
 * file as the units have it (recurd.conf: pgpassword, NAME.conf: NAME.pgpassword), so that an administrator
 * needs no more than the service's file.  It goes to no database that anything else names. */
bool conf_load(const char *file, const char *const *overrides, size_t overrides_len,
	struct conf **ret_conf, struct err *err) NODISCARD;
/* Where the password beside this file (NULL: the default) would be that conf must have found unreadable: somebody
 * else may read it.  NULL: nothing is kept from us.  The caller frees. */
char *conf_hidden_password(const struct conf *conf, const char *file);
void conf_free(struct conf *conf);
/* Every option as the file would have it, with its help as comment and where the value came from. */
void conf_dump(const struct conf *conf, FILE *out);
/* "app_schema=public notify=on": those that workers should have alike. */
void conf_alike(const struct conf *conf, struct strbuf *out);
/* The names of the options that differ, with commas; nothing: none does. */
void conf_differences(const struct conf *old, const struct conf *new, struct strbuf *out);
/* The name of the first option that differs and is not reloadable; NULL: none. */
const char *conf_needs_restart(const struct conf *old, const struct conf *new);

#define CONF_DEFAULT_FILE "/etc/recurd/recurd.conf"
