/* account: what became of each occurrence of a template, and what is still to come: the set that its rule gives, its
 * instances and what was decided, merged into one list.  Pure: no clock, no database.
 *
 * The three come in order, each from its own stream, and are gone through once: what is kept at a time has limits
 * with names, however long the span is.  An occurrence is found by the instant that is its identity.
 *
 * The set of the past is expanded anew.  While the rule was another, or next_due_at was set, it is that of then
 * (recurd.changes has it); while the series went by another zone, its local times are those of now and its instants
 * those of that zone (decisions of kind "rezoned" tell).  Where neither is known any more, instances and decisions
 * stand by themselves.
 * What is to come is told by the iterator that plans (fates.h).
 */
#pragma once

#include "plan/fate.h"
#include "plan/policy.h"
#include "plan/template.h"
#include "recur/recurrence.h"

#define ACCOUNT_OPEN_MAX 64 /* decisions that reach over an instant at a time */
#define ACCOUNT_EARLY_MAX \
	4096 /* instances whose local time is still to come: a move made them late */

enum account_verdict {
	ACCOUNT_MADE, /* `task` is its instance */
	ACCOUNT_OUTSIDE, /* the same, but the rule does not give it, as far as it is known */
	ACCOUNT_DECIDED, /* `decision` says why there is none */
	ACCOUNT_EXCLUDED, /* the rule says so, or its calendar (kind); nothing is on record */
	ACCOUNT_PASSED, /* `change` came before anybody looked: it was passed over */
	ACCOUNT_GONE, /* was dealt with, and nothing is on record */
	ACCOUNT_RESTS, /* was due in a pause that lasts: it will not be made */
	ACCOUNT_DUE, /* and not made yet */
	ACCOUNT_COMES,
	ACCOUNT_VERDICTS
};
const char *account_verdict_name(enum account_verdict verdict);

struct account_task {
	char *id; /* owner: whoever has the struct */
	usec_t occurrence, due, created; /* INSTANT_NONE: null */
	bool complete;
};

struct account_decision {
	char *kind, *detail, *by; /* owner: whoever has the struct */
	usec_t first, last, at;
	int64_t number;
};

/* An edit of the rule, or of next_due_at: what went by the rule and anchor of before up to then. */
struct account_change {
	usec_t at;
	const char *by;
	const char *rule; /* NULL: it is not known */
	size_t rule_len;
	sec_t starts_local;
	int starts_code; /* its microseconds (move.h) */
	const char *starts_zone;
	usec_t made_through, planned; /* of before; TEMPLATE_NONE: none */
	usec_t set; /* the next_due_at that was set; TEMPLATE_NONE: it was not */
	bool keeps; /* the series is the one that it was: what was due and not made is made all the same */
};

/* A move: until the local time of that occurrence it went by that zone. */
struct account_turn {
	const char *zone;
	usec_t at; /* when that was found */
	usec_t first; /* the first that moved, where it stood before */
};

struct account_input {
	const struct template *template;
	const struct plan_policy *policy;
	usec_t now, from, to; /* both inclusive */
	int slices_max; /* of computation on the past, of about a millisecond each; 0: as many as it takes */
	/* Oldest first; they must stay. */
	const struct account_change *changes;
	size_t changes_n;
	const struct account_turn *turns;
	size_t turns_n;
	/* In the order of their occurrences; false: no more.  The texts are the account's then. */
	bool (*next_task)(void *source, struct account_task *ret_task);
	bool (*next_decision)(void *source, struct account_decision *ret_decision);
	void *source;
};

struct account_entry {
	enum account_verdict verdict;
	usec_t nominal, due; /* due: INSTANT_NONE where the rule does not tell */
	usec_t fire; /* when what is to come is made */
	/* Of a task: how long after it was due it was made, or after its template was; INSTANT_NONE: nobody knows, or
	 * somebody asked for it when that had passed. */
	usec_t late;
	int64_t number; /* 1, but where a run of decisions stands alone */
	/* Up to the next entry; NULL: none. */
	const struct account_task *task;
	const struct account_decision *decision; /* of a made one: what else is to be said */
	const struct account_change *change;
	enum fate_kind kind; /* of what is to come */
	struct fate_change texts; /* of what there is no task of; likewise */
};

struct account;

struct account *account_open(const struct account_input *input);
void account_close(struct account *account);
void account_cleanup(struct account **account); /* for CLEANUP */
/* false: that was all. */
bool account_next(struct account *account, struct account_entry *ret_entry);
/* Why nothing is to come, or not all of what was, could be expanded; NULL: it could. */
const char *account_problem(const struct account *account);
