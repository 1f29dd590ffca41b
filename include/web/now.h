/* now: the first page.  One line says whether people's reminders are late, since when and why; the rest says more.
 * Pure: from figures and rows to HTML, part by part, so that of a live page only what changed is sent.
 */
#pragma once

#include "look/verdict.h"
#include "web/heat.h"
#include "web/rows.h"

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
