/* ctl: what the commands of recurctl share.
 *
 * A command is a file that defines its struct ctl_command, and a row of daemon/ctl/commands.c.  Its
 * function gets its own arguments, argv[0] being its name, and returns the exit code.  It reads its options with ctl_getopt,
 * which also takes the global ones, prints --help from the table and loads the configuration: before
 * ctl_getopt has returned -1, ctl->conf is NULL.  A row without options is a command that reads its
 * arguments alone; for it the configuration is loaded before it is called.
 *
 * Exit codes: EX_OK, CTL_FOUND (a check found something), EX_USAGE, EX_DATAERR, EX_UNAVAILABLE (no
 * database, or it was lost midway), EX_CONFIG, EX_IOERR (standard output), EX_SOFTWARE (a bug of ours).
 */
#pragma once

#include <getopt.h> /* optarg, optind */
#include <stdbool.h>
#include <sysexits.h>

#include "conf/conf.h"
#include "db/session.h"
#include "util/err.h"

#define CTL_FOUND 1

struct ctl_option {
	const char *name;
	int letter; /* 'n' for -n; above 255: no short form */
	const char *arg; /* name of the argument in the help; NULL: takes none */
	const char *help; /* one line */
};

struct ctl;

struct ctl_command {
	const char *name;
	const char *args; /* what follows the options: "ID", "" */
	const char *help; /* one line */
	int (*run)(struct ctl *ctl, int argc, char **argv);
	const struct ctl_option
		*options; /* ended by a NULL name; NULL: reads its arguments alone */
	void (*print_more)(void); /* between the usage and the options of --help; NULL: nothing */
	const char *role; /* the group role whose rights it needs; NULL: no database, or more */
};

extern const struct ctl_command *const ctl_commands[];
extern const size_t ctl_commands_len;

struct ctl {
	const struct conf *conf;
	bool json;
	const struct ctl_command *command;
	const char *
		role; /* whose rights the next statement needs, where that is not the command's; NULL: it is */
	struct err
		blockers; /* who kept the last statement waiting, as far as it is known; "": nobody */
	/* ctl.c alone: */
	struct session *session, *watcher;
	bool unwatched; /* there is no second connection to be had */
	char told[ERR_TEXT_MAX]; /* of blockers, the last that were told */
	struct conf *loaded;
	const char *config_file;
	const char *dsn;
};

/* What main does; returns the exit code. */
int ctl_main(int argc, char **argv);

/* The next option's letter (optarg as getopt(3) has it), -1 after the last, when optind stands at the
 * first operand and ctl->conf is there.  Ends the program itself on --help, a usage error or a
 * configuration that does not load. */
int ctl_getopt(struct ctl *ctl, int argc, char **argv);
/* Opens the database at the first call; NULL: err says why. */
struct session *ctl_session(struct ctl *ctl, struct err *err);

/* Who keeps a statement waiting is told on standard error, after half a second; or after so many milliseconds. */
void ctl_watch_after(struct ctl *ctl, int ms);

/* One line on standard error, "recurctl: ..."; returns code. */
int ctl_error(int code, const char *fmt, ...) PRINTF(2, 3);
/* The same for wrong arguments, with the way to the help; returns EX_USAGE. */
int ctl_usage(const struct ctl *ctl, const char *fmt, ...) PRINTF(2, 3);

/* Runs one statement, opening the database if need be.  On failure it has told why, and what to do
 * (migrate first, grant rights), and returns the exit code; EX_OK: the caller PQclears ret_result. */
int ctl_query(struct ctl *ctl, enum query_id id, const struct params *params,
	PGresult **ret_result) NODISCARD;
/* What was meant by an id as tables show it, with its escapes; NULL: it has none.  An id is looked for as it was
 * typed first.  Owner: free. */
char *ctl_meant(const char *typed);
/* The same of what ctl_meant returned, which is freed: bytes that mean nothing in the encoding of the database are
 * escaped when they are read, and a second time when they are shown. */
char *ctl_meant_next(char *meant);
/* The same of a statement whose one parameter is an id; without a row of it, of what may have been meant. */
int ctl_query_id(
	struct ctl *ctl, enum query_id query, const char *id, PGresult **ret_result) NODISCARD;
/* Transaction control and the like; exit code as ctl_query. */
int ctl_exec(struct ctl *ctl, const char *sql) NODISCARD;
/* Tells of a failure of the session's last call and returns the exit code. */
int ctl_query_failed(struct ctl *ctl, const struct err *err);

void ctl_clear(PGresult **result); /* for CLEANUP */

/* Begins a transaction for what people and monitors ask over and over: it reads only, waits 5 s for a lock,
 * and 30 s for a statement, and has large tables read in the order of their indexes, whatever the planner
 * knows of them.  What asks so costs the same at any size: it counts and lists up to a limit. */
int ctl_begin_bounded(struct ctl *ctl) NODISCARD;

/* Opens a cursor in a read-only transaction by `open` (it declares ctl_rows) and hands over each row:
 * any number of rows in constant memory.  bounded: the first few of them, see ctl_begin_bounded; else all,
 * for which a table may be read whole.  take returns false to stop.  Exit code as ctl_query. */
int ctl_stream(struct ctl *ctl, enum query_id open, const struct params *params, bool bounded,
	bool (*take)(void *context, const PGresult *result, int row), void *context) NODISCARD;
