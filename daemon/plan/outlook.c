/* What will be made of a template; see the header. */
#include "plan/outlook.h"

#include <stdlib.h>

#include "plan/fates.h"
#include "util/mem.h"

struct outlook {
	struct template template;
	struct fates fates;
	struct fate first; /* found already, while `held` */
	enum recur_status status;
	bool held;
};

/* One after the other; a rule of Saturdays may have nothing else for ever. */
#define SKIPPED_MAX 20000

/* What is excluded, or left out on days off, is nothing that anybody waits for. */
static enum recur_status find_next(struct outlook *outlook, struct fate *ret_fate, struct err *err)
{
	enum recur_status status;
	int skipped = 0;
	do {
		fates_renew(&outlook->fates);
		status = fates_next(&outlook->fates, ret_fate, err);
		skipped += status == RECUR_FOUND && ret_fate->kind == FATE_SKIPPED;
	} while (status == RECUR_FOUND && skipped < SKIPPED_MAX &&
		 (ret_fate->kind == FATE_EXCLUDED || ret_fate->kind == FATE_SKIPPED));
	if (status != RECUR_AGAIN && skipped < SKIPPED_MAX)
		return status;
	(void)start_give_up(err);
	return RECUR_FAILED;
}

/* A rule that fails at once is to be found out at once. */
static bool open_it(struct outlook *outlook, const struct plan_policy *policy, struct err *err)
{
	if (!fates_open(&outlook->template, policy, true, &outlook->fates, err))
		return false;
	outlook->status = find_next(outlook, &outlook->first, err);
	outlook->held = true;
	return outlook->status != RECUR_FAILED;
}

bool outlook_open(const struct template *template, const struct plan_policy *policy,
	struct outlook **ret_outlook, struct err *err)
{
	struct outlook *outlook = mem_alloc(sizeof(*outlook));
	outlook->template = *template;
	if (!open_it(outlook, policy, err)) {
		outlook_close(outlook);
		return false;
	}
	*ret_outlook = outlook;
	return true;
}

void outlook_close(struct outlook *outlook)
{
	if (!outlook)
		return;
	fates_close(&outlook->fates);
	free(outlook);
}

void outlook_cleanup(struct outlook **outlook)
{
	outlook_close(*outlook);
	*outlook = NULL;
}

const struct rule *outlook_rule(const struct outlook *outlook)
{
	return outlook->fates.start.rule;
}

sec_t outlook_start(const struct outlook *outlook)
{
	return outlook->fates.start.anchor;
}

const struct zone *outlook_zone(const struct outlook *outlook)
{
	return outlook->fates.start.zone;
}

enum recur_status outlook_next(struct outlook *outlook, struct fate *ret_fate, struct err *err)
{
	if (!outlook->held)
		return find_next(outlook, ret_fate, err);
	outlook->held = false;
	if (outlook->status == RECUR_FOUND)
		*ret_fate = outlook->first;
	return outlook->status;
}
