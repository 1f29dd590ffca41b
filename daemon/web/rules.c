/* Rules that come over HTTP; see the header. */
#include "web/rules.h"

#include <stdlib.h>
#include <string.h>

#include "util/mem.h"
#include "util/text.h"
#include "util/timefmt.h"

#define TEXT_MAX    (4 * RULE_BYTES_MAX)
#define TURNS_MAX   40 /* of 1 ms: a rule that finds nothing by then is not looked at any further */
#define PREVIEW     5
#define PREVIEW_MAX 100

bool rules_ground(const json_t *settings, struct typed_ground *ret_ground, struct err *err)
{
	const char *now = json_string_value(json_object_get(settings, "now"));
	const char *zone = json_string_value(json_object_get(settings, "default_time_zone"));
	const json_t *interval = json_object_get(settings, "min_interval");
	usec_t at;
	if (!now || !instant_parse(now, &at, NULL))
		return err_set(err, "recurd.now() gives no usable time");
	*ret_ground = (struct typed_ground){
		.zone_name = json_string_value(json_object_get(settings, "time_zone")),
		.default_time_zone = zone ? zone : "UTC",
		.min_interval = json_is_integer(interval)
					? json_integer_value(interval) * USEC_PER_SEC
					: 60 * USEC_PER_SEC,
		.now = sec_from_usec(at),
	};
	return true;
}

/* ---- what is wrong ---- */

static void add_pointer(struct strbuf *out, const char *path, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (path[i] == '.' || path[i] == '[')
			strbuf_add_char(out, '/');
		else if (path[i] == '~' || path[i] == '/')
			strbuf_add_text(out, path[i] == '~' ? "~0" : "~1");
		else if (path[i] != ']')
			strbuf_add_char(out, path[i]);
	}
}

/* Never NULL, which would say that all is well: an error may have been cut within a character. */
static json_t *error_at(const char *pointer, const char *detail)
{
	struct strbuf at CLEANUP(strbuf_free) = STRBUF(16384);
	struct strbuf what CLEANUP(strbuf_free) = STRBUF(16384);
	text_add_repaired(&at, pointer);
	text_add_repaired(&what, detail);
	return json_pack("[{ss ss}]", "pointer", at.data, "detail", what.data);
}

json_t *rules_errors(const char *root, bool typed, const char *text)
{
	struct strbuf pointer CLEANUP(strbuf_free) = STRBUF(4096);
	const char *colon = strstr(text, ": ");
	size_t known = strlen("recurrence_rule");
	bool has_path = strncmp(text, "recurrence_rule", known) == 0 && colon &&
			strcspn(text, " ") > (size_t)(colon - text);
	strbuf_add_text(&pointer, root);
	if (has_path && !typed)
		add_pointer(&pointer, text + known, (size_t)(colon - text) - known);
	return error_at(pointer.data, has_path ? colon + 2 : text);
}

/* ---- before it is stored ---- */

/* As people type it; the caller frees. */
static char *text_of(const json_t *rule)
{
	const char *typed = json_string_value(rule);
	return typed ? mem_strdup(typed) : json_dumps(rule, JSON_COMPACT | JSON_ENCODE_ANY);
}

static bool put_json(json_t *body, const char *text, struct err *err)
{
	struct strbuf json CLEANUP(strbuf_free) = STRBUF(TEXT_MAX);
	if (!rule_argument(text, &json, err))
		return false;
	json_t *value = json_loads(json.data, JSON_DECODE_ANY, NULL);
	if (!value)
		return err_set(err, "recurrence_rule: it is no JSON");
	json_object_set_new(body, "recurrence_rule", value);
	return true;
}

static bool store(json_t *body, const char *text, struct err *err)
{
	return json_is_object(json_object_get(body, "recurrence_rule")) ||
	       put_json(body, text, err);
}

/* Calendars are the database's, and not shown to the role of the web: a good rule may name one. */
static bool names_calendar(const json_t *value)
{
	struct rule *rule = NULL;
	struct err err;
	if (!rule_of_value(value, &rule, &err))
		return false;
	bool names = rule_calendar(rule) != NULL;
	rule_free(rule);
	return names;
}

