/* report: see the header. */
#include "ctl/migrate/report.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "ctl/migrate/lines.h"
#include "ctl/migrate/script.h"
#include "util/mem.h"
#include "util/strbuf.h"
#include "util/text.h"

void report_begin(struct report *report, bool json, bool dry_run)
{
	*report = (struct report){ .json = json, .dry_run = dry_run };
	if (!json)
		return;
	report->steps = json_array();
	report->notes = json_array();
	report->facts = json_object();
}

void report_end(struct report *report)
{
	if (!report->json)
		return;
	if (report->dry_run)
		json_object_set_new(report->facts, "dry_run", json_true());
	json_object_set(report->facts, "steps", report->steps);
	if (json_array_size(report->notes) > 0)
		json_object_set(report->facts, "notes", report->notes);
	json_dumpf(report->facts, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(report->steps);
	json_decref(report->notes);
	json_decref(report->facts);
}

static json_t *safe_string(const char *text, size_t len)
{
	char *copy CLEANUP(mem_cleanup) = mem_strndup(text, len);
	struct strbuf utf8 CLEANUP(strbuf_free) = STRBUF(SIZE_MAX);
	text_add_repaired(&utf8, copy);
	return json_stringn(utf8.data, utf8.len);
}

static void print_escaped(FILE *out, const char *text, size_t len)
{
	char *copy CLEANUP(mem_cleanup) = mem_strndup(text, len);
	struct strbuf line CLEANUP(strbuf_free) = STRBUF(SIZE_MAX);
	(void)text_add_terminal(&line, copy, 0);
	fputs(line.data, out);
}

void report_step(
	struct report *report, int number, const char *name, const char *state, const char *remark)
{
	if (report->json) {
		report->step = json_pack("{s:i, s:o, s:s}", "number", number, "name",
			safe_string(name, strlen(name)), "state", state);
		json_array_append_new(report->steps, report->step);
		return;
	}
	printf("%-34s %s%s", name, report->dry_run ? "would be " : "", state);
	if (remark && *remark) {
		fputs("  ", stdout);
		print_escaped(stdout, remark, strlen(remark));
	}
	putchar('\n');
	(void)fflush(stdout); /* each as it happens */
}

static void add_json_line(json_t *step, const char *kind, const struct line *line)
{
	json_t *list = json_object_get(step, kind);
	if (!list) {
		list = json_array();
		json_object_set_new(step, kind, list);
	}
	json_array_append_new(list, safe_string(line->text, line->len));
}

void report_lines(struct report *report, const char *kind, const char *lines)
{
	struct line line;
	while (lines_next(&lines, &line)) {
		if (report->json) {
			add_json_line(report->step, kind, &line);
			continue;
		}
		fputs("    ", stdout);
		print_escaped(stdout, line.text, line.len);
		putchar('\n');
	}
}

void report_statements(struct report *report, const char *statements)
{
	struct script script CLEANUP(script_free) = { .n = 0 };
	if (!report->json) {
		report_lines(report, "statements", statements);
		return;
	}
	script_parse(statements, &script);
	for (size_t i = 0; i < script.n; i++) {
		const struct statement *statement = &script.statements[i];
		add_json_line(report->step, "statements",
			&(struct line){ statement->text, statement->len });
	}
}

void report_fact(struct report *report, const char *key, json_t *value)
{
	if (report->json)
		json_object_set(report->facts, key, value);
	json_decref(value);
}

static void print_note(FILE *out, const char *fmt, va_list args) PRINTF(2, 0);
static void print_note(FILE *out, const char *fmt, va_list args)
{
	struct strbuf text CLEANUP(strbuf_free) = STRBUF(SIZE_MAX);
	strbuf_vaddf(&text, fmt, args);
	fputs("note: ", out);
	print_escaped(out, text.data, text.len);
	fputc('\n', out);
	(void)fflush(out);
}

void report_note(struct report *report, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	if (report->json) {
		struct strbuf text CLEANUP(strbuf_free);
		strbuf_init(&text, SIZE_MAX);
		strbuf_vaddf(&text, fmt, args);
		json_array_append_new(report->notes, safe_string(text.data, text.len));
	} else {
		print_note(stdout, fmt, args);
	}
	va_end(args);
}

void report_waiting(struct report *report, const char *fmt, ...)
{
	va_list args;
	(void)report;
	va_start(args, fmt);
	print_note(stderr, fmt, args);
	va_end(args);
}
