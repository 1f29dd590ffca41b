/* Who asks; see the header. */
#include "web/auth_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "db/rows.h"
#include "util/charset.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/mem.h"

#define KNOWN_TOKEN    (60 * USEC_PER_SEC)
#define KNOWN_SESSION  (5 * USEC_PER_SEC) /* so long a session that was ended counts */
#define KNOWN_PASSWORD (60 * USEC_PER_SEC)
#define KEYS_PAUSE     (60 * USEC_PER_SEC) /* between looks at the table of keys */
#define KEYS_OLD       (600 * USEC_PER_SEC) /* a key that was taken away counts no longer */
#define COOKIES_MAX    4 /* that are tried */
#define FAILURES_MAX   10 /* of passwords: so many at once, and one a second */

const char auth_unavailable[] = "unavailable";
const char auth_too_many[] = "too_many";

struct lookup {
	struct lookup *next; /* that wait for keys */
	struct auth *auth;
	struct request *request;
	auth_fn *fn;
	void *arg;
	char *token;
	size_t cookie; /* which of its cookies, from 1; 0: a header */
	bool retried; /* with the newest keys */
	unsigned char digest[AUTH_DIGEST];
};

struct auth {
	const struct web_conf *conf; /* NULL: it was destroyed, and waits for its lookups */
	struct pool *pool;
	struct token_keys *keys, *table_keys; /* of files, of the table */
	usec_t table_at; /* when it was looked at; 0: never */
	bool asking;
	struct lookup *waiting;
	struct operators *operators;
	struct known_table *known;
	size_t lookups;
	double failures; /* of passwords, lately */
	usec_t failures_at;
	usec_t told_at; /* a line about one that failed */
	int64_t untold;
};

/* ---- life ---- */

bool auth_check(const struct web_conf *conf, struct err *err)
{
	struct token_keys *keys;
	struct operators *operators;
	if (!auth_load_keys(conf, &keys, err))
		return false;
	token_keys_free(keys);
	if (!operators_load(conf->operators_file, &operators, err))
		return err_prefix(err, "operators_file: ");
	operators_free(operators);
	return true;
}

bool auth_create(
	const struct web_conf *conf, struct pool *pool, struct auth **ret_auth, struct err *err)
{
	struct token_keys *keys;
	struct operators *operators;
	if (!auth_load_keys(conf, &keys, err))
		return false;
	if (!operators_load(conf->operators_file, &operators, err)) {
		token_keys_free(keys);
		return err_prefix(err, "operators_file: ");
	}
	struct auth *auth = mem_alloc(sizeof(*auth));
	auth->conf = conf;
	auth->pool = pool;
	auth->keys = keys;
	auth->table_keys = token_keys_new();
	auth->operators = operators;
	auth->known = known_new();
	*ret_auth = auth;
	return true;
}

static void drop(struct auth *auth)
{
	token_keys_free(auth->keys);
	token_keys_free(auth->table_keys);
	operators_free(auth->operators);
	known_free(auth->known);
	free(auth);
}

void auth_destroy(struct auth *auth)
{
	if (!auth)
		return;
	auth->conf = NULL;
	if (auth->lookups == 0)
		drop(auth);
}

/* ---- what came of it ---- */

static usec_t real_now(void)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * USEC_PER_SEC + now.tv_nsec / 1000;
}

/* Never the token, and a line a second: whoever tries many must not fill the log. */
static void tell_failure(struct auth *auth, const char *reason, const char *detail)
{
	struct log_line line;
	usec_t now = clock_monotonic();
	if (auth->told_at && now - auth->told_at < USEC_PER_SEC) {
		auth->untold++;
		return;
	}
	log_begin(&line, LOG_NOTICE, "http_auth_failed");
	log_text(&line, "reason", reason);
	log_text(&line, "detail", detail);
	if (auth->untold > 0)
		log_int(&line, "untold", auth->untold);
	log_end(&line);
	auth->told_at = now;
	auth->untold = 0;
}

static void tell_known(struct auth *auth, const struct known *known, auth_fn *fn, void *arg)
{
	bool by_id = auth->conf && list_has(auth->conf->operators, known->name);
	struct identity identity = { known->by_password || by_id ? IDENTITY_OPERATOR
								 : IDENTITY_USER,
		known->by_password ? NULL : known->name, known->name };
	fn(arg, &identity, NULL);
}

