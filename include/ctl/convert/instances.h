/* instances: the components that change single occurrences of a series (RECURRENCE-ID), as the rule's
 * recurrenceOverrides.  For convert.c.
 */
#pragma once

#include <jansson.h>

#include "ctl/convert/moments.h"

struct instances {
	json_t *overrides; /* by local time */
};

void instances_init(struct instances *instances);
/* false: the conversion's err says why. */
bool instances_add(struct instances *instances, struct moments *moments,
	const struct calendar_part *part) NODISCARD;
bool instances_have(const struct instances *instances, const struct moment *moment);
void instances_finish(struct instances *instances);
