/* recurctl expand: a line of JSON in, a line of JSON out; no database. */
#include "ctl/cmd/expand.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "conf/settings.h"
#include "ctl/ctl.h"
#include "recur/zone.h"
#include "util/mem.h"

#define CHUNK_MAX 65536

static const struct ctl_option options[] = {
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

static void answer_lines(const char *default_zone)
{
	struct line_reader *reader CLEANUP(mem_cleanup) = mem_alloc(sizeof(*reader));
	struct strbuf answer CLEANUP(strbuf_free) = STRBUF(EXPAND_ANSWER_MAX);
	strbuf_init(&reader->line, EXPAND_LINE_MAX);
	while (read_line(reader) && !ferror(stdout)) {
		if (reader->line.overflowed)
			expand_refuse("line too long", &answer);
		else
			expand_line(reader->line.data, reader->line.len, default_zone, &answer);
		strbuf_add_char(&answer, '\n');
		fwrite(answer.data, 1, answer.len, stdout);
	}
	strbuf_free(&reader->line);
}

static int run(struct ctl *ctl, int argc, char **argv)
{
	if (ctl_getopt(ctl, argc, argv) != -1 || optind != argc)
		return ctl_usage(ctl, "expand takes no arguments, it reads standard input");
	zones_open(ctl->conf->zoneinfo_dir);
	struct settings *defaults CLEANUP(settings_cleanup) = settings_create();
	answer_lines(defaults->default_time_zone);
	zones_close();
	return EX_OK;
}

const struct ctl_command command_expand = {
	.name = "expand",
	.args = "",
	.help = "answer JSON lines of rules with their occurrences",
	.run = run,
	.options = options,
};
