/* TZif bytes to transitions, and lookups in both directions.
 *
 * A wall time belongs to the offset before a transition until the clock has passed both of the
 * transition's readings; that one boundary gives "offset from before the gap" and "first of two".
 * Files come in a fat form (transitions to 2037) and a slim one (the footer takes over at once): both
 * end in the footer, so the year's two transitions are computed when a time lies behind the table.
 */
#include "recur/tzif.h"

#include <stdlib.h>
#include <string.h>

#include "util/mem.h"
#include "util/timefmt.h"

#define HEADER_LEN    44
#define OFFSET_LIMIT  93600 /* 26 hours: RFC 8536 allows -25 to +26 */
#define FOOTER_YEARS  3 /* a rule's hours may reach into the neighbour years */
#define FOOTER_SHIFTS (2 * FOOTER_YEARS)

struct shift {
	sec_t at;
	int offset; /* from here on */
};

enum date_kind { DATE_JULIAN, DATE_DAY, DATE_MONTH };

struct footer_date {
	enum date_kind kind;
	int month, week, day;
	int time; /* seconds of local time, may be negative or beyond a day */
};

struct tzif {
	size_t n;
	int before; /* offset before the first shift */
	struct shift *shifts;
	bool has_footer, has_dst;
	int std, dst;
	struct footer_date start, end;
};

