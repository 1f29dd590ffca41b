/* nearest: what somebody may have meant who mistyped a name.
 *
 *	struct nearest nearest = NEAREST("statsu");
 *	nearest_offer(&nearest, "status");         ... and the other names that there are
 *	nearest_hint(&nearest)                     " (did you mean \"status\"?)"
 *
 * Near is what takes one slip (a letter too many, too few, wrong, or two in the wrong order) for each
 * three letters, or begins with what was typed.  Among names that are equally near the first wins.
 */
#pragma once

#include <stddef.h>

#include "util/macros.h"

#define NEAREST_BYTES_MAX 40 /* longer ones are near to nothing */
#define NEAREST_HINT_MAX  (NEAREST_BYTES_MAX + 32)

struct nearest {
	const char *typed;
	const char *name; /* NULL: none of those offered is near */
	size_t distance;
	char hint[NEAREST_HINT_MAX];
};

#define NEAREST(text)           \
	{                       \
		.typed = (text) \
	}

void nearest_offer(struct nearest *nearest, const char *name);
/* "" where nothing is near.  Lives as long as `nearest`. */
const char *nearest_hint(struct nearest *nearest);
