/* Attempts behind savepoints; see the header. */
#include "job/writing.h"

#include <stdio.h>
#include <string.h>

#include "job/hunt.h"
#include "util/clock.h"

static void next(struct writing *w);

static void finish(struct writing *w)
{
	w->batch->stepper = NULL;
	w->ops->done(w->job);
}

static void fail(struct writing *w, const char *why)
{
	struct batch_failure *failure = &w->batch->failure;
	*failure = (struct batch_failure){ .sqlstate = WRITING_DROPPED };
	snprintf(failure->message, sizeof(failure->message), "%s", why);
}

static void go_on(struct writing *w)
{
	if (w->sift.at > 0 && clock_monotonic() > w->until) {
		w->left = w->sift.n - w->sift.at;
		sift_stop(&w->sift);
	}
	next(w);
}

static void take_refusal(struct writing *w)
{
	w->refused = true;
	if (sift_failed(&w->sift)) {
		enum sqlstate_class class = sqlstate_classify(w->batch->failure.sqlstate);
		bool row = class == SQLSTATE_ROW || class == SQLSTATE_CONFLICT;
		w->as_server = w->as_server && !row;
		w->ops->refused(w->job, w->from);
	}
	go_on(w);
}

static void on_refused(void *arg)
{
	take_refusal(arg);
}

static void accept(struct writing *w)
{
	w->refused = false;
	w->ops->wrote(w->job, w->from, w->n);
	sift_wrote(&w->sift);
	go_on(w);
}

static void reject(struct writing *w, const char *why)
{
	fail(w, why);
	if (w->careful) {
		take_refusal(w);
		return;
	}
	w->batch->stepper = NULL;
	batch_refuse(w->batch, WRITING_DROPPED, why);
}

static void judge(struct writing *w, const struct reply *reply, int result)
{
	const char *why = w->ops->took(w->job, reply, result, w->from, w->n);
	if (why)
		reject(w, why);
	else
		accept(w);
}

static void on_attempted(void *arg, const struct reply *reply)
{
	judge(arg, reply, reply->n - 1);
}

static void on_written(void *arg, const struct reply *reply)
{
	judge(arg, reply, 0);
}

static void on_back(void *arg, const struct reply *reply)
{
	(void)reply;
	finish(arg);
}

/* What was refused is taken back to its savepoint, which then serves for the next attempt. */
static void attempt(struct writing *w)
{
	struct conn *conn = w->batch->conn;
	if (w->refused) {
		conn_add(conn, QUERY_TX_BACK, NULL);
	} else {
		conn_add(conn, w->attempted ? QUERY_TX_RELEASE : QUERY_TX_IMMEDIATE, NULL);
		conn_add(conn, QUERY_TX_SAVEPOINT, NULL);
	}
	w->attempted = true;
	w->ops->add(w->job, w->from, w->n, true);
	batch_attempt(w->batch, on_attempted, on_refused);
}

static void next(struct writing *w)
{
	if (sift_next(&w->sift, &w->from, &w->n)) {
		if (w->careful) {
			attempt(w);
			return;
		}
		w->ops->add(w->job, w->from, w->n, false);
		batch_write(w->batch, on_written);
	} else if (w->refused) {
		conn_add(w->batch->conn, QUERY_TX_BACK, NULL);
		batch_fly(w->batch, on_back);
	} else {
		finish(w);
	}
}

void writing_start(struct writing *w, struct batch *batch, const struct writing_ops *ops, void *job,
	size_t n, size_t first, bool careful)
{
	*w = (struct writing){
		.batch = batch, .ops = ops, .job = job, .careful = careful, .as_server = true
	};
	usec_t now = clock_monotonic(), claim = now - batch->began_at;
	w->until = now + (claim > HUNT_TIME ? claim : HUNT_TIME);
	sift_init(&w->sift, n, careful ? first : 0);
	batch->stepper = w;
	next(w);
}
