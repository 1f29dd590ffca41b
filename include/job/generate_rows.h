/* generate_rows: the rows of one batch of templates, on their way to the server and into the log.
 *
 * Collects plans; texts of templates belong to the claim's result, which must outlive it.  They are written
 * in stretches (writing.h): [from, from + n) counts planned templates.
 */
#pragma once

#include "db/params.h"
#include "db/rows.h"
#include "job/events.h"
#include "job/tell.h"
#include "plan/plan.h"

struct planned {
	struct template template; /* its policies are those below */
	struct policies *policies; /* NULL: none */
	struct row_place place; /* where the row stands as long as it is locked */
	struct plan plan;
	size_t made_from; /* the first of its instances */
	bool written;
};

struct made {
	size_t planned; /* index of its template */
	const struct fate *fate;
	char id[INSTANCE_ID_SIZE];
	struct event event;
	bool written; /* not, where it was there already */
};

struct generate_rows {
	struct planned *planned;
	size_t n, size;
	struct made *made;
	size_t made_n, made_size;
	bool changes; /* some instance has one */
	bool policed; /* some template has policies */
	bool hashed; /* the event of some instance lies before keys_from */
};

void generate_rows_add(struct generate_rows *rows, const struct template *template,
	struct row_place place,
	struct plan *plan); /* takes the plan's memory, and copies policies */
void generate_rows_clear(struct generate_rows *rows);

/* All are there: the events of the instances get their keys. */
void generate_rows_name(struct generate_rows *rows, usec_t keys_from);
/* Parameters of generate_write.sql.  kind: of the notifications, NULL: none. */
void generate_rows_params(const struct generate_rows *rows, size_t from, size_t n, usec_t now,
	const char *kind, struct params *params);
/* How many there are in a stretch. */
size_t generate_rows_instances(const struct generate_rows *rows, size_t from, size_t n);
size_t generate_rows_decisions(const struct generate_rows *rows, size_t from, size_t n);

/* A stretch was written; returns how many instances were made. */
size_t generate_rows_wrote(
	struct generate_rows *rows, size_t from, size_t n, const PGresult *written);
/* What the notifications of that stretch met in their places (events.h); returns how many are not told. */
size_t generate_rows_meet(
	struct generate_rows *rows, size_t from, size_t n, const PGresult *written, int column);
/* Of what was written. */
size_t generate_rows_quarantined(const struct generate_rows *rows);
/* The lines of what was written, and the hint for NOTIFY.  Returns how many rows went without a line. */
size_t generate_rows_log(const struct generate_rows *rows, usec_t clock, struct tell_rate *rate,
	bool told, struct tell_hint *hint);
