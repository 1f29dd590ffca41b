/* heat: how much comes in each hour of the next seven days, from a sample of the templates.  Pure.
 *
 * A template is expanded by the iterator that plans (plan/outlook.h), one after the other and each within a budget, so
 * that whoever has a loop to serve may stop between two of them.
 */
#pragma once

#include "look/show.h"
#include "plan/outlook.h"

#define HEAT_DAYS         7
#define HEAT_SAMPLE       10000
#define HEAT_TEMPLATE_MAX 20000 /* occurrences of one template that are counted */

struct heat {
	sec_t first; /* wall time of the first day's midnight */
	usec_t from, to; /* counted is what lies between */
	double counts[HEAT_DAYS][24]; /* hours by the zone's clock */
	int64_t sampled, of; /* of: so many there are; estimated where that is more */
	bool of_capped;
	int64_t failed; /* rules that could not be expanded */
};

void heat_begin(struct heat *heat, const struct face *face);
void heat_add(struct heat *heat, const struct face *face, const struct template *template,
	const struct plan_policy *policy);
/* The table, or words where nothing was sampled. */
void heat_show(struct strbuf *out, const struct heat *heat, const struct face *face);
/* "Europe/Berlin · estimated from 10,000 of 1,000,000 templates" */
void heat_note(const struct heat *heat, const struct face *face, char *ret_note, size_t size);
