/* Texts that live with their owner; see the header. */
#include "look/texts.h"

#include <stdlib.h>

#include "db/rows.h"
#include "util/charset.h"
#include "util/mem.h"

#define CELL_MAX 65536

void texts_free(struct texts *texts)
{
	for (size_t i = 0; i < texts->n; i++)
		free(texts->list[i]);
	free(texts->list);
	*texts = (struct texts){ 0 };
}

const char *texts_keep(struct texts *texts, char *text)
{
	if (texts->n == texts->size) {
		texts->size = texts->size ? 2 * texts->size : 64;
		texts->list = mem_realloc_array(texts->list, texts->size, sizeof(*texts->list));
	}
	return texts->list[texts->n++] = text;
}

const char *texts_cell(struct texts *texts, const PGresult *result, int row, int column)
{
	struct strbuf text CLEANUP(strbuf_free) = STRBUF(4 * CELL_MAX);
	size_t len = row_text_len(result, row, column);
	if (row_is_null(result, row, column))
		return NULL;
	charset_to_utf8(charset_bound(), row_text(result, row, column),
		len < CELL_MAX ? len : CELL_MAX, &text);
	return texts_keep(texts, strbuf_steal(&text));
}
