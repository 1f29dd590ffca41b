/* identity: ids and keys that are derived, never drawn.
 *
 * The same occurrence has the same id on every worker, after every crash, and after a fail-over that
 * lost the last seconds; so does a notification its key.  recurd.instance_id and
 * recurd.notification_key compute the same in SQL.
 *
 * An instance's id is a UUIDv8 (RFC 9562) as text: 48 bits of the occurrence's Unix milliseconds, then
 * SHA-256 over "task", 0x00, template id, 0x00, the occurrence's Unix microseconds in decimal, with
 * version and variant bits set: time-ordered, which keeps index pages hot.
 * A key is the first 16 bytes, in hex, of SHA-256 over kind, 0x00, task id, 0x00, Unix microseconds.
 * Ids are UTF-8 there, whatever the database is in; one that is bytes and no text, in a database without an
 * encoding, is taken as it is (recurd.notification_key refuses it).
 */
#pragma once

#include "util/macros.h"

#define INSTANCE_ID_SIZE      37 /* with the final NUL */
#define NOTIFICATION_KEY_SIZE 33

void identity_instance(
	const char *template_id, usec_t occurrence, char ret_id[static INSTANCE_ID_SIZE]);
/* The same over "repeat", 0x00, the id of the task that was completed, 0x00, its successor's due date. */
void identity_successor(const char *task_id, usec_t due_at, char ret_id[static INSTANCE_ID_SIZE]);
void identity_notification(const char *kind, const char *task_id, usec_t at,
	char ret_key[static NOTIFICATION_KEY_SIZE]);
