/* Headers of a request that come several times, are lists, or say two things at once; see web/request.h. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "util/accept.h"
#include "util/mem.h"
#include "web/request_private.h"

#define BLANKS       " \t"
#define HEADERS_ROOM 65536

/* ---- lists ---- */

struct join {
	const char *name, *between;
	struct strbuf *out;
	size_t n;
};

static enum MHD_Result add_line(
	void *arg, enum MHD_ValueKind kind, const char *name, const char *value)
{
	struct join *join = arg;
	(void)kind;
	if (strcasecmp(name, join->name) != 0)
		return MHD_YES;
	strbuf_add_text(join->out, join->n++ > 0 ? join->between : "");
	strbuf_add_text(join->out, value ? value : "");
	return MHD_YES;
}

static char *header_all(const struct request *request, const char *name, const char *between)
{
	struct strbuf text CLEANUP(strbuf_free) = STRBUF(HEADERS_ROOM);
	struct join join = { name, between, &text, 0 };
	if (!request->completed)
		MHD_get_connection_values(request->connection, MHD_HEADER_KIND, add_line, &join);
	return join.n > 0 ? mem_strdup(text.data) : NULL;
}

unsigned request_wants(const struct request *request, const char *type)
{
	char *accept CLEANUP(mem_cleanup) = header_all(request, "Accept", ",");
	return accept_quality(accept, type);
}

/* Of two that are wanted alike, the one that is named, and named first. */
bool request_wants_html(const struct request *request)
{
	char *accept CLEANUP(mem_cleanup) = header_all(request, "Accept", ",");
	unsigned html = accept_quality(accept, "text/html");
	unsigned json = accept_quality(accept, "application/json");
	const char *named = accept ? strcasestr(accept, "text/html") : NULL;
	const char *other = accept ? strcasestr(accept, "json") : NULL;
	return html > json || (html == json && html > 0 && named && (!other || named < other));
}

/* ---- entity tags ---- */

size_t etag_bare(const char *text, size_t len)
{
	static const char *const codings[] = { "gzip", "br", "zstd", "deflate" };
	for (size_t i = 0; i < ARRAY_LEN(codings); i++) {
		size_t n = strlen(codings[i]);
		if (len <= n || strncmp(text + len - n, codings[i], n) != 0)
			continue;
		size_t left = len - n;
		while (left > 0 && strchr("-;:", text[left - 1]))
			left--;
		return left < len - n ? left : len;
	}
	return len;
}

bool request_knows(const struct request *request, const char *tag)
{
	char *known CLEANUP(mem_cleanup) = header_all(request, "If-None-Match", ",");
	size_t len = strlen(tag);
	if (!known)
		return false;
	if (known[strspn(known, BLANKS)] == '*')
		return true;
	for (const char *at = known; (at = strchr(at, '"'));) {
		const char *end = strchr(++at, '"');
		if (!end)
			return false;
		if (etag_bare(at, (size_t)(end - at)) == len && strncmp(at, tag, len) == 0)
			return true;
		at = end + 1;
	}
	return false;
}

/* ---- cookies ---- */

static void trim(const char **text, size_t *len, const char *what)
{
	while (*len > 0 && strchr(what, **text))
		(*text)++, (*len)--;
	while (*len > 0 && strchr(what, (*text)[*len - 1]))
		(*len)--;
}

static void add_cookie(struct strbuf *out, const char *text, size_t len)
{
	const char *is = memchr(text, '=', len);
	if (!is)
		return;
	const char *value = is + 1;
	size_t name_len = (size_t)(is - text), value_len = len - name_len - 1;
	trim(&text, &name_len, BLANKS);
	trim(&value, &value_len, BLANKS "\"");
	strbuf_add(out, text, name_len);
	strbuf_add_char(out, '=');
	strbuf_add(out, value, value_len);
	strbuf_add_char(out, '\0');
}

/* libmicrohttpd reads the first line alone, and nothing behind what it does not understand. */
void request_take_cookies(struct request *request)
{
	char *all CLEANUP(mem_cleanup) = header_all(request, "Cookie", ";");
	strbuf_init(&request->cookies, HEADERS_ROOM);
	for (const char *at = all; at && *at != '\0';) {
		size_t len = strcspn(at, ";");
		add_cookie(&request->cookies, at, len);
		at += len + (at[len] == ';');
	}
}

const char *request_cookie(const struct request *request, const char *name, size_t n)
{
	const char *at = request->cookies.data, *end = at + request->cookies.len;
	size_t len = strlen(name);
	for (; at < end; at += strlen(at) + 1) {
		if (strncmp(at, name, len) == 0 && at[len] == '=' && n-- == 0)
			return at + len + 1;
	}
	return NULL;
}

/* ---- what two programs could read in two ways ---- */

struct framing {
	unsigned hosts, lengths, codings;
	bool odd_name, odd_coding;
};

static enum MHD_Result look_at(
	void *arg, enum MHD_ValueKind kind, const char *name, const char *value)
{
	static const char token[] = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	struct framing *framing = arg;
	(void)kind;
	if (name[strspn(name, token)] != '\0')
		framing->odd_name = true;
	if (strcasecmp(name, MHD_HTTP_HEADER_HOST) == 0)
		framing->hosts++;
	if (strcasecmp(name, MHD_HTTP_HEADER_CONTENT_LENGTH) == 0)
		framing->lengths++;
	if (strcasecmp(name, MHD_HTTP_HEADER_TRANSFER_ENCODING) != 0)
		return MHD_YES;
	framing->codings++;
	framing->odd_coding = framing->odd_coding || !value || strcasecmp(value, "chunked") != 0;
	return MHD_YES;
}

const char *request_unclear(const struct request *request)
{
	struct framing found = { .hosts = 0 };
	MHD_get_connection_values(request->connection, MHD_HEADER_KIND, look_at, &found);
	if (found.odd_name)
		return "the name of a header has a character that none has";
	if (found.hosts > 1)
		return "there is more than one Host";
	if (found.odd_coding || found.codings > 1)
		return "expected no Transfer-Encoding but chunked";
	if (found.lengths + found.codings > 1)
		return "where the body ends is said twice: expected one Content-Length, or "
		       "Transfer-Encoding";
	return NULL;
}
