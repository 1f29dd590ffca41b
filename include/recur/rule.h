/* rule: one recurrence rule, whatever form it came in.
 *
 * Input is the JSON of recurrence_rule: RFC 8984 RecurrenceRule, the stored `days`/`end_date` format,
 * RFC 5545 text under `rrule` or bare (recurd-rule(7) has the language).  Everything is checked here; an err
 * names the path and the value that offends: `recurrence_rule.days[1]: expected mon...sun, got "mox"`.
 * No clock, and no I/O but for zones: their names are looked up in the folder of zone.h.
 */
#pragma once

#include <stdbool.h>

#include "util/err.h"
#include "util/strbuf.h"

#define RULE_BYTES_MAX 65536 /* of the JSON text; a larger one is refused unread */

struct rule;

/* json need not be NUL-terminated.  Owner of the result: rule_free. */
bool rule_parse(const char *json, size_t len, struct rule **ret_rule, struct err *err) NODISCARD;
/* The same from JSON that is parsed already (jansson). */
struct json_t;
bool rule_parse_value(const struct json_t *json, struct rule **ret_rule, struct err *err) NODISCARD;
/* The key that a rule in this text would stand under: "rrule" or "cron". */
const char *rule_text_key(const char *text);
void rule_free(struct rule *rule);
const char *rule_time_zone(const struct rule *rule); /* NULL: the rule names none */
uint64_t rule_count(const struct rule *rule); /* 0: no COUNT */
/* It takes working days alone (`workday`), and these are a calendar's; NULL: Monday to Friday. */
bool rule_is_of_workdays(const struct rule *rule);
const char *rule_calendar(const struct rule *rule);
/* Before it is expanded: finds its calendar, which must stay as long as the rule.  false: err says why not. */
struct calendars;
bool rule_use_calendars(
	struct rule *rule, const struct calendars *calendars, struct err *err) NODISCARD;
/* What a task that repeats itself goes on from when it is completed: repeatFrom. */
enum rule_repeat {
	REPEAT_UNSAID, /* as REPEAT_DUE; the only one that a template may have */
	REPEAT_DUE, /* its due date: the next occurrence after it that is still to come */
	REPEAT_COMPLETION, /* the day on which it was completed */
	REPEAT_EACH, /* its due date: every occurrence in turn */
};
enum rule_repeat rule_repeat(const struct rule *rule);
bool rule_is_subdaily(const struct rule *rule); /* hourly, minutely, secondly */
/* It says itself on which days it falls, whatever its start. */
bool rule_names_days(const struct rule *rule);
/* For one that starts on a day that nobody chose: where it takes its day from there, a month that lacks this day
 * has it on its last one. */
void rule_keep_months(struct rule *rule);
/* May more than one of its occurrences fall on one day? */
bool rule_is_several_a_day(const struct rule *rule);
bool rule_has_overrides(const struct rule *rule); /* recurrenceOverrides, EXDATE, RDATE */
bool rule_only_excludes(const struct rule *rule); /* none of them moves, adds or renames */
/* The DTSTART that the rule's own text gives, as wall time in its zone; false: it gives none. */
bool rule_start(const struct rule *rule, sec_t *ret_wall);
/* Canonical JSON, RRULE text, an English sentence. */
void rule_to_json(const struct rule *rule, struct strbuf *buf);
void rule_to_rrule(const struct rule *rule, struct strbuf *buf);
/* The same, and where the rule has more than that, all of it as content lines: DTSTART, RRULE, EXDATE,
 * RDATE, with newlines between them. */
void rule_to_lines(const struct rule *rule, struct strbuf *buf);
/* Appends json, the text from which the rule was parsed, with one less of COUNT, which must be 2 or more; as it
 * was written, as far as that can be. */
void rule_count_down(const struct rule *rule, const char *json, size_t len, struct strbuf *buf);
void rule_describe(const struct rule *rule, sec_t start_wall, struct strbuf *buf);
