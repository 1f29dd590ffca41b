/* web_load: puts recurd-http's configuration together from defaults, file, environment and flags; see conf/web.h.
 *
 * Every text is parsed, also one that a stronger source overrides. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf/file.h"
#include "conf/value.h"
#include "conf/web.h"
#include "util/mem.h"

#define VARIABLE_MAX 80
#define VALUE_CAP    65536

static const struct conf_option *find(const char *name)
{
	for (size_t i = 0; i < web_options_len; i++) {
		if (strcmp(web_options[i].name, name) == 0)
			return &web_options[i];
	}
	return NULL;
}

static const char *name_of(size_t i)
{
	return web_options[i].name;
}

static const char *hint(struct nearest *nearest)
{
	for (size_t i = 0; i < web_options_len; i++)
		nearest_offer(nearest, web_options[i].name);
	return nearest_hint(nearest);
}

static bool fail_unknown(const char *name, struct err *err)
{
	struct nearest nearest = NEAREST(name);
	return err_set(err, "no such option '%.80s'%s", name, hint(&nearest));
}

static void set_source(struct web_conf *conf, const struct conf_option *option, char *source)
{
	char **slot = &conf->sources[option - web_options];
	free(*slot);
	*slot = source;
}

/* ---- the sources, weakest first ---- */

static bool load_defaults(struct web_conf *conf, struct err *err)
{
	for (size_t i = 0; i < web_options_len; i++) {
		const struct conf_option *option = &web_options[i];
		set_source(conf, option, mem_strdup("default"));
		if (option->default_text && !value_set(conf, option, option->default_text, err))
			return err_prefix(err, "default of %s: ", option->name);
	}
	return true;
}

struct file_arg {
	struct web_conf *conf;
	const char *path;
	int *lines; /* of each option; 0: not seen */
};

static bool load_line(void *arg, const char *key, const char *value, int line, struct err *err)
{
	struct file_arg *file = arg;
	const struct conf_option *option = find(key);
	if (!option)
		return fail_unknown(key, err);
	int *seen = &file->lines[option - web_options];
	if (*seen != 0)
		return err_set(err, "%s is repeated, line %d has it already", key, *seen);
	*seen = line;
	if (!value_set(file->conf, option, value, err))
		return err_prefix(err, "%s: ", key);
	set_source(file->conf, option, mem_printf("%s:%d", file->path, line));
	return true;
}

static bool load_file(struct web_conf *conf, const char *path, struct err *err)
{
	int *lines CLEANUP(mem_cleanup) = mem_alloc_array(web_options_len, sizeof(*lines));
	struct file_arg arg = {
		.conf = conf, .path = path ? path : WEB_CONF_DEFAULT_FILE, .lines = lines
	};
	if (access(arg.path, F_OK) == 0)
		conf->file = mem_strdup(arg.path);
	struct file_keys keys = { "recurd-http.conf(5)", web_options_len, name_of, hint };
	return file_read(arg.path, !path, &keys, load_line, &arg, err);
}

/* Who names a file means its database, not the one that a shell happens to have. */
static bool is_hidden(
	const struct web_conf *conf, const char *path, const struct conf_option *option)
{
	return path && option->type == CONF_CONNINFO &&
	       strcmp(conf->sources[option - web_options], "default") != 0;
}

static bool load_variable(struct web_conf *conf, const char *path, const struct conf_option *option,
	const char *name, struct err *err)
{
	struct web_conf scratch = { 0 };
	const char *value = getenv(name);
	if (!value || *value == '\0')
		return true;
	bool hidden = is_hidden(conf, path, option);
	bool good = value_set(hidden ? &scratch : conf, option, value, err);
	values_free(&scratch, option, 1);
	if (!good)
		return err_prefix(err, "environment variable %s: ", name);
	if (!hidden)
		set_source(conf, option, mem_printf("environment variable %s", name));
	return true;
}

static bool load_environment(struct web_conf *conf, const char *path, struct err *err)
{
	for (size_t i = 0; i < web_options_len; i++) {
		const struct conf_option *option = &web_options[i];
		char name[VARIABLE_MAX];
		snprintf(name, sizeof(name), "RECURD_HTTP_%s", option->name);
		for (char *p = name; *p != '\0'; p++)
			*p = (char)toupper((unsigned char)*p);
		if (option->environment &&
			!load_variable(conf, path, option, option->environment, err))
			return false;
		if (!load_variable(conf, path, option, name, err))
			return false;
	}
	return true;
}

