/* What stands around cron's five fields where people copy them from: a time zone before them, a nickname in
 * their place, comments and blank lines, and fields that only other schedulers have. */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "recur/rule_def.h"
#include "recur/zone_names.h"
#include "util/mem.h"

#define BLANKS " \t\r\v\f"

static bool is_blank(char c)
{
	return c != '\0' && strchr(BLANKS, c);
}

/* Length of the name in "NAME=", 0: there is none. */
static size_t setting_name(const char *p, const char *end)
{
	const char *from = p;
	while (p < end && (isalnum((unsigned char)*p) || *p == '_'))
		p++;
	return p > from && p < end && *p == '=' ? (size_t)(p - from) : 0;
}

/* "CRON_TZ=Europe/Berlin" or "TZ='Europe/Berlin'" at *p, which goes behind it. */
static bool take_setting(
	const char **p, const char *end, size_t name_len, struct rule *rule, struct err *err)
{
	const char *name = *p, *value = *p + name_len + 1, *stop = value;
	bool zone = (name_len == 7 && strncmp(name, "CRON_TZ", 7) == 0) ||
		    (name_len == 2 && strncmp(name, "TZ", 2) == 0);
	if (!zone)
		return err_set(err, "%.*s=: only CRON_TZ= and TZ= may stand before the fields",
			name_len > 60 ? 60 : (int)name_len, name);
	bool quoted = value < end && (*value == '"' || *value == '\'');
	if (quoted)
		stop = memchr(value + 1, *value, (size_t)(end - value - 1));
	else
		while (stop < end && !is_blank(*stop))
			stop++;
	if (!stop)
		return err_set(err, "%.*s=: the quote does not end", (int)name_len, name);
	value += quoted;
	/* As POSIX has it for a file's name. */
	value += value < stop && *value == ':';
	if (rule->time_zone)
		return err_set(err, "%.*s=: the time zone is given twice", (int)name_len, name);
	if (!zone_names_read(value, (size_t)(stop - value), &rule->time_zone, err))
		return err_prefix(err, "%.*s=: ", (int)name_len, name);
	*p = stop + quoted;
	return true;
}

static bool take_nickname(const char *p, size_t len, struct rule *rule, struct err *err)
{
	static const struct {
		const char *name, *fields[CRON_FIELDS];
	} nicknames[] = {
		{ "@yearly", { "0", "0", "1", "1", "*" } },
		{ "@annually", { "0", "0", "1", "1", "*" } },
		{ "@monthly", { "0", "0", "1", "*", "*" } },
		{ "@weekly", { "0", "0", "*", "*", "0" } },
		{ "@daily", { "0", "0", "*", "*", "*" } },
		{ "@midnight", { "0", "0", "*", "*", "*" } },
		{ "@hourly", { "0", "*", "*", "*", "*" } },
	};
	for (size_t i = 0; i < ARRAY_LEN(nicknames); i++) {
		struct cron_text texts[CRON_FIELDS];
		if (strlen(nicknames[i].name) != len || strncasecmp(nicknames[i].name, p, len) != 0)
			continue;
		for (int n = 0; n < CRON_FIELDS; n++)
			texts[n] = (struct cron_text){ nicknames[i].fields[n], 1 };
		return rule_cron_fields(texts, rule, err);
	}
	if (len == 7 && strncasecmp(p, "@reboot", 7) == 0)
		return err_set(err, "@reboot: a start of a machine is no time of a calendar, write "
				    "when it is to be");
	if (len >= 6 && strncasecmp(p, "@every", 6) == 0)
		return err_set(err, "@every: cron's fields have no interval, write "
				    "{\"frequency\":\"minutely\",\"interval\":90} for 90 minutes");
	return err_set(err, "expected five fields or @yearly ... @hourly, got \"%.*s\"",
		len > 60 ? 60 : (int)len, p);
}

