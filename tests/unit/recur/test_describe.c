/* rule_describe: rules that mean different sets never have the same sentence.
 *
 * "every year on 30 December" was told of a rule that takes that day in week 1 alone, which comes in some
 * years.  Random rules, and each without one of its parts or with another value in it: where the sentences
 * are the same, so must be what the rules give.
 */
#include "recur/opened.h"

#include <stdlib.h>

#define START   "2025-01-30T09:00:00"
#define ROUNDS  1500
#define LOOKED  60 /* occurrences compared, from each of some places */
#define PARTS   13
#define CHOICES 7

/* FREQ comes first.  An empty one leaves the part out, which is likelier than each of the others. */
static const char *const pools[PARTS][CHOICES] = {
	{ "FREQ=YEARLY", "FREQ=MONTHLY", "FREQ=WEEKLY", "FREQ=DAILY", "FREQ=HOURLY",
		"FREQ=MINUTELY", "FREQ=SECONDLY" },
	{ "INTERVAL=2", "INTERVAL=3", "INTERVAL=12", "INTERVAL=7" },
	{ "BYMONTH=12", "BYMONTH=1", "BYMONTH=1,12", "BYMONTH=2,3,4" },
	{ "BYWEEKNO=1", "BYWEEKNO=52,53", "BYWEEKNO=-1", "BYWEEKNO=1,2,3" },
	{ "BYYEARDAY=1", "BYYEARDAY=364,365", "BYYEARDAY=-1", "BYYEARDAY=1,2,3,4" },
	{ "BYMONTHDAY=30", "BYMONTHDAY=1,15", "BYMONTHDAY=-1", "BYMONTHDAY=1,2,3,-2",
		"BYMONTHDAY=31" },
	{ "BYDAY=MO", "BYDAY=MO,TU,WE,TH,FR", "BYDAY=SU,MO", "BYDAY=1MO,-1FR", "BYDAY=MO,1WE" },
	{ "BYHOUR=9", "BYHOUR=9,17", "BYHOUR=0,1,2,3,4,5,6,7", "BYHOUR=0" },
	{ "BYMINUTE=0", "BYMINUTE=30", "BYMINUTE=0,15,30,45" },
	{ "BYSECOND=0", "BYSECOND=30" },
	{ "BYSETPOS=1", "BYSETPOS=-1", "BYSETPOS=1,2" },
	{ "WKST=SU", "WKST=TH" },
	{ "RSCALE=GREGORIAN;SKIP=FORWARD", "RSCALE=GREGORIAN;SKIP=BACKWARD" },
};

struct choice {
	int of[PARTS]; /* CHOICES: none */
};

static uint64_t state_of_dice = 5545;

static int pick(int n)
{
	state_of_dice = state_of_dice * UINT64_C(6364136223846793005) +
			UINT64_C(1442695040888963407);
	return (int)((state_of_dice >> 33) % (uint64_t)n);
}

static int pick_part(int part)
{
	int chosen = pick(CHOICES);

	if (part > 0 && (pick(100) < 62 || !pools[part][chosen]))
		return CHOICES;
	return chosen;
}

static struct rule *make(const struct choice *choice)
{
	struct strbuf json CLEANUP(strbuf_free) = STRBUF(4096);
	struct rule *rule = NULL;

	strbuf_add_text(&json, "{\"rrule\":\"");
	for (int part = 0; part < PARTS; part++)
		if (choice->of[part] < CHOICES)
			strbuf_addf(
				&json, "%s%s", part > 0 ? ";" : "", pools[part][choice->of[part]]);
	strbuf_add_text(&json, "\"}");
	return rule_parse(json.data, json.len, &rule, NULL) ? rule : NULL;
}

/* What is not found in a few calls is rare, or never comes: as good as the end. */
static enum recur_status next_of(struct recurrence *recurrence, struct occurrence *occurrence)
{
	enum recur_status status = RECUR_AGAIN;

	for (int call = 0; call < 6 && status == RECUR_AGAIN; call++)
		status = recurrence_next(recurrence, occurrence, NULL);
	return status;
}

