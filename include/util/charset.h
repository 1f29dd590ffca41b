/* charset: what a database's texts are written in, and the way to UTF-8 and back.
 *
 * We read what a database holds byte for byte (db/conninfo.h says why): ids are bytes, and go back as they
 * came.  Whatever else we do with a text needs characters: rules are JSON, keys are digests of UTF-8, the
 * log and its readers want UTF-8.  Here is the one place where the one becomes the other.
 *
 * Neither way can fail, because one row that is wrong must not be in the way of others.  A byte that means
 * nothing becomes \xNN, a character that the database cannot hold \u{NNNN}; who must not take these for
 * text looks at what is returned.  Where a database has no encoding (SQL_ASCII), its bytes are taken for
 * UTF-8, as far as they are.
 */
#pragma once

#include <stdbool.h>

#include "util/strbuf.h"

struct charset;

/* name: as pg_catalog.getdatabaseencoding() has it.  One for which there is no converter on this machine
 * has nothing but ASCII: any other byte means nothing. */
struct charset *charset_open(const char *name);
void charset_close(struct charset *charset); /* accepts NULL */

/* The encoding of the database that a daemon works on, asked anew in every session: all of its sessions
 * have the same.  recurctl binds none: its session hands out UTF-8 (db/session.h). */
void charset_bind(const char *name);
struct charset *charset_bound(void); /* NULL: none, which is as good as UTF-8 */

/* Texts need no conversion, only a look at what they are.  NULL: yes. */
bool charset_is_utf8(const struct charset *charset);

/* Append text.  false: not all of it had a meaning, or an equivalent.  charset: NULL: UTF-8. */
bool charset_to_utf8(
	struct charset *charset, const char *bytes, size_t len, struct strbuf *ret_text);
bool charset_from_utf8(
	struct charset *charset, const char *text, size_t len, struct strbuf *ret_bytes);
