/* list: the rows of a screen as cells of text, filtered.  Pure but for the results that it reads. */
#pragma once

#include "ctl/top/data.h"

#define TOP_COLUMNS 8

struct top_column {
	const char *heading;
	size_t width; /* 0: what is left */
	size_t from; /* shown where the screen has so many columns */
	bool right;
};

struct top_item {
	const char *template; /* NULL: it is of none */
	const char *cells[TOP_COLUMNS];
	bool bad;
};

struct top_list {
	const struct top_column *columns;
	size_t columns_n;
	struct top_item *items;
	size_t n;
	const char *empty; /* what is said of no row */
};

/* filter: what a row must have in one of its cells, in any case; "": anything.  Texts are data's; the caller frees the
 * items. */
void top_list(struct top_data *data, const char *filter, struct top_list *ret_list);