static bool gives_the_same(const struct rule *one, const struct rule *other)
{
	static const char *const places[] = { "2025-01-01T00:00:00", "2028-02-20T00:00:00",
		"2031-12-25T00:00:00" };
	struct recurrence *a = open_rule(one, START, "UTC", RECUR_BY_TIME);
	struct recurrence *b = open_rule(other, START, "UTC", RECUR_BY_TIME);
	bool same = true;

	for (size_t i = 0; i < ARRAY_LEN(places) && same; i++) {
		recurrence_seek(a, wall(places[i]));
		recurrence_seek(b, wall(places[i]));
		for (int n = 0; n < LOOKED && same; n++) {
			struct occurrence x = { .at = 0 }, y = { .at = 0 };
			enum recur_status status = next_of(a, &x);

			same = next_of(b, &y) == status && x.at == y.at;
			if (status != RECUR_FOUND)
				break;
		}
	}
	recurrence_close(a);
	recurrence_close(b);
	return same;
}

static void sentence_of(const struct rule *rule, struct strbuf *buf)
{
	strbuf_reset(buf);
	rule_describe(rule, wall(START), buf);
}

static void compare(const struct rule *one, const struct rule *other)
{
	struct strbuf a CLEANUP(strbuf_free) = STRBUF(RULE_BYTES_MAX);
	struct strbuf b CLEANUP(strbuf_free) = STRBUF(RULE_BYTES_MAX);

	sentence_of(one, &a);
	sentence_of(other, &b);
	if (strcmp(a.data, b.data) != 0 || gives_the_same(one, other))
		return;
	strbuf_reset(&b);
	rule_to_rrule(one, &b);
	strbuf_add_text(&b, "\n");
	rule_to_rrule(other, &b);
	fail_msg("both are \"%s\":\n%s", a.data, b.data);
}

static void a_part_that_matters_is_told(void **state)
{
	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		struct choice choice, changed;
		struct rule *rule = NULL;

		while (!rule) {
			for (int part = 0; part < PARTS; part++)
				choice.of[part] = pick_part(part);
			rule = make(&choice);
		}
		for (int part = 1; part < PARTS; part++) {
			struct rule *other;

			changed = choice;
			changed.of[part] = choice.of[part] < CHOICES && pick(2) == 0
						   ? CHOICES
						   : pick_part(part);
			if (changed.of[part] == choice.of[part])
				continue;
			other = make(&changed);
			if (other)
				compare(rule, other);
			rule_free(other);
		}
		rule_free(rule);
	}
}

struct told {
	struct rule *rule;
	char *sentence;
};

static int told_compare(const void *a, const void *b)
{
	const struct told *x = a, *y = b;

	return strcmp(x->sentence, y->sentence);
}

/* Not only of what differs in one part: any two that are told alike. */
static void of_many_rules_no_two_are_mistaken(void **state)
{
	static struct told told[4 * ROUNDS];
	size_t n = 0;

	(void)state;
	while (n < ARRAY_LEN(told)) {
		struct strbuf sentence CLEANUP(strbuf_free) = STRBUF(RULE_BYTES_MAX);
		struct choice choice;
		struct rule *rule;

		for (int part = 0; part < PARTS; part++)
			choice.of[part] = pick_part(part);
		rule = make(&choice);
		if (!rule)
			continue;
		sentence_of(rule, &sentence);
		told[n++] = (struct told){ rule, mem_strdup(sentence.data) };
	}
	qsort(told, n, sizeof(told[0]), told_compare);
	for (size_t i = 1; i < n; i++)
		if (told_compare(&told[i - 1], &told[i]) == 0)
			compare(told[i - 1].rule, told[i].rule);
	for (size_t i = 0; i < n; i++) {
		rule_free(told[i].rule);
		free(told[i].sentence);
	}
}

