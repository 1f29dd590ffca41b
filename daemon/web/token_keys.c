/* The keys that check tokens; see the header. */
#include <string.h>

#include "util/mem.h"
#include "web/token_private.h"

#define RSA_BITS_MIN 2048
#define RSA_BITS_MAX 8192 /* checking one more takes long */

struct kind {
	const char *kty, *crv, *alg; /* crv NULL: it has none */
	const char *members[2]; /* its numbers */
};

static const struct kind kinds[] = {
	{ "oct", NULL, "HS256", { NULL, NULL } },
	{ "RSA", NULL, "RS256", { "n", "e" } },
	{ "EC", "P-256", "ES256", { "x", "y" } },
	{ "OKP", "Ed25519", "EdDSA", { "x", NULL } },
};

struct token_keys *token_keys_new(void)
{
	return mem_alloc(sizeof(struct token_keys));
}

static void drop(struct token_key *key)
{
	free(key->kid);
	r_jwk_free(key->jwk);
	if (key->secret)
		explicit_bzero(key->secret, key->secret_len);
	free(key->secret);
}

void token_keys_free(struct token_keys *keys)
{
	for (size_t i = 0; keys && i < keys->n; i++)
		drop(&keys->keys[i]);
	free(keys);
}

size_t token_keys_n(const struct token_keys *keys)
{
	return keys->n;
}

json_t *token_json(const char *text, size_t len)
{
	json_t *json = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
	if (json && !json_is_object(json)) {
		json_decref(json);
		return NULL;
	}
	return json;
}

/* Owns the key from here on. */
static bool keep(struct token_keys *keys, struct token_key key, struct err *err)
{
	if (keys->n == TOKEN_KEYS_MAX) {
		drop(&key);
		return err_set(err, "expected at most %d keys, found more", TOKEN_KEYS_MAX);
	}
	keys->keys[keys->n++] = key;
	return true;
}

static jwk_t *import(json_t *json)
{
	jwk_t *jwk = NULL;
	if (r_jwk_init(&jwk) != RHN_OK)
		return NULL;
	if (r_jwk_import_from_json_t(jwk, json) != RHN_OK) {
		r_jwk_free(jwk);
		return NULL;
	}
	return jwk;
}

static bool add_secret(
	struct token_keys *keys, const char *kid, const void *secret, size_t len, struct err *err)
{
	if (len < TOKEN_SECRET_MIN)
		return err_set(err, "expected a secret of at least %d bytes, found %zu",
			TOKEN_SECRET_MIN, len);
	struct token_key key = {
		.kid = mem_strdup(kid), .alg = "HS256", .secret = mem_alloc(len), .secret_len = len
	};
	memcpy(key.secret, secret, len);
	return keep(keys, key, err);
}

bool token_keys_add_secret(struct token_keys *keys, const void *secret, size_t len, struct err *err)
{
	return add_secret(keys, NULL, secret, len, err);
}

static const char *member(const json_t *json, const char *name)
{
	return json_string_value(json_object_get(json, name));
}

static const struct kind *kind_of(const json_t *json)
{
	const char *kty = member(json, "kty"), *crv = member(json, "crv");
	for (size_t i = 0; kty && i < ARRAY_LEN(kinds); i++)
		if (strcmp(kty, kinds[i].kty) == 0 &&
			(!kinds[i].crv || (crv && strcmp(crv, kinds[i].crv) == 0)))
			return &kinds[i];
	return NULL;
}

/* Whether it is for checking signatures of its kind, by its own words. */
static bool is_wanted(const struct kind *kind, const json_t *json)
{
	const char *use = member(json, "use"), *alg = member(json, "alg");
	const json_t *ops = json_object_get(json, "key_ops"), *op;
	bool verifies = !json_is_array(ops);
	size_t i;
	json_array_foreach(ops, i, op)
	{
		const char *name = json_string_value(op);
		verifies = verifies || (name && strcmp(name, "verify") == 0);
	}
	return verifies && (!use || strcmp(use, "sig") == 0) &&
	       (!alg || strcmp(alg, kind->alg) == 0);
}

