/* texts: texts of rows in UTF-8, whatever the database is written in, which live as long as their owner. */
#pragma once

#include <libpq-fe.h>

#include "util/macros.h"

struct texts {
	char **list;
	size_t n, size;
};

void texts_free(struct texts *texts); /* empty again */
/* The text of a cell; NULL: null.  Cut at 64 kB. */
const char *texts_cell(struct texts *texts, const PGresult *result, int row, int column);
const char *texts_keep(struct texts *texts, char *text /* taken */);
