/* watch: who has the first page open, and what each of them is sent: of what changed, that alone.
 *
 * While there is one of them the board is asked once a second; nobody is there: never.  For board.c.
 */
#pragma once

#include "web/board.h"

struct watch;

struct watch *watch_create(struct ev_loop *loop);
void watch_destroy(struct watch *watch); /* the streams are gone */
void watch_add(
	struct watch *watch, struct board *board, struct request *request, enum audience audience);
/* The board was read anew. */
void watch_tell(struct watch *watch, struct board *board);
