/* What token.c and token_keys.c have in common. */
#pragma once

#include <jansson.h>
#include <rhonabwy.h>

#include "web/token.h"

struct token_key {
	char *kid; /* NULL: it has no name */
	const char *alg;
	jwk_t *jwk; /* NULL: it is a secret */
	unsigned char *secret;
	size_t secret_len;
};

struct token_keys {
	struct token_key keys[TOKEN_KEYS_MAX];
	size_t n;
};

/* An object, no name twice, nothing behind it; NULL: it is none.  json_decref. */
json_t *token_json(const char *text, size_t len);
