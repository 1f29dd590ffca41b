/* rule_def: what a struct rule holds.  For the files of daemon/recur/ alone; others see rule.h.
 *
 * Lists are sets of small numbers, so that they are sorted and free of duplicates whatever the user
 * wrote.  rule_parts describes each list once; both parsers, the checks and the printers walk it.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "recur/content.h"
#include "recur/rule.h"
#include "recur/rule_text.h"

enum rule_freq {
	FREQ_SECONDLY,
	FREQ_MINUTELY,
	FREQ_HOURLY,
	FREQ_DAILY,
	FREQ_WEEKLY,
	FREQ_MONTHLY,
	FREQ_YEARLY,
	FREQ_COUNT
};

enum rule_part {
	PART_MONTH,
	PART_WEEKNO,
	PART_YEARDAY,
	PART_MONTHDAY,
	PART_HOUR,
	PART_MINUTE,
	PART_SECOND,
	PART_SETPOS,
	PART_WORKDAY, /* of the period; no part of an RRULE */
	PART_COUNT
};

enum rule_skip { SKIP_OMIT, SKIP_BACKWARD, SKIP_FORWARD };

enum until_kind { UNTIL_NONE, UNTIL_INSTANT, UNTIL_WALL };

#define INTSET_MAX   366
#define INTSET_WORDS 6

/* Numbers from -366 to 366. */
struct intset {
	uint64_t pos[INTSET_WORDS], neg[INTSET_WORDS];
};

#define RULE_INTERVAL_MAX  INT32_MAX
#define RULE_COUNT_MAX     INT32_MAX
#define RULE_OVERRIDES_MAX 4096
#define RULE_TEXT_MAX      32768 /* of rrule and cron texts */
#define RULE_YEAR_MIN      1
#define RULE_YEAR_MAX      9999
#define RULE_DAY_LAST      86399 /* the last second of a day, which a date as an end includes */

/* What an override's key names: a wall time in the rule's zone, an instant, or all of a local date. */
enum override_key { KEY_LOCAL, KEY_INSTANT, KEY_DATE };

struct override {
	sec_t key; /* KEY_DATE: its first second, as wall time */
	enum override_key key_kind;
	unsigned
		date_zone; /* while lines are read: the key is wall time in rule->date_zones[this - 1] */
	bool excluded;
	bool if_occurs; /* where the rule has nothing, it adds nothing */
	bool moved;
	sec_t start; /* wall time, when moved */
	char *title, *description, *priority;
};

struct rule {
	const char *text_key; /* "rrule" or "cron", where its parts came as text; NULL: as JSON */
	enum rule_freq freq;
	uint32_t interval;
	uint64_t count; /* 0: none */
	enum until_kind until_kind;
	sec_t until;
	int week_start; /* 0 = Sunday */
	enum rule_skip skip;
	enum rule_repeat repeat;
	unsigned has; /* bit per enum rule_part: the list is given */
	struct intset parts[PART_COUNT];
	bool has_days, has_nth;
	uint8_t days; /* bit per weekday, every such day */
	struct intset nth[7];
	bool workday; /* working days alone, PART_WORKDAY: these of them */
	char *calendar; /* which says what they are; NULL: Monday to Friday */
	const struct workdays *workdays; /* of that name, once rule_use_calendars has found it */
	char *time_zone;
	bool has_start; /* from a DTSTART line */
	sec_t start;
	struct override *overrides; /* sorted by key */
	size_t overrides_len;
	char **date_zones; /* what TZID of the lines EXDATE and RDATE named */
	size_t date_zones_len;
};

struct part_row {
	const char *json, *text;
	int min, max;
	bool negative; /* the same range below zero, too */
	unsigned freqs; /* bit per enum rule_freq that may have it */
};

extern const struct part_row rule_parts[PART_COUNT];
extern const char *const rule_freq_names[FREQ_COUNT]; /* "secondly" ... */
extern const char *const rule_day_names[7]; /* "su" ... "sa" */
extern const char *const rule_skip_names[3];
extern const char *const rule_repeat_names[3]; /* of REPEAT_DUE and those behind it */

void intset_add(struct intset *set, int value);
bool intset_has(const struct intset *set, int value);
/* The next value after `value` in the order 1, 2, ... (or 0), then -1, -2, ...; start with
 * INTSET_START; INTSET_END: none. */
#define INTSET_START (-1000)
#define INTSET_END   1000
int intset_next(const struct intset *set, int value);

static inline bool rule_has(const struct rule *rule, enum rule_part part)
{
	return (rule->has >> part & 1) != 0;
}

/* No override is of an instant, whatever the zone. */
bool rule_overrides_are_local(const struct rule *rule);

/* Names of the parts in the form that the user wrote, for errors. */
enum rule_form { FORM_JSON, FORM_TEXT };

/* RFC 5545 text: the RECUR value alone ("FREQ=..."). */
bool rule_text_parse(const char *text, struct rule *rule, struct err *err) NODISCARD;
/* FREQ, INTERVAL, WKST and the lists: without COUNT, UNTIL and SKIP. */
void rule_text_lists(const struct rule *rule, struct strbuf *buf);
/* What no single part shows: combinations that the RFC forbids, days that never come. */
bool rule_check(const struct rule *rule, enum rule_form form, struct err *err) NODISCARD;
/* RFC 5545 content lines, or the RECUR value alone; a line of a crontab, without its command. */
bool rule_lines_parse(const char *text, struct rule *rule, struct err *err) NODISCARD;
bool rule_cron_parse(const char *text, struct rule *rule, struct err *err) NODISCARD;
/* Its fields alone: minute, hour, day of the month, month, day of the week. */
#define CRON_FIELDS 5
struct cron_text {
	const char *text;
	size_t len; /* not 0 */
};
bool rule_cron_fields(const struct cron_text *texts, struct rule *rule, struct err *err) NODISCARD;

/* A content line, taken apart; nothing in it ends with a NUL. */
struct content_line {
	const char *name;
	size_t name_len;
	const char *zone; /* TZID; NULL: none */
	size_t zone_len;
	bool is_date; /* VALUE=DATE */
	const char *value;
	size_t value_len;
};

/* The lines DTSTART, EXDATE and RDATE (rule_dates.c). */
bool rule_dates_start(
	struct rule *rule, const struct content_line *line, struct err *err) NODISCARD;
bool rule_dates_take(struct rule *rule, const struct content_line *line, bool excluded,
	struct err *err) NODISCARD;
/* When the rule's zone is known: dates that lines gave in others become instants. */
bool rule_dates_settle(struct rule *rule, struct err *err) NODISCARD;
/* What one list value must keep to; form and row name it. */
bool rule_part_add(struct rule *rule, enum rule_part part, int64_t value);

bool rule_overrides_parse(const json_t *json, struct rule *rule, struct err *err) NODISCARD;
/* NULL: too many.  When all are there they must be sorted, by one of the two below. */
struct override *rule_override_add(struct rule *rule, sec_t key, enum override_key kind);
/* false: two of them are of one time. */
bool rule_overrides_sort(struct rule *rule);
/* Dates without texts: of one time given twice it makes one, which is excluded if either is. */
void rule_overrides_merge(struct rule *rule);
