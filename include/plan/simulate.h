/* simulate: what becomes of a template while a clock runs ahead of the world's.
 *
 * The plans are those of plan_make, made when a worker would make them, and written to a row in memory as
 * generate_write.sql writes them to the one in the database.  Nobody else writes to it meanwhile: what the
 * application would do is not known.
 *
 * A worker that is there looks at a template when something of it is due, and mostly it would come to the same if
 * it looked later.  So where nothing depends on when it looks, one plan stands for many (a "leap"): a year costs
 * what one long catching up does.  Whoever wants to see each by itself says so (`stepwise`), and gets the same.
 * Pure: no clock, and no database.
 */
#pragma once

#include "plan/identity.h"
#include "plan/plan.h"

/* No worker is there from the one instant on, until the other. */
struct simulate_gap {
	usec_t from, until;
};

struct simulate_span {
	usec_t from, to; /* the clock's first and last instant */
	const struct simulate_gap *gaps; /* in the order in which they begin */
	size_t gaps_n;
	bool stepwise;
	usec_t open_for; /* so long a task of a template with policies stays open, after it was made */
	/* How many its user may still have at that instant; NULL: any number.  Only `stepwise`. */
	size_t (*allow)(void *context, usec_t now);
};

struct simulate {
	struct template row; /* as the plans have left it; its texts are the caller's, but for starts_zone */
	bool failed; /* in quarantine: nobody looks at it any more */
	char starts_zone[sizeof(((struct plan *)NULL)->starts_zone)];
	usec_t leap; /* how far a leap may go; shorter where much falls due */
	bool leaps; /* leaps work with it */
	bool goes_on; /* a plan has said when to look at it again */
	struct policies policies; /* as they say of the row as it is now; only where it has some */
	usec_t paused_until; /* it is resumed then; TEMPLATE_NONE: it is not */
	usec_t open_until; /* of its newest task */
	char open_task[INSTANCE_ID_SIZE];
};

/* One look of a worker, and what came of it. */
struct simulate_look {
	const struct simulate *simulate; /* before it is written */
	const struct plan *plan; /* NULL: its pause is over, and that is all */
	usec_t from, now; /* by the clock that runs ahead; they are one but for a leap */
	bool leap;
};

typedef void simulate_fn(void *context, const struct simulate_look *look);

/* The row's texts must stay, and so must what it has become.  paused_until: TEMPLATE_NONE: by somebody, or it is not
 * paused. */
void simulate_begin(const struct template *row, bool failed, usec_t paused_until,
	struct simulate *ret_simulate);
/* From when on a worker finds something to do, USEC_MINUS_INFINITY: at once; TEMPLATE_NONE: never. */
usec_t simulate_wakes_at(const struct simulate *simulate);
/* What generate_write.sql does with the row. */
void simulate_write(struct simulate *simulate, const struct plan *plan);
/* Every look of a worker in the span, one after the other. */
void simulate_run(struct simulate *simulate, const struct simulate_span *span,
	const struct plan_policy *policy, simulate_fn *tell, void *context);
/* The first instant from there on at which a worker is there. */
usec_t simulate_attended(const struct simulate_span *span, usec_t at);
/* When that was made, or decided. */
usec_t simulate_fate_at(const struct simulate_look *look, const struct fate *fate);
