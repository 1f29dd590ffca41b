/* duration: one table of units, what reads them and what prints them; see the header. */
#include "util/duration.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const struct unit {
	const char *name;
	usec_t size;
} units[] = {
	/* descending */
	{ "d", 86400 * USEC_PER_SEC },
	{ "h", 3600 * USEC_PER_SEC },
	{ "min", 60 * USEC_PER_SEC },
	{ "s", USEC_PER_SEC },
	{ "ms", USEC_PER_MSEC },
	{ "us", 1 },
};

bool duration_parse(const char *text, usec_t *ret_duration)
{
	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	char *unit;
	intmax_t number = strtoimax(text, &unit, 10);
	if (errno != 0)
		return false;
	unit += strspn(unit, " ");
	if (!*unit && number == 0) {
		*ret_duration = 0;
		return true;
	}
	for (size_t i = 0; i < ARRAY_LEN(units); i++) {
		if (strcmp(unit, units[i].name) == 0 && number <= INT64_MAX / units[i].size) {
			*ret_duration = number * units[i].size;
			return true;
		}
	}
	return false;
}

void duration_format(usec_t duration, struct strbuf *buf)
{
	if (duration == 0) {
		strbuf_add_text(buf, "0");
		return;
	}
	size_t i = 0;
	while (duration % units[i].size != 0)
		i++;
	strbuf_addf(buf, "%" PRId64 "%s", duration / units[i].size, units[i].name);
}

void duration_tell(usec_t duration, struct strbuf *buf)
{
	uint64_t rest = duration < 0 ? -(uint64_t)duration : (uint64_t)duration;
	int printed = 0;
	for (const struct unit *unit = units; unit->size > 1 && printed < 2; unit++) {
		uint64_t count = rest / (uint64_t)unit->size;
		rest %= (uint64_t)unit->size;
		if (count > 0)
			strbuf_addf(buf, "%s%" PRIu64 "%s",
				printed > 0    ? " "
				: duration < 0 ? "-"
					       : "",
				count, unit->name);
		/* The two units stand side by side: 1d 5min would feign a precision. */
		printed += count > 0 || printed > 0;
	}
	if (printed == 0)
		strbuf_add_text(buf, "0s");
}