static uint32_t be32(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static sec_t be64(const unsigned char *p)
{
	return (sec_t)((uint64_t)be32(p) << 32 | be32(p + 4));
}

/* Footer: a POSIX TZ string with the extensions of RFC 8536 ---------------------------------------- */

static bool footer_name(const char **p)
{
	const char *s = *p;
	if (*s == '<') {
		s += strspn(s + 1,
			     "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-") +
		     1;
		if (*s != '>' || s - *p < 4)
			return false;
		*p = s + 1;
		return true;
	}
	s += strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
	if (s - *p < 3)
		return false;
	*p = s;
	return true;
}

static bool footer_number(const char **p, int max, int *ret_value)
{
	const char *s = *p;
	int value = 0;
	for (; *s >= '0' && *s <= '9'; s++) {
		value = value * 10 + (*s - '0');
		if (value > max)
			return false;
	}
	if (s == *p)
		return false;
	*p = s;
	*ret_value = value;
	return true;
}

/* [+-]hh[:mm[:ss]] */
static bool footer_time(const char **p, int hours_max, int *ret_seconds)
{
	int sign = 1;
	if (**p == '+' || **p == '-')
		sign = *(*p)++ == '-' ? -1 : 1;
	int part = 0;
	if (!footer_number(p, hours_max, &part))
		return false;
	int total = part * 3600;
	for (int unit = 60; unit > 0 && **p == ':'; unit /= 60) {
		++*p;
		if (!footer_number(p, 59, &part))
			return false;
		total += part * unit;
	}
	*ret_seconds = sign * total;
	return true;
}

static bool footer_date(const char **p, struct footer_date *date)
{
	*date = (struct footer_date){ .time = 7200 };
	if (*(*p)++ != ',')
		return false;
	if (**p == 'M') {
		date->kind = DATE_MONTH;
		++*p;
		if (!footer_number(p, 12, &date->month) || date->month < 1 || *(*p)++ != '.' ||
			!footer_number(p, 5, &date->week) || date->week < 1 || *(*p)++ != '.' ||
			!footer_number(p, 6, &date->day))
			return false;
	} else if (**p == 'J') {
		date->kind = DATE_JULIAN;
		++*p;
		if (!footer_number(p, 365, &date->day) || date->day < 1)
			return false;
	} else {
		date->kind = DATE_DAY;
		if (!footer_number(p, 365, &date->day))
			return false;
	}
	if (**p == '/') {
		++*p;
		return footer_time(p, 167, &date->time);
	}
	return true;
}

static bool footer_parse(const char *text, struct tzif *tzif)
{
	const char *p = text;
	if (!footer_name(&p) || !footer_time(&p, 24, &tzif->std))
		return false;
	tzif->std = -tzif->std;
	tzif->has_footer = true;
	if (*p == '\0')
		return true;
	tzif->has_dst = true;
	tzif->dst = tzif->std + 3600;
	if (!footer_name(&p))
		return false;
	if (*p != ',') {
		if (!footer_time(&p, 24, &tzif->dst))
			return false;
		tzif->dst = -tzif->dst;
	}
	return footer_date(&p, &tzif->start) && footer_date(&p, &tzif->end) && *p == '\0';
}

static sec_t footer_date_wall(const struct footer_date *date, int year)
{
	int64_t first, days;
	switch (date->kind) {
	case DATE_JULIAN: /* 29 February is never counted */
		days = days_from_civil(year, 1, 1) + date->day - 1;
		if (date->day >= 60 && days_in_month(year, 2) == 29)
			days++;
		break;
	case DATE_DAY:
		days = days_from_civil(year, 1, 1) + date->day;
		break;
	case DATE_MONTH:
	default:
		first = days_from_civil(year, date->month, 1);
		days = first + (date->day - weekday_from_days(first) + 7) % 7 +
		       (date->week - 1) * 7;
		if (days >= first + days_in_month(year, date->month))
			days -= 7;
		break;
	}
	return days * 86400 + date->time;
}

/* The footer's shifts of the years around `moment`, in order. */
static void footer_shifts(const struct tzif *tzif, sec_t moment, struct shift shifts[FOOTER_SHIFTS])
{
	int year = civil_from_wall(moment).year - 1;
	for (int i = 0; i < FOOTER_SHIFTS; i += 2, year++) {
		struct shift on = { footer_date_wall(&tzif->start, year) - tzif->std, tzif->dst };
		struct shift off = { footer_date_wall(&tzif->end, year) - tzif->dst, tzif->std };
		shifts[i] = on.at < off.at ? on : off;
		shifts[i + 1] = on.at < off.at ? off : on;
	}
}

/* Lookups ------------------------------------------------------------------------------------------ */

static int larger(int a, int b)
{
	return a > b ? a : b;
}

static int offset_before(const struct shift *shifts, size_t i, int before)
{
	return i > 0 ? shifts[i - 1].offset : before;
}

/* How many shifts the wall clock has wholly passed. */
static size_t passed(const struct shift *shifts, size_t n, int before, sec_t wall)
{
	size_t low = 0, high = n;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (shifts[mid].at +
				larger(offset_before(shifts, mid, before), shifts[mid].offset) <=
			wall)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static struct tzif_fit fit_in(const struct shift *shifts, size_t n, int before, sec_t wall)
{
	size_t i = passed(shifts, n, before, wall);
	struct tzif_fit fit = { .offset = offset_before(shifts, i, before), .fit = ZONE_EXACT };
	if (i == n)
		return fit;
	if (shifts[i].offset > fit.offset && wall >= shifts[i].at + fit.offset) {
		fit.fit = ZONE_GAP;
		fit.gap_end = shifts[i].at + shifts[i].offset;
	} else if (shifts[i].offset < fit.offset && wall >= shifts[i].at + shifts[i].offset) {
		fit.fit = ZONE_FOLD;
	}
	return fit;
}

struct tzif_fit tzif_fit_wall(const struct tzif *tzif, sec_t wall)
{
	if (!tzif->has_footer || passed(tzif->shifts, tzif->n, tzif->before, wall) < tzif->n)
		return fit_in(tzif->shifts, tzif->n, tzif->before, wall);
	if (!tzif->has_dst)
		return (struct tzif_fit){ .offset = tzif->std, .fit = ZONE_EXACT };
	struct shift shifts[FOOTER_SHIFTS];
	footer_shifts(tzif, wall, shifts);
	return fit_in(
		shifts, FOOTER_SHIFTS, shifts[0].offset == tzif->dst ? tzif->std : tzif->dst, wall);
}

static int offset_in(const struct shift *shifts, size_t n, int before, sec_t instant)
{
	size_t low = 0, high = n;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (shifts[mid].at <= instant)
			low = mid + 1;
		else
			high = mid;
	}
	return offset_before(shifts, low, before);
}

int tzif_offset_at(const struct tzif *tzif, sec_t instant)
{
	if (!tzif->has_footer || (tzif->n > 0 && instant < tzif->shifts[tzif->n - 1].at))
		return offset_in(tzif->shifts, tzif->n, tzif->before, instant);
	if (!tzif->has_dst)
		return tzif->std;
	struct shift shifts[FOOTER_SHIFTS];
	footer_shifts(tzif, instant, shifts);
	return offset_in(shifts, FOOTER_SHIFTS,
		shifts[0].offset == tzif->dst ? tzif->std : tzif->dst, instant);
}

/* The file ----------------------------------------------------------------------------------------- */

struct counts {
	size_t isut, isstd, leap, time, type, chars;
};

static bool header_parse(const unsigned char *p, size_t len, struct counts *counts, struct err *err)
{
	if (len < HEADER_LEN || memcmp(p, "TZif", 4) != 0)
		return err_set(err, "not a TZif file");
	if (p[4] < '2')
		return err_set(err, "TZif version 1, expected 2 or later");
	*counts = (struct counts){ be32(p + 20), be32(p + 24), be32(p + 28), be32(p + 32),
		be32(p + 36), be32(p + 40) };
	/* Against the size of the file first, so that no product below can overflow. */
	if (counts->isut > len || counts->isstd > len || counts->leap > len || counts->time > len ||
		counts->type > len || counts->chars > len)
		return err_set(err, "TZif counts larger than the file");
	return true;
}

static size_t block_len(const struct counts *c, size_t time_size)
{
	return c->time * (time_size + 1) + c->type * 6 + c->chars + c->leap * (time_size + 4) +
	       c->isstd + c->isut;
}

static bool block_parse(
	const unsigned char *p, const struct counts *c, struct tzif *tzif, struct err *err)
{
	const unsigned char *index = p + c->time * 8, *types = index + c->time;
	int offsets[256] = { 0 };
	for (size_t i = 0; i < c->type; i++) {
		offsets[i] = (int)be32(types + i * 6);
		if (offsets[i] < -OFFSET_LIMIT || offsets[i] > OFFSET_LIMIT)
			return err_set(err, "TZif offset of %d s", offsets[i]);
	}
	tzif->before = offsets[0];
	tzif->n = c->time;
	tzif->shifts = mem_alloc_array(c->time + 1, sizeof(*tzif->shifts));
	for (size_t i = 0; i < c->time; i++) {
		struct shift *shift = &tzif->shifts[i];
		if (index[i] >= c->type)
			return err_set(err, "TZif transition of an unknown type");
		*shift = (struct shift){ be64(p + i * 8), offsets[index[i]] };
		if (shift->at < -(INT64_C(1) << 60) || shift->at > INT64_C(1) << 60 ||
			(i > 0 && shift->at <= shift[-1].at))
			return err_set(err, "TZif transitions out of order");
	}
	return true;
}

static bool footer_find(const unsigned char *p, size_t len, struct tzif *tzif, struct err *err)
{
	const unsigned char *end = len < 2 ? NULL : memchr(p + 1, '\n', len - 1);
	if (!end || p[0] != '\n')
		return err_set(err, "TZif file without a footer");
	char text[128];
	if ((size_t)(end - p) > sizeof(text))
		return err_set(err, "TZif footer too long");
	memcpy(text, p + 1, (size_t)(end - p - 1));
	text[end - p - 1] = '\0';
	if (text[0] == '\0')
		return true;
	if (strlen(text) != (size_t)(end - p - 1) || !footer_parse(text, tzif))
		return err_set(err, "TZif footer is no time zone rule");
	return true;
}

static bool body_parse(const unsigned char *p, size_t len, struct tzif *tzif, struct err *err)
{
	struct counts c = { 0 };
	if (!header_parse(p, len, &c, err))
		return false;
	size_t skip = HEADER_LEN + block_len(&c, 4);
	if (skip > len)
		return err_set(err, "TZif file cut short");
	p += skip;
	len -= skip;
	if (!header_parse(p, len, &c, err))
		return false;
	if (c.leap > 0)
		return err_set(err, "TZif file counts leap seconds");
	if (c.type < 1 || c.type > 256)
		return err_set(err, "TZif file with %zu types", c.type);
	if (HEADER_LEN + block_len(&c, 8) > len)
		return err_set(err, "TZif file cut short");
	if (!block_parse(p + HEADER_LEN, &c, tzif, err))
		return false;
	p += HEADER_LEN + block_len(&c, 8);
	return footer_find(p, len - HEADER_LEN - block_len(&c, 8), tzif, err);
}

bool tzif_parse(const void *data, size_t len, struct tzif **ret_tzif, struct err *err)
{
	if (len > TZIF_BYTES_MAX)
		return err_set(err, "TZif file of %zu bytes, at most %d", len, TZIF_BYTES_MAX);
	struct tzif *tzif = mem_alloc(sizeof(*tzif));
	if (!body_parse(data, len, tzif, err)) {
		tzif_free(tzif);
		return false;
	}
	*ret_tzif = tzif;
	return true;
}

void tzif_free(struct tzif *tzif)
{
	if (!tzif)
		return;
	free(tzif->shifts);
	free(tzif);
}
