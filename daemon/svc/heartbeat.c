/* recurd.workers; see the header. */
#include "svc/heartbeat.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#include "db/fitness.h"
#include "util/mem.h"

#define PRUNE_LIMIT 10000

void heartbeat_init(struct heartbeat *heartbeat)
{
	*heartbeat = (struct heartbeat){ 0 };
	unsigned char bytes[16];
	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		mem_abort("getrandom gives no bytes");
	for (size_t i = 0; i < sizeof(bytes); i++)
		snprintf(heartbeat->id + 2 * i, 3, "%02x", bytes[i]);
	char host[256] = "unknown";
	gethostname(host, sizeof(host) - 1);
	heartbeat->name = mem_strdup(host);
}

void heartbeat_finish(struct heartbeat *heartbeat)
{
	free(heartbeat->name);
	heartbeat->name = NULL;
}

/* A worker that sleeps long is not presumed dead for it. */
static usec_t interval(const struct conf *conf)
{
	return conf->poll_interval > conf->heartbeat_interval ? conf->poll_interval
							      : conf->heartbeat_interval;
}

void heartbeat_send(struct heartbeat *heartbeat, struct conn *conn, const struct conf *conf,
	usec_t monotonic, reply_fn *fn, void *arg)
{
	struct params params CLEANUP(params_free);
	params_init(&params);
	params_text(&params, heartbeat->id);
	params_text(&params, conf->worker_name ? conf->worker_name : heartbeat->name);
	params_int4(&params, (int32_t)getpid());
	params_text(&params, RECURD_VERSION);
	params_int8(&params, interval(conf));
	params_int8(&params, heartbeat->generated);
	params_int8(&params, heartbeat->reminded);
	params_int8(&params, heartbeat->quarantined);
	params_int4(&params, SCHEMA_LEVEL);
	conn_add(conn, QUERY_WORKER_BEAT, &params);
	heartbeat->due_at = monotonic + interval(conf);
	conn_fly(conn, fn, arg);
}

void heartbeat_prune(struct conn *conn, const struct conf *conf, reply_fn *fn, void *arg)
{
	struct params params CLEANUP(params_free);
	params_init(&params);
	params_int8(&params, conf->notification_retention);
	params_int8(&params, PRUNE_LIMIT);
	conn_add(conn, QUERY_NOTIFICATIONS_PRUNE, &params);
	conn_add(conn, QUERY_DECISIONS_PRUNE, &params);
	conn_fly(conn, fn, arg);
}

void heartbeat_leave(struct heartbeat *heartbeat, struct conn *conn, reply_fn *fn, void *arg)
{
	struct params params CLEANUP(params_free);
	params_init(&params);
	params_text(&params, heartbeat->id);
	conn_add(conn, QUERY_WORKER_LEAVE, &params);
	conn_fly(conn, fn, arg);
}
