/* The page of one template: its facts, and the story of its occurrences. */
#include <stdlib.h>

#include "db/rows.h"
#include "look/rows_read.h"
#include "util/mem.h"
#include "web/pages.h"
#include "web/place.h"
#include "web/story.h"
#include "web/telling.h"

static usec_t instant(const PGresult *result, int row, int column)
{
	return row_is_null(result, row, column) ? INSTANT_NONE : row_instant(result, row, column);
}

static void show_facts(
	struct strbuf *out, struct texts *texts, const PGresult *row, const struct face *face)
{
	char due[SHOW_TEXT_MAX], in[SHOW_TEXT_MAX];
	usec_t next = instant(row, 0, TEMPLATE_FIRST + 3);
	usec_t starts = row_is_null(row, 0, TEMPLATE_FIRST + 4)
				? INSTANT_NONE
				: row_wall_us(row, 0, TEMPLATE_FIRST + 4);
	struct strbuf words CLEANUP(strbuf_free) = STRBUF(4096);
	const char *rule = texts_cell(texts, row, 0, TEMPLATE_FIRST + 2);
	const char *zone = texts_cell(texts, row, 0, TEMPLATE_FIRST + 5);
	const char *failure = texts_cell(texts, row, 0, TEMPLATE_FAILURE);
	rule_words(rule, starts, &words);
	if (words.len > 0)
		FILL(out, FRAGMENT_SENTENCE, { "sentence", words.data });
	FILL(out, FRAGMENT_TEMPLATE_FACTS, { "id", texts_cell(texts, row, 0, TEMPLATE_FIRST) },
		{ "user", texts_cell(texts, row, 0, TEMPLATE_FIRST + 1) },
		{ "next", show_whole(face, next, due) }, { "in", show_distance(face, next, in) },
		{ "zone", zone ? zone : texts_cell(texts, row, 0, TEMPLATE_ZONE) });
	if (failure)
		FILL(out, FRAGMENT_RULE_PROBLEM, { "reason", failure });
	if (rule && failure)
		place_show(out, rule, failure);
	else if (rule)
		FILL(out, FRAGMENT_RULE_FORMS, { "json", rule }, { "lines", NULL });
}

static void show_title(struct strbuf *out, struct texts *texts, const PGresult *row, bool titles)
{
	const char *title = titles ? texts_cell(texts, row, 0, TEMPLATE_TITLE) : NULL;
	strbuf_add_text(out, "<h1>");
	fill_text(out, title && *title ? title : texts_cell(texts, row, 0, TEMPLATE_FIRST));
	strbuf_add_char(out, ' ');
	template_tag(out, template_state(row, 0));
	strbuf_add_text(out, "</h1>\n");
}

struct showing {
	struct strbuf *out;
	const struct face *face;
	const char *hindrance;
};

static void show_account(void *arg, struct account *account)
{
	const struct showing *showing = arg;
	story_show(showing->out, showing->face, account, showing->hindrance);
}

static void show_story(
	struct strbuf *out, struct telling *telling, const struct outlook_now *outlook)
{
	char hindrance[160];
	telling_hindrance(telling, &outlook->face, hindrance, sizeof(hindrance));
	struct showing showing = { out, &outlook->face, *hindrance ? hindrance : NULL };
	telling_account(telling, outlook, true, show_account, &showing);
}

static void show(struct visit *visit, struct telling *telling)
{
	struct strbuf out CLEANUP(strbuf_free) = STRBUF(PAGE_MAX);
	struct texts texts = { 0 };
	struct page page = board_frame(visit->web->board, "Template – recurd", "templates");
	struct outlook_now outlook = board_outlook(visit->web->board);
	const PGresult *row = telling_part(telling, TELLING_ROW);
	page_begin(&out, &page);
	show_title(&out, &texts, row, visit_sees_titles(visit));
	show_facts(&out, &texts, row, &page.face);
	template_policies(&out, &texts, telling_part(telling, TELLING_POLICIES));
	if (visit->web->conf->actions)
		show_actions(
			&out, template_state(row, 0), texts_cell(&texts, row, 0, TEMPLATE_FIRST));
	show_story(&out, telling, &outlook);
	template_changes(&out, &texts, &page.face, telling_part(telling, TELLING_CHANGES));
	template_turns(&out, &texts, &page.face, telling_part(telling, TELLING_TURNS));
	page_end(&out, &page);
	visit_answer(visit->request, 200, &out);
	texts_free(&texts);
}

static void told(void *arg, struct telling *telling, const struct reply *failed)
{
	struct visit *visit = arg;
	if (failed)
		visit_fail(visit, failed);
	else if (PQntuples(telling_part(telling, TELLING_ROW)) == 0)
		request_problem(visit->request, 404, "there is no template of that id", NULL);
	else
		show(visit, telling);
	free(visit);
}

static void ready(void *arg, struct board *board)
{
	struct visit *visit = arg;
	usec_t now = board_outlook(board).face.now;
	telling_ask(visit->web, request_query(visit->request, "id"), now - STORY_BEFORE,
		now + STORY_AFTER, told, visit);
}

void serve_template(struct web *web, struct request *request)
{
	const char *id = request_query(request, "id");
	if (!id || !*id) {
		request_problem(request, 404, "which one? template?id=... names it", NULL);
		return;
	}
	board_want(board_of(web), ready, visit_create(web, request));
}
