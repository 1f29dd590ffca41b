/* fuzz_token: any bytes as a token are refused; any bytes as a set of keys are refused or give keys.
 *
 * The claims behind a signature are reached as well: the bytes are signed as they are.
 */
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>

#include "util/mem.h"
#include "util/strbuf.h"
#include "web/token.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static const char secret[] = "0123456789abcdef0123456789abcdef";

static void add_base64(struct strbuf *out, const unsigned char *data, size_t len)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	for (size_t bit = 0; bit < len * 8; bit += 6) {
		unsigned pair = (unsigned)data[bit / 8] << 8 |
				(bit / 8 + 1 < len ? data[bit / 8 + 1] : 0);
		strbuf_add_char(out, digits[pair >> (10 - bit % 8) & 63]);
	}
}

static void check(struct token_keys *keys, const char *text)
{
	static const struct token_rules rules = { NULL, NULL, NULL };
	struct token_claims claims = { .user = "", .expires = 0 };
	struct err err = { .text = "" };
	enum token_verdict verdict = token_check(keys, &rules, text, 0, &claims, &err);
	bool named = claims.user[0] != '\0' && claims.expires >= 0;
	if (named != (verdict == TOKEN_GOOD) || (err.text[0] == '\0') != named)
		abort();
}

static void check_signed(struct token_keys *keys, const unsigned char *data, size_t size)
{
	static const char header[] = "{\"alg\":\"HS256\"}";
	struct strbuf text CLEANUP(strbuf_free) = STRBUF(SIZE_MAX);
	unsigned char mac[32];
	add_base64(&text, (const unsigned char *)header, strlen(header));
	strbuf_add_char(&text, '.');
	add_base64(&text, data, size);
	HMAC(EVP_sha256(), secret, (int)strlen(secret), (const unsigned char *)text.data, text.len,
		mac, NULL);
	strbuf_add_char(&text, '.');
	add_base64(&text, mac, sizeof(mac));
	check(keys, text.data);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct token_keys *keys = token_keys_new();
	char *text CLEANUP(mem_cleanup) = mem_strndup((const char *)data, size);
	if (token_keys_add_set(keys, text, strlen(text), NULL) != (token_keys_n(keys) > 0) &&
		token_keys_n(keys) == 0)
		abort();
	if (!token_keys_add_secret(keys, secret, strlen(secret), NULL) &&
		token_keys_n(keys) < TOKEN_KEYS_MAX)
		abort();
	check(keys, text);
	if (size <= 4096 && token_keys_n(keys) == 1)
		check_signed(keys, data, size);
	token_keys_free(keys);
	return 0;
}
