/* Values of options; see the header. */
#include "ctl/args.h"

#include <errno.h>
#include <stdlib.h>

#include "util/duration.h"
#include "util/timefmt.h"

bool arg_count(const char *text, int64_t min, int64_t max, int64_t *ret_count, struct err *err)
{
	bool numeric = *text >= '0' && *text <= '9';
	char *end = NULL;
	errno = 0;
	long long number = numeric ? strtoll(text, &end, 10) : 0;
	if (!numeric || errno != 0 || *end || number < min || number > max)
		return err_set(err, "expected a number from %lld to %lld, got \"%s\"",
			(long long)min, (long long)max, text);
	*ret_count = number;
	return true;
}

bool arg_span(const char *text, usec_t *ret_span, struct err *err)
{
	return duration_parse(text, ret_span) ||
	       err_set(err, "expected a span such as 90s, 5min, 2h or 7d, got \"%s\"", text);
}

bool arg_instant(const char *text, usec_t *ret_instant, struct err *err)
{
	struct err why;
	if (instant_parse(text, ret_instant, &why))
		return true;
	return err_set(err, "expected an instant such as 2025-02-03T10:00:00Z, got \"%s\"", text);
}
