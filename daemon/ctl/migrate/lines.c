/* A finding a line; see the header. */
#include "ctl/migrate/lines.h"

#include <string.h>

bool lines_next(const char **rest, struct line *ret_line)
{
	if (!*rest || !**rest)
		return false;
	ret_line->text = *rest;
	ret_line->len = strcspn(*rest, "\n");
	*rest += ret_line->len;
	*rest += **rest == '\n';
	return true;
}

bool lines_have(const char *lines, const struct line *line)
{
	struct line one;
	while (lines_next(&lines, &one))
		if (one.len == line->len && memcmp(one.text, line->text, one.len) == 0)
			return true;
	return false;
}

bool line_after(const struct line *line, const char *word, struct line *ret_rest)
{
	size_t len = strlen(word);
	if (line->len < len || memcmp(line->text, word, len) != 0)
		return false;
	*ret_rest = (struct line){ line->text + len, line->len - len };
	return true;
}

bool line_is_needed(const struct line *line)
{
	static const char mark[] = "[needed]";
	return memmem(line->text, line->len, mark, sizeof(mark) - 1) != NULL;
}

void lines_add(struct strbuf *buf, const char *separator, const struct line *line)
{
	if (buf->len > 0)
		strbuf_add_text(buf, separator);
	strbuf_add(buf, line->text, line->len);
}

void lines_add_text(struct strbuf *buf, const char *text)
{
	lines_add(buf, "\n", &(struct line){ text, strlen(text) });
}

void lines_add_needed(struct strbuf *buf, const char *separator, const char *problems)
{
	struct line line;
	while (lines_next(&problems, &line))
		if (line_is_needed(&line))
			lines_add(buf, separator, &line);
}

char *lines_filter(const char *lines, const char *others, bool wanted)
{
	struct strbuf kept CLEANUP(strbuf_free) = STRBUF(SIZE_MAX);
	struct line line;
	while (lines_next(&lines, &line))
		if (lines_have(others, &line) == wanted)
			lines_add(&kept, "\n", &line);
	return kept.len > 0 ? strbuf_steal(&kept) : NULL;
}
