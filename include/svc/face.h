/* face: what the daemon answers over HTTP at metrics_listen: figures and health, no query, no secrets, no titles.
 *
 *   /metrics   svc/metrics.h; made anew at most every FACE_KEEP, however often it is asked for
 *   /livez     200 as long as the loop turns; never depends on the database
 *   /readyz    200 while it can do its work, else 503; ?verbose lists the checks, one a line, as Kubernetes has them
 *
 * Which addresses: loopback and Unix sockets; any other wants metrics_exposed too.
 */
#pragma once

#include <ev.h>

#include "conf/conf.h"
#include "svc/measures.h"

#define FACE_KEEP (100 * USEC_PER_MSEC)

struct face;

/* Fills in all but what is of the process (measures.h). */
typedef void face_measure_fn(void *arg, struct measures *ret_measures);

/* Whether conf's address may be listened at. */
bool face_check(const struct conf *conf, struct err *err) NODISCARD;
struct face *face_create(struct ev_loop *loop, face_measure_fn *measure, void *arg);
void face_destroy(struct face *face);
/* Listens where conf says, or not at all; what stays the same is not interrupted.  conf is a good one. */
void face_apply(struct face *face, const struct conf *conf);
/* A reload has ended. */
void face_reloaded(struct face *face, bool good);
