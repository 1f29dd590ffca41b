/* generate_private: what the two halves of a generate run share: generate.c claims and writes, generate_plan.c plans
 * what was claimed, a slice at a time. */
#pragma once

#include "db/rows.h"
#include "job/generate_rows.h"
#include "job/run.h"
#include "job/slicing.h"
#include "plan/policy.h"

struct generate {
	struct run run;
	const struct job *
		source; /* job_generate, job_replan or job_policed: which templates, also where it retries */
	bool with_policies; /* the claim brings them */
	struct slicing slicing;
	struct plan_policy policy;
	PGresult *claimed;
	PGresult *held; /* users whose rows are locked; NULL: nobody asked */
	const char **held_ids; /* the same, sorted */
	int next_row;
	struct generate_rows rows;
	PGresult *written; /* of the stretch under way */
	size_t made_n;
	size_t untold; /* because of the key of another event */
	bool cut; /* more rows are locked than could be read: rules are large */
};

/* The instant for which a template is claimed: when it is due, when it is to be looked at, or when its rule was
 * edited. */
usec_t generate_instant_of(const struct job *source, const struct template *template);
/* A template as a row of the run. */
void generate_row_of(const struct job *source, const struct template *template,
	struct row_place place, struct run_row *ret_row);
/* The column behind those of the template, and of its policies. */
int generate_column_behind(const struct generate *generate);
void generate_plan_init(struct generate *generate, struct ev_loop *loop);
/* Plans what is claimed (a careful batch asks first whose users are held), lets the loop have its turns meanwhile, and goes on with run_write or run_close. */
void generate_plan(struct generate *generate);
/* For run_ops. */
void generate_plan_again(struct run *run, int number);
void generate_planned(struct run *run);
