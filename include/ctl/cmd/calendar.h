/* calendar: what the words of `recurctl calendar` share.  For daemon/ctl/cmd/calendar*.c. */
#pragma once

#include "ctl/ctl.h"
#include "db/params.h"

struct calendar_options {
	const char *weekend; /* as typed; NULL: not given */
	const char *rule; /* --every */
	int64_t days;
	int64_t year; /* 0: not given */
	bool working, force;
};

/* Reading. */
int calendar_list(struct ctl *ctl);
int calendar_show(struct ctl *ctl, const char *name, const struct calendar_options *options);

/* Writing: each in a transaction of its own. */
int calendar_create(struct ctl *ctl, const char *name, const struct calendar_options *options);
int calendar_weekend(struct ctl *ctl, const char *name, const char *weekend);
int calendar_delete(struct ctl *ctl, const char *name, const struct calendar_options *options);
int calendar_import(struct ctl *ctl, const char *name, const char *path,
	const struct calendar_options *options);
int calendar_add(struct ctl *ctl, const char *name, const char *day, const char *title,
	const struct calendar_options *options);
/* title: NULL: all of that day. */
int calendar_remove(struct ctl *ctl, const char *name, const char *day, const char *title);

/* "There is no calendar ...", with those that are like it; returns the exit code. */
int calendar_unknown(struct ctl *ctl, const char *name);
int calendar_bad_name(const char *name);
