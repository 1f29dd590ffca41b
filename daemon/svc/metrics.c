/* Exposition; see the header. */
#include "svc/metrics.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "db/fitness.h"
#include "recur/zone.h"
#include "util/version.h"

struct page {
	struct exposition to;
	const struct measures *measures;
};

static void add_int(const struct page *page, const char *name, const char *labels, int64_t value)
{
	exposition_int(&page->to, name, labels, value);
}

static void add_number(const struct page *page, const char *name, const char *labels, double value)
{
	exposition_number(&page->to, name, labels, value);
}

static double seconds(usec_t span)
{
	return (double)span / 1e6;
}

/* ---- counters and histograms: declared elsewhere ---- */

/* Figures of one metric stand side by side, under the help of the first where they are alike in nothing else. */
static void add_counters(const struct page *page)
{
	const char *last = "";
	for (enum counter i = 0; i < COUNTERS_N; i++) {
		const char *name = counter_metric(i);
		if (!name)
			continue;
		if (strcmp(name, last) != 0)
			exposition_head(&page->to, name, "counter", counter_help(i));
		last = name;
		add_int(page, name, counter_labels(i), page->measures->counters->values[i]);
	}
}

static const char *span_help(const char *metric)
{
	return strcmp(metric, "recurd_lateness_seconds") == 0
		       ? "From the instant due to the clock of the batch that made or told it, "
			 "without what was due before this process saw the database"
		       : "Transactions that wrote, from BEGIN to before COMMIT";
}

static void add_spans(const struct page *page)
{
	const char *last = "";
	for (enum span i = 0; i < SPANS_N; i++) {
		const struct span_declared *declared = &spans_declared[i];
		if (strcmp(declared->metric, last) != 0)
			exposition_head(&page->to, declared->metric, "histogram",
				span_help(declared->metric));
		last = declared->metric;
		exposition_histogram(&page->to, declared->metric, declared->labels,
			declared->bounds, &page->measures->spans->at[i]);
	}
}

/* ---- the others, a row each ---- */

static void add_build(const struct page *page, const char *name)
{
	char tzdata[ZONES_VERSION_MAX];
	zones_version(tzdata);
	strbuf_addf(page->to.out, "%s{version=\"%s\",schema=\"%d\",tzdata=\"%s\"} 1\n", name,
		recurd_version, SCHEMA_LEVEL, *tzdata ? tzdata : "unknown");
}

static void add_lags(const struct page *page, const char *name)
{
	char labels[64];
	for (size_t i = 0; i < page->measures->kinds_n; i++) {
		const struct measured_kind *kind = &page->measures->kinds[i];
		snprintf(labels, sizeof(labels), "kind=\"%s\"", kind->kind);
		add_number(page, name, labels, seconds(kind->lag));
	}
}

static void add_nexts(const struct page *page, const char *name)
{
	char labels[64];
	for (size_t i = 0; i < page->measures->kinds_n; i++) {
		const struct measured_kind *kind = &page->measures->kinds[i];
		snprintf(labels, sizeof(labels), "kind=\"%s\"", kind->kind);
		add_number(page, name, labels,
			kind->next < 0 ? (double)INFINITY : seconds(kind->next));
	}
}

static void add_poll_age(const struct page *page, const char *name)
{
	usec_t age = page->measures->poll_age;
	add_number(page, name, "", age < 0 ? (double)INFINITY : seconds(age));
}

static void add_lanes(const struct page *page, const char *name)
{
	char labels[64];
	for (enum lane_state i = 0; i < LANE_STATES; i++) {
		snprintf(labels, sizeof(labels), "state=\"%s\"", lane_state_name(i));
		add_int(page, name, labels, (int64_t)page->measures->lanes[i]);
	}
}

static void add_fit(const struct page *page, const char *name)
{
	const struct measures *m = page->measures;
	add_int(page, name, "", m->asleep || m->lanes[LANE_IDLE] + m->lanes[LANE_BUSY] > 0);
}

static void add_listening(const struct page *page, const char *name)
{
	add_int(page, name, "", page->measures->listening);
}

static void add_reload(const struct page *page, const char *name)
{
	add_int(page, name, "", !page->measures->reload_failed);
}

static void add_reloaded(const struct page *page, const char *name)
{
	add_number(page, name, "", page->measures->reloaded_at);
}

static void add_busy(const struct page *page, const char *name)
{
	add_number(page, name, "", seconds(page->measures->busy));
}

static void add_longest(const struct page *page, const char *name)
{
	add_number(page, name, "", seconds(page->measures->longest));
}

static const struct {
	const char *name, *type, *help;
	void (*add)(const struct page *page, const char *name);
} others[] = {
	{ "recurd_build_info", "gauge", "What this is, always 1", add_build },
	{ "recurd_lag_seconds", "gauge",
		"Age of the oldest thing due by the database's clock, at the last poll; 0: nothing "
		"was due",
		add_lags },
	{ "recurd_next_due_seconds", "gauge", "Until the next thing is due; +Inf: none is known",
		add_nexts },
	{ "recurd_poll_age_seconds", "gauge",
		"Since the last answer to a poll: how old lag and next due are", add_poll_age },
	{ "recurd_connections", "gauge", "Connections for batches, by state", add_lanes },
	{ "recurd_fit", "gauge", "1: the database is there and fit to work on", add_fit },
	{ "recurd_listening", "gauge",
		"1: wake-ups by NOTIFY arrive, 0: they do not, -1: listen_dsn is not set",
		add_listening },
	{ "recurd_config_last_reload_successful", "gauge", "0: the last SIGHUP changed nothing",
		add_reload },
	{ "recurd_config_last_reload_success_timestamp_seconds", "gauge",
		"When the configuration in force was read", add_reloaded },
	{ "recurd_loop_busy_seconds_total", "counter", "Time in which the event loop did not wait",
		add_busy },
	{ "recurd_loop_longest_seconds", "gauge",
		"The longest turn of the loop since the last scrape", add_longest },
};

void metrics_add(enum exposition_format format, const struct measures *measures, struct strbuf *out)
{
	struct page page = { { format, out }, measures };
	add_counters(&page);
	add_spans(&page);
	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		exposition_head(&page.to, others[i].name, others[i].type, others[i].help);
		others[i].add(&page, others[i].name);
	}
	exposition_process(&page.to);
	exposition_end(&page.to);
}
