/* Answers without an end: Server-Sent Events; see web/request.h.
 *
 * libmicrohttpd asks for more by a callback; while there is nothing the connection is suspended.  Suspended, it does not
 * notice that the other side is gone: the comment every 15 s does. */
#include <stdlib.h>
#include <string.h>

#include "util/mem.h"
#include "web/request_private.h"

#define BACKLOG_MAX (256 * 1024) /* of one who does not read */
#define BLOCK       4096
#define STREAM_TYPE "text/event-stream; charset=utf-8"

struct stream {
	struct request *request;
	struct stream *prev, *next;
	struct strbuf backlog;
	size_t sent;
	bool suspended, closing;
	void (*gone)(void *arg);
	void *arg;
};

static ssize_t on_more(void *arg, uint64_t at, char *buffer, size_t max)
{
	struct stream *stream = arg;
	(void)at;
	size_t left = stream->backlog.len - stream->sent;
	if (left > 0) {
		size_t n = left < max ? left : max;
		memcpy(buffer, stream->backlog.data + stream->sent, n);
		stream->sent += n;
		if (stream->sent == stream->backlog.len) {
			strbuf_reset(&stream->backlog);
			stream->sent = 0;
		}
		return (ssize_t)n;
	}
	if (stream->closing)
		return MHD_CONTENT_READER_END_OF_STREAM;
	stream->suspended = true;
	MHD_suspend_connection(stream->request->connection);
	return 0;
}

static void wake(struct stream *stream)
{
	if (!stream->suspended)
		return;
	stream->suspended = false;
	server_resume(stream->request->server, stream->request->connection);
}

void stream_send(struct stream *stream, const char *text, size_t len)
{
	if (stream->closing)
		return;
	strbuf_add(&stream->backlog, text, len);
	/* Who does not read for so long begins anew. */
	if (stream->backlog.overflowed)
		stream->closing = true;
	wake(stream);
}

void stream_close(struct stream *stream)
{
	stream->closing = true;
	wake(stream);
}

struct stream *request_stream(struct request *request, void (*gone)(void *arg), void *arg)
{
	struct server *server = request->server;
	if (request->late) { /* nobody listens any more */
		request_problem(request, 503, "too late", NULL);
		return NULL;
	}
	if (server->streams >= SERVER_STREAMS || server->stopping) {
		request_unavailable(request, 10, "too many watch already");
		return NULL;
	}
	/* libmicrohttpd would end it by a chunk, which whoever asks next took for the begin of his answer. */
	if (strcmp(request->method, "HEAD") == 0) {
		request_header_add(request, "Content-Type", STREAM_TYPE);
		request_answer(request, 200, NULL, NULL);
		return NULL;
	}
	/* A proxy that compresses would hold it back. */
	request_header_add(request, "Cache-Control", "no-store, no-transform");
	struct stream *stream = mem_alloc(sizeof(*stream));
	strbuf_init(&stream->backlog, BACKLOG_MAX);
	struct MHD_Response *response = MHD_create_response_from_callback(
		MHD_SIZE_UNKNOWN, BLOCK, on_more, stream, NULL);
	if (!response)
		mem_abort("no memory for a stream");
	MHD_add_response_header(response, "Content-Type", STREAM_TYPE);
	MHD_add_response_header(response, "X-Accel-Buffering", "no");
	stream->request = request;
	stream->gone = gone;
	stream->arg = arg;
	stream->next = server->first_stream;
	if (stream->next)
		stream->next->prev = stream;
	server->first_stream = stream;
	server->streams++;
	request->stream = stream;
	request_settle_stream(request, response);
	return stream;
}

void stream_gone(struct stream *stream)
{
	struct server *server = stream->request->server;
	if (stream->prev)
		stream->prev->next = stream->next;
	else
		server->first_stream = stream->next;
	if (stream->next)
		stream->next->prev = stream->prev;
	server->streams--;
	stream->request->stream = NULL;
	stream->gone(stream->arg);
	strbuf_free(&stream->backlog);
	free(stream);
}

void stream_end_all(struct server *server)
{
	for (struct stream *stream = server->first_stream; stream; stream = stream->next)
		stream_close(stream);
}

void stream_beat_all(struct server *server)
{
	for (struct stream *stream = server->first_stream; stream; stream = stream->next)
		stream_send(stream, ":\n\n", 3);
}
