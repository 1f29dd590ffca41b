/* What a row must have for a plan; see the header. */
#include "plan/template.h"

#include <inttypes.h>
#include <string.h>

#include "util/timefmt.h"

/* Years 1 to 9999: what RFC 5545 can write. */
#define WALL_MIN       INT64_C(-62135596800)
#define WALL_MAX       INT64_C(253402300799)
#define USED_COUNT_MAX INT64_C(1000000000000000000) /* what can be added to it overflows nothing */

enum {
	NULLABLE = 1,
	REZONABLE = 2, /* may be TEMPLATE_REZONE */
};

static const struct {
	const char *name;
	size_t offset;
	unsigned also;
} instants[] = {
	{ "next_due_at", offsetof(struct template, next_due_at), 0 },
	{ "planned_due_at", offsetof(struct template, planned_due_at), NULLABLE },
	{ "made_through", offsetof(struct template, made_through), NULLABLE },
	{ "replan_at", offsetof(struct template, replan_at), NULLABLE | REZONABLE },
};

static bool check_instant(const char *name, usec_t instant, unsigned also, struct err *err)
{
	char text[INSTANT_TEXT_MAX];
	if (instant == TEMPLATE_NONE)
		return also & NULLABLE ||
		       err_set(err, "%s: expected an instant in the years 1 to 9999, got null",
			       name);
	if (instant == TEMPLATE_REZONE && also & REZONABLE)
		return true;
	sec_t second = sec_from_usec(instant);
	return (second >= WALL_MIN && second <= WALL_MAX) ||
	       err_set(err, "%s: expected an instant in the years 1 to 9999, got %s", name,
		       instant_format(instant, text));
}

static bool check_text(const char *name, const char *text, struct err *err)
{
	return text || err_set(err, "%s: expected a text, got null", name);
}

static bool check_anchor(const struct template *t, struct err *err)
{
	bool possible = !t->starts_zone ||
			(t->starts_local >= WALL_MIN && t->starts_local <= WALL_MAX);
	return possible ||
	       err_set(err, "starts_local: expected a local time in the years 1 to 9999");
}

static bool check_used_count(const struct template *t, struct err *err)
{
	if (t->used_count == TEMPLATE_NONE)
		return err_set(err, "used_count: expected a number, got null");
	return (t->used_count >= 0 && t->used_count <= USED_COUNT_MAX) ||
	       err_set(err, "used_count: expected 0 to %" PRId64 ", got %" PRId64, USED_COUNT_MAX,
		       t->used_count);
}

enum template_edit template_edit(const struct template *template)
{
	if (template->replan_at == TEMPLATE_NONE)
		return EDIT_NONE;
	if (template->replan_at == TEMPLATE_REZONE)
		return EDIT_ZONE;
	int code = (int)(template->replan_at % TEMPLATE_EDIT_CODES);
	return code == TEMPLATE_OVERRIDES ? EDIT_OVERRIDES
	       : code == TEMPLATE_SPLIT   ? EDIT_SPLIT
					  : EDIT_RULE;
}

usec_t template_wall_us(sec_t starts_local, int starts_code)
{
	bool infinite = starts_local == USEC_INFINITY || starts_local == USEC_MINUS_INFINITY;
	return infinite ? starts_local : starts_local * USEC_PER_SEC + starts_code;
}

bool template_check(const struct template *template, struct err *err)
{
	if (!check_text("id", template->id, err) || !check_text("user_id", template->user_id, err))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(instants); i++) {
		usec_t instant;
		memcpy(&instant, (const char *)template + instants[i].offset, sizeof(instant));
		if (!check_instant(instants[i].name, instant, instants[i].also, err))
			return false;
	}
	return check_anchor(template, err) && check_used_count(template, err);
}

usec_t template_waits_since(const struct template *t, usec_t fire, usec_t clock)
{
	usec_t edited = t->replan_at == TEMPLATE_REZONE ? TEMPLATE_NONE : t->replan_at;
	const usec_t known[] = { t->created_at, t->resumed_at, edited,
		t->policies ? t->policies->wake_at : TEMPLATE_NONE };
	usec_t since = fire;
	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		if (known[i] != TEMPLATE_NONE && known[i] <= clock && known[i] > since)
			since = known[i];
	}
	return since;
}
