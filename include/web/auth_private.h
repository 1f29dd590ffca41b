/* What auth.c, auth_files.c, auth_known.c and auth_sender.c have in common. */
#pragma once

#include "web/auth.h"
#include "web/token.h"

#define AUTH_DIGEST 32

/* ---- auth_files.c: what files say ---- */

struct operators; /* names and hashes */

/* NULL: there is no such file. */
bool operators_load(const char *path, struct operators **ret_operators, struct err *err) NODISCARD;
void operators_free(struct operators *operators);
/* Takes as long for a name that is not there. */
bool operators_has(const struct operators *operators, const char *name, const char *password);
/* Secret and keys that conf names. */
bool auth_load_keys(
	const struct web_conf *conf, struct token_keys **ret_keys, struct err *err) NODISCARD;

/* ---- auth_known.c: who was known a moment ago ---- */

struct known {
	unsigned char digest[AUTH_DIGEST]; /* of what was presented */
	usec_t until; /* monotonic */
	bool by_password;
	char name[TOKEN_USER_MAX + 1];
};

struct known_table;

struct known_table *known_new(void);
void known_free(struct known_table *table);
void known_digest(const char *kind, const char *text, unsigned char ret_digest[static AUTH_DIGEST]);
/* NULL: not, or not any more. */
const struct known *known_find(const struct known_table *table,
	const unsigned char digest[static AUTH_DIGEST], usec_t now);
const struct known *known_keep(struct known_table *table,
	const unsigned char digest[static AUTH_DIGEST], const char *name, bool by_password,
	usec_t until);

/* ---- auth_sender.c: cookies and passwords, which browsers send on behalf of any page ---- */

/* Where something is changed, a page of this address has to ask, or one of cors_origins. */
bool auth_cookie_counts(const struct web_conf *conf, const struct request *request);
/* The same, but it may be no browser at all. */
bool auth_password_counts(const struct web_conf *conf, const struct request *request);