static bool take(const struct typed_ground *ground, json_t *body, const char *text, const char *due,
	bool needs_due, struct err *err)
{
	struct typed_rule typed CLEANUP(typed_rule_close) = { .rule = NULL };
	const char *given = json_string_value(json_object_get(body, due));
	char instant[INSTANT_TEXT_MAX];
	usec_t at;
	sec_t first;
	/* A due date that is none is refused with the rest of the body. */
	if (!given || !instant_parse(given, &at, NULL))
		at = ground->now * USEC_PER_SEC;
	if (!ground->calendars && names_calendar(json_object_get(body, "recurrence_rule")))
		return json_object_get(body, due) || !needs_due
			       ? store(body, text, err)
			       : err_set(err,
					 "recurrence_rule.calendar: which days it takes is not "
					 "known here: say when it is due first");
	if (!typed_open_at(ground, text, at, &typed, err))
		return false;
	if (needs_due && !json_object_get(body, due)) {
		if (!typed_first(ground, text, &first, err))
			return false;
		json_object_set_new(
			body, due, json_string(instant_format(first * USEC_PER_SEC, instant)));
	}
	return store(body, text, err);
}

json_t *rules_take(const struct typed_ground *ground, json_t *body, const char *due, bool needs_due)
{
	const json_t *rule = json_object_get(body, "recurrence_rule");
	struct err err;
	if (!rule || json_is_null(rule))
		return NULL;
	if (!json_is_object(rule) && !json_is_string(rule))
		return error_at("/recurrence_rule",
			"expected a rule: an object, or a text such as \"every monday at 9\"");
	char *text CLEANUP(mem_cleanup) = text_of(rule);
	if (strlen(text) > RULE_BYTES_MAX)
		return error_at("/recurrence_rule", "expected a rule of at most 65536 bytes");
	bool typed = json_is_string(rule); /* take puts another one in its place */
	return take(ground, body, text, due, needs_due, &err)
		       ? NULL
		       : rules_errors("/recurrence_rule", typed, err.text);
}

/* ---- as it is shown ---- */

/* Its next occurrence; false: there is none, or it would take too long to find. */
static bool next_of(struct recurrence *recurrence, struct occurrence *ret_next)
{
	struct err err;
	enum recur_status status = RECUR_AGAIN;
	for (int i = 0; status == RECUR_AGAIN && i < TURNS_MAX; i++)
		status = recurrence_next(recurrence, ret_next, &err);
	return status == RECUR_FOUND;
}

static json_t *next_instants(struct typed_rule *typed, int n)
{
	json_t *instants = json_array();
	struct occurrence next;
	char instant[INSTANT_TEXT_MAX];
	for (int i = 0; i < n && next_of(typed->recurrence, &next); i++)
		json_array_append_new(
			instants, json_string(instant_format(next.at * USEC_PER_SEC, instant)));
	return instants;
}

static json_t *meaning(const struct typed_rule *typed)
{
	struct strbuf text CLEANUP(strbuf_free) = STRBUF(TEXT_MAX);
	rule_describe(typed->rule, typed->start, &text);
	return json_string(text.data);
}

/* A series is anchored where its template says so, once something was made of it. */
static bool open_row(const struct typed_ground *ground, const json_t *row, const char *text,
	usec_t due, struct typed_rule *ret_typed)
{
	const char *wall = json_string_value(json_object_get(row, "starts_local"));
	struct err err;
	sec_t start;
	if (wall && wall_parse(wall, &start, NULL))
		return typed_open(ground, text, &start, ret_typed, &err);
	return typed_open_at(ground, text, due, ret_typed, &err);
}

void rules_show(const struct typed_ground *ground, json_t *row, int n)
{
	struct typed_rule typed CLEANUP(typed_rule_close) = { .rule = NULL };
	const char *due = json_string_value(json_object_get(row, "next_due_at"));
	const char *state = json_string_value(json_object_get(row, "state"));
	usec_t at = ground->now * USEC_PER_SEC;
	bool lives = state && (strcmp(state, "active") == 0 || strcmp(state, "waiting") == 0);
	char *text CLEANUP(mem_cleanup) = text_of(json_object_get(row, "recurrence_rule"));
	if (due)
		(void)!instant_parse(due, &at, NULL);
	if (!text || !open_row(ground, row, text, at, &typed)) {
		json_object_set_new(row, "meaning", json_null());
		json_object_set_new(row, "next", json_array());
		return;
	}
	recurrence_seek(typed.recurrence, sec_from_usec(at) - 1);
	json_object_set_new(row, "meaning", meaning(&typed));
	json_object_set_new(row, "next", next_instants(&typed, lives ? n : 0));
}

/* ---- preview ---- */

struct preview {
	struct typed_ground ground;
	sec_t start, after;
	bool has_start, has_after;
	int n;
};

