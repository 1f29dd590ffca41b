/* try: a rule that somebody types, and what would come of it, by the code that will run.  Pure; nothing is stored. */
#pragma once

#include "web/page.h"

struct trial {
	const char *rule, *start, *zone; /* as typed; NULL or "": not given */
	struct face face; /* its zone is that of a rule that names none */
	usec_t min_interval;
	const struct calendars *calendars; /* that a rule may name; NULL: none */
};

/* What stands beside the form: sentence, next dates, calendars; or the reason under its place. */
void try_preview(struct strbuf *out, const struct trial *trial);
/* The form and the same. */
void try_show(struct strbuf *out, const struct trial *trial);
