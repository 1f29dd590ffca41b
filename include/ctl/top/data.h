/* data: what recurctl top shows, as it was read last.
 *
 * It is asked by the statements of the pages: each bounded and in the order of an index, in one transaction that reads,
 * with 2 s for a statement.  Where the database is away, the last that was known stays.
 */
#pragma once

#include "db/session.h"
#include "look/rows_read.h"

enum top_screen {
	TOP_UPCOMING,
	TOP_LATE,
	TOP_QUARANTINE,
	TOP_DECISIONS,
	TOP_WORKERS,
	TOP_WAITS,
	TOP_SCREENS
};
extern const char *const top_screen_names[TOP_SCREENS];

#define TOP_ROWS 200

struct top_data {
	struct texts texts;
	struct standing standing;
	struct minute minutes[2 * NOW_MINUTES];
	usec_t minutes_read; /* monotonic; 0: never */
	const char *database;
	/* Of one screen, or of one template. */
	enum top_screen screen;
	PGresult *rows, *template;
	char away[ERR_TEXT_MAX];
};

/* template: its id, for why; NULL: the screen.  false: the database did not answer, err says why. */
bool top_read(struct session *session, enum top_screen screen, const char *template,
	struct top_data *data, struct err *err) NODISCARD;
void top_free(struct top_data *data);
