/* One question of `recurctl expand`, answered.  Everything in it may be hostile. */
#include "ctl/cmd/expand.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/cmd/rule.h"
#include "ctl/series.h"
#include "plan/shift.h"
#include "recur/recurrence.h"
#include "recur/rule_value.h"
#include "util/mem.h"
#include "util/timefmt.h"

_Static_assert(EXPAND_N_MAX == 100000, "as an error tells it");

struct question {
	struct rule *rule;
	const struct zone *zone;
	sec_t start;
	bool has_after;
	sec_t after;
	int64_t n;
};

void expand_refuse(const char *reason, struct strbuf *answer)
{
	json_t *object = json_object(), *text = json_string(reason);
	if (!text) /* bytes that are not UTF-8 */
		text = json_string("not UTF-8");
	json_object_set_new(object, "error", text);
	char *line = json_dumps(object, JSON_COMPACT);
	strbuf_reset(answer);
	strbuf_add_text(answer, line ? line : "{\"error\":\"\"}");
	free(line);
	json_decref(object);
}

/* "start: expected ..., got ..." */
static bool wrong(const char *name, const char *expected, const json_t *got, struct err *err)
{
	char *text CLEANUP(mem_cleanup) = rule_value_shown(got);
	return err_set(err, "%s: expected %s, got %s", name, expected, text);
}

static bool check_keys(const json_t *json, struct err *err)
{
	static const char *const known[] = { "rule", "start", "timeZone", "after", "n" };
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)json, key, value)
	{
		size_t i = 0;
		while (i < ARRAY_LEN(known) && strcmp(known[i], key) != 0)
			i++;
		if (i == ARRAY_LEN(known)) {
			json_auto_t *name = json_string(key);
			return wrong("key", "rule, start, timeZone, after or n", name, err);
		}
	}
	return true;
}

static bool take_start(const json_t *json, struct question *question, struct err *err)
{
	const json_t *value = json_object_get(json, "start");
	if (!value && rule_start(question->rule, &question->start))
		return true;
	if (!value)
		return err_set(err, "start: is missing");
	if (!json_is_string(value) || !wall_parse(json_string_value(value), &question->start, NULL))
		return wrong("start", "a local time like \"2025-01-01T09:00:00\"", value, err);
	return true;
}

static bool take_zone(
	const json_t *json, const char *default_zone, struct question *question, struct err *err)
{
	const json_t *value = json_object_get(json, "timeZone");
	const char *name = rule_time_zone(question->rule);
	if (value && !json_is_string(value))
		return wrong("timeZone", "a name like \"Europe/Berlin\"", value, err);
	if (!name)
		name = value ? json_string_value(value) : default_zone;
	return zone_load(name, &question->zone, err) || err_prefix(err, "timeZone: ");
}

static bool take_after(const json_t *json, struct question *question, struct err *err)
{
	const json_t *value = json_object_get(json, "after");
	usec_t instant = 0;
	question->has_after = value != NULL;
	if (!value)
		return true;
	if (!json_is_string(value) || !instant_parse(json_string_value(value), &instant, NULL))
		return wrong("after", "an instant like \"2025-03-01T00:00:00Z\"", value, err);
	question->after = sec_from_usec(instant);
	return true;
}

static bool take_n(const json_t *json, struct question *question, struct err *err)
{
	const json_t *value = json_object_get(json, "n");
	question->n = 10;
	if (value && (!rule_value_integer(value, &question->n) || question->n < 1 ||
			     question->n > EXPAND_N_MAX))
		return wrong("n", "1 ... 100000", value, err);
	return true;
}

static bool parse(const char *line, size_t len, const struct expand_ground *ground,
	struct question *question, struct err *err)
{
	json_error_t where;
	json_auto_t *json = rule_value_load(line, len, JSON_REJECT_DUPLICATES, &where);
	if (!json)
		return err_set(err, "not JSON: %s (column %d)", where.text, where.column);
	if (!rule_value_is_object(json))
		return err_set(err, "expected an object");
	const json_t *rule = json_object_get(json, "rule");
	if (!check_keys(json, err))
		return false;
	if (!rule)
		return err_set(err, "rule: is missing");
	return rule_of_value(rule, &question->rule, err) &&
	       rule_use_calendars(question->rule, ground->calendars, err) &&
	       take_start(json, question, err) &&
	       take_zone(json, ground->default_zone, question, err) &&
	       take_after(json, question, err) && take_n(json, question, err);
}

/* Those that are left out count as well: a rule may fall on days off alone, for ever. */
#define LOOKED_AT_MAX (2 * EXPAND_N_MAX)

struct answering {
	const struct question *question;
	struct shift shift;
	struct strbuf *answer;
	int64_t given;
};

static void give(struct answering *a, const struct occurrence *found)
{
	char text[INSTANT_TEXT_MAX];
	bool skipped = found->fit == ZONE_GAP && found->at == found->nominal;
	sec_t gap = skipped ? zone_to_wall(a->shift.zone, found->at) - found->wall : 0;
	struct shifted shifted = shift_move_skipped(
		&a->shift, found->at * USEC_PER_SEC, gap * USEC_PER_SEC);
	const struct question *question = a->question;
	if (shifted.skipped ||
		(question->has_after && sec_from_usec(shifted.due) <= question->after))
		return;
	instant_format(shifted.due, text);
	strbuf_addf(a->answer, "%s\"%s\"", a->given++ > 0 ? "," : "", text);
}

static bool give_all(struct answering *a, struct recurrence *recurrence, struct err *err)
{
	const struct question *question = a->question;
	enum recur_status status = RECUR_FOUND;
	struct occurrence occurrence;
	if (question->has_after && a->shift.how == SHIFT_NONE)
		recurrence_seek(recurrence, question->after);
	else if (question->has_after)
		recurrence_seek(recurrence,
			sec_from_usec(shift_reach(&a->shift, question->after * USEC_PER_SEC)));
	for (int64_t i = 0; a->given < question->n; i++) {
		if (i == LOOKED_AT_MAX)
			return err_set(err, "fewer than %lld of its first %d occurrences are left",
				(long long)question->n, LOOKED_AT_MAX);
		status = series_step(recurrence, &occurrence, err);
		if (status != RECUR_FOUND)
			break;
		give(a, &occurrence);
	}
	return status != RECUR_FAILED;
}

static bool answer_question(const struct question *question, const struct expand_ground *ground,
	struct strbuf *answer, struct err *err)
{
	struct recurrence *recurrence = NULL;
	struct answering a = { .question = question,
		.shift = { .workdays = ground->workdays,
			.zone = question->zone,
			.how = ground->shift },
		.answer = answer };
	if (!recurrence_open(question->rule, question->start, question->zone, RECUR_BY_TIME,
		    &recurrence, err))
		return false;
	strbuf_add_text(answer, "{\"occurrences\":[");
	bool given = give_all(&a, recurrence, err);
	strbuf_add_text(answer, "]}");
	recurrence_close(recurrence);
	return given;
}

void expand_line(
	const char *line, size_t len, const struct expand_ground *ground, struct strbuf *answer)
{
	struct question question = { .rule = NULL };
	struct err err;
	strbuf_reset(answer);
	if (!parse(line, len, ground, &question, &err) ||
		!answer_question(&question, ground, answer, &err))
		expand_refuse(err.text, answer);
	rule_free(question.rule);
}