static void what_stood_wrong_is_right(void **state)
{
	static const struct {
		const char *rule, *sentence;
	} told[] = {
		{ "FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=30;BYWEEKNO=1",
			"every year on 30 December in week 1 at 09:00" },
		{ "FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=30,31;BYWEEKNO=1;BYDAY=MO",
			"every year on every Monday if it is the 30th or 31st of December in week "
			"1 at 09:00" },
		{ "FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=30", "every year on 30 December at 09:00" },
		{ "FREQ=YEARLY;BYDAY=1MO", "every year on the first Monday of the year at 09:00" },
		{ "FREQ=WEEKLY;INTERVAL=2;BYDAY=SU;WKST=SU",
			"every 2 weeks on Sunday at 09:00, weeks from Sunday on" },
		{ "FREQ=WEEKLY;BYDAY=SU;WKST=SU", "every week on Sunday at 09:00" },
		{ "DTSTART:20250130T090000Z\\nRRULE:FREQ=DAILY\\nEXDATE;VALUE=DATE:20250201\\n"
		  "EXDATE:20250202T090000Z\\nRDATE:20250202T120000",
			"every day at 09:00, UTC, except 2025-02-02T09:00:00Z and 2025-02-01, also "
			"2025-02-02T12:00:00" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(told); i++) {
		struct strbuf sentence CLEANUP(strbuf_free) = STRBUF(RULE_BYTES_MAX);
		struct rule *rule = parse(told[i].rule);

		sentence_of(rule, &sentence);
		assert_string_equal(sentence.data, told[i].sentence);
		rule_free(rule);
	}
}

/* A sentence of hundreds of dates is none; one that leaves out another of them is another sentence. */
static void many_dates_are_told_in_short(void **state)
{
	struct strbuf sentences[2] = { STRBUF(RULE_BYTES_MAX), STRBUF(RULE_BYTES_MAX) };

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct strbuf text CLEANUP(strbuf_free) = STRBUF(RULE_BYTES_MAX);
		struct rule *rule;

		strbuf_add_text(&text, "RRULE:FREQ=DAILY\\nEXDATE:20250201T090000");
		for (int day = 2; day <= 28; day++)
			strbuf_addf(&text, ",202502%02dT%s", day,
				day == 14 && i == 1 ? "080000" : "090000");
		rule = parse(text.data);
		sentence_of(rule, &sentences[i]);
		assert_non_null(strstr(sentences[i].data,
			"every day at 09:00, except 28 times from 2025-02-01T09:00:00 to "
			"2025-02-28T09:00:00 (list "));
		rule_free(rule);
	}
	assert_string_not_equal(sentences[0].data, sentences[1].data);
	strbuf_free(&sentences[0]);
	strbuf_free(&sentences[1]);
}

/* What a rule says beside its RRULE decides as well. */
static void what_stands_beside_is_told(void **state)
{
	static const char *const tails[] = {
		"",
		",\"count\":3",
		",\"count\":4",
		",\"until\":\"2025-02-10T09:00:00\"",
		",\"until\":\"2025-02-10T09:00:00Z\"",
		",\"until\":\"2025-02-11\"",
		",\"timeZone\":\"Asia/Tokyo\"",
		",\"recurrenceOverrides\":{\"2025-02-01T09:00:00\":{\"excluded\":true}}",
		",\"recurrenceOverrides\":{\"2025-02-01T09:00:00Z\":{\"excluded\":true}}",
		",\"recurrenceOverrides\":{\"2025-02-01\":{\"excluded\":true}}",
		",\"recurrenceOverrides\":{\"2025-02-02T09:00:00\":{\"excluded\":true}}",
		",\"recurrenceOverrides\":{\"2025-02-01T09:00:00\":{\"start\":\"2025-02-01T10:00:"
		"00\"}}",
		",\"recurrenceOverrides\":{\"2025-02-01T09:00:00\":{\"start\":\"2025-02-01T11:00:"
		"00\"}}",
		",\"recurrenceOverrides\":{\"2025-02-01T12:00:00\":{}}",
		",\"recurrenceOverrides\":{\"2025-02-01T13:00:00\":{}}",
		",\"recurrenceOverrides\":{\"2025-02-01T13:00:00\":{\"ifOccurs\":true}}",
		",\"recurrenceOverrides\":{\"2025-02-01T12:00:00\":{},\"2025-02-02T09:00:00\":{"
		"\"excluded\":true}}",
		",\"recurrenceOverrides\":{\"2025-02-02T12:00:00\":{},\"2025-02-01T09:00:00\":{"
		"\"excluded\":true}}",
	};
	struct strbuf sentences[ARRAY_LEN(tails)];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(tails); i++) {
		char *json CLEANUP(mem_cleanup) = mem_printf(
			"{\"frequency\":\"daily\"%s}", tails[i]);
		struct rule *rule = parse(json);

		strbuf_init(&sentences[i], RULE_BYTES_MAX);
		rule_describe(rule, wall(START), &sentences[i]);
		for (size_t j = 0; j < i; j++)
			if (strcmp(sentences[i].data, sentences[j].data) == 0)
				fail_msg("%s and %s: %s", tails[j], tails[i], sentences[i].data);
		rule_free(rule);
	}
	for (size_t i = 0; i < ARRAY_LEN(tails); i++)
		strbuf_free(&sentences[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_part_that_matters_is_told),
		cmocka_unit_test(of_many_rules_no_two_are_mistaken),
		cmocka_unit_test(what_stands_beside_is_told),
		cmocka_unit_test(what_stood_wrong_is_right),
		cmocka_unit_test(many_dates_are_told_in_short),
	};

	return cmocka_run_group_tests(tests, NULL, close_zones);
}