/* Its numbers and no more: neither a private half nor an address that somebody might fetch. */
static json_t *numbers_of(const struct kind *kind, const json_t *json, struct err *err)
{
	json_t *plain = json_pack("{s:s}", "kty", kind->kty);
	if (kind->crv)
		json_object_set_new(plain, "crv", json_string(kind->crv));
	for (size_t i = 0; i < ARRAY_LEN(kind->members) && kind->members[i]; i++) {
		json_t *value = json_object_get(json, kind->members[i]);
		if (!json_is_string(value)) {
			err_set(err, "expected a text under \"%s\"", kind->members[i]);
			json_decref(plain);
			return NULL;
		}
		json_object_set(plain, kind->members[i], value);
	}
	return plain;
}

static bool is_strong(const struct kind *kind, jwk_t *jwk, struct err *err)
{
	unsigned int bits = 0;
	int type = r_jwk_key_type(jwk, &bits, R_FLAG_IGNORE_REMOTE);
	if (type == R_KEY_TYPE_NONE)
		return err_set(err, "its numbers make no key");
	if (strcmp(kind->kty, "RSA") == 0 && (bits < RSA_BITS_MIN || bits > RSA_BITS_MAX))
		return err_set(
			err, "expected %d to %d bits, found %u", RSA_BITS_MIN, RSA_BITS_MAX, bits);
	return true;
}

static bool add_written_secret(
	struct token_keys *keys, const char *kid, const json_t *json, struct err *err)
{
	struct strbuf secret CLEANUP(strbuf_free) = STRBUF(SIZE_MAX);
	const char *text = member(json, "k");
	if (!text || !token_decode(text, strlen(text), &secret))
		return err_set(err, "expected base64url under \"k\"");
	bool ok = add_secret(keys, kid, secret.data, secret.len, err);
	explicit_bzero(secret.data, secret.len);
	return ok;
}

static bool add(struct token_keys *keys, const struct kind *kind, const char *kid,
	const json_t *json, struct err *err)
{
	if (strcmp(kind->kty, "oct") == 0)
		return add_written_secret(keys, kid, json, err);
	json_t *plain = numbers_of(kind, json, err);
	if (!plain)
		return false;
	jwk_t *jwk = import(plain);
	json_decref(plain);
	if (!jwk)
		return err_set(err, "its numbers make no key");
	if (!is_strong(kind, jwk, err)) {
		r_jwk_free(jwk);
		return false;
	}
	return keep(keys,
		(struct token_key){ .kid = mem_strdup(kid), .alg = kind->alg, .jwk = jwk }, err);
}

static bool add_set(struct token_keys *keys, const json_t *set, struct err *err)
{
	const json_t *list = json_object_get(set, "keys"), *json;
	size_t i, before = keys->n;
	if (!json_is_array(list))
		return err_set(err, "expected {\"keys\": [...]}, a set of keys (RFC 7517)");
	json_array_foreach(list, i, json)
	{
		const struct kind *kind = kind_of(json);
		if (kind && is_wanted(kind, json) &&
			!add(keys, kind, member(json, "kid"), json, err))
			return err_prefix(err, "key %zu: ", i + 1);
	}
	if (keys->n == before)
		return err_set(err, "expected a key for signatures by HS256, RS256, ES256 or "
				    "EdDSA, found none");
	return true;
}

bool token_keys_add_set(struct token_keys *keys, const char *json, size_t len, struct err *err)
{
	json_t *set = token_json(json, len);
	if (!set)
		return err_set(err, "expected a JSON object, a set of keys (RFC 7517)");
	bool ok = add_set(keys, set, err);
	json_decref(set);
	return ok;
}

bool token_keys_add_public(
	struct token_keys *keys, const char *kid, const char *json, size_t len, struct err *err)
{
	json_t *key = token_json(json, len);
	const struct kind *kind = kind_of(key);
	bool ok;
	if (!key)
		return err_set(err, "expected a JSON object, a key (RFC 7517)");
	if (!kind || strcmp(kind->kty, "oct") == 0)
		ok = err_set(err, "expected a public key for RS256, ES256 or EdDSA");
	else
		ok = add(keys, kind, kid, key, err);
	json_decref(key);
	return ok;
}
