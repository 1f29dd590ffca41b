/* recurctl expand: a line of JSON in, a line of JSON out; no database, but for one of its calendars. */
#include "ctl/cmd/expand.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "conf/settings.h"
#include "ctl/convert/calendar.h"
#include "ctl/convert/holidays.h"
#include "ctl/ctl.h"
#include "ctl/settings.h"
#include "ctl/slurp.h"
#include "recur/zone.h"
#include "util/mem.h"
#include "util/text.h"

#define CHUNK_MAX 65536

enum { OPT_CALENDAR = 256, OPT_SHIFT };

static const struct ctl_option options[] = {
	{ "calendar", OPT_CALENDAR, "CALENDAR",
		"the calendar that says what is a day off: one of the database, or an .ics file" },
	{ "shift", OPT_SHIFT, "WORD",
		"what falls on a day off: none, next, previous, nearest, skip (default: none)" },
	{ NULL, 0, NULL, NULL },
};

struct line_reader {
	char chunk[CHUNK_MAX];
	size_t len, at;
	struct strbuf line;
	bool ended;
};

/* More input.  What has been answered goes out first: whoever writes the questions may wait for it. */
static bool refill(struct line_reader *reader)
{
	ssize_t got;
	if (fflush(stdout) != 0)
		return false;
	do
		got = read(STDIN_FILENO, reader->chunk, sizeof(reader->chunk));
	while (got < 0 && errno == EINTR);
	reader->at = 0;
	reader->len = got > 0 ? (size_t)got : 0;
	return got > 0;
}

/* The next line without its newline; one that is too long is cut and marked overflowed. */
static bool read_line(struct line_reader *reader)
{
	bool any = false;
	strbuf_reset(&reader->line);
	while (!reader->ended) {
		const char *from = reader->chunk + reader->at;
		size_t left = reader->len - reader->at;
		if (left == 0) {
			reader->ended = !refill(reader);
			continue;
		}
		any = true;
		const char *end = memchr(from, '\n', left);
		strbuf_add(&reader->line, from, end ? (size_t)(end - from) : left);
		reader->at += end ? (size_t)(end - from) + 1 : left;
		if (end)
			return true;
	}
	return any;
}

static void answer_lines(const struct expand_ground *ground)
{
	struct line_reader *reader CLEANUP(mem_cleanup) = mem_alloc(sizeof(*reader));
	struct strbuf answer CLEANUP(strbuf_free) = STRBUF(EXPAND_ANSWER_MAX);
	strbuf_init(&reader->line, EXPAND_LINE_MAX);
	while (read_line(reader) && !ferror(stdout)) {
		if (reader->line.overflowed)
			expand_refuse("line too long", &answer);
		else
			expand_line(reader->line.data, reader->line.len, ground, &answer);
		strbuf_add_char(&answer, '\n');
		fwrite(answer.data, 1, answer.len, stdout);
	}
	strbuf_free(&reader->line);
}

/* ---- calendars ---- */

/* A name of ours has neither. */
static bool is_file(const char *word)
{
	size_t len = strlen(word);
	return strchr(word, '/') || (len > 4 && strcmp(word + len - 4, ".ics") == 0);
}

static bool add_days(struct workdays *workdays, const struct holidays *holidays, struct err *err)
{
	for (size_t i = 0; i < holidays->n; i++) {
		const struct holiday *day = &holidays->list[i];
		struct workdays_day added = {
			.name = day->name, .first = day->first, .span = day->span, .rule = day->rule
		};
		if (!workdays_add(workdays, &added, err))
			return false;
	}
	return true;
}

/* Its holidays, and Saturday and Sunday; rules may name it by its word. */
static int read_calendar(const char *path, struct settings *settings)
{
	struct holidays holidays CLEANUP(holidays_finish) = { 0 };
	struct strbuf text CLEANUP(strbuf_free) = STRBUF(CALENDAR_BYTES_MAX);
	struct err err;
	int code = slurp_file(path, &text);
	if (code != EX_OK)
		return code;
	struct workdays *workdays = workdays_create(path, 1u << 0 | 1u << 6);
	if (!holidays_read(text.data, text.len, &holidays, &err) ||
		!add_days(workdays, &holidays, &err)) {
		workdays_free(workdays);
		return ctl_error(EX_DATAERR, "%s: %s", path, err.text);
	}
	for (size_t i = 0; i < holidays.left_n; i++) {
		struct strbuf line CLEANUP(strbuf_free) = STRBUF(SIZE_MAX);
		(void)text_add_terminal(&line, holidays.left[i], 0);
		fprintf(stderr, "recurctl: left out: %s\n", line.data);
	}
	settings->calendars = calendars_create();
	settings->drop_calendars = calendars_drop;
	calendars_add(settings->calendars, workdays);
	return EX_OK;
}

static int find_calendar(
	struct ctl *ctl, const char *word, struct settings **settings, struct expand_ground *ground)
{
	struct err err;
	int code;
	if (is_file(word)) {
		*settings = settings_create();
		code = read_calendar(word, *settings);
	} else {
		code = settings_load(ctl, settings);
	}
	if (code != EX_OK)
		return code;
	ground->calendars = (*settings)->calendars;
	return calendars_find(ground->calendars, word, &ground->workdays, &err)
		       ? EX_OK
		       : ctl_error(EX_DATAERR, "%s", err.text);
}

static int run(struct ctl *ctl, int argc, char **argv)
{
	struct settings *defaults CLEANUP(settings_cleanup) = settings_create();
	struct settings *settings = NULL;
	struct expand_ground ground = { .workdays = workdays_plain() };
	const char *calendar = NULL;
	int option, code = EX_OK;
	while ((option = ctl_getopt(ctl, argc, argv)) != -1) {
		if (option == OPT_CALENDAR)
			calendar = optarg;
		else if ((ground.shift = policy_shift_of(optarg)) == SHIFT_NONE &&
			 strcmp(optarg, "none") != 0)
			return ctl_usage(ctl,
				"--shift: expected none, next, previous, nearest or skip, got "
				"\"%s\"",
				optarg);
	}
	if (optind != argc)
		return ctl_usage(ctl, "expand takes no arguments, it reads standard input");
	zones_open(ctl->conf->zoneinfo_dir);
	ground.default_zone = defaults->default_time_zone;
	if (calendar)
		code = find_calendar(ctl, calendar, &settings, &ground);
	if (code == EX_OK)
		answer_lines(&ground);
	settings_drop(settings);
	zones_close();
	return code;
}

const struct ctl_command command_expand = {
	.name = "expand",
	.args = "",
	.help = "answer JSON lines of rules with their occurrences",
	.run = run,
	.options = options,
};