static void tell_nobody(auth_fn *fn, void *arg, const char *refused)
{
	struct identity identity = { .kind = IDENTITY_NOBODY };
	fn(arg, &identity, refused);
}

static void lookup_free(struct lookup *lookup)
{
	struct auth *auth = lookup->auth;
	explicit_bzero(lookup->token, strlen(lookup->token));
	free(lookup->token);
	free(lookup);
	auth->lookups--;
	if (!auth->conf && auth->lookups == 0)
		drop(auth);
}

static void try_cookie(
	struct auth *auth, struct request *request, size_t n, auth_fn *fn, void *arg);

/* A browser sends its cookies whether they are still good or not, those of others on the same host, too: a bad one is
 * none, and hides no good one. */
static void refuse(struct lookup *lookup, const char *refused)
{
	bool is_bad_cookie = lookup->cookie > 0 && strcmp(refused, "invalid_token") == 0;
	if (is_bad_cookie && lookup->auth->conf)
		try_cookie(
			lookup->auth, lookup->request, lookup->cookie + 1, lookup->fn, lookup->arg);
	else
		tell_nobody(lookup->fn, lookup->arg, is_bad_cookie ? NULL : refused);
	lookup_free(lookup);
}

static void accept(struct lookup *lookup, const char *user, usec_t for_us)
{
	struct auth *auth = lookup->auth;
	const struct known *known = known_keep(
		auth->known, lookup->digest, user, false, clock_monotonic() + for_us);
	tell_known(auth, known, lookup->fn, lookup->arg);
	lookup_free(lookup);
}

/* The database says no, or nothing. */
static void tell_reply(struct lookup *lookup, const struct reply *reply, const char *event)
{
	if (reply->status == REPLY_FAILED)
		log_msg(LOG_ERR, event,
			"%s; expected the tables of Better Auth beside the application's",
			reply->message);
	refuse(lookup, auth_unavailable);
}

/* ---- sessions ---- */

/* In UTF-8, as all that comes by HTTP. */
static bool take_session_user(const PGresult *result, struct strbuf *user)
{
	if (PQntuples(result) != 1 || row_is_null(result, 0, 0))
		return false;
	return charset_to_utf8(
		       charset_bound(), row_text(result, 0, 0), row_text_len(result, 0, 0), user) &&
	       user->len > 0 && !user->overflowed;
}

static void on_session(void *arg, const struct reply *reply)
{
	struct lookup *lookup = arg;
	struct strbuf user CLEANUP(strbuf_free) = STRBUF(TOKEN_USER_MAX);
	if (reply->status != REPLY_OK) {
		tell_reply(lookup, reply, "http_sessions_unfit");
		return;
	}
	if (take_session_user(reply->results[0], &user)) {
		accept(lookup, user.data, KNOWN_SESSION);
		return;
	}
	tell_failure(lookup->auth, "session", "there is no such session, or it has expired");
	refuse(lookup, "invalid_token");
}

static void find_session(struct lookup *lookup)
{
	struct params params CLEANUP(params_free);
	params_init(&params);
	params_utf8(&params, lookup->token);
	pool_ask(lookup->auth->pool, QUERY_WEB_SESSION_USER, &params, on_session, lookup);
}

/* ---- signed tokens ---- */

static void find_signed(struct lookup *lookup);

static void take_keys(struct auth *auth, const PGresult *result)
{
	token_keys_free(auth->table_keys);
	auth->table_keys = token_keys_new();
	for (int i = 0; i < PQntuples(result); i++) {
		const char *kid = row_text(result, i, 0), *key = row_text(result, i, 1);
		struct err err;
		if (!token_keys_add_public(auth->table_keys, kid, key ? key : "",
			    key ? row_text_len(result, i, 1) : 0, &err))
			log_msg(LOG_WARNING, "http_key_passed_over", "key %s: %s", kid ? kid : "",
				err.text);
	}
}

static void on_keys(void *arg, const struct reply *reply)
{
	struct auth *auth = arg;
	struct lookup *next = auth->waiting;
	auth->asking = false;
	auth->waiting = NULL;
	if (reply->status == REPLY_OK) {
		auth->table_at = clock_monotonic();
		take_keys(auth, reply->results[0]);
	}
	while (next) {
		struct lookup *lookup = next;
		next = lookup->next;
		lookup->retried = true;
		if (reply->status == REPLY_OK)
			find_signed(lookup);
		else
			tell_reply(lookup, reply, "http_keys_unfit");
	}
}

