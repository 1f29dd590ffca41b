/* generate_private: what the two halves of a generate run share: generate.c claims and writes, generate_plan.c plans
 * what was claimed, a slice at a time. */
#pragma once

#include "db/rows.h"
#include "job/allowance.h"
#include "job/generate_rows.h"
#include "job/run.h"
#include "job/slicing.h"
#include "plan/policy.h"

struct generate {
	struct run run;
	bool edited; /* templates whose rule was edited, not those that are due */
	struct slicing slicing;
	struct plan_policy policy;
	PGresult *claimed;
	PGresult *held; /* users whose rows are locked; NULL: nobody asked */
	const char **held_ids; /* the same, sorted */
	struct allowance allowance; /* of the users; without a limit nobody asked */
	int next_row;
	struct generate_rows rows;
	PGresult *written; /* of the stretch under way */
	size_t made_n;
	size_t untold; /* because of the key of another event */
	bool cut; /* more rows are locked than could be read: rules are large */
};

/* A template as a row of the run. */
void generate_row_of(const struct template *template, struct row_place place, bool edited,
	struct run_row *ret_row);
void generate_plan_init(struct generate *generate, struct ev_loop *loop);
/* Plans what is claimed (a careful batch asks first whose users are held), lets the loop have its turns meanwhile, and goes on with run_write or run_close. */
void generate_plan(struct generate *generate);
/* For run_ops. */
void generate_plan_again(struct run *run, int number);
void generate_planned(struct run *run);
