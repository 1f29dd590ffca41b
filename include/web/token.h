/* token: signed tokens (JWT, RFC 7519) and the keys that check them, by the rules of RFC 8725.
 *
 * The algorithm is the key's and never the token's: a secret checks HS256, an RSA key RS256, one on P-256 ES256, one on
 * Ed25519 EdDSA.  Nothing else exists here, "none" least of all.  A token says which key it means ("kid") and
 * what it is signed with ("alg"), and where that does not fit a key that is here already, it is refused.  Keys and
 * addresses of keys inside tokens ("jwk", "jku", "x5c", "x5u") are not looked at; nothing is ever fetched.  Of a key
 * that somebody wrote into a file or a table only its own numbers come to the library.
 *
 * A token is three parts of base64url, no padding, at most TOKEN_BYTES_MAX; header and claims are JSON objects without
 * a name twice.  "crit", "zip" and "b64" are refused, and so are tokens within tokens.  "exp" must be there;
 * clocks may differ by TOKEN_LEEWAY.  Of issuer and audience those must fit that the rules name.
 * Pure: no clock, no file, no database.
 */
#pragma once

#include "util/err.h"
#include "util/strbuf.h"

#define TOKEN_BYTES_MAX  8192
#define TOKEN_KEYS_MAX   32 /* a token without "kid" is tried with each that fits */
#define TOKEN_SECRET_MIN 32 /* bytes, RFC 7518, 3.2 */
#define TOKEN_USER_MAX   255
#define TOKEN_LEEWAY     (30 * USEC_PER_SEC)

struct token_keys;

struct token_rules {
	const char *issuer, *audience; /* NULL: whatever the token says */
	const char *user_claim; /* NULL: "sub", else "user_id" */
};

enum token_verdict {
	TOKEN_GOOD,
	TOKEN_SHAPELESS, /* it is no signed token at all */
	TOKEN_UNKNOWN_KEY, /* none that it may mean is here: looking for newer ones may help */
	TOKEN_FORGED, /* its signature is not that key's */
	TOKEN_EXPIRED,
	TOKEN_EARLY, /* not yet valid */
	TOKEN_UNFIT, /* signed, and yet it says something else than the rules want */
};

struct token_claims {
	char user[TOKEN_USER_MAX + 1];
	usec_t expires;
};

/* Owner: token_keys_free. */
struct token_keys *token_keys_new(void);
void token_keys_free(struct token_keys *keys);
size_t token_keys_n(const struct token_keys *keys);
/* For HS256; the bytes as they are. */
bool token_keys_add_secret(
	struct token_keys *keys, const void *secret, size_t len, struct err *err) NODISCARD;
/* A set of keys as RFC 7517 has it, {"keys": [...]}.  Keys that are not for signatures or of another kind are passed
 * over; one that is broken or weak is refused, and so is a set without any that is left. */
bool token_keys_add_set(
	struct token_keys *keys, const char *json, size_t len, struct err *err) NODISCARD;
/* One public key, under this name; secrets are refused, since what is read here is no secret's place. */
bool token_keys_add_public(struct token_keys *keys, const char *kid, const char *json, size_t len,
	struct err *err) NODISCARD;

/* base64url without padding.  Bits left over must be 0, or one text could be written in several ways. */
bool token_decode(const char *text, size_t len, struct strbuf *out);
/* The claims are those of a good token only; else err says what is wrong, in words that tell nothing of the token's
 * contents beyond what its sender wrote. */
enum token_verdict token_check(const struct token_keys *keys, const struct token_rules *rules,
	const char *token, usec_t now, struct token_claims *ret_claims, struct err *err);
/* "forged": for the log. */
const char *token_verdict_name(enum token_verdict verdict);