static void wait_for_keys(struct lookup *lookup)
{
	struct auth *auth = lookup->auth;
	lookup->next = auth->waiting;
	auth->waiting = lookup;
	if (auth->asking)
		return;
	auth->asking = true;
	pool_ask(auth->pool, QUERY_WEB_TOKEN_KEYS, NULL, on_keys, auth);
}

/* Whether the table may know more than we do, and may be asked. */
static bool should_look(const struct lookup *lookup, usec_t pause)
{
	const struct auth *auth = lookup->auth;
	usec_t age = clock_monotonic() - auth->table_at;
	return auth->conf && auth->conf->jwt_keys_table && !lookup->retried &&
	       (auth->table_at == 0 || age >= pause);
}

static void find_signed(struct lookup *lookup)
{
	struct auth *auth = lookup->auth;
	struct token_claims claims = { .expires = 0 };
	struct err err = { .text = "" };
	usec_t now = real_now();
	if (!auth->conf || should_look(lookup, KEYS_OLD)) {
		if (auth->conf)
			wait_for_keys(lookup);
		else
			refuse(lookup, auth_unavailable);
		return;
	}
	const char *claim = auth->conf->jwt_user_claim;
	const struct token_rules rules = { auth->conf->jwt_issuer, auth->conf->jwt_audience,
		claim && strcmp(claim, "sub") == 0 ? NULL : claim };
	enum token_verdict verdict = token_check(
		auth->keys, &rules, lookup->token, now, &claims, &err);
	if (verdict == TOKEN_UNKNOWN_KEY)
		verdict = token_check(auth->table_keys, &rules, lookup->token, now, &claims, &err);
	if (verdict == TOKEN_UNKNOWN_KEY && should_look(lookup, KEYS_PAUSE)) {
		wait_for_keys(lookup);
		return;
	}
	if (verdict == TOKEN_GOOD) {
		usec_t left = claims.expires + TOKEN_LEEWAY - now;
		accept(lookup, claims.user, left < KNOWN_TOKEN ? left : KNOWN_TOKEN);
		return;
	}
	tell_failure(auth, token_verdict_name(verdict), err.text);
	refuse(lookup, "invalid_token");
}

/* ---- tokens ---- */

static bool takes_signed(const struct auth *auth)
{
	return auth->conf->jwt_keys_table || token_keys_n(auth->keys) > 0;
}

/* A session's has one dot at most. */
static bool looks_signed(const char *token)
{
	const char *dot = strchr(token, '.');
	return dot && strchr(dot + 1, '.');
}

static void find_token(struct auth *auth, struct request *request, const char *token, size_t cookie,
	auth_fn *fn, void *arg)
{
	bool is_signed = looks_signed(token);
	if (!*token || strlen(token) > TOKEN_BYTES_MAX ||
		!(is_signed ? takes_signed(auth) : auth->conf->session_tokens)) {
		if (cookie > 0)
			try_cookie(auth, request, cookie + 1, fn, arg);
		else
			tell_nobody(fn, arg, "invalid_token");
		return;
	}
	struct lookup *lookup = mem_alloc(sizeof(*lookup));
	*lookup = (struct lookup){ .auth = auth,
		.request = request,
		.fn = fn,
		.arg = arg,
		.token = mem_strdup(token),
		.cookie = cookie };
	auth->lookups++;
	known_digest("token", token, lookup->digest);
	const struct known *known = known_find(auth->known, lookup->digest, clock_monotonic());
	if (known) {
		tell_known(auth, known, fn, arg);
		lookup_free(lookup);
	} else if (is_signed) {
		find_signed(lookup);
	} else {
		find_session(lookup);
	}
}

/* ---- passwords ---- */

static bool is_slowed(struct auth *auth)
{
	usec_t now = clock_monotonic();
	auth->failures -= (double)(now - auth->failures_at) / 1e6;
	auth->failures = auth->failures < 0 ? 0 : auth->failures;
	auth->failures_at = now;
	return auth->failures >= FAILURES_MAX;
}

