/* dump: the configuration as a file would have it, and what a reload may change.
 *
 * The output is a valid file that gives the same configuration again, but for passwords, which are
 * masked.
 */
#include <ctype.h>
#include <libpq-fe.h>
#include <string.h>

#include "conf/conf.h"
#include "conf/file.h"
#include "conf/value.h"

#define VALUE_CAP 65536

/* keyword='value' as libpq reads it. */
static void add_keyword(struct strbuf *out, const char *keyword, const char *value)
{
	strbuf_addf(out, "%s%s='", out->len > 0 ? " " : "", keyword);
	for (; *value != '\0'; value++) {
		if (*value == '\'' || *value == '\\')
			strbuf_add_char(out, '\\');
		strbuf_add_char(out, *value);
	}
	strbuf_add_char(out, '\'');
}

/* libpq itself says which of its options are secret: those whose dispchar is "*". */
static void mask_conninfo(const char *text, struct strbuf *out)
{
	PQconninfoOption *parsed = PQconninfoParse(text, NULL);
	if (!parsed) {
		strbuf_add_text(out, "***");
		return;
	}
	for (const PQconninfoOption *o = parsed; o->keyword; o++) {
		if (o->val)
			add_keyword(out, o->keyword, *o->dispchar == '*' ? "***" : o->val);
	}
	PQconninfoFree(parsed);
}

/* False where the option is not set. */
static bool format_masked(const void *fields, const struct conf_option *option, struct strbuf *out)
{
	struct strbuf plain CLEANUP(strbuf_free) = STRBUF(VALUE_CAP);
	if (option->type != CONF_CONNINFO)
		return value_format(fields, option, out);
	if (!value_format(fields, option, &plain))
		return false;
	mask_conninfo(plain.data, out);
	return true;
}

static void print_comment(const struct conf_option *option, const char *source, FILE *out)
{
	struct strbuf what CLEANUP(strbuf_free) = STRBUF(VALUE_CAP);
	value_describe(option, &what);
	fprintf(out, "# %s.\n# Takes %s; %s", option->help, what.data,
		option->reloadable ? "reloadable" : "needs a restart");
	if (option->default_text)
		fprintf(out, "; default %s", option->default_text);
	fprintf(out, ".\n# From: ");
	for (const char *p = source; *p != '\0'; p++) /* a file's name must not end the comment */
		fputc(iscntrl((unsigned char)*p) ? '?' : *p, out);
	fputc('\n', out);
}

static void print_value(const void *fields, const struct conf_option *option, FILE *out)
{
	struct strbuf value CLEANUP(strbuf_free) = STRBUF(VALUE_CAP);
	if (!format_masked(fields, option, &value)) {
		fprintf(out, "# %s is not set\n", option->name);
		return;
	}
	fprintf(out, "%s = ", option->name);
	file_print_quoted(value.data, out);
	fputc('\n', out);
}

void option_dump(
	const void *fields, const struct conf_option *option, const char *source, FILE *out)
{
	print_comment(option, source, out);
	print_value(fields, option, out);
}

void conf_dump(const struct conf *conf, FILE *out)
{
	for (size_t i = 0; i < conf_options_len; i++) {
		if (i > 0)
			fputc('\n', out);
		option_dump(conf, &conf_options[i], conf->sources[i], out);
	}
}

void conf_alike(const struct conf *conf, struct strbuf *out)
{
	for (size_t i = 0; i < conf_options_len; i++) {
		if (!conf_options[i].alike)
			continue;
		strbuf_addf(out, "%s%s=", out->len > 0 ? " " : "", conf_options[i].name);
		(void)value_format(conf, &conf_options[i], out);
	}
}

static bool differs(
	const struct conf *old, const struct conf *new, const struct conf_option *option)
{
	struct strbuf before CLEANUP(strbuf_free) = STRBUF(VALUE_CAP);
	struct strbuf after CLEANUP(strbuf_free) = STRBUF(VALUE_CAP);
	bool was = value_format(old, option, &before), is = value_format(new, option, &after);
	return was != is || strcmp(before.data, after.data) != 0;
}

void conf_differences(const struct conf *old, const struct conf *new, struct strbuf *out)
{
	for (size_t i = 0; i < conf_options_len; i++) {
		if (differs(old, new, &conf_options[i]))
			strbuf_addf(out, "%s%s", out->len > 0 ? ", " : "", conf_options[i].name);
	}
}

const char *conf_needs_restart(const struct conf *old, const struct conf *new)
{
	for (size_t i = 0; i < conf_options_len; i++) {
		if (!conf_options[i].reloadable && differs(old, new, &conf_options[i]))
			return conf_options[i].name;
	}
	return NULL;
}
