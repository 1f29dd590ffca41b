/* Figures with names; see the header. */
#include "job/counters.h"

#include <inttypes.h>

static const struct {
	const char *name, *metric, *labels, *help;
} declared[] = {
#define COUNTER(id, name, metric, labels, help) { name, metric, labels, help },
	COUNTERS(COUNTER)
#undef COUNTER
};

const char *counter_name(enum counter counter)
{
	return declared[counter].name;
}

const char *counter_help(enum counter counter)
{
	return declared[counter].help;
}

const char *counter_metric(enum counter counter)
{
	return declared[counter].metric;
}

const char *counter_labels(enum counter counter)
{
	return declared[counter].labels;
}

void counters_json(const struct counters *counters, struct strbuf *buf)
{
	for (enum counter i = 0; i < COUNTERS_N; i++)
		strbuf_addf(buf, "%s\"%s\":%" PRId64, i ? "," : "{", counter_name(i),
			counters->values[i]);
	strbuf_add_char(buf, '}');
}
