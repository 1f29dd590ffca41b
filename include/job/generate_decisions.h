/* generate_decisions: what is to be told of plans beside what they make: rows of recurd.decisions. */
#pragma once

#include "job/generate_rows.h"

struct decision {
	const char *template_id, *kind, *detail;
	usec_t first_at, last_at;
	int64_t occurrences;
};

/* Of n templates, oldest first.  Their texts are the plans'.  Returns how many; owner of the array: free. */
size_t generate_decide(const struct planned *planned, size_t n, struct decision **ret_decisions);
