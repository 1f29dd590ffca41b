/* A counter for each minute; see the header. */
#include "ctl/load.h"

#include <stdlib.h>

#include "util/mem.h"
#include "util/timefmt.h"

#define MINUTE (INT64_C(60) * USEC_PER_SEC)
#define HOUR   (60 * MINUTE)

void load_init(struct load *load, usec_t from, usec_t to)
{
	sec_t begins = sec_from_usec(from);
	begins -= ((begins % 3600) + 3600) % 3600;
	*load = (struct load){ .begins = begins * USEC_PER_SEC };
	load->minutes_n = (size_t)((to - load->begins) / HOUR + 1) * 60;
	load->minutes = mem_alloc_array(load->minutes_n, sizeof(*load->minutes));
}

void load_free(struct load *load)
{
	free(load->minutes);
	*load = (struct load){ 0 };
}

void load_add(struct load *load, enum load_kind kind, usec_t at)
{
	if (at < load->begins || (size_t)((at - load->begins) / MINUTE) >= load->minutes_n)
		return;
	load->minutes[(at - load->begins) / MINUTE][kind]++;
	load->total[kind]++;
}

size_t load_hours(const struct load *load)
{
	return load->minutes_n / 60;
}

struct load_hour load_hour(const struct load *load, size_t i)
{
	struct load_hour hour = { .begins = load->begins + (usec_t)i * HOUR };
	for (size_t m = i * 60; m < (i + 1) * 60; m++) {
		int64_t all = 0;
		for (int kind = 0; kind < LOAD_KINDS; kind++) {
			hour.n[kind] += load->minutes[m][kind];
			all += load->minutes[m][kind];
		}
		if (all > hour.fullest_n) {
			hour.fullest_n = all;
			hour.fullest = load->begins + (usec_t)m * MINUTE;
		}
	}
	return hour;
}
