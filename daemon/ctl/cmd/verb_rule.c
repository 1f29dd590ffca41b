/* Rules of tasks and templates that somebody types; see ctl/cmd/verb.h. */
#include <stdlib.h>
#include <string.h>

#include "ctl/cmd/verb.h"
#include "ctl/series.h"
#include "util/mem.h"
#include "util/timefmt.h"

#define NEXT_SHOWN 5

/* What rules of the user are read by, and the database's time. */
struct ground {
	struct settings *settings;
	char *zone; /* the user's; NULL: none of his own */
	usec_t now;
};

static void ground_free(struct ground *ground)
{
	settings_drop(ground->settings);
	free(ground->zone);
}

static int ground_read(const struct request *request, struct ground *ret_ground)
{
	json_t *answer CLEANUP(verb_drop) = NULL;
	struct err err;
	int code = verb_call(request, "settings", NULL, NULL, &answer);
	if (code != EX_OK)
		return code;
	const json_t *body = json_object_get(answer, "body");
	const char *zone = json_string_value(json_object_get(body, "default_time_zone"));
	const char *own = json_string_value(json_object_get(body, "time_zone"));
	const char *now = json_string_value(json_object_get(body, "now"));
	const json_t *interval = json_object_get(body, "min_interval");
	if (!now || !instant_parse(now, &ret_ground->now, &err))
		return ctl_error(EX_CONFIG, "%s", CLOCK_COMPLAINT);
	if (zone) {
		free(ret_ground->settings->default_time_zone);
		ret_ground->settings->default_time_zone = mem_strdup(zone);
	}
	if (json_is_integer(interval))
		ret_ground->settings->min_interval = json_integer_value(interval) * USEC_PER_SEC;
	ret_ground->zone = own ? mem_strdup(own) : NULL;
	return EX_OK;
}

static struct typed_ground typed_ground_of(const struct ground *ground)
{
	return (struct typed_ground){
		.zone_name = ground->zone,
		.default_time_zone = ground->settings->default_time_zone,
		.min_interval = ground->settings->min_interval,
		.calendars = ground->settings->calendars,
		.now = sec_from_usec(ground->now),
	};
}

static bool open_at(const struct ground *ground, const char *text, usec_t at,
	struct typed_rule *ret_typed, struct err *err)
{
	struct typed_ground typed_ground = typed_ground_of(ground);
	return typed_open_at(&typed_ground, text, at, ret_typed, err);
}

/* The first one from now on, where no due date was given: a rule that has none is over. */
static bool first_due(const struct ground *ground, const char *text, json_t *body, const char *due,
	struct err *err)
{
	struct typed_ground typed_ground = typed_ground_of(ground);
	char instant[INSTANT_TEXT_MAX];
	sec_t at;
	if (!typed_first(&typed_ground, text, &at, err))
		return false;
	json_object_set_new(body, due, json_string(instant_format(at * USEC_PER_SEC, instant)));
	return true;
}

static bool take(struct request *request, const struct ground *ground, struct err *err)
{
	struct strbuf json CLEANUP(strbuf_free) = STRBUF(4 * RULE_BYTES_MAX);
	struct typed_rule typed CLEANUP(typed_rule_close) = { .rule = NULL };
	const char *due = request->object->due;
	const char *given = json_string_value(json_object_get(request->body, due));
	usec_t at = ground->now;
	struct err ignored;
	/* A due date that is none is refused with the rest of the body. */
	if (given && !instant_parse(given, &at, &ignored))
		at = ground->now;
	if (!open_at(ground, request->rule, at, &typed, err))
		return false;
	if (!rule_argument(request->rule, &json, err))
		return false;
	json_t *value = json_loads(json.data, JSON_DECODE_ANY, NULL);
	if (!value)
		return err_set(err, "recurrence_rule: no JSON");
	json_object_set_new(request->body, "recurrence_rule", value);
	if (given || !request->object->due_needed || strcmp(request->verb->name, "create") != 0)
		return true;
	return first_due(ground, request->rule, request->body, due, err);
}

int verb_take_rule(struct request *request)
{
	struct ground ground CLEANUP(ground_free) = { .settings = settings_create() };
	struct err err;
	if (!*request->rule) {
		json_object_set_new(request->body, "recurrence_rule", json_null());
		return EX_OK;
	}
	int code = ground_read(request, &ground);
	if (code != EX_OK)
		return code;
	return take(request, &ground, &err) ? EX_OK : ctl_error(EX_DATAERR, "%s", err.text);
}

/* Where a series is anchored: its template says so once something was made of it. */
static bool open_row(const struct ground *ground, const json_t *row, const char *text, usec_t due,
	struct typed_rule *ret_typed, struct err *err)
{
	struct rule_anchor anchor = { .zone_name = ground->zone };
	const char *wall = json_string_value(json_object_get(row, "starts_local"));
	if (!wall || !wall_parse(wall, &anchor.start, err))
		return open_at(ground, text, due, ret_typed, err);
	anchor.has_start = true;
	return typed_rule_open(ground->settings, text, &anchor, ret_typed, err);
}

/* A task comes back when it is completed: by default at the next one that is still to come. */
static const char *why_none(const struct request *request, const json_t *row)
{
	const json_t *rule = json_object_get(row, "recurrence_rule");
	if (json_is_false(json_object_get(row, "is_active")))
		return "none while it is paused";
	if (json_is_true(json_object_get(row, "is_complete")))
		return "none, it is complete";
	if (!request->object->due_needed && json_object_get(rule, "repeatFrom"))
		return "by when it is completed";
	return NULL;
}

static void print_next(const struct request *request, const json_t *row, const char *rule,
	const struct ground *ground, struct table *record)
{
	struct typed_rule typed CLEANUP(typed_rule_close) = { .rule = NULL };
	const char *due = json_string_value(json_object_get(row, request->object->due));
	const char *none = why_none(request, row);
	usec_t at = ground->now;
	struct err err;
	bool is_due = due && instant_parse(due, &at, NULL);
	bool works = open_row(ground, row, rule, at, &typed, &err);
	struct series series = { typed.rule, typed.start, typed.zone, series_next_of_recurrence,
		typed.recurrence };
	sec_t after = sec_from_usec(at) - (is_due && request->object->due_needed);
	if (!request->object->due_needed && at < ground->now)
		after = sec_from_usec(ground->now);
	if (works)
		recurrence_seek(typed.recurrence, after);
	series_print_next(works && !none ? &series : NULL, record, "next_occurrences",
		"next occurrences", NEXT_SHOWN,
		!works ? err.text
		: none ? none
		       : "none");
}

void verb_print_next(const struct request *request, const json_t *row, struct table *record)
{
	struct ground ground CLEANUP(ground_free) = { .settings = settings_create() };
	const json_t *rule = json_object_get(row, "recurrence_rule");
	char *text CLEANUP(mem_cleanup) = json_dumps(rule, JSON_COMPACT);
	if (text && ground_read(request, &ground) == EX_OK)
		print_next(request, row, text, &ground, record);
}
