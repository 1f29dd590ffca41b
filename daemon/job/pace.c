/* Rows by time; see the header. */
#include "job/pace.h"

#define NS_PER_USEC 1000
#define MEMORY      4 /* batches */

void pace_note(struct pace *pace, size_t rows, usec_t took)
{
	if (rows < PACE_ROWS)
		return;
	usec_t row = took * NS_PER_USEC / (usec_t)rows + 1;
	pace->row_ns = pace->row_ns ? pace->row_ns + (row - pace->row_ns) / MEMORY : row;
}

size_t pace_brief(const struct pace *pace, size_t full, size_t least)
{
	size_t fits = pace->row_ns ? (size_t)(PACE_BRIEF * NS_PER_USEC / pace->row_ns) : full / 2;
	if (fits < least)
		fits = least;
	if (fits > full)
		fits = full;
	return fits > 0 ? fits : 1;
}
