/* conversion: see the header. */
#include "ctl/migrate/conversion.h"

#include <stdlib.h>
#include <string.h>

#include "ctl/migrate/lines.h"
#include "util/mem.h"

#define ZONE_MARK "{zone}"

static bool starts(const struct line *line, const char *word)
{
	struct line rest;
	return line_after(line, word, &rest);
}

static bool has_mark(const struct line *line)
{
	return memmem(line->text, line->len, ZONE_MARK, sizeof(ZONE_MARK) - 1) != NULL;
}

/* The line with the zone, or with what stands for it as long as nobody has said which. */
static void add_line(struct strbuf *lines, const struct line *line, const char *zone)
{
	const char *at = line->text, *end = at + line->len, *mark;
	if (lines->len > 0)
		strbuf_add_char(lines, '\n');
	while ((mark = memmem(at, (size_t)(end - at), ZONE_MARK, sizeof(ZONE_MARK) - 1))) {
		strbuf_add(lines, at, (size_t)(mark - at));
		strbuf_add_text(lines, zone ? zone : "'ZONE'");
		at = mark + sizeof(ZONE_MARK) - 1;
	}
	strbuf_add(lines, at, (size_t)(end - at));
}

static void add_question(struct strbuf *lines, const char *kind, const char *times)
{
	strbuf_addf(lines,
		"%s%sof which time zone are %s? Say --zone UTC where the application stores UTC "
		"(datetime.utcnow() does), else the zone of its server's clock, say --zone "
		"Europe/Berlin",
		lines->len > 0 ? "\n" : "", kind, times);
}

/* What is run without the zone waits for it; a note need not, but asks before it is read. */
static void complete(struct migrator *migrator, const char *raised, struct conversion *conversion)
{
	PGconn *pq = session_pq(migrator->session);
	struct strbuf lines CLEANUP(strbuf_free) = STRBUF(SIZE_MAX);
	char *zone = migrator->zone ? PQescapeLiteral(pq, migrator->zone, strlen(migrator->zone))
				    : NULL;
	bool asks = false;
	struct line line;
	while (lines_next(&raised, &line)) {
		if (!zone && starts(&line, "note: ") && has_mark(&line))
			add_question(&lines, "note: ", "its times, 'ZONE' in what follows");
		add_line(&lines, &line, zone);
		conversion->runs = conversion->runs || starts(&line, "run: ");
		asks = asks || (!zone && starts(&line, "run: ") && has_mark(&line));
		conversion->refused = conversion->refused || starts(&line, "refused: ");
	}
	PQfreemem(zone);
	if (asks)
		add_question(&lines, "refused: ", "these times");
	conversion->refused = conversion->refused || asks;
	conversion->lines = strbuf_steal(&lines);
}

bool conversion_read(struct migrator *migrator, const struct migration *step,
	struct conversion *ret_conversion, struct err *err)
{
	struct conversion conversion = { .lines = NULL };
	char *raised CLEANUP(mem_cleanup) = NULL;
	char sqlstate[6];
	if (step->convert && !migrator_look(migrator, step->convert, &raised, sqlstate, err))
		return err_prefix(err, "%s.convert.sql: ", step->name);
	if (raised && strcmp(sqlstate, "42501") == 0) { /* who may not read is told so elsewhere */
		free(raised);
		raised = NULL;
	}
	if (raised && strcmp(sqlstate, "P0001") != 0)
		return err_set(err, "%s.convert.sql: %.380s", step->name, raised);
	if (raised)
		complete(migrator, raised, &conversion);
	*ret_conversion = conversion;
	return true;
}

void conversion_free(struct conversion *conversion)
{
	free(conversion->lines);
	*conversion = (struct conversion){ .lines = NULL };
}

bool conversion_run(struct migrator *migrator, const struct migration *step,
	const struct conversion *conversion, struct err *err)
{
	static const char run[] = "run: ";
	char *file CLEANUP(mem_cleanup) = mem_printf("%s.convert.sql", step->name);
	const char *rest = conversion->lines;
	struct line line;
	while (lines_next(&rest, &line)) {
		struct statement statement = { .text = line.text + sizeof(run) - 1,
			.len = line.len - (sizeof(run) - 1),
			.line = 1 };
		if (starts(&line, run) && !migrator_run(migrator, file, &statement, err))
			return false;
	}
	return true;
}

void conversion_report(struct migrator *migrator, const struct migration *step,
	const struct conversion *conversion)
{
	report_step(&migrator->report, step->number, step->name, "converted", NULL);
	report_lines(&migrator->report, "conversion", conversion->lines);
}