static bool wrong_count(int n, struct err *err)
{
	static const char *const words[] = { "no", "one", "two", "three", "four", "five", "six",
		"seven", "eight", "nine" };
	const char *word = n < (int)ARRAY_LEN(words) ? words[n] : "ten or more";
	if (n > CRON_FIELDS)
		return err_set(
			err, "%s fields, expected five: no seconds, no year, no command", word);
	return err_set(err,
		"%s field%s, expected five: minute, hour, day of the month, month, day "
		"of the week",
		word, n == 1 ? "" : "s");
}

/* What holds a schedule in AWS's words, and words that are nobody's fields; false: err says so. */
static bool looks_like_fields(const char *p, const char *end, struct err *err)
{
	size_t len = (size_t)(end - p);
	if (len > 5 && (strncasecmp(p, "cron(", 5) == 0 || strncasecmp(p, "rate(", 5) == 0))
		return err_set(err,
			"\"%.5s...\": of cron(...) write the first five fields alone, and for "
			"rate(5 minutes) {\"frequency\":\"minutely\",\"interval\":5}",
			p);
	if (*p == '\'' || *p == '`')
		return err_set(err, "begins with a quote: write the fields without quotes");
	/* Neither a digit nor a sign of cron's: */
	for (; p < end; p++)
		if (!is_blank(*p) && !isalpha((unsigned char)*p))
			return true;
	return err_set(err, "expected cron's five fields as in 30 9 * * mon-fri, an RRULE as in "
			    "FREQ=DAILY, or JSON as in {\"frequency\":\"daily\"}");
}

/* Counted first: with a field too many each of them would be blamed for what belongs into another. */
static bool take_fields(const char *p, const char *end, struct rule *rule, struct err *err)
{
	struct cron_text texts[CRON_FIELDS];
	int n = 0;
	if (*p == '@') {
		const char *stop = p;
		while (stop < end && !is_blank(*stop))
			stop++;
		if (stop < end && strncasecmp(p, "@every", 6) != 0)
			return err_set(err, "\"%.*s\": expected nothing behind it, and no command",
				stop - p > 60 ? 60 : (int)(stop - p), p);
		return take_nickname(p, (size_t)(stop - p), rule, err);
	}
	if (!looks_like_fields(p, end, err))
		return false;
	while (p < end) {
		const char *from = p;
		while (p < end && !is_blank(*p))
			p++;
		if (n < CRON_FIELDS)
			texts[n] = (struct cron_text){ from, (size_t)(p - from) };
		n++;
		while (p < end && is_blank(*p))
			p++;
	}
	return n == CRON_FIELDS ? rule_cron_fields(texts, rule, err) : wrong_count(n, err);
}

static bool take_line(
	const char *p, const char *end, bool *seen, struct rule *rule, struct err *err)
{
	while (p < end && is_blank(*p))
		p++;
	while (end > p && is_blank(end[-1]))
		end--;
	if (p == end || *p == '#')
		return true;
	if (*seen)
		return err_set(err, "a second line \"%.*s\": one rule is one line",
			end - p > 60 ? 60 : (int)(end - p), p);
	for (size_t len; (len = setting_name(p, end)) > 0;) {
		if (!take_setting(&p, end, len, rule, err))
			return false;
		while (p < end && is_blank(*p))
			p++;
	}
	if (p == end)
		return true;
	*seen = true;
	return take_fields(p, end, rule, err);
}

bool rule_cron_parse(const char *text, struct rule *rule, struct err *err)
{
	bool seen = false;
	if (strnlen(text, RULE_TEXT_MAX + 1) > RULE_TEXT_MAX)
		return err_set(err, "longer than %d bytes", RULE_TEXT_MAX);
	text += content_mark(text, strlen(text));
	for (const char *p = text; *p != '\0';) {
		size_t len = strcspn(p, "\n");
		if (!take_line(p, p + len, &seen, rule, err))
			return false;
		p += len + (p[len] == '\n');
	}
	return seen || wrong_count(0, err);
}
