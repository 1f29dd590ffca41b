/* now: the first page.  One line says whether people's reminders are late, since when and why; the rest says more.
 * Pure: from figures and rows to HTML, part by part, so that of a live page only what changed is sent.
 */
#pragma once

#include "web/heat.h"
#include "web/rows.h"

#define NOW_MINUTES 60 /* to either side */
#define NOW_LATE    (5 * USEC_PER_SEC) /* what waits longer is late; a batch takes less */

struct figures {
	int64_t due_templates, due_reminders;
	bool due_capped;
	usec_t lag_templates, lag_reminders; /* of the oldest that waits; 0: none does */
	usec_t next_due_at, next_remind_at; /* INSTANT_NONE: none */
	int64_t alive, dead; /* workers */
	usec_t last_seen; /* a worker; INSTANT_NONE: none ever */
	int64_t quarantined;
	bool quarantined_capped;
	int64_t told; /* events of the last hour */
	bool told_capped;
	const char *waits; /* why batches wait, as recurd.waits has it; NULL: none does */
};

struct minute {
	int64_t made, told, due;
};

struct now {
	struct face face;
	struct figures figures;
	/* From an hour back to an hour ahead; [NOW_MINUTES] is the minute that begins now. */
	struct minute minutes[2 * NOW_MINUTES];
	usec_t minutes_at; /* when these were counted */
	bool lists; /* quarantine and decisions may be seen */
	struct heat heat;
	const struct upcoming_row *upcoming;
	const struct quarantine_row *quarantine;
	const struct decision_row *decisions;
	size_t upcoming_n, quarantine_n, decisions_n;
	const char *away; /* why the database is not there; NULL: it is */
	usec_t away_since;
};

enum verdict { VERDICT_FINE, VERDICT_WARN, VERDICT_LATE };

struct said {
	enum verdict verdict;
	char words[160], more[160], reason[512]; /* "": nothing to say */
};

void now_say(const struct now *now, struct said *ret_said);

enum now_part {
	NOW_VERDICT,
	NOW_FIGURES,
	NOW_STRIP,
	NOW_HEAT,
	NOW_UPCOMING,
	NOW_QUARANTINE,
	NOW_DECISIONS,
	NOW_PARTS
};
const char *now_part_id(enum now_part part);
void now_part(struct strbuf *out, const struct now *now, enum now_part part);
/* "● all on time – recurd": of the tab. */
void now_tab(const struct said *said, char *ret_title, size_t size);
enum asset_id now_icon(const struct said *said);
/* All of it, with its frame; page's title, icon and counts are filled in here. */
void now_page(struct strbuf *out, const struct now *now, struct page *page);
