/* identity: ids and keys that are derived, never drawn.
 *
 * The same occurrence has the same id on every worker, after every crash, and after a fail-over that
 * lost the last seconds; so does a notification its key.  recurd.instance_id and
 * recurd.notification_key compute the same in SQL.
 *
 * An instance's id is a UUIDv8 (RFC 9562) as text: 48 bits of the occurrence's Unix milliseconds, then
 * SHA-256 over "task", 0x00, template id, 0x00, the occurrence's Unix microseconds in decimal, with
 * version and variant bits set: time-ordered, which keeps index pages hot.
 * A key is 32 hex digits, out of SHA-256 over kind, 0x00, task id, 0x00, Unix microseconds, in one of two formats:
 * its first 16 bytes, for events whose instant lies before recurd.keys_from(); for all others 48 bits of the
 * Unix milliseconds, then 10 bytes of it.  So an event has one key, however often it comes, and whoever tells
 * it; why nobody told one under the other is shown in the step "keys" of the migrations.  Where that was undone
 * and done again, an event from before keys_from may have been told under a key of the newer format: who writes
 * one looks for both.
 *
 * Two events of one millisecond collide with a probability of 2^-80: with a million of them in every
 * millisecond of a year, once in 77 years.  The later one would not be told: its task is marked, its key is there.
 * The daemon sees that the row under the key is of another event, and says so (event=key_collision).
 *
 * Milliseconds are rounded down, and taken modulo 2^48: before 1970 and after the year 10889 keys have the same
 * length, and no order.  An infinite instant counts as the first or last microsecond of 64 bits.
 * Ids are UTF-8 there, whatever the database is in; one that is bytes and no text, in a database without an
 * encoding, is taken as it is (recurd.notification_key refuses it).
 */
#pragma once

#include <stdint.h>

#include "util/macros.h"

#define INSTANCE_ID_SIZE      37 /* with the final NUL */
#define NOTIFICATION_KEY_SIZE 33

void identity_instance(
	const char *template_id, usec_t occurrence, char ret_id[static INSTANCE_ID_SIZE]);
/* The same over "repeat", 0x00, the id of the task that was completed, 0x00, its successor's due date. */
void identity_successor(const char *task_id, usec_t due_at, char ret_id[static INSTANCE_ID_SIZE]);

/* 64 bits out of the same over a word, 0x00, the id, 0x00, 0: for what only has to be spread evenly. */
uint64_t identity_number(const char *word, const char *id);

enum key_format {
	KEY_HASHED, /* of events before keys_from */
	KEY_TIMED,
};

enum key_format identity_format(usec_t at, usec_t keys_from);
void identity_notification(enum key_format format, const char *kind, const char *task_id, usec_t at,
	char ret_key[static NOTIFICATION_KEY_SIZE]);
