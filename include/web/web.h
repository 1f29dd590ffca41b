/* web: what handlers share. */
#pragma once

#include <ev.h>

#include "conf/web.h"

struct auth;
struct board;
struct fetch;
struct pool;
struct server;
struct tally;

struct web {
	struct ev_loop *loop;
	const struct web_conf *conf; /* another one after a reload */
	struct pool *pool;
	struct auth *auth;
	struct server *server;
	struct tally *tally;
	struct pg_result *figures; /* of the database, as /metrics told them last; NULL: never */
	usec_t figures_at; /* monotonic */
	struct board *board; /* of the pages; NULL: nobody has looked yet */
	struct fetch *fetches; /* of calendars, under way (calendar.c) */
	bool stopping;
};

/* calendar.c: whoever is being answered gets 503. */
void calendar_stop(struct web *web);
