/* Keys, and what stands under them; see the header. */
#include "job/events.h"

#include <string.h>

#include "db/rows.h"
#include "util/log.h"
#include "util/mem.h"

void event_make(const struct kind *kind, const char *task_id, usec_t at, usec_t keys_from,
	struct event *ret_event)
{
	enum key_format format = identity_format(at, keys_from);
	*ret_event = (struct event){ .key = "" };
	identity_notification(format, kind->name, task_id, at, ret_event->key);
	if (format != KEY_TIMED)
		identity_notification(KEY_TIMED, kind->name, task_id, at, ret_event->newer);
}

void event_make_part(const struct kind *kind, const char *part, const char *task_id, usec_t at,
	usec_t keys_from, struct event *ret_event)
{
	char *name CLEANUP(mem_cleanup) = mem_printf("%s/%s", kind->name, part);
	const struct kind of_part = { .name = name };
	event_make(&of_part, task_id, at, keys_from, ret_event);
}

const char *event_newer(const struct event *event)
{
	return *event->newer ? event->newer : NULL;
}

/* Columns of what was met. */
enum { MET_KEY, MET_KIND, MET_TASK, MET_AT };

static void log_collision(const struct event *event, const struct kind *kind, const char *task_id,
	usec_t at, const PGresult *written, int row, int column)
{
	struct log_line line;
	log_begin(&line, LOG_ERR, "key_collision");
	log_text(&line, "key", event->key);
	log_text(&line, "kind", kind->name);
	log_stored(&line, "task", task_id);
	log_instant(&line, "at", at);
	log_stored(&line, "there_kind", row_text(written, row, column + MET_KIND));
	log_stored(&line, "there_task", row_text(written, row, column + MET_TASK));
	log_instant(&line, "there_at", row_instant(written, row, column + MET_AT));
	log_text(&line, "reason",
		"recurd.notifications has another event under this key: this one is marked as "
		"handled, and not told");
	log_end(&line);
}

void event_meet(struct event *event, const struct kind *kind, const char *task_id, usec_t at,
	const PGresult *written, int row, int column)
{
	const char *key = row_text(written, row, column + MET_KEY);
	if (!key)
		return;
	event->untold = strcmp(key, event->key) == 0;
	if (event->untold)
		log_collision(event, kind, task_id, at, written, row, column);
	else
		memcpy(event->key, event->newer, sizeof(event->key));
}
