/* value: the types of options, each with its parser and its printer. */
#include "conf/value.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <libpq-fe.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "util/duration.h"
#include "util/mem.h"

#define IDENT_MAX 63
#define SHOWN     "%.80s" /* as much of a value as an error quotes */

static const struct {
	const char *text;
	bool value;
} bools[] = {
	{ "on", true },
	{ "off", false },
	{ "true", true },
	{ "false", false },
	{ "yes", true },
	{ "no", false },
	{ "1", true },
	{ "0", false },
};

static void *field_of(void *fields, const struct conf_option *option)
{
	return (char *)fields + option->offset;
}

static const void *field_in(const void *fields, const struct conf_option *option)
{
	return (const char *)fields + option->offset;
}

/* ---- texts ---- */

static void keep_text(void *fields, const struct conf_option *option, const char *text)
{
	char **field = field_of(fields, option);
	free(*field);
	*field = *text != '\0' ? mem_strdup(text) : NULL;
}

static bool set_text(
	void *fields, const struct conf_option *option, const char *text, struct err *err)
{
	if (*text == '\0' && option->default_text)
		return err_set(err, "expected a text, got \"\"");
	keep_text(fields, option, text);
	return true;
}

static bool set_ident(
	void *fields, const struct conf_option *option, const char *text, struct err *err)
{
	static const char first[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";
	static const char rest[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789$";
	size_t len = strlen(text);
	if (len < 1 || len > IDENT_MAX || !strchr(first, *text) || strspn(text, rest) != len)
		return err_set(err,
			"expected an identifier (a letter or _, then letters, digits, _ or $, "
			"at most %d), got \"" SHOWN "\"",
			IDENT_MAX, text);
	keep_text(fields, option, text);
	return true;
}

/* libpq quotes what it was given; its words go on only where no password can be among them. */
static bool conninfo_error(const char *text, const char *message, struct err *err)
{
	if (strchr(text, '@') || strcasestr(text, "pass") || !message)
		return err_set(err, "expected a URI (postgresql://...) or keyword=value pairs "
				    "that libpq accepts");
	return err_set(
		err, "expected a URI or keyword=value pairs that libpq accepts: %s", message);
}

/* The URL of a Python application often names its driver, postgresql+asyncpg://: dropped. */
static char *without_driver(const char *text)
{
	size_t scheme = strcspn(text, ":");
	const char *driver = memchr(text, '+', scheme);
	if (!driver || strncmp(text, "postgres", 8) != 0 || strncmp(text + scheme, "://", 3) != 0)
		return mem_strdup(text);
	return mem_printf("%.*s%s", (int)(driver - text), text, text + scheme);
}

static bool set_conninfo(
	void *fields, const struct conf_option *option, const char *text, struct err *err)
{
	char *message = NULL;
	char *plain CLEANUP(mem_cleanup) = without_driver(text);
	PQconninfoOption *parsed = PQconninfoParse(plain, &message);
	if (!parsed) {
		conninfo_error(text, message, err);
		PQfreemem(message);
		return false;
	}
	PQconninfoFree(parsed);
	keep_text(fields, option, plain);
	return true;
}

/* ---- numbers ---- */

/* Decimal digits with an optional '-', and nothing else. */
static bool take_number(const char *text, int64_t *ret_value)
{
	if (!isdigit((unsigned char)text[*text == '-']))
		return false;
	errno = 0;
	char *end;
	intmax_t value = strtoimax(text, &end, 10);
	if (errno != 0 || *end)
		return false;
	*ret_value = value;
	return true;
}

static bool expected(const struct conf_option *option, const char *text, struct err *err)
{
	struct strbuf what CLEANUP(strbuf_free) = STRBUF(ERR_TEXT_MAX);
	value_describe(option, &what);
	return err_set(err, "expected %s, got \"" SHOWN "\"", what.data, text);
}

static bool set_int(
	void *fields, const struct conf_option *option, const char *text, struct err *err)
{
	int64_t *field = field_of(fields, option);
	int64_t value = 0;
	if (!take_number(text, &value) || value < option->min || value > option->max)
		return expected(option, text, err);
	*field = value;
	return true;
}

static bool set_percent(
	void *fields, const struct conf_option *option, const char *text, struct err *err)
{
	int64_t *field = field_of(fields, option);
	int64_t value = 0;
	char *number CLEANUP(mem_cleanup) = mem_strdup(text);
	size_t len = strlen(number);
	if (len > 0 && number[len - 1] == '%')
		number[len - 1] = '\0';
	if (!take_number(number, &value) || value < option->min || value > option->max)
		return expected(option, text, err);
	*field = value;
	return true;
}

static bool set_duration(
	void *fields, const struct conf_option *option, const char *text, struct err *err)
{
	usec_t *field = field_of(fields, option);
	usec_t value = 0;
	bool good = duration_parse(text, &value) &&
		    ((value >= option->min && value <= option->max) ||
			    (value == 0 && option->or_zero));
	if (!good)
		return expected(option, text, err);
	*field = value;
	return true;
}

/* ---- words ---- */

static bool set_bool(
	void *fields, const struct conf_option *option, const char *text, struct err *err)
{
	bool *field = field_of(fields, option);
	for (size_t i = 0; i < ARRAY_LEN(bools); i++) {
		if (strcasecmp(text, bools[i].text) == 0) {
			*field = bools[i].value;
			return true;
		}
	}
	return expected(option, text, err);
}

static int choice_value(const struct conf_option *option, size_t index)
{
	return option->choice_values ? option->choice_values[index] : (int)index;
}

static bool set_choice(
	void *fields, const struct conf_option *option, const char *text, struct err *err)
{
	int *field = field_of(fields, option);
	for (size_t i = 0; option->choices[i]; i++) {
		if (strcmp(text, option->choices[i]) == 0) {
			*field = choice_value(option, i);
			return true;
		}
	}
	return expected(option, text, err);
}

static const char *choice_name(const struct conf_option *option, int value)
{
	for (size_t i = 0; option->choices[i]; i++) {
		if (choice_value(option, i) == value)
			return option->choices[i];
	}
	return "?";
}

/* ---- all types ---- */

bool value_set(void *fields, const struct conf_option *option, const char *text, struct err *err)
{
	switch (option->type) {
	case CONF_TEXT:
		return set_text(fields, option, text, err);
	case CONF_CONNINFO:
		return set_conninfo(fields, option, text, err);
	case CONF_IDENT:
		return set_ident(fields, option, text, err);
	case CONF_INT:
		return set_int(fields, option, text, err);
	case CONF_PERCENT:
		return set_percent(fields, option, text, err);
	case CONF_DURATION:
		return set_duration(fields, option, text, err);
	case CONF_BOOL:
		return set_bool(fields, option, text, err);
	case CONF_CHOICE:
		return set_choice(fields, option, text, err);
	}
	return err_set(err, "option %s has no type", option->name);
}

bool value_format(const void *fields, const struct conf_option *option, struct strbuf *out)
{
	const void *field = field_in(fields, option);
	switch (option->type) {
	case CONF_TEXT:
	case CONF_CONNINFO:
	case CONF_IDENT:
		if (!*(char *const *)field)
			return false;
		strbuf_add_text(out, *(char *const *)field);
		break;
	case CONF_INT:
		strbuf_addf(out, "%" PRId64, *(const int64_t *)field);
		break;
	case CONF_PERCENT:
		strbuf_addf(out, "%" PRId64 "%%", *(const int64_t *)field);
		break;
	case CONF_DURATION:
		duration_format(*(const usec_t *)field, out);
		break;
	case CONF_BOOL:
		strbuf_add_text(out, *(const bool *)field ? "on" : "off");
		break;
	case CONF_CHOICE:
		strbuf_add_text(out, choice_name(option, *(const int *)field));
		break;
	}
	return true;
}

static void describe_choices(const struct conf_option *option, struct strbuf *out)
{
	for (size_t i = 0; option->choices[i]; i++) {
		if (i > 0)
			strbuf_add_text(out, option->choices[i + 1] ? ", " : " or ");
		strbuf_add_text(out, option->choices[i]);
	}
}

void value_describe(const struct conf_option *option, struct strbuf *out)
{
	switch (option->type) {
	case CONF_TEXT:
		strbuf_add_text(out, "a text");
		break;
	case CONF_CONNINFO:
		strbuf_add_text(out, "a connection URI or keyword=value pairs");
		break;
	case CONF_IDENT:
		strbuf_add_text(out, "an identifier");
		break;
	case CONF_INT:
		strbuf_addf(
			out, "an integer from %" PRId64 " to %" PRId64, option->min, option->max);
		break;
	case CONF_PERCENT:
		strbuf_addf(out, "a share from %" PRId64 "%% to %" PRId64 "%%", option->min,
			option->max);
		break;
	case CONF_DURATION:
		strbuf_addf(out, "%sa duration (us, ms, s, min, h, d) from ",
			option->or_zero ? "0, or " : "");
		duration_format(option->min, out);
		strbuf_add_text(out, " to ");
		duration_format(option->max, out);
		break;
	case CONF_BOOL:
		strbuf_add_text(out, "on or off");
		break;
	case CONF_CHOICE:
		describe_choices(option, out);
		break;
	}
}

static bool owns_text(const struct conf_option *option)
{
	return option->type == CONF_TEXT || option->type == CONF_CONNINFO ||
	       option->type == CONF_IDENT;
}

void values_free(void *fields, const struct conf_option *options, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (owns_text(&options[i]))
			mem_cleanup(field_of(fields, &options[i]));
}
