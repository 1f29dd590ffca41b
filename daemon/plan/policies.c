/* The words of a row; see the header. */
#include "plan/policies.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "plan/identity.h"
#include "util/macros.h"

/* The number of the word, from 0; n: it is none of them. */
static size_t number_of(const char *word, const char *const *words, size_t n)
{
	size_t i = 0;
	while (i < n && (!word || strcmp(words[i], word) != 0))
		i++;
	return i;
}

enum policy_amount policy_amount_of(const char *word)
{
	static const char *const words[] = { "all", "latest", "none" };
	static const enum policy_amount amounts[] = { POLICY_ALL, POLICY_LATEST, POLICY_NONE,
		POLICY_UNSET };
	return amounts[number_of(word, words, ARRAY_LEN(words))];
}

enum policy_overlap policy_overlap_of(const char *word)
{
	static const char *const words[] = { "allow", "skip", "replace" };
	static const enum policy_overlap overlaps[] = { OVERLAP_ALLOW, OVERLAP_SKIP,
		OVERLAP_REPLACE, OVERLAP_ALLOW };
	return overlaps[number_of(word, words, ARRAY_LEN(words))];
}

enum policy_shift policy_shift_of(const char *word)
{
	static const char *const words[] = { "none", "next", "previous", "nearest", "skip" };
	static const enum policy_shift shifts[] = { SHIFT_NONE, SHIFT_NEXT, SHIFT_PREVIOUS,
		SHIFT_NEAREST, SHIFT_SKIP, SHIFT_NONE };
	return shifts[number_of(word, words, ARRAY_LEN(words))];
}

size_t policy_reminders_of(const char *list, usec_t ret_before[static POLICIES_REMINDERS_MAX])
{
	size_t n = 0;
	const char *p = list ? list : "";
	while (*p && n < POLICIES_REMINDERS_MAX) {
		char *end;
		usec_t before = strtoll(p, &end, 10);
		if (end == p)
			break;
		ret_before[n++] = before;
		p = *end == ',' ? end + 1 : end;
	}
	return n;
}

usec_t policies_spread(const char *template_id, usec_t jitter)
{
	if (jitter <= 0)
		return 0;
	return (usec_t)(identity_number("jitter", template_id) % (uint64_t)jitter);
}
