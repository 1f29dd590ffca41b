/* Rules of holidays; see the header. */
#include "recur/workdays_rule.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "recur/recurrence.h"
#include "recur/rule_def.h"
#include "recur/workdays.h"
#include "util/mem.h"
#include "util/timefmt.h"

#define DAY_SECS     86400
#define COUNT_MAX    5000 /* it is counted from the start on, again and again */
#define EASTER_REACH 366

struct workdays_rule {
	struct rule *rule; /* NULL: from Easter */
	struct recurrence *recurrence;
	int easter; /* days from it */
	int64_t first;
	/* Of its days that are not before `since` the next is this one, behind which the recurrence stands.  To seek
	 * is dear, and years are asked for one after the other. */
	bool known;
	int64_t since, next; /* INT64_MAX: none comes any more */
};

/* ---- Easter ---- */

/* Gauss, as completed by Lichtenberg and simplified by Meeus: of the Gregorian calendar. */
static int64_t easter_of(int year)
{
	int a = year % 19, b = year / 100, c = year % 100;
	int d = b / 4, e = b % 4, g = (8 * b + 13) / 25;
	int h = (19 * a + b - d - g + 15) % 30;
	int i = c / 4, k = c % 4;
	int l = (32 + 2 * e + 2 * i - h - k) % 7;
	int m = (a + 11 * h + 19 * l) / 433;
	int n = h + l - 7 * m;
	int month = (n + 90) / 25;
	return days_from_civil(year, month, (n + 33 * month + 19) % 32);
}

/* "EASTER", "EASTER+1", "EASTER-2" */
static bool read_easter(const char *text, int *ret_days, struct err *err)
{
	const char *rest = text + strlen("EASTER");
	char *end = NULL;
	long days = *rest ? strtol(rest, &end, 10) : 0;
	if (*rest && ((*rest != '+' && *rest != '-') || rest[1] < '0' || rest[1] > '9' || *end ||
			     days > EASTER_REACH || days < -EASTER_REACH))
		return err_set(err,
			"expected EASTER with a number of days like EASTER+50 or EASTER-2, at "
			"most %d, got \"%.40s\"",
			EASTER_REACH, text);
	*ret_days = (int)days;
	return true;
}

static bool next_easter(
	const struct workdays_rule *rule, int64_t from, int64_t last, int64_t *ret_day)
{
	from = from > rule->first ? from : rule->first;
	int year = civil_from_wall((from - rule->easter) * DAY_SECS).year;
	for (int64_t day; year <= RULE_YEAR_MAX; year++) {
		day = easter_of(year) + rule->easter;
		if (day > last)
			return false;
		if (day >= from) {
			*ret_day = day;
			return true;
		}
	}
	return false;
}

/* ---- rules ---- */

static bool check(const struct rule *rule, struct err *err)
{
	if (rule->freq < FREQ_DAILY)
		return err_set(
			err, "expected days, got a rule that is %s", rule_freq_names[rule->freq]);
	if (rule->workday)
		return err_set(err, "workday: not allowed for the days of a calendar, which say "
				    "what a working day is");
	if (rule->repeat != REPEAT_UNSAID)
		return err_set(err, "repeatFrom: is for the rule of a task");
	if (rule->time_zone)
		return err_set(err, "timeZone: days of a calendar are local days everywhere; "
				    "leave it out");
	if (rule->until_kind == UNTIL_INSTANT || !rule_overrides_are_local(rule))
		return err_set(err, "instants (with Z): days of a calendar are local days "
				    "everywhere; leave the Z out");
	if (rule->count > COUNT_MAX)
		return err_set(err, "COUNT: expected 1 ... %d, got %llu", COUNT_MAX,
			(unsigned long long)rule->count);
	return true;
}

static bool parse(const char *text, struct rule **ret_rule, struct err *err)
{
	if (strlen(text) > RULE_BYTES_MAX)
		return err_set(err, "%zu bytes, at most %d", strlen(text), RULE_BYTES_MAX);
	json_auto_t *json = json_string(text);
	if (!json)
		return err_set(err, "is not UTF-8");
	return rule_parse_value(json, ret_rule, err);
}

static bool open_recurrence(struct workdays_rule *rule, struct err *err)
{
	const struct zone *utc;
	sec_t start = rule->first * DAY_SECS, own;
	if (!zone_load("UTC", &utc, err))
		return false;
	if (rule_start(rule->rule, &own))
		start = own;
	return recurrence_open(rule->rule, start, utc, RECUR_BY_TIME, &rule->recurrence, err);
}

bool workdays_rule_open(
	const char *text, int64_t first, struct workdays_rule **ret_rule, struct err *err)
{
	struct workdays_rule *rule = mem_alloc(sizeof(*rule));
	bool easter = strncmp(text, "EASTER", strlen("EASTER")) == 0;
	rule->first = first;
	bool good = easter ? read_easter(text, &rule->easter, err)
			   : parse(text, &rule->rule, err) && check(rule->rule, err) &&
				     open_recurrence(rule, err);
	if (!good) {
		workdays_rule_close(rule);
		return false;
	}
	*ret_rule = rule;
	return true;
}

void workdays_rule_close(struct workdays_rule *rule)
{
	if (!rule)
		return;
	recurrence_close(rule->recurrence);
	rule_free(rule->rule);
	free(rule);
}

static int64_t day_of(sec_t wall)
{
	return wall / DAY_SECS - (wall % DAY_SECS < 0);
}

/* From where the recurrence stands.  false: nothing up to `last`, or it takes too long. */
static bool find_next(struct workdays_rule *rule, int64_t from, int64_t last)
{
	struct occurrence found;
	struct err err;
	for (int slices = 0; slices < WORKDAYS_SLICES;) {
		enum recur_status status = recurrence_next(rule->recurrence, &found, &err);
		bool beyond = recurrence_searched(rule->recurrence) >= (last + 1) * DAY_SECS;
		rule->next = status == RECUR_FOUND ? day_of(found.at) : INT64_MAX;
		if (status == RECUR_FOUND && rule->next >= from)
			return true;
		if (status == RECUR_END)
			return true;
		if (status == RECUR_FAILED || (status == RECUR_AGAIN && beyond))
			return false;
		slices += status == RECUR_AGAIN;
	}
	return false;
}

bool workdays_rule_next(struct workdays_rule *rule, int64_t from, int64_t last, int64_t *ret_day)
{
	if (!rule->rule)
		return next_easter(rule, from, last, ret_day);
	if (!rule->known || from < rule->since || from > rule->next) {
		if (!rule->known || from - 1 != rule->next)
			recurrence_seek(rule->recurrence, from * DAY_SECS - 1);
		rule->known = find_next(rule, from, last);
		rule->since = from;
	}
	if (!rule->known || rule->next > last)
		return false;
	*ret_day = rule->next;
	return true;
}
