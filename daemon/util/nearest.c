/* Edit distance with transpositions of neighbours (optimal string alignment); see the header. */
#include "util/nearest.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static bool same(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

static size_t distance_of(const char *a, size_t a_len, const char *b, size_t b_len)
{
	size_t rows[3][NEAREST_BYTES_MAX + 1]; /* the row before the last, the last, this one */
	size_t *older = rows[0], *last = rows[1], *row = rows[2];
	for (size_t j = 0; j <= b_len; j++)
		last[j] = older[j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		row[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			row[j] = least(last[j] + 1, row[j - 1] + 1);
			row[j] = least(row[j], last[j - 1] + !same(a[i - 1], b[j - 1]));
			if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1]))
				row[j] = least(row[j], older[j - 2] + 1);
		}
		size_t *spare = older;
		older = last;
		last = row;
		row = spare;
	}
	return last[b_len];
}

void nearest_offer(struct nearest *nearest, const char *name)
{
	size_t typed_len = strlen(nearest->typed), len = strlen(name);
	if (typed_len < 2 || typed_len > NEAREST_BYTES_MAX || len > NEAREST_BYTES_MAX)
		return;
	size_t distance = distance_of(nearest->typed, typed_len, name, len);
	bool begins = strncasecmp(nearest->typed, name, typed_len) == 0;
	if (!begins && distance > (typed_len + 2) / 3)
		return;
	/* What begins like it is nearer than any slip. */
	distance = begins ? 0 : distance;
	if (nearest->name && distance >= nearest->distance)
		return;
	nearest->name = name;
	nearest->distance = distance;
}

const char *nearest_hint(struct nearest *nearest)
{
	nearest->hint[0] = '\0';
	if (nearest->name)
		snprintf(nearest->hint, sizeof(nearest->hint), " (did you mean \"%s\"?)",
			nearest->name);
	return nearest->hint;
}
