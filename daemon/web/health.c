/* Whether recurd-http lives, and can do its work. */
#include "web/pool.h"
#include "web/routes.h"

static void answer_text(struct request *request, unsigned status, const char *line)
{
	struct strbuf text CLEANUP(strbuf_free) = STRBUF(4096);
	strbuf_addf(&text, "%s\n", line);
	request_answer(request, status, "text/plain; charset=utf-8", &text);
}

/* As long as the loop turns; never depends on the database. */
static void serve_live(struct web *web, struct request *request)
{
	(void)web;
	answer_text(request, 200, "ok");
}

static void serve_ready(struct web *web, struct request *request)
{
	if (web->stopping)
		answer_text(request, 503, "recurd-http is stopping");
	else if (!pool_is_up(web->pool))
		answer_text(request, 503, "no connection to a database that is fit: see the log");
	else
		answer_text(request, 200, "ok");
}

const struct route health_routes[] = {
	{ "GET", "/livez", serve_live, WANTS_NOBODY, 0, NULL },
	{ "GET", "/readyz", serve_ready, WANTS_NOBODY, 0, NULL },
	{ 0 },
};