static json_t *read_moments(const json_t *question, struct preview *preview)
{
	const char *start = json_string_value(json_object_get(question, "start"));
	const char *after = json_string_value(json_object_get(question, "after"));
	usec_t instant;
	preview->has_start = start && *start;
	preview->has_after = after && *after;
	if (preview->has_start && !wall_parse(start, &preview->start, NULL))
		return error_at("/start", "expected local time, such as 2026-01-31T09:00:00");
	if (preview->has_after && !instant_parse(after, &instant, NULL))
		return error_at("/after",
			"expected a time with its offset, such as 2026-01-31T09:00:00+01:00");
	preview->after = preview->has_after ? sec_from_usec(instant) : 0;
	return NULL;
}

static json_t *read_question(const json_t *question, struct preview *preview)
{
	static const char *const keys[] = { "rule", "start", "zone", "n", "after" };
	const char *zone = json_string_value(json_object_get(question, "zone"));
	const json_t *n = json_object_get(question, "n"), *value;
	const struct zone *found;
	const char *key;
	struct err err;
	json_object_foreach((json_t *)(uintptr_t)question, key, value)
	{
		bool known = false;
		for (size_t i = 0; i < ARRAY_LEN(keys); i++)
			known = known || strcmp(keys[i], key) == 0;
		if (!known)
			return error_at("", "there are the keys rule, start, zone, n and after");
	}
	if (zone && *zone && !zone_load(zone, &found, &err))
		return error_at("/zone", err.text);
	if (zone && *zone)
		preview->ground.zone_name = zone;
	preview->n = json_is_integer(n) ? (int)json_integer_value(n) : PREVIEW;
	if ((n && !json_is_integer(n)) || preview->n < 0 || preview->n > PREVIEW_MAX)
		return error_at("/n", "expected a whole number from 0 to 100");
	return read_moments(question, preview);
}

static json_t *show_occurrence(const struct typed_rule *typed, const struct occurrence *next)
{
	static const char *const notes[] = { [ZONE_GAP] = "gap", [ZONE_FOLD] = "fold" };
	char instant[INSTANT_TEXT_MAX], wall[INSTANT_TEXT_MAX];
	const char *note = next->at != next->nominal ? "moved" : notes[next->fit];
	return json_pack("{ss ss ss?}", "at", instant_format(next->at * USEC_PER_SEC, instant),
		"local", wall_format(zone_to_wall(typed->zone, next->at), wall), "note", note);
}

static json_t *show(struct typed_rule *typed, const struct preview *preview)
{
	struct strbuf rrule CLEANUP(strbuf_free) = STRBUF(TEXT_MAX);
	struct strbuf json CLEANUP(strbuf_free) = STRBUF(TEXT_MAX);
	char start[INSTANT_TEXT_MAX];
	json_t *occurrences = json_array();
	struct occurrence next;
	if (preview->has_after)
		recurrence_seek(typed->recurrence, preview->after);
	for (int i = 0; i < preview->n && next_of(typed->recurrence, &next); i++)
		json_array_append_new(occurrences, show_occurrence(typed, &next));
	rule_to_json(typed->rule, &json);
	rule_to_lines(typed->rule, &rrule);
	return json_pack("{so ss ss so ss? so}", "meaning", meaning(typed), "start",
		wall_format(typed->start, start), "zone", zone_name(typed->zone), "rule",
		json_loads(json.data, JSON_DECODE_ANY, NULL), "rrule",
		rule_is_of_workdays(typed->rule) ? NULL : rrule.data, "occurrences", occurrences);
}

json_t *rules_preview(
	const struct typed_ground *ground, const json_t *question, json_t **ret_errors)
{
	struct typed_rule typed CLEANUP(typed_rule_close) = { .rule = NULL };
	struct preview preview = { .ground = *ground };
	const json_t *rule = json_object_get(question, "rule");
	struct err err;
	if (!json_is_object(rule) && !(json_is_string(rule) && *json_string_value(rule))) {
		*ret_errors = error_at("/rule",
			"expected a rule: an object, or a text such as \"every monday at 9\"");
		return NULL;
	}
	if ((*ret_errors = read_question(question, &preview)))
		return NULL;
	char *text CLEANUP(mem_cleanup) = text_of(rule);
	if (strlen(text) <= RULE_BYTES_MAX &&
		typed_open(&preview.ground, text, preview.has_start ? &preview.start : NULL, &typed,
			&err))
		return show(&typed, &preview);
	if (strlen(text) > RULE_BYTES_MAX)
		err_set(&err, "recurrence_rule: larger than %d bytes", RULE_BYTES_MAX);
	*ret_errors = rules_errors("/rule", json_is_string(rule), err.text);
	return NULL;
}
