/* fuzz_log: whatever a value is, its line is one line of printable text within its limit, and the key
 * that follows is there; as JSON it is one object that a parser takes; instants that parse come back the same
 * from their text.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "util/log.h"
#include "util/mem.h"
#include "util/timefmt.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void require(bool condition)
{
	if (!condition)
		abort();
}

/* No byte that could end the line, and quotes only around values or escaped. */
static void check_line(const struct log_line *line)
{
	static const char tail[] = " last=1";
	bool quoted = false;

	require(line->len < LOG_LINE_MAX);
	require(line->len > sizeof(tail) &&
		memcmp(line->text + line->len - (sizeof(tail) - 1), tail, sizeof(tail) - 1) == 0);
	for (size_t i = 0; i < line->len; i++) {
		unsigned char c = (unsigned char)line->text[i];

		require(c >= ' ' && c != 0x7F);
		if (quoted && c == '\\')
			i++;
		else if (c == '"')
			quoted = !quoted;
		else
			require(quoted || c < 0x7F);
	}
	require(!quoted);
}

static void check_instant(const char *text)
{
	char buf[INSTANT_TEXT_MAX];
	usec_t instant, again;

	if (!instant_parse(text, &instant, NULL))
		return;
	/* Offsets may lead out of the years that have four digits. */
	if (instant_format(instant, buf)[0] == '-' || strchr(buf, '-') != buf + 4)
		return;
	require(instant_parse(buf, &again, NULL) && again == instant);
}

static void fill_line(struct log_line *line, const char *text)
{
	log_begin(line, LOG_INFO, "fuzz");
	log_text(line, "first", text);
	log_fmt(line, "second", "%s", text);
	log_int(line, "last", 1);
}

/* log_end would write it: its brace is put here. */
static void check_json(const char *text)
{
	struct log_line line;
	log_open(LOG_SINK_STDERR, LOG_JSON, "fuzz", LOG_INFO);
	fill_line(&line, text);
	log_open(LOG_SINK_STDERR, LOG_LOGFMT, "fuzz", LOG_INFO);
	require(line.len + 1 < LOG_LINE_MAX);
	line.text[line.len] = '}';
	json_t *object = json_loadb(line.text, line.len + 1, JSON_REJECT_DUPLICATES, NULL);
	require(object && json_integer_value(json_object_get(object, "last")) == 1);
	json_decref(object);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	char *text CLEANUP(mem_cleanup) = mem_strndup((const char *)data, size);
	struct log_line line;

	fill_line(&line, text);
	check_line(&line);
	check_json(text);
	check_instant(text);
	return 0;
}
