/* Short answers from memory alone, over a listener (http/listener.h); see the header. */
#include "svc/httpd.h"

#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>

#include "http/listener.h"
#include "util/mem.h"

#define CONNECTIONS 64
#define IDLE_S      10
#define REQUEST_MAX 16384

struct httpd {
	struct listener *listener;
	httpd_fn *fn;
	void *arg;
};

static enum MHD_Result answer(struct MHD_Connection *connection, const struct httpd_answer *given)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(
		given->len, (void *)(uintptr_t)given->text, MHD_RESPMEM_MUST_COPY);
	if (!response)
		return MHD_NO;
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, given->type);
	MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
	if (given->status == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	enum MHD_Result queued = MHD_queue_response(connection, given->status, response);
	MHD_destroy_response(response);
	return queued;
}

static enum MHD_Result refuse_method(struct MHD_Connection *connection)
{
	static const char text[] = "GET and HEAD only\n";
	struct httpd_answer given = { MHD_HTTP_METHOD_NOT_ALLOWED, "text/plain; charset=utf-8",
		text, strlen(text) };
	return answer(connection, &given);
}

static bool has_verbose(struct MHD_Connection *connection)
{
	const char *value = NULL;
	size_t size = 0;
	return MHD_lookup_connection_value_n(connection, MHD_GET_ARGUMENT_KIND, "verbose",
		       strlen("verbose"), &value, &size) == MHD_YES;
}

static enum MHD_Result on_request(void *arg, struct MHD_Connection *connection, const char *url,
	const char *method, const char *version, const char *body, size_t *body_size, void **state)
{
	struct httpd *httpd = arg;
	(void)version;
	(void)body;
	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
		return refuse_method(connection);
	if (!*state) { /* the headers alone: it calls again */
		*state = httpd;
		return MHD_YES;
	}
	*body_size = 0;
	const char *accept = MHD_lookup_connection_value(
		connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT);
	struct httpd_request request = { .path = listener_path(url),
		.accept = accept ? accept : "",
		.verbose = has_verbose(connection) };
	struct httpd_answer given = { MHD_HTTP_OK, "text/plain; charset=utf-8", "", 0 };
	httpd->fn(httpd->arg, &request, &given);
	return answer(connection, &given);
}

struct httpd *httpd_create(struct ev_loop *loop, const struct address *address, const char *shown,
	httpd_fn *fn, void *arg)
{
	struct httpd *httpd = mem_alloc(sizeof(*httpd));
	httpd->fn = fn;
	httpd->arg = arg;
	struct listener_options options = {
		.connections = CONNECTIONS,
		.idle_s = IDLE_S,
		.request_max = REQUEST_MAX,
		.on_request = on_request,
		.arg = httpd,
	};
	httpd->listener = listener_create(loop, address, shown, &options);
	return httpd;
}

void httpd_destroy(struct httpd *httpd)
{
	if (!httpd)
		return;
	listener_destroy(httpd->listener);
	free(httpd);
}
