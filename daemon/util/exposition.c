/* The words of Prometheus; see the header. */
#include "util/exposition.h"

#include <dirent.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "util/accept.h"

enum exposition_format exposition_format(const char *accept)
{
	static const char open[] = "application/openmetrics-text";
	unsigned wanted = accept_quality(accept, open);
	/* Who takes anything gets what all know. */
	return accept && strcasestr(accept, open) && wanted > 0 &&
			       wanted >= accept_quality(accept, "text/plain")
		       ? EXPOSITION_OPEN
		       : EXPOSITION_TEXT;
}

const char *exposition_type(enum exposition_format format)
{
	return format == EXPOSITION_OPEN
		       ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
		       : "text/plain; version=0.0.4; charset=utf-8";
}

/* OpenMetrics names a counter's family without its _total. */
void exposition_head(
	const struct exposition *page, const char *name, const char *type, const char *help)
{
	size_t len = strlen(name);
	if (page->format == EXPOSITION_OPEN && strcmp(type, "counter") == 0)
		len -= strlen("_total");
	strbuf_addf(page->out, "# HELP %.*s %s\n# TYPE %.*s %s\n", (int)len, name, help, (int)len,
		name, type);
}

static void add_name(const struct exposition *page, const char *name, const char *labels)
{
	strbuf_add_text(page->out, name);
	if (*labels)
		strbuf_addf(page->out, "{%s}", labels);
}

void exposition_int(
	const struct exposition *page, const char *name, const char *labels, int64_t value)
{
	add_name(page, name, labels);
	strbuf_addf(page->out, " %" PRId64 "\n", value);
}

void exposition_number(
	const struct exposition *page, const char *name, const char *labels, double value)
{
	add_name(page, name, labels);
	if (isinf(value))
		strbuf_add_text(page->out, " +Inf\n");
	else
		strbuf_addf(page->out, " %.15g\n", value);
}

/* ---- histograms ---- */

static double seconds(usec_t span)
{
	return (double)span / 1e6;
}

static void add_bucket(const struct exposition *page, const char *name, const char *labels,
	const char *bound, int64_t count)
{
	strbuf_addf(page->out, "%s_bucket{%s%sle=\"%s\"} %" PRId64 "\n", name, labels,
		*labels ? "," : "", bound, count);
}

void exposition_histogram(const struct exposition *page, const char *name, const char *labels,
	const struct histogram_bounds *bounds, const struct histogram *histogram)
{
	char text[32], sum[128], n[128];
	int64_t count = 0;
	for (size_t i = 0; i < bounds->n; i++) {
		count += histogram->counts[i];
		snprintf(text, sizeof(text), "%g", seconds(bounds->at[i]));
		/* OpenMetrics wants canonical floats. */
		if (!strpbrk(text, ".e"))
			strcat(text, ".0");
		add_bucket(page, name, labels, text, count);
	}
	add_bucket(page, name, labels, "+Inf", histogram->n);
	snprintf(sum, sizeof(sum), "%s_sum", name);
	snprintf(n, sizeof(n), "%s_count", name);
	exposition_number(page, sum, labels, seconds(histogram->sum));
	exposition_int(page, n, labels, histogram->n);
}

/* ---- the process ---- */

static void add_cpu(const struct exposition *page, const char *name)
{
	struct rusage usage;
	getrusage(RUSAGE_SELF, &usage);
	exposition_number(page, name, "",
		(double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
			(double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6);
}

static void add_memory(const struct exposition *page, const char *name)
{
	long pages = 0;
	FILE *file = fopen("/proc/self/statm", "re");
	if (file && fscanf(file, "%*d %ld", &pages) != 1)
		pages = 0;
	if (file)
		fclose(file);
	exposition_int(page, name, "", pages * sysconf(_SC_PAGESIZE));
}

static void add_fds(const struct exposition *page, const char *name)
{
	int64_t n = -3; /* ".", "..", and the one that looks */
	DIR *folder = opendir("/proc/self/fd");
	if (!folder)
		return;
	while (readdir(folder))
		n++;
	closedir(folder);
	exposition_int(page, name, "", n);
}

static void add_max_fds(const struct exposition *page, const char *name)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
		exposition_int(page, name, "", (int64_t)limit.rlim_cur);
}

void exposition_process(const struct exposition *page)
{
	static const struct {
		const char *name, *type, *help;
		void (*add)(const struct exposition *page, const char *name);
	} rows[] = {
		{ "process_cpu_seconds_total", "counter", "User and system CPU time", add_cpu },
		{ "process_resident_memory_bytes", "gauge", "Resident memory", add_memory },
		{ "process_open_fds", "gauge", "Open file descriptors", add_fds },
		{ "process_max_fds", "gauge", "File descriptors there may be", add_max_fds },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		exposition_head(page, rows[i].name, rows[i].type, rows[i].help);
		rows[i].add(page, rows[i].name);
	}
}

void exposition_end(const struct exposition *page)
{
	if (page->format == EXPOSITION_OPEN)
		strbuf_add_text(page->out, "# EOF\n");
}