static bool load_override(struct web_conf *conf, const char *text, struct err *err)
{
	const char *equals = strchr(text, '=');
	if (!equals)
		return err_set(err, "command line: expected key=value, got \"%.80s\"", text);
	char *key CLEANUP(mem_cleanup) = mem_strndup(text, (size_t)(equals - text));
	const struct conf_option *option = find(key);
	if (!option)
		return fail_unknown(key, err) || err_prefix(err, "command line: ");
	if (!value_set(conf, option, equals + 1, err))
		return err_prefix(err, "command line: %s: ", key);
	set_source(conf, option, mem_strdup("command line"));
	return true;
}

/* The unit's credential stands for a file that may not be there: then it has one empty line. */
static void use_credential(struct web_conf *conf)
{
	const char *directory = getenv("CREDENTIALS_DIRECTORY");
	if (conf->password_file || !directory || directory[0] != '/')
		return;
	char *path CLEANUP(mem_cleanup) = mem_printf("%s/pgpassword", directory);
	FILE *in = fopen(path, "re");
	int first = in ? fgetc(in) : EOF;
	if (in)
		fclose(in);
	if (first == EOF || first == '\n' || first == '\r')
		return;
	conf->password_file = mem_strdup(path);
	set_source(conf, find("password_file"), mem_strdup("credential pgpassword"));
}

static bool load_all(struct web_conf *conf, const char *file, const char *const *overrides,
	size_t overrides_len, struct err *err)
{
	if (!load_defaults(conf, err) || !load_file(conf, file, err) ||
		!load_environment(conf, file, err))
		return false;
	for (size_t i = 0; i < overrides_len; i++) {
		if (!load_override(conf, overrides[i], err))
			return false;
	}
	use_credential(conf);
	return true;
}

bool web_conf_load(const char *file, const char *const *overrides, size_t overrides_len,
	struct web_conf **ret_conf, struct err *err)
{
	struct web_conf *conf = mem_alloc(sizeof(*conf));
	conf->sources = mem_alloc_array(web_options_len, sizeof(*conf->sources));
	if (!load_all(conf, file, overrides, overrides_len, err)) {
		web_conf_free(conf);
		return false;
	}
	*ret_conf = conf;
	return true;
}

void web_conf_free(struct web_conf *conf)
{
	if (!conf)
		return;
	values_free(conf, web_options, web_options_len);
	for (size_t i = 0; i < web_options_len; i++)
		free(conf->sources[i]);
	free(conf->sources);
	free(conf->file);
	free(conf);
}

/* ---- what came of it ---- */

void web_conf_dump(const struct web_conf *conf, FILE *out)
{
	for (size_t i = 0; i < web_options_len; i++) {
		if (i > 0)
			fputc('\n', out);
		option_dump(conf, &web_options[i], conf->sources[i], out);
	}
}

static bool differs(
	const struct web_conf *old, const struct web_conf *new, const struct conf_option *option)
{
	struct strbuf before CLEANUP(strbuf_free) = STRBUF(VALUE_CAP);
	struct strbuf after CLEANUP(strbuf_free) = STRBUF(VALUE_CAP);
	bool was = value_format(old, option, &before), is = value_format(new, option, &after);
	return was != is || strcmp(before.data, after.data) != 0;
}

const char *web_conf_needs_restart(const struct web_conf *old, const struct web_conf *new)
{
	for (size_t i = 0; i < web_options_len; i++) {
		if (!web_options[i].reloadable && differs(old, new, &web_options[i]))
			return web_options[i].name;
	}
	return NULL;
}

/* ---- lists ---- */

#define BETWEEN " ,\t\r\n"

const char *list_item(const char **at, size_t *ret_len)
{
	if (!*at)
		return NULL;
	const char *item = *at + strspn(*at, BETWEEN);
	*ret_len = strcspn(item, BETWEEN);
	*at = item + *ret_len;
	return *ret_len > 0 ? item : NULL;
}

bool list_has(const char *list, const char *text)
{
	size_t len;
	for (const char *item; (item = list_item(&list, &len));) {
		if (strlen(text) == len && strncmp(item, text, len) == 0)
			return true;
	}
	return false;
}
