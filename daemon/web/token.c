/* Whether a token is good; see the header. */
#include "web/token.h"

#include <math.h>
#include <openssl/crypto.h>
#include <openssl/hmac.h>
#include <string.h>

#include "util/mem.h"
#include "util/text.h"
#include "web/token_private.h"

/* Beyond it a double's microseconds overflow, and nobody means it. */
#define NUMERIC_DATE_MAX 253402300800.0 /* the year 10000 */

static const char *const verdict_names[] = {
	[TOKEN_GOOD] = "good",
	[TOKEN_SHAPELESS] = "shapeless",
	[TOKEN_UNKNOWN_KEY] = "unknown_key",
	[TOKEN_FORGED] = "forged",
	[TOKEN_EXPIRED] = "expired",
	[TOKEN_EARLY] = "early",
	[TOKEN_UNFIT] = "unfit",
};

const char *token_verdict_name(enum token_verdict verdict)
{
	return verdict_names[verdict];
}

static enum token_verdict say(enum token_verdict verdict, struct err *err, const char *what)
{
	err_set(err, "%s", what);
	return verdict;
}

/* ---- its shape ---- */

struct parts {
	const char *text[3];
	size_t len[3];
};

static int value_of(char c)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	const char *at = c ? strchr(digits, c) : NULL;
	return at ? (int)(at - digits) : -1;
}

static bool split(const char *token, struct parts *ret_parts)
{
	size_t n = 0, begin = 0, i = 0;
	for (; i <= TOKEN_BYTES_MAX; i++) {
		if (token[i] != '.' && token[i] != '\0') {
			if (value_of(token[i]) < 0)
				return false;
			continue;
		}
		if (n == 3 || i == begin)
			return false;
		ret_parts->text[n] = token + begin;
		ret_parts->len[n++] = i - begin;
		begin = i + 1;
		if (token[i] == '\0')
			return n == 3;
	}
	return false;
}

bool token_decode(const char *text, size_t len, struct strbuf *out)
{
	unsigned bits = 0, held = 0;
	for (size_t i = 0; i < len; i++) {
		int value = value_of(text[i]);
		if (value < 0)
			return false;
		bits = (bits << 6 | (unsigned)value) & 0xffff;
		held += 6;
		if (held < 8)
			continue;
		held -= 8;
		strbuf_add_char(out, (char)(bits >> held));
	}
	return held < 6 && (bits & ((1U << held) - 1)) == 0;
}

static json_t *decode_object(const struct parts *parts, int which)
{
	struct strbuf text CLEANUP(strbuf_free) = STRBUF(TOKEN_BYTES_MAX);
	if (!token_decode(parts->text[which], parts->len[which], &text))
		return NULL;
	return token_json(text.data, text.len);
}

/* What changes the meaning of the rest.  Unknown members do not (RFC 7515, 4). */
static bool header_is_plain(const json_t *header)
{
	static const char *const refused[] = { "crit", "zip", "b64" };
	for (size_t i = 0; i < ARRAY_LEN(refused); i++)
		if (json_object_get(header, refused[i]))
			return false;
	const json_t *kid = json_object_get(header, "kid");
	const char *cty = json_string_value(json_object_get(header, "cty"));
	return json_is_string(json_object_get(header, "alg")) && (!kid || json_is_string(kid)) &&
	       (!cty || strcasecmp(cty, "JWT") != 0);
}

/* ---- its signature ---- */

static bool is_meant(const struct token_key *key, const char *alg, const char *kid)
{
	return strcmp(alg, key->alg) == 0 && (!kid || !key->kid || strcmp(kid, key->kid) == 0);
}

/* By libcrypto, in the same time whatever differs: releases of the other library compare byte by byte
 * (CVE-2024-25714). */
static bool is_authentic(const struct token_key *key, const struct parts *parts)
{
	struct strbuf given CLEANUP(strbuf_free) = STRBUF(TOKEN_BYTES_MAX);
	unsigned char mac[EVP_MAX_MD_SIZE];
	unsigned int len = 0;
	const unsigned char *signed_bytes = (const unsigned char *)parts->text[0];
	size_t signed_len = parts->len[0] + 1 + parts->len[1];
	return token_decode(parts->text[2], parts->len[2], &given) &&
	       HMAC(EVP_sha256(), key->secret, (int)key->secret_len, signed_bytes, signed_len, mac,
		       &len) &&
	       given.len == len && CRYPTO_memcmp(given.data, mac, len) == 0;
}

/* The library reads no key out of the token, and fetches none. */
static bool is_signed(const struct token_key *key, const char *token)
{
	jws_t *jws = NULL;
	bool ok = r_jws_init(&jws) == RHN_OK &&
		  r_jws_advanced_compact_parse(jws, token, R_PARSE_NONE, R_FLAG_IGNORE_REMOTE) ==
			  RHN_OK &&
		  r_jws_get_alg(jws) == r_str_to_jwa_alg(key->alg) &&
		  r_jws_verify_signature(jws, key->jwk, R_FLAG_IGNORE_REMOTE) == RHN_OK;
	r_jws_free(jws);
	return ok;
}

