/* board: what the pages know of the database, read at most once a second however many look, and never while nobody does.
 *
 * Figures and lists are read anew when they are older than a second and somebody asks, the minutes after ten, the week's
 * sample after ten minutes and in slices, so that no other request waits for it.  What was made of it is kept until the
 * next reading.  Where the database is away, the last that was known stays, and says so.
 */
#pragma once

#include <libpq-fe.h>

#include "conf/settings.h"
#include "web/now.h"
#include "web/web.h"

struct board;
struct request;

enum audience {
	AUDIENCE_NOBODY, /* of this machine: no titles, no lists of what went wrong */
	AUDIENCE_OPERATOR, /* titles where show_titles is set */
	AUDIENCES
};

struct outlook_now { /* what other pages want of it */
	struct face face;
	const struct settings *settings; /* with calendars; good until the next reading */
	const PGresult *settings_rows; /* of settings_read.sql; NULL: never read */
	const char *away; /* NULL: the database is there */
};

typedef void board_fn(void *arg, struct board *board);

/* Of web->board, which is made where there is none. */
struct board *board_of(struct web *web);
void board_destroy(struct board *board); /* accepts NULL; requests and streams are over */
/* fn comes exactly once, maybe before this returns, when what is known is no older than a second, or cannot be. */
void board_want(struct board *board, board_fn *fn, void *arg);

/* Within fn, or at any time: the last that is known. */
const struct now *board_now(struct board *board, enum audience audience);
struct outlook_now board_outlook(const struct board *board);
/* A page's frame: counts, database, when. */
struct page board_frame(struct board *board, const char *title, const char *current);
/* The first page, whole. */
const struct strbuf *board_front(struct board *board, enum audience audience);
/* Answers with a stream of what changes on the first page. */
void board_watch(struct board *board, struct request *request, enum audience audience);
