/* Values of options; see the header. */
#include "ctl/args.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

#define SPAN_MAX \
	(INT64_C(36500) * 24 * 3600 * USEC_PER_SEC) /* further, PostgreSQL's calendar ends */

/* "2027-01-01": the last microsecond of that day in UTC. */
static bool end_of_date(const char *text, usec_t *ret_instant)
{
	char first[INSTANT_TEXT_MAX];
	usec_t begins;
	if (strlen(text) != strlen("0000-00-00"))
		return false;
	(void)snprintf(first, sizeof(first), "%sT00:00:00Z", text);
	if (!instant_parse(first, &begins, NULL))
		return false;
	*ret_instant = begins + 24 * 3600 * USEC_PER_SEC - 1;
	return true;
}

bool arg_bound(const char *text, struct arg_bound *ret_bound, struct err *err)
{
	struct arg_bound bound = { 0 };
	bound.is_span = duration_parse(text, &bound.value);
	if (bound.is_span && bound.value > SPAN_MAX)
		return err_set(err, "at most 36500d, got \"%s\"", text);
	if (!bound.is_span && !instant_parse(text, &bound.value, NULL) &&
		!end_of_date(text, &bound.value))
		return err_set(err,
			"expected a date such as 2027-01-31, an instant such as "
			"2027-01-31T10:00:00Z, or a span from now such as 30d, got \"%s\"",
			text);
	*ret_bound = bound;
	return true;
}

bool arg_begin(const char *text, struct arg_bound *ret_bound, struct err *err)
{
	usec_t ignored;
	struct arg_bound bound;
	if (!arg_bound(text, &bound, err))
		return false;
	if (!bound.is_span && end_of_date(text, &ignored))
		bound.value -= 24 * 3600 * USEC_PER_SEC - 1;
	*ret_bound = bound;
	return true;
}
