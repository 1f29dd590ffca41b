/* getaddrinfo(3) in a thread; see the header.
 *
 * A request has two owners, the loop and the thread; whoever lets go last frees it.  The thread
 * touches nothing of the loop but ev_async_send, and that only under the lock and while the loop's
 * side is still interested.
 */
#include "db/resolve.h"

#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "util/mem.h"

#define THREAD_STACK_BYTES (256 * 1024)

struct resolve {
	struct ev_loop *loop;
	struct ev_async done;
	resolve_fn *fn;
	void *arg;
	char *host;
	bool cancelled;
	bool finished;
	size_t n;
	char addresses[RESOLVE_ADDRESSES_MAX][NI_MAXHOST];
	const char *error;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int threads; /* running, under the lock */

static void request_free(struct resolve *resolve)
{
	free(resolve->host);
	free(resolve);
}

static void take_addresses(struct resolve *resolve, const struct addrinfo *list)
{
	for (; list && resolve->n < RESOLVE_ADDRESSES_MAX; list = list->ai_next) {
		char *text = resolve->addresses[resolve->n];
		int rc = getnameinfo(
			list->ai_addr, list->ai_addrlen, text, NI_MAXHOST, NULL, 0, NI_NUMERICHOST);
		if (rc == 0)
			resolve->n++;
	}
	if (resolve->n == 0)
		resolve->error = "no usable address";
}

static void *run(void *arg)
{
	struct resolve *resolve = arg;
	const struct addrinfo hints = {
		.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG
	};
	struct addrinfo *list = NULL;
	int rc = getaddrinfo(resolve->host, NULL, &hints, &list);
	if (rc != 0)
		resolve->error = gai_strerror(rc);
	else
		take_addresses(resolve, list);
	if (list)
		freeaddrinfo(list);

	pthread_mutex_lock(&lock);
	threads--;
	resolve->finished = true;
	bool orphan = resolve->cancelled;
	if (!orphan)
		ev_async_send(resolve->loop, &resolve->done);
	pthread_mutex_unlock(&lock);
	if (orphan)
		request_free(resolve);
	return NULL;
}

static void on_done(struct ev_loop *loop, struct ev_async *watcher, int events)
{
	(void)events;
	struct resolve *resolve = watcher->data;
	/* The thread may still hold the lock it sent us this under. */
	pthread_mutex_lock(&lock);
	pthread_mutex_unlock(&lock);
	ev_async_stop(loop, watcher);
	const char *addresses[RESOLVE_ADDRESSES_MAX];
	for (size_t i = 0; i < resolve->n; i++)
		addresses[i] = resolve->addresses[i];
	resolve->fn(resolve->arg, addresses, resolve->n, resolve->error);
	request_free(resolve);
}

/* Signals belong to the loop's thread. */
static int start_thread(struct resolve *resolve)
{
	sigset_t all, old;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	pthread_attr_t attr;
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attr, THREAD_STACK_BYTES);
	pthread_t thread;
	int rc = pthread_create(&thread, &attr, run, resolve);
	pthread_attr_destroy(&attr);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return rc;
}

bool resolve_start(struct ev_loop *loop, const char *host, resolve_fn *fn, void *arg,
	struct resolve **ret_resolve, struct err *err)
{
	pthread_mutex_lock(&lock);
	bool full = threads == RESOLVE_THREADS_MAX;
	if (!full)
		threads++;
	pthread_mutex_unlock(&lock);
	if (full)
		return err_set(err, "%d look-ups are still waiting for the name server",
			RESOLVE_THREADS_MAX);

	struct resolve *resolve = mem_alloc(sizeof(*resolve));
	resolve->loop = loop;
	resolve->fn = fn;
	resolve->arg = arg;
	resolve->host = mem_strdup(host);
	ev_async_init(&resolve->done, on_done);
	resolve->done.data = resolve;
	ev_async_start(loop, &resolve->done);
	int rc = start_thread(resolve);
	if (rc != 0) {
		ev_async_stop(loop, &resolve->done);
		request_free(resolve);
		pthread_mutex_lock(&lock);
		threads--;
		pthread_mutex_unlock(&lock);
		return err_set(err, "cannot start a thread to resolve %s: %s", host, strerror(rc));
	}
	*ret_resolve = resolve;
	return true;
}

void resolve_cancel(struct resolve *resolve)
{
	if (!resolve)
		return;
	ev_async_stop(resolve->loop, &resolve->done);
	pthread_mutex_lock(&lock);
	bool finished = resolve->finished;
	resolve->cancelled = true;
	pthread_mutex_unlock(&lock);
	if (finished)
		request_free(resolve);
}
