/* Within run.c and run_end.c. */
#pragma once

#include "job/run.h"

/* The batch is over: counts, suspects, what the hunt learns; then done. */
void run_report(struct run *run, enum batch_outcome outcome);
/* An identity of ours met a number that is taken: its sequence stands behind its table. */
bool run_met_sequence(const struct run *run);
/* true: it is going to be put right, and nobody is to blame. */
bool run_mend_sequences(struct run *run);