static enum token_verdict check_signature(const struct token_keys *keys, const json_t *header,
	const struct parts *parts, struct err *err)
{
	const char *alg = json_string_value(json_object_get(header, "alg"));
	const char *kid = json_string_value(json_object_get(header, "kid"));
	bool meant = false;
	for (size_t i = 0; i < keys->n; i++) {
		if (!is_meant(&keys->keys[i], alg, kid))
			continue;
		meant = true;
		if (keys->keys[i].secret ? is_authentic(&keys->keys[i], parts)
					 : is_signed(&keys->keys[i], parts->text[0]))
			return TOKEN_GOOD;
	}
	if (!meant)
		return say(TOKEN_UNKNOWN_KEY, err, "no key for its algorithm and key id is known");
	return say(TOKEN_FORGED, err, "its signature does not fit");
}

/* ---- its claims ---- */

/* NumericDate: seconds, perhaps with a fraction. */
static bool instant_of(const json_t *value, usec_t *ret_instant)
{
	double seconds = json_number_value(value);
	if (!json_is_number(value) || !isfinite(seconds) || seconds < 0 ||
		seconds > NUMERIC_DATE_MAX)
		return false;
	*ret_instant = (usec_t)(seconds * 1e6);
	return true;
}

static enum token_verdict check_time(
	const json_t *claims, usec_t now, usec_t *ret_expires, struct err *err)
{
	const json_t *from = json_object_get(claims, "nbf");
	usec_t begins = 0;
	if (!instant_of(json_object_get(claims, "exp"), ret_expires))
		return say(TOKEN_UNFIT, err, "it has no \"exp\" that is a number of seconds");
	if (from && !instant_of(from, &begins))
		return say(TOKEN_UNFIT, err, "its \"nbf\" is no number of seconds");
	if (now - TOKEN_LEEWAY >= *ret_expires)
		return say(TOKEN_EXPIRED, err, "it has expired");
	if (now + TOKEN_LEEWAY < begins)
		return say(TOKEN_EARLY, err, "it is not valid yet");
	return TOKEN_GOOD;
}

static bool is_text(const json_t *value, const char *text)
{
	const char *found = json_string_value(value);
	return found && strcmp(found, text) == 0;
}

static bool is_for(const json_t *claims, const char *audience)
{
	const json_t *aud = json_object_get(claims, "aud"), *one;
	bool found = is_text(aud, audience);
	size_t i;
	json_array_foreach(aud, i, one) found = found || is_text(one, audience);
	return found;
}

/* A name that the log, a header and the database take as it is. */
static bool is_user(const char *user)
{
	size_t len = strlen(user), n = 0;
	uint32_t code;
	for (size_t at = 0; at < len; at += n) {
		n = text_decode(user + at, len - at, &code);
		if (n == 0 || text_deceives(code))
			return false;
	}
	return len > 0 && len <= TOKEN_USER_MAX;
}

static bool take_user(
	const struct token_rules *rules, const json_t *claims, struct token_claims *ret_claims)
{
	const json_t *value = json_object_get(
		claims, rules->user_claim ? rules->user_claim : "sub");
	if (!value && !rules->user_claim)
		value = json_object_get(claims, "user_id");
	const char *user = json_string_value(value);
	if (!user || !is_user(user))
		return false;
	memcpy(ret_claims->user, user, strlen(user) + 1);
	return true;
}

static enum token_verdict check_claims(const struct token_rules *rules, const json_t *claims,
	usec_t now, struct token_claims *ret_claims, struct err *err)
{
	enum token_verdict verdict = check_time(claims, now, &ret_claims->expires, err);
	if (verdict != TOKEN_GOOD)
		return verdict;
	if (rules->issuer && !is_text(json_object_get(claims, "iss"), rules->issuer))
		return say(TOKEN_UNFIT, err, "its \"iss\" is another issuer");
	if (rules->audience && !is_for(claims, rules->audience))
		return say(TOKEN_UNFIT, err, "its \"aud\" is for somebody else");
	if (!take_user(rules, claims, ret_claims))
		return say(TOKEN_UNFIT, err, "it names no user, as a text");
	return TOKEN_GOOD;
}

static enum token_verdict check(const struct token_keys *keys, const struct token_rules *rules,
	const struct parts *parts, const json_t *header, const json_t *claims, usec_t now,
	struct token_claims *ret_claims, struct err *err)
{
	struct token_claims found = { .expires = 0 };
	if (!header || !claims || !header_is_plain(header))
		return say(TOKEN_SHAPELESS, err, "it is no plain signed token");
	enum token_verdict verdict = check_signature(keys, header, parts, err);
	if (verdict == TOKEN_GOOD)
		verdict = check_claims(rules, claims, now, &found, err);
	if (verdict == TOKEN_GOOD)
		*ret_claims = found;
	return verdict;
}

enum token_verdict token_check(const struct token_keys *keys, const struct token_rules *rules,
	const char *token, usec_t now, struct token_claims *ret_claims, struct err *err)
{
	struct parts parts;
	if (!split(token, &parts))
		return say(TOKEN_SHAPELESS, err, "it is not three parts of base64url");
	json_t *header = decode_object(&parts, 0), *claims = decode_object(&parts, 1);
	enum token_verdict verdict = check(
		keys, rules, &parts, header, claims, now, ret_claims, err);
	json_decref(header);
	json_decref(claims);
	return verdict;
}
