/* policies: what a row of recurd.policies says about one template.
 *
 * A template without such a row has none (NULL in struct template), and everything is as the settings say.  What the
 * row leaves open is POLICY_UNSET, zero or NULL, and means the same.  A policy is applied by a row of stages.c.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/timefmt.h"

#define POLICIES_REMINDERS_MAX 20
#define POLICIES_CAP_MAX       100000
#define POLICIES_DAY           (86400 * USEC_PER_SEC)
#define POLICIES_WINDOW_MAX    (36500 * POLICIES_DAY)
#define POLICIES_LEAD_MAX      (366 * POLICIES_DAY)
#define POLICIES_JITTER_MAX    POLICIES_DAY

/* How much of something is made: of what is late, or of what fell into a pause. */
enum policy_amount { POLICY_UNSET, POLICY_ALL, POLICY_LATEST, POLICY_NONE };

/* While the template's newest task is open. */
enum policy_overlap { OVERLAP_ALLOW, OVERLAP_SKIP, OVERLAP_REPLACE };

/* Where an occurrence falls on a day off. */
enum policy_shift { SHIFT_NONE, SHIFT_NEXT, SHIFT_PREVIOUS, SHIFT_NEAREST, SHIFT_SKIP };

/* All times in microseconds.  Texts are those of the claim's result. */
struct policies {
	int64_t version; /* of the row: who wrote it */
	usec_t wake_at; /* when the template was to be looked at; TEMPLATE_NONE: it says nothing */
	enum policy_amount catch_up;
	usec_t catch_up_window; /* 0: none */
	size_t catch_up_cap; /* 0: catch_up_limit */
	enum policy_overlap overlap;
	usec_t lead; /* made so long before it is due */
	usec_t jitter; /* and up to so much later */
	usec_t remind_before[POLICIES_REMINDERS_MAX]; /* negative: after it is due */
	size_t remind_before_n;
	const char *calendar; /* NULL: none */
	enum policy_shift shift;
	enum policy_amount pause_catch_up; /* POLICY_UNSET is POLICY_NONE */
	const char
		*open_task; /* the newest task of the template, where it is open; NULL: it is not */
};

/* What stands in the columns; a word or a number that the table's constraints would refuse counts as not set. */
enum policy_amount policy_amount_of(const char *word);
enum policy_overlap policy_overlap_of(const char *word);
enum policy_shift policy_shift_of(const char *word);
/* Microseconds, with commas between them; "" and NULL: none. */
size_t policy_reminders_of(const char *list, usec_t ret_before[static POLICIES_REMINDERS_MAX]);

/* How much later than others a template is made, below jitter: the same on every machine, for ever. */
usec_t policies_spread(const char *template_id, usec_t jitter);
