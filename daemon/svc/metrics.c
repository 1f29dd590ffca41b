/* Exposition; see the header. */
#include "svc/metrics.h"

#include <dirent.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "db/fitness.h"
#include "recur/zone.h"
#include "util/accept.h"
#include "util/version.h"

struct page {
	enum metrics_format format;
	const struct measures *measures;
	struct strbuf *out;
};

enum metrics_format metrics_format(const char *accept)
{
	static const char open[] = "application/openmetrics-text";
	unsigned wanted = accept_quality(accept, open);
	/* Who takes anything gets what all know. */
	return strcasestr(accept, open) && wanted > 0 &&
			       wanted >= accept_quality(accept, "text/plain")
		       ? METRICS_OPEN
		       : METRICS_TEXT;
}

const char *metrics_type(enum metrics_format format)
{
	return format == METRICS_OPEN ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
				      : "text/plain; version=0.0.4; charset=utf-8";
}

/* ---- the form ---- */

/* OpenMetrics names a counter's family without its _total. */
static void add_head(const struct page *page, const char *name, const char *type, const char *help)
{
	size_t len = strlen(name);
	if (page->format == METRICS_OPEN && strcmp(type, "counter") == 0)
		len -= strlen("_total");
	strbuf_addf(page->out, "# HELP %.*s %s\n# TYPE %.*s %s\n", (int)len, name, help, (int)len,
		name, type);
}

static void add_name(const struct page *page, const char *name, const char *labels)
{
	strbuf_add_text(page->out, name);
	if (*labels)
		strbuf_addf(page->out, "{%s}", labels);
}

static void add_int(const struct page *page, const char *name, const char *labels, int64_t value)
{
	add_name(page, name, labels);
	strbuf_addf(page->out, " %" PRId64 "\n", value);
}

static void add_number(const struct page *page, const char *name, const char *labels, double value)
{
	add_name(page, name, labels);
	if (isinf(value))
		strbuf_add_text(page->out, " +Inf\n");
	else
		strbuf_addf(page->out, " %.15g\n", value);
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
			add_head(page, name, "counter", counter_help(i));
		last = name;
		add_int(page, name, counter_labels(i), page->measures->counters->values[i]);
	}
}

static void add_bucket(const struct page *page, const struct span_declared *declared,
	const char *bound, int64_t count)
{
	strbuf_addf(page->out, "%s_bucket{%s,le=\"%s\"} %" PRId64 "\n", declared->metric,
		declared->labels, bound, count);
}

static void add_histogram(const struct page *page, const struct span_declared *declared,
	const struct histogram *histogram)
{
	char text[32];
	int64_t count = 0;
	for (size_t i = 0; i < declared->bounds->n; i++) {
		count += histogram->counts[i];
		snprintf(text, sizeof(text), "%g", seconds(declared->bounds->at[i]));
		/* OpenMetrics wants canonical floats. */
		if (!strpbrk(text, ".e"))
			strcat(text, ".0");
		add_bucket(page, declared, text, count);
	}
	add_bucket(page, declared, "+Inf", histogram->n);
	strbuf_addf(page->out, "%s_sum{%s} %.15g\n%s_count{%s} %" PRId64 "\n", declared->metric,
		declared->labels, seconds(histogram->sum), declared->metric, declared->labels,
		histogram->n);
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
			add_head(page, declared->metric, "histogram", span_help(declared->metric));
		last = declared->metric;
		add_histogram(page, declared, &page->measures->spans->at[i]);
	}
}

/* ---- the others, a row each ---- */

static void add_build(const struct page *page, const char *name)
{
	char tzdata[ZONES_VERSION_MAX];
	zones_version(tzdata);
	strbuf_addf(page->out, "%s{version=\"%s\",schema=\"%d\",tzdata=\"%s\"} 1\n", name,
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

static void add_cpu(const struct page *page, const char *name)
{
	struct rusage usage;
	getrusage(RUSAGE_SELF, &usage);
	add_number(page, name, "",
		(double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
			(double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6);
}

static void add_memory(const struct page *page, const char *name)
{
	long pages = 0;
	FILE *file = fopen("/proc/self/statm", "re");
	if (file && fscanf(file, "%*d %ld", &pages) != 1)
		pages = 0;
	if (file)
		fclose(file);
	add_int(page, name, "", pages * sysconf(_SC_PAGESIZE));
}

static void add_fds(const struct page *page, const char *name)
{
	int64_t n = -3; /* ".", "..", and the one that looks */
	DIR *folder = opendir("/proc/self/fd");
	if (!folder)
		return;
	while (readdir(folder))
		n++;
	closedir(folder);
	add_int(page, name, "", n);
}

static void add_max_fds(const struct page *page, const char *name)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
		add_int(page, name, "", (int64_t)limit.rlim_cur);
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
	{ "process_cpu_seconds_total", "counter", "User and system CPU time", add_cpu },
	{ "process_resident_memory_bytes", "gauge", "Resident memory", add_memory },
	{ "process_open_fds", "gauge", "Open file descriptors", add_fds },
	{ "process_max_fds", "gauge", "File descriptors there may be", add_max_fds },
};

void metrics_add(enum metrics_format format, const struct measures *measures, struct strbuf *out)
{
	struct page page = { format, measures, out };
	add_counters(&page);
	add_spans(&page);
	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		add_head(&page, others[i].name, others[i].type, others[i].help);
		others[i].add(&page, others[i].name);
	}
	if (format == METRICS_OPEN)
		strbuf_add_text(out, "# EOF\n");
}
