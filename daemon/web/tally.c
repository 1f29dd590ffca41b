/* What was answered; see the header. */
#include "web/tally.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/mem.h"
#include "web/routes.h"

#define MS      USEC_PER_MSEC
#define S       USEC_PER_SEC
#define CLASSES 5 /* 1xx to 5xx */

enum area { AREA_API, AREA_CALENDAR, AREA_ASSET, AREA_HEALTH, AREA_PAGE, AREAS };

struct row {
	const struct route *route; /* NULL: none */
	int64_t classes[CLASSES];
};

struct tally {
	struct row *rows;
	size_t rows_n, alloc;
	struct histogram took[AREAS];
	int64_t refusals[REFUSALS];
};

static const struct histogram_bounds bounds = { 12,
	{ MS, 5 * MS / 2, 5 * MS, 10 * MS, 25 * MS, 50 * MS, 100 * MS, 250 * MS, 500 * MS, S,
		5 * S / 2, 5 * S } };

struct tally *tally_create(void)
{
	return mem_alloc(sizeof(struct tally));
}

void tally_destroy(struct tally *tally)
{
	if (!tally)
		return;
	free(tally->rows);
	free(tally);
}

/* ---- counting ---- */

static struct row *row_of(struct tally *tally, const struct route *route)
{
	for (size_t i = 0; i < tally->rows_n; i++)
		if (tally->rows[i].route == route)
			return &tally->rows[i];
	if (tally->rows_n == tally->alloc) {
		tally->alloc = 2 * tally->alloc + 16;
		tally->rows = mem_realloc_array(tally->rows, tally->alloc, sizeof(*tally->rows));
	}
	tally->rows[tally->rows_n] = (struct row){ .route = route };
	return &tally->rows[tally->rows_n++];
}

static void count(struct tally *tally, const struct route *route, unsigned status)
{
	if (status >= 100 && status < 100 * (CLASSES + 1))
		row_of(tally, route)->classes[status / 100 - 1]++;
}

static enum area area_of(const struct route *route)
{
	static const struct {
		const char *begin;
		enum area area;
	} begins[] = { { "/api/", AREA_API }, { "/calendar/", AREA_CALENDAR },
		{ "/assets/", AREA_ASSET }, { "/livez", AREA_HEALTH }, { "/readyz", AREA_HEALTH },
		{ "/metrics", AREA_HEALTH } };
	for (size_t i = 0; route && i < ARRAY_LEN(begins); i++)
		if (strncmp(route->path, begins[i].begin, strlen(begins[i].begin)) == 0)
			return begins[i].area;
	return AREA_PAGE;
}

void tally_answer(struct tally *tally, const struct route *route, unsigned status, usec_t took)
{
	count(tally, route, status);
	histogram_add(&tally->took[area_of(route)], &bounds, took);
}

void tally_stream(struct tally *tally, const struct route *route)
{
	count(tally, route, 200);
}

void tally_refusal(struct tally *tally, enum tally_refusal refusal)
{
	tally->refusals[refusal]++;
}

/* ---- telling ---- */

static void add_requests(const struct tally *tally, const struct exposition *page)
{
	static const char name[] = "recurd_http_requests_total";
	char labels[256];
	exposition_head(page, name, "counter", "Requests that were answered, by route and status");
	for (size_t i = 0; i < tally->rows_n; i++) {
		const struct row *row = &tally->rows[i];
		for (size_t class = 0; class < CLASSES; class ++) {
			if (row->classes[class] == 0)
				continue;
			snprintf(labels, sizeof(labels),
				"route=\"%s\",method=\"%s\",code=\"%zuxx\"",
				row->route ? row->route->path : "none",
				row->route ? row->route->method : "any", class + 1);
			exposition_int(page, name, labels, row->classes[class]);
		}
	}
}

static void add_durations(const struct tally *tally, const struct exposition *page)
{
	static const char name[] = "recurd_http_request_duration_seconds";
	static const char *const areas[] = { "area=\"api\"", "area=\"calendar\"", "area=\"asset\"",
		"area=\"health\"", "area=\"page\"" };
	exposition_head(
		page, name, "histogram", "From the request's head to its answer, without streams");
	for (size_t i = 0; i < AREAS; i++)
		exposition_histogram(page, name, areas[i], &bounds, &tally->took[i]);
}

static void add_refusals(const struct tally *tally, const struct exposition *page)
{
	static const char name[] = "recurd_http_auth_failures_total";
	static const char *const reasons[] = { "reason=\"missing\"", "reason=\"invalid\"",
		"reason=\"throttled\"", "reason=\"unknown\"" };
	exposition_head(page, name, "counter", "Requests that did not say who asks, by reason");
	for (size_t i = 0; i < REFUSALS; i++)
		exposition_int(page, name, reasons[i], tally->refusals[i]);
}

void tally_add(const struct tally *tally, const struct exposition *page)
{
	add_requests(tally, page);
	add_durations(tally, page);
	add_refusals(tally, page);
}
