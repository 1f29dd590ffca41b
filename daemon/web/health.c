/* Whether recurd-http lives, and can do its work; and its figures, with those of the database. */
#include <stdlib.h>

#include "db/figures.h"
#include "db/fitness.h"
#include "util/clock.h"
#include "util/mem.h"
#include "util/version.h"
#include "web/pool.h"
#include "web/routes.h"
#include "web/server.h"
#include "web/tally.h"

#define TEXT_MAX (1024 * 1024)
#define FRESH    USEC_PER_SEC

static void answer_text(struct request *request, unsigned status, struct strbuf *text)
{
	request_answer(request, status, "text/plain; charset=utf-8", text);
}

/* As long as the loop turns; never depends on the database. */
static void serve_live(struct web *web, struct request *request)
{
	struct strbuf text CLEANUP(strbuf_free) = STRBUF(4096);
	(void)web;
	strbuf_add_text(&text, "ok\n");
	answer_text(request, 200, &text);
}

/* ---- ready ---- */

static const char *check_database(const struct web *web)
{
	return pool_is_up(web->pool) ? NULL
				     : "no connection to a database that is fit: see the log";
}

static const char *check_stopping(const struct web *web)
{
	return web->stopping ? "recurd-http is stopping" : NULL;
}

static const struct {
	const char *name;
	const char *(*failure)(const struct web *web);
} checks[] = {
	{ "database", check_database },
	{ "running", check_stopping },
};

static void serve_ready(struct web *web, struct request *request)
{
	struct strbuf text CLEANUP(strbuf_free) = STRBUF(4096);
	bool ready = true, verbose = request_query(request, "verbose") != NULL;
	for (size_t i = 0; i < ARRAY_LEN(checks); i++) {
		const char *failure = checks[i].failure(web);
		ready = ready && !failure;
		if (failure || verbose)
			strbuf_addf(&text, "[%c]%s %s\n", failure ? '-' : '+', checks[i].name,
				failure ? failure : "ok");
	}
	strbuf_add_text(&text, ready ? "ok\n" : "not ready\n");
	answer_text(request, ready ? 200 : 503, &text);
}

/* ---- figures ---- */

static void add_gauge(
	const struct exposition *page, const char *name, const char *help, int64_t value)
{
	exposition_head(page, name, "gauge", help);
	exposition_int(page, name, "", value);
}

static void add_own(const struct exposition *page, const struct web *web)
{
	struct strbuf labels CLEANUP(strbuf_free) = STRBUF(256);
	strbuf_addf(&labels, "version=\"%s\",schema=\"%d\"", recurd_version, SCHEMA_LEVEL);
	exposition_head(page, "recurd_http_build_info", "gauge", "What this is, always 1");
	exposition_int(page, "recurd_http_build_info", labels.data, 1);
	tally_add(web->tally, page);
	add_gauge(page, "recurd_http_streams", "Pages that are kept live",
		(int64_t)server_streams(web->server));
	add_gauge(page, "recurd_http_database_up", "1: there is a database that can be asked",
		pool_is_up(web->pool));
	exposition_process(page);
}

static bool is_fresh(const struct web *web)
{
	return web->figures && clock_monotonic() - web->figures_at < FRESH;
}

struct scrape {
	struct web *web;
	struct request *request;
};

/* Without the database there are those of the process alone: what is not known has no figure. */
static void tell(struct web *web, struct request *request)
{
	struct strbuf text CLEANUP(strbuf_free) = STRBUF(TEXT_MAX);
	enum exposition_format format = exposition_format(request_header(request, "Accept"));
	const struct exposition page = { format, &text };
	add_own(&page, web);
	if (is_fresh(web))
		(void)figures_add(&page, web->figures);
	exposition_end(&page);
	request_answer(request, 200, exposition_type(format), &text);
}

static void on_figures(void *arg, const struct reply *reply)
{
	struct scrape *scrape = arg;
	if (reply->status == REPLY_OK) {
		PQclear(scrape->web->figures);
		scrape->web->figures = reply_take(reply, 0);
		scrape->web->figures_at = clock_monotonic();
	}
	tell(scrape->web, scrape->request);
	free(scrape);
}

static void serve_metrics(struct web *web, struct request *request)
{
	if (is_fresh(web) || !pool_is_up(web->pool)) {
		tell(web, request);
		return;
	}
	struct scrape *scrape = mem_alloc(sizeof(*scrape));
	*scrape = (struct scrape){ web, request };
	pool_ask(web->pool, QUERY_FIGURES, NULL, on_figures, scrape);
}

const struct route health_routes[] = {
	{ "GET", "/livez", serve_live, WANTS_NOBODY, 0, NULL },
	{ "GET", "/readyz", serve_ready, WANTS_NOBODY, 0, NULL },
	{ "GET", "/metrics", serve_metrics, WANTS_VISITOR, 0, NULL },
	{ 0 },
};
