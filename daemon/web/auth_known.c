/* Who was known a moment ago, by the SHA-256 of what he presented; see auth_private.h. */
#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

#include "util/mem.h"
#include "web/auth_private.h"

#define SLOTS 512 /* each digest has one place, and the newer one takes it */

struct known_table {
	struct known slots[SLOTS];
};

struct known_table *known_new(void)
{
	return mem_alloc(sizeof(struct known_table));
}

void known_free(struct known_table *table)
{
	free(table);
}

void known_digest(const char *kind, const char *text, unsigned char ret_digest[static AUTH_DIGEST])
{
	struct strbuf whole CLEANUP(strbuf_free) = STRBUF(SIZE_MAX);
	strbuf_add(&whole, kind, strlen(kind) + 1);
	strbuf_add_text(&whole, text);
	SHA256((const unsigned char *)whole.data, whole.len, ret_digest);
}

static size_t place_of(const unsigned char *digest)
{
	return (digest[0] | (size_t)digest[1] << 8) % SLOTS;
}

const struct known *known_find(
	const struct known_table *table, const unsigned char digest[static AUTH_DIGEST], usec_t now)
{
	const struct known *known = &table->slots[place_of(digest)];
	bool same = CRYPTO_memcmp(known->digest, digest, AUTH_DIGEST) == 0;
	return same && known->until > now ? known : NULL;
}

const struct known *known_keep(struct known_table *table,
	const unsigned char digest[static AUTH_DIGEST], const char *name, bool by_password,
	usec_t until)
{
	struct known *known = &table->slots[place_of(digest)];
	size_t len = strnlen(name, TOKEN_USER_MAX);
	memcpy(known->digest, digest, AUTH_DIGEST);
	memcpy(known->name, name, len);
	known->name[len] = '\0';
	known->by_password = by_password;
	known->until = until;
	return known;
}
