/* Figures with names; see the header. */
#include "job/counters.h"

#include <inttypes.h>

static const struct {
	const char *name, *help;
} declared[] = {
#define COUNTER(id, name, help) { name, help },
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

void counters_json(const struct counters *counters, struct strbuf *buf)
{
	for (enum counter i = 0; i < COUNTERS_N; i++)
		strbuf_addf(buf, "%s\"%s\":%" PRId64, i ? "," : "{", counter_name(i),
			counters->values[i]);
	strbuf_add_char(buf, '}');
}
