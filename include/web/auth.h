/* auth: who asks.
 *
 * No default lets anybody in.  What is presented is looked at, and either it is good, or the request is refused (401) with
 * the word that RFC 6750 has for it; who presents nothing is nobody.
 *
 * Authorization: Bearer has a signed token (token.h), or a session's of Better Auth; Basic has an operator's name and
 * password.  Without it a cookie does as well, as Better Auth and applications beside it set it.  What a browser
 * sends by itself (cookies, passwords) changes something only where a page of this address asks, or of cors_origins.
 * A good token counts for a minute without another look, a session's for five seconds.  After ten wrong passwords
 * another is tried each second, whosever.
 */
#pragma once

#include "conf/web.h"
#include "web/pool.h"
#include "web/request.h"

enum identity_kind {
	IDENTITY_NOBODY,
	IDENTITY_USER,
	IDENTITY_OPERATOR,
};

struct identity {
	enum identity_kind kind;
	const char *user; /* id; NULL: none, as of an operator by password */
	const char *name; /* for the audit and the log; NULL: none */
};

/* Why somebody is refused who may be somebody: the database is not there to say, and too many passwords were wrong. */
extern const char auth_unavailable[], auth_too_many[];

/* refused: "invalid_token", "invalid_request" or one of those above; NULL: identity is good.  Both are valid until fn
 * returns. */
typedef void auth_fn(void *arg, const struct identity *identity, const char *refused);

struct auth;

/* Whether the files that conf names can be used. */
bool auth_check(const struct web_conf *conf, struct err *err) NODISCARD;
/* conf and pool must live as long as it does. */
bool auth_create(const struct web_conf *conf, struct pool *pool, struct auth **ret_auth,
	struct err *err) NODISCARD;
void auth_destroy(struct auth *auth); /* accepts NULL */
/* fn comes exactly once, maybe before this returns. */
void auth_find(struct auth *auth, struct request *request, auth_fn *fn, void *arg);
