/* conninfo: a connection string taken apart into the hosts that it names.
 *
 * libpq's own walk over several hosts hangs at a mute one when it is used asynchronously
 * (connect_timeout does not apply there) and resolves names in the caller's thread.  So each host is
 * one endpoint here, tried by itself, with a timer of ours and an address of our resolver.
 *
 * Understands keyword/value strings and URIs, SQLAlchemy's postgresql+driver:// too, and PGHOST,
 * PGHOSTADDR and PGPORT.  With a service (service=, PGSERVICE) the hosts are in libpq's file: then
 * there is one endpoint, and libpq does the rest.
 */
#pragma once

#include <stdbool.h>

#include "util/err.h"

/* What we read comes as the server has it, whatever the connection string, PGCLIENTENCODING or a pooler
 * would rather have: a conversion on the server's side fails where a text has no equivalent, and then one
 * row is in the way of all.  Under this name there is none (util/charset.h has ours); what we send is
 * checked all the same. */
#define CONNINFO_CLIENT_ENCODING "SQL_ASCII"

#define CONNINFO_ENDPOINTS_MAX 16
#define CONNINFO_WORDS_MAX     64

struct endpoint {
	char *host; /* NULL: libpq's default */
	char *hostaddr; /* NULL: not given */
	char *port; /* NULL: default */
	bool needs_dns; /* host is a name and hostaddr is not given */
};

struct conninfo {
	char *keywords[CONNINFO_WORDS_MAX]; /* everything but host, hostaddr, port */
	char *values[CONNINFO_WORDS_MAX];
	size_t words;
	struct endpoint endpoints[CONNINFO_ENDPOINTS_MAX];
	size_t endpoints_len; /* at least 1 */
};

/* text: NULL or "" means libpq's environment.  password: used where text has none; may be NULL. */
bool conninfo_parse(const char *text, const char *password, struct conninfo **ret_info,
	struct err *err) NODISCARD;
void conninfo_free(struct conninfo *info);

/* Arrays for PQconnectStartParams, valid as long as info and address; address: of the resolver, or
 * NULL.  Both arrays have CONNINFO_WORDS_MAX places and end with NULL. */
void conninfo_params(const struct conninfo *info, const struct endpoint *endpoint,
	const char *address, const char *keywords[static CONNINFO_WORDS_MAX],
	const char *values[static CONNINFO_WORDS_MAX]);

/* "postgresql+psycopg://..." to "postgresql://..."; a copy, the caller frees. */
char *conninfo_plain_uri(const char *text);
/* First line of a file, at most 1,000 bytes; the caller frees. */
bool conninfo_read_password(const char *path, char **ret_password, struct err *err) NODISCARD;
