/* Values of options; see the header. */
#include "ctl/args.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/timefmt.h"

static bool read_number(const char *text, int64_t *ret_number, const char **ret_rest)
{
	char *end;
	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	long long number = strtoll(text, &end, 10);
	if (errno != 0)
		return false;
	*ret_number = number;
	*ret_rest = end;
	return true;
}

bool arg_count(const char *text, int64_t min, int64_t max, int64_t *ret_count, struct err *err)
{
	int64_t number;
	const char *rest;
	if (!read_number(text, &number, &rest) || *rest || number < min || number > max)
		return err_set(err, "expected a number from %lld to %lld, got \"%s\"",
			(long long)min, (long long)max, text);
	*ret_count = number;
	return true;
}

bool arg_span(const char *text, usec_t *ret_span, struct err *err)
{
	static const struct {
		const char *name;
		usec_t size;
	} units[] = {
		{ "ms", USEC_PER_MSEC },
		{ "s", USEC_PER_SEC },
		{ "min", 60 * USEC_PER_SEC },
		{ "h", 3600 * USEC_PER_SEC },
		{ "d", 86400 * USEC_PER_SEC },
	};
	int64_t number;
	const char *rest = "";
	bool numeric = read_number(text, &number, &rest);
	if (numeric && number == 0 && !*rest) {
		*ret_span = 0;
		return true;
	}
	for (size_t i = 0; numeric && i < ARRAY_LEN(units); i++)
		if (strcmp(rest, units[i].name) == 0 && number <= INT64_MAX / units[i].size) {
			*ret_span = number * units[i].size;
			return true;
		}
	return err_set(err, "expected a span such as 90s, 5min, 2h or 7d, got \"%s\"", text);
}

bool arg_instant(const char *text, usec_t *ret_instant, struct err *err)
{
	struct err why;
	if (instant_parse(text, ret_instant, &why))
		return true;
	return err_set(err, "expected an instant such as 2025-02-03T10:00:00Z, got \"%s\"", text);
}
