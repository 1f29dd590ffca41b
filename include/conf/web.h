/* web: the options of recurd-http, in a table of their own that is read as the daemon's is (conf/conf.h).
 *
 * Precedence: flag, then environment (RECURD_HTTP_ and the key in capitals; DATABASE_URL), then file, then default.
 * An unknown key, a repeated key and a value out of range are errors that name file and line.  No default lets
 * anybody in: without a way to say who asks there are pages for this machine alone, without titles.
 *
 * Lists are texts with blanks or commas between their items; list_item walks them.
 */
#pragma once

#include "conf/conf.h"

struct web_conf {
	char *database_url; /* conninfo or URI; NULL: libpq's own PG* variables */
	char *password_file; /* the first line is the password; NULL: none */
	char *app_schema;
	char *zoneinfo_dir;
	int64_t connections; /* to the database */
	usec_t connect_timeout; /* per host */
	char *listen; /* list of addresses, as util/address.h has them; NULL: systemd's sockets alone */
	bool exposed; /* listen may name addresses that other machines reach */
	char *hosts; /* list: what Host may say beside localhost's names; NULL: nothing */
	char *cors_origins; /* list of origins; NULL: none */
	char *operators; /* list of user ids; NULL: none */
	bool operators_on_unix_socket; /* whoever may connect to it is one */
	char *operators_file; /* name:hash lines for Basic; NULL: none */
	bool show_titles; /* to operators */
	bool actions; /* operators may retry, pause, resume, trigger */
	bool session_tokens; /* Better Auth's, of the same database */
	char *jwt_secret_file; /* HS256 */
	char *jwt_keys_file; /* JWKS */
	bool jwt_keys_table; /* Better Auth's table of keys */
	char *jwt_issuer, *jwt_audience; /* what tokens must say; NULL: not asked for */
	char *jwt_user_claim; /* "sub" */
	bool access_log; /* a line for each request */
	int log_format, log_level; /* as in conf.h */
	char *file; /* that was read; NULL: the default one, which is not there */
	char **sources; /* per row of web_options */
};

extern const struct conf_option web_options[];
extern const size_t web_options_len;

/* As conf_load. */
bool web_conf_load(const char *file, const char *const *overrides, size_t overrides_len,
	struct web_conf **ret_conf, struct err *err) NODISCARD;
void web_conf_free(struct web_conf *conf);
void web_conf_dump(const struct web_conf *conf, FILE *out);
/* The name of the first option that differs and is not reloadable; NULL: none. */
const char *web_conf_needs_restart(const struct web_conf *old, const struct web_conf *new);

/* The next item of a list, at *at, which moves on; NULL: no more.  Not NUL-terminated. */
const char *list_item(const char **at, size_t *ret_len);
/* Whether an item of the list is this text.  list: NULL is an empty one. */
bool list_has(const char *list, const char *text);

#define WEB_CONF_DEFAULT_FILE "/etc/recurd/recurd-http.conf"
