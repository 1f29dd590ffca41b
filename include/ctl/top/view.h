/* view: the screen of recurctl top as lines of text.  Pure: from what was read and how it is looked at to a frame.
 *
 * What users wrote is escaped as in the tables (util/text.h): no title moves the cursor.  No line is wider than the
 * screen, and colours say nothing that words do not.
 */
#pragma once

#include "ctl/top/list.h"

struct top_view {
	size_t width, height; /* height 0: as many lines as there are */
	size_t selected, first; /* of the list; top_draw keeps them within it, and in sight */
	const char *filter; /* "": none */
	const char *
		message; /* in place of the keys: what came of the last one, a question; NULL: nothing */
	usec_t interval;
	bool typing; /* the filter is */
	bool paused, help, colours, ascii, plain; /* plain: no sequences at all */
};

void top_draw(struct strbuf *out, struct top_data *data, const struct top_list *list,
	struct top_view *view);