/* Standard base64; the text ends at its first NUL. */
static bool decode_basic(const char *text, struct strbuf *out)
{
	char *url CLEANUP(mem_cleanup) = mem_strndup(text, strcspn(text, "= "));
	for (char *c = url; *c; c++)
		*c = (char)(*c == '+' ? '-' : *c == '/' ? '_' : *c);
	return token_decode(url, strlen(url), out) && strlen(out->data) == out->len;
}

static void find_password(struct auth *auth, const char *text, auth_fn *fn, void *arg)
{
	struct strbuf pair CLEANUP(strbuf_free) = STRBUF(1024);
	unsigned char digest[AUTH_DIGEST];
	known_digest("password", text, digest);
	const struct known *known = known_find(auth->known, digest, clock_monotonic());
	if (known) {
		tell_known(auth, known, fn, arg);
		return;
	}
	if (is_slowed(auth)) {
		tell_nobody(fn, arg, auth_too_many);
		return;
	}
	char *colon = decode_basic(text, &pair) && !pair.overflowed ? strchr(pair.data, ':') : NULL;
	if (colon)
		*colon = '\0';
	if (!colon || !operators_has(auth->operators, pair.data, colon + 1)) {
		auth->failures++;
		tell_failure(
			auth, "password", "there is no such operator, or it is another password");
		tell_nobody(fn, arg, "invalid_token");
	} else {
		known = known_keep(
			auth->known, digest, pair.data, true, clock_monotonic() + KNOWN_PASSWORD);
		tell_known(auth, known, fn, arg);
	}
	explicit_bzero(pair.data, pair.len);
}

/* ---- who asks ---- */

/* Behind "Bearer " and the like. */
static const char *behind(const char *header, const char *scheme)
{
	size_t len = strlen(scheme);
	if (strncasecmp(header, scheme, len) != 0 || header[len] != ' ')
		return NULL;
	return header + len + strspn(header + len, " ");
}

/* The n-th that may be a token, from 1. */
static const char *find_cookie(const struct auth *auth, const struct request *request, size_t n)
{
	static const char *const names[] = { "auth_token", "better-auth.session_token",
		"__Secure-better-auth.session_token" };
	const char *value;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		for (size_t k = 0; (value = request_cookie(request, names[i], k)); k++) {
			if (*value && --n == 0)
				return auth_cookie_counts(auth->conf, request) ? value : NULL;
		}
	}
	return NULL;
}

static void try_cookie(struct auth *auth, struct request *request, size_t n, auth_fn *fn, void *arg)
{
	const char *value = n <= COOKIES_MAX ? find_cookie(auth, request, n) : NULL;
	if (value)
		find_token(auth, request, value, n, fn, arg);
	else
		tell_nobody(fn, arg, NULL);
}

static void find_header(
	struct auth *auth, struct request *request, const char *header, auth_fn *fn, void *arg)
{
	size_t len = strlen(header);
	while (len > 0 && strchr(" \t", header[len - 1]))
		len--;
	char *trimmed CLEANUP(mem_cleanup) = mem_strndup(header, len);
	const char *token = behind(trimmed, "Bearer"), *pair = behind(trimmed, "Basic");
	if (token)
		find_token(auth, request, token, 0, fn, arg);
	else if (pair && auth->operators && auth_password_counts(auth->conf, request))
		find_password(auth, pair, fn, arg);
	else
		tell_nobody(fn, arg, pair ? "invalid_token" : "invalid_request");
}

static void find_neighbour(struct request *request, auth_fn *fn, void *arg)
{
	char name[64] = "unix socket";
	long uid = request_peer_uid(request);
	if (uid >= 0)
		snprintf(name, sizeof(name), "unix socket, uid %ld", uid);
	struct identity identity = { IDENTITY_OPERATOR, NULL, name };
	fn(arg, &identity, NULL);
}

/* Another page may have a browser ask here, too, but not by a Unix socket. */
void auth_find(struct auth *auth, struct request *request, auth_fn *fn, void *arg)
{
	const char *header = request_header(request, "Authorization");
	if (header)
		find_header(auth, request, header, fn, arg);
	else if (auth->conf->operators_on_unix_socket && request_on_unix_socket(request))
		find_neighbour(request, fn, arg);
	else
		try_cookie(auth, request, 1, fn, arg);
}
