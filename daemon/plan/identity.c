/* Derived ids and keys; see the header. */
#include "plan/identity.h"

#include <inttypes.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <string.h>

#include "util/charset.h"

/* As UTF-8, whatever the database is in; where that has no word for it, as it is. */
static void add_id(const char *id, struct strbuf *text)
{
	size_t begin = text->len;
	if (charset_to_utf8(charset_bound(), id, strlen(id), text))
		return;
	text->len = begin;
	strbuf_add(text, id, strlen(id));
}

static void digest_of(const char *what, const char *id, usec_t at,
	unsigned char digest[static SHA256_DIGEST_LENGTH])
{
	struct strbuf text CLEANUP(strbuf_free);
	strbuf_init(&text, SIZE_MAX);
	strbuf_add(&text, what, strlen(what) + 1);
	add_id(id, &text);
	strbuf_add_char(&text, '\0');
	strbuf_addf(&text, "%" PRId64, at);
	SHA256((const unsigned char *)text.data, text.len, digest);
}

static char *hex(char *out, const unsigned char *bytes, int n)
{
	static const char digits[] = "0123456789abcdef";
	for (int i = 0; i < n; i++) {
		*out++ = digits[bytes[i] >> 4];
		*out++ = digits[bytes[i] & 15];
	}
	*out = '\0';
	return out;
}

/* 48 bits of the milliseconds, first byte first. */
static void put_milliseconds(unsigned char bytes[static 6], usec_t at)
{
	int64_t ms = at / USEC_PER_MSEC - (at % USEC_PER_MSEC < 0);
	for (int i = 0; i < 6; i++)
		bytes[i] = (unsigned char)(ms >> (40 - 8 * i));
}

static void make_uuid(
	const char *what, const char *id, usec_t occurrence, char ret_id[static INSTANCE_ID_SIZE])
{
	unsigned char digest[SHA256_DIGEST_LENGTH], uuid[16];
	digest_of(what, id, occurrence, digest);
	put_milliseconds(uuid, occurrence);
	memcpy(uuid + 6, digest, 10);
	uuid[6] = (unsigned char)((uuid[6] & 0x0f) | 0x80);
	uuid[8] = (unsigned char)((uuid[8] & 0x3f) | 0x80);
	static const int groups[] = { 4, 2, 2, 2, 6 };
	const unsigned char *from = uuid;
	for (size_t i = 0; i < ARRAY_LEN(groups); i++) {
		if (i > 0)
			*ret_id++ = '-';
		ret_id = hex(ret_id, from, groups[i]);
		from += groups[i];
	}
}

void identity_instance(
	const char *template_id, usec_t occurrence, char ret_id[static INSTANCE_ID_SIZE])
{
	make_uuid("task", template_id, occurrence, ret_id);
}

void identity_successor(const char *task_id, usec_t due_at, char ret_id[static INSTANCE_ID_SIZE])
{
	make_uuid("repeat", task_id, due_at, ret_id);
}

enum key_format identity_format(usec_t at, usec_t keys_from)
{
	return at < keys_from ? KEY_HASHED : KEY_TIMED;
}

void identity_notification(enum key_format format, const char *kind, const char *task_id, usec_t at,
	char ret_key[static NOTIFICATION_KEY_SIZE])
{
	unsigned char digest[SHA256_DIGEST_LENGTH], key[16];
	digest_of(kind, task_id, at, digest);
	size_t time = format == KEY_TIMED ? 6 : 0;
	if (time)
		put_milliseconds(key, at);
	memcpy(key + time, digest, sizeof(key) - time);
	hex(ret_key, key, sizeof(key));
}

uint64_t identity_number(const char *word, const char *id)
{
	unsigned char digest[SHA256_DIGEST_LENGTH];
	uint64_t number = 0;
	digest_of(word, id, 0, digest);
	for (int i = 0; i < 8; i++)
		number = number << 8 | digest[i];
	return number;
}
