/* The database of a command: opened when it is needed, asked, and its refusals told with what to do. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/ctl.h"
#include "db/rows.h"
#include "db/sqlstate.h"
#include "util/mem.h"
#include "util/text.h"

static void free_name(char **name)
{
	PQfreemem(*name);
}

#define WATCH_AFTER_MS 500

static void read_blockers(struct ctl *ctl)
{
	PGresult *result CLEANUP(ctl_clear) = NULL;
	struct params params CLEANUP(params_free);
	struct err err;
	ctl->blockers.text[0] = '\0';
	if (!ctl->watcher && !ctl->unwatched)
		ctl->unwatched = !session_open(
			ctl->conf->database_url, ctl->conf->password_file, &ctl->watcher, &err);
	if (ctl->unwatched)
		return;
	params_init(&params);
	params_int4(&params, PQbackendPID(session_pq(ctl->session)));
	if (session_query(ctl->watcher, QUERY_CTL_BLOCKERS, &params, &result, &err) &&
		!row_is_null(result, 0, 0))
		(void)err_set(&ctl->blockers, "%s", row_text(result, 0, 0));
}

/* Once for each, whatever the seconds that they are in their transactions. */
static bool tell_blockers(void *arg)
{
	struct ctl *ctl = arg;
	read_blockers(ctl);
	size_t len = strcspn(ctl->blockers.text, "(");
	if (!*ctl->blockers.text)
		return false;
	if (strncmp(ctl->told, ctl->blockers.text, len) != 0 || ctl->told[len] != '(')
		(void)ctl_error(EX_OK, "waiting for %s", ctl->blockers.text);
	memcpy(ctl->told, ctl->blockers.text, sizeof(ctl->told));
	return true;
}

void ctl_watch_after(struct ctl *ctl, int ms)
{
	if (ctl->session)
		session_watch(ctl->session, ms, tell_blockers, ctl);
}

struct session *ctl_session(struct ctl *ctl, struct err *err)
{
	if (ctl->session)
		return ctl->session;
	if (session_open(ctl->conf->database_url, ctl->conf->password_file, &ctl->session, err)) {
		ctl_watch_after(ctl, WATCH_AFTER_MS);
		return ctl->session;
	}
	char *hidden CLEANUP(mem_cleanup) = conf_hidden_password(ctl->conf, ctl->config_file);
	struct err why = *err;
	if (hidden && strstr(why.text, "password"))
		err_set(err,
			"%s; the service's password is in %s, which you may not read: run it as "
			"root",
			why.text, hidden);
	return ctl->session = NULL;
}

/* Worker and reader have different rights, and neither has the other's. */
static int refused(struct ctl *ctl, const struct err *err)
{
	PGconn *pq = session_pq(ctl->session);
	const char *user = PQuser(pq);
	char *name CLEANUP(free_name) = PQescapeIdentifier(pq, user, strlen(user));
	const char *role = ctl->role ? ctl->role : ctl->command->role;
	if (!name || !role)
		return ctl_error(EX_CONFIG, "%s; run it as the owner of the application's tables",
			err->text);
	return ctl_error(EX_CONFIG,
		"%s; grant %s to %s, or where it has that, run: recurctl migrate repair", err->text,
		role, name);
}

#define MEND "run: recurctl migrate up, then: recurctl migrate repair"

static const char *what_to_do(const char *sqlstate)
{
	static const struct {
		const char *sqlstate, *advice;
	} known[] = {
		{ "3F000", "run: recurctl migrate up" },
		{ "42P01", MEND " (or is app_schema wrong?)" },
		{ "42703", MEND },
		{ "42883", MEND },
		{ "42804", "what recurd needs says: recurctl migrate verify" },
		{ "55P03", "somebody else holds a lock; try again" },
	};
	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (strcmp(sqlstate, known[i].sqlstate) == 0)
			return known[i].advice;
	return NULL;
}

/* How functions and triggers of recurd's refuse what cannot be: it has ended, it would be too many. */
static bool is_refusal(const char *sqlstate)
{
	return strcmp(sqlstate, "55000") == 0 || strcmp(sqlstate, "54000") == 0;
}

static int exit_code_of(const char *sqlstate)
{
	if (is_refusal(sqlstate))
		return EX_DATAERR;
	switch (sqlstate_classify(sqlstate)) {
	case SQLSTATE_ROW:
		return EX_DATAERR;
	case SQLSTATE_OPERATOR:
		return EX_CONFIG;
	case SQLSTATE_BUG:
		return EX_SOFTWARE;
	default:
		return EX_UNAVAILABLE;
	}
}

int ctl_query_failed(struct ctl *ctl, const struct err *err)
{
	const char *sqlstate = ctl->session ? session_sqlstate(ctl->session) : "";
	if (strcmp(sqlstate, "42501") == 0)
		return refused(ctl, err);
	const char *advice = what_to_do(sqlstate);
	bool held = *ctl->blockers.text && strcmp(sqlstate, "55P03") == 0;
	return ctl_error(exit_code_of(sqlstate), "%s%s%s%s%s", err->text, advice ? "; " : "",
		advice ? advice : "", held ? ": it was " : "", held ? ctl->blockers.text : "");
}

int ctl_query(struct ctl *ctl, enum query_id id, const struct params *params, PGresult **ret_result)
{
	struct err err;
	struct session *session = ctl_session(ctl, &err);
	if (!session)
		return ctl_error(EX_UNAVAILABLE, "%s", err.text);
	if (!session_query(session, id, params, ret_result, &err))
		return ctl_query_failed(ctl, &err);
	return EX_OK;
}

char *ctl_meant(const char *typed)
{
	struct strbuf meant CLEANUP(strbuf_free) = STRBUF(SIZE_MAX);
	return typed && text_add_unescaped(&meant, typed) ? strbuf_steal(&meant) : NULL;
}

char *ctl_meant_next(char *meant)
{
	char *next = ctl_meant(meant);
	free(meant);
	return next;
}

static int query_id(struct ctl *ctl, enum query_id query, const char *id, PGresult **ret_result)
{
	struct params params CLEANUP(params_free);
	params_init(&params);
	params_text(&params, id);
	return ctl_query(ctl, query, &params, ret_result);
}

int ctl_query_id(struct ctl *ctl, enum query_id query, const char *id, PGresult **ret_result)
{
	char *meant CLEANUP(mem_cleanup) = ctl_meant(id);
	int code = query_id(ctl, query, id, ret_result);
	if (code != EX_OK || PQntuples(*ret_result) > 0 || !meant)
		return code;
	PQclear(*ret_result);
	*ret_result = NULL;
	return ctl_query_id(ctl, query, meant, ret_result);
}

int ctl_exec(struct ctl *ctl, const char *sql)
{
	struct err err;
	PGresult *result CLEANUP(ctl_clear) = NULL;
	struct session *session = ctl_session(ctl, &err);
	if (!session)
		return ctl_error(EX_UNAVAILABLE, "%s", err.text);
	if (!session_exec(session, sql, &result, &err))
		return ctl_query_failed(ctl, &err);
	return EX_OK;
}

void ctl_clear(PGresult **result)
{
	PQclear(*result);
	*result = NULL;
}
