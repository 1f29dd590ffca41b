/* Accept; see the header. */
#include "util/accept.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

#define QUALITY_MAX 1000
#define BLANKS      " \t"

struct part {
	const char *text;
	size_t len;
};

/* The part before the next of `ends`, without blanks around it; false: there is none. */
static bool next_part(const char **at, const char *ends, struct part *ret_part)
{
	if (**at == '\0')
		return false;
	const char *end = *at + strcspn(*at, ends), *text = *at + strspn(*at, BLANKS);
	*at = *end != '\0' && strchr(",;", *end) ? end + 1 : end;
	while (end > text && strchr(BLANKS, end[-1]))
		end--;
	*ret_part = (struct part){ text, end > text ? (size_t)(end - text) : 0 };
	return true;
}

static bool part_is(const struct part *part, const char *text, size_t len)
{
	return part->len == len && strncasecmp(part->text, text, len) == 0;
}

/* "0.75"; what is none counts as if it were not there. */
static unsigned weight(const char *text, size_t len)
{
	unsigned value = 0, unit = QUALITY_MAX / 10;
	if (len == 0 || *text != '0')
		return QUALITY_MAX;
	for (size_t i = 2; i < len && text[i] >= '0' && text[i] <= '9'; i++, unit /= 10)
		value += (unsigned)(text[i] - '0') * unit;
	return value;
}

/* How closely a range fits: 0, not at all. */
static int closeness(const struct part *range, const char *type)
{
	size_t family = strcspn(type, "/") + 1;
	if (part_is(range, type, strlen(type)))
		return 3;
	if (range->len == family + 1 && range->text[family] == '*' &&
		strncasecmp(range->text, type, family) == 0)
		return 2;
	/* Some old clients send the star alone. */
	return part_is(range, "*/*", 3) || part_is(range, "*", 1) ? 1 : 0;
}

unsigned accept_quality(const char *accept, const char *type)
{
	struct part item, range = { "", 0 }, param;
	unsigned quality = 0;
	int best = 0;
	if (!accept || accept[strspn(accept, BLANKS)] == '\0')
		return QUALITY_MAX;
	while (next_part(&accept, ",", &item)) {
		const char *end = item.text + item.len, *at = item.text;
		unsigned here = QUALITY_MAX;
		next_part(&at, ",;", &range);
		for (; at < end && next_part(&at, ",;", &param);)
			if (param.len > 2 && strncasecmp(param.text, "q=", 2) == 0)
				here = weight(param.text + 2, param.len - 2);
		int fit = closeness(&range, type);
		if (fit > best)
			quality = here;
		best = fit > best ? fit : best;
	}
	return quality;
}
