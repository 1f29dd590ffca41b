/* pool: a few connections to the database, and a queue before them.
 *
 * A question waits until a connection is free, and is answered exactly once: by the result, or by a failure
 * (REPLY_FAILED, REPLY_LOST) where the server refuses it, the queue is full, the database is away or the answer did not
 * come within POOL_DEADLINE.  A callback may come before pool_ask returns.  Nothing is asked while nobody asks.
 */
#pragma once

#include "conf/web.h"
#include "db/conn.h"

#define POOL_QUEUE_MAX 256
#define POOL_DEADLINE  (2 * USEC_PER_SEC)

struct pool;

/* conf must live as long as the pool. */
bool pool_create(struct ev_loop *loop, const struct web_conf *conf, struct pool **ret_pool,
	struct err *err) NODISCARD;
void pool_open(struct pool *pool);
/* Whatever waits fails.  Accepts NULL. */
void pool_destroy(struct pool *pool);

/* One statement that reads, in a transaction that cannot write.  params: copied; NULL: none.  In the reply there is its
 * result alone. */
void pool_ask(struct pool *pool, enum query_id query, const struct params *params, reply_fn *fn,
	void *arg);
/* The same with more patience: statement_timeout, and seconds to wait. */
void pool_ask_within(struct pool *pool, enum query_id query, const struct params *params,
	usec_t deadline, reply_fn *fn, void *arg);
/* One statement that writes, as one transaction.  actor: who did it, for the audit; NULL: nobody says. */
void pool_call(struct pool *pool, enum query_id query, const struct params *params,
	const char *actor, reply_fn *fn, void *arg);

/* There is a session that is fit; else why not. */
bool pool_is_up(const struct pool *pool);
const char *pool_why(const struct pool *pool);
