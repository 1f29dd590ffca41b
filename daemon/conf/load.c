/* load: puts a configuration together from defaults, file, environment and flags.
 *
 * Every text is parsed, also one that a stronger source overrides: a wrong line in the file is an
 * error today, not on the day on which the variable is gone.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf/conf.h"
#include "conf/file.h"
#include "conf/settings.h"
#include "conf/value.h"
#include "util/mem.h"

#define PREFIX       "RECURD_"
#define VARIABLE_MAX 80

extern char **environ;

static void set_source(struct conf *conf, const struct conf_option *option, char *source)
{
	char **slot = &conf->sources[option - conf_options];
	free(*slot);
	*slot = source;
}

/* ---- settings of the database that stand here ---- */

#define MISPLACED_MAX 4096

/* All of them are told at once: whoever upgrades has several. */
static void misplace(
	struct conf *conf, const char *source, const struct conf_option *setting, const char *value)
{
	struct strbuf text = STRBUF(MISPLACED_MAX);
	if (conf->misplaced)
		strbuf_addf(&text, "%s; ", conf->misplaced);
	strbuf_addf(&text, "%s: ", source);
	settings_redirect(setting, value, &text);
	free(conf->misplaced);
	conf->misplaced = strbuf_steal(&text);
}

/* ---- the sources, weakest first ---- */

static bool load_defaults(struct conf *conf, struct err *err)
{
	for (size_t i = 0; i < conf_options_len; i++) {
		const struct conf_option *option = &conf_options[i];
		set_source(conf, option, mem_strdup("default"));
		if (option->default_text && !value_set(conf, option, option->default_text, err))
			return err_prefix(err, "default of %s: ", option->name);
	}
	return true;
}

struct file_arg {
	struct conf *conf;
	const char *path;
	int *lines; /* of each option, then of each setting; 0: not seen */
};

static bool is_repeated(int *seen, const char *key, int line, struct err *err)
{
	if (*seen != 0)
		return !err_set(err, "%s is repeated, line %d has it already", key, *seen);
	*seen = line;
	return false;
}

static bool load_setting(
	struct file_arg *file, const char *key, const char *value, int line, struct err *err)
{
	const struct conf_option *setting = settings_find(key);
	if (!setting)
		return err_set(err, "no such option '%s'", key);
	if (is_repeated(&file->lines[conf_options_len + (size_t)(setting - settings_options)], key,
		    line, err))
		return false;
	char *source CLEANUP(mem_cleanup) = mem_printf("%s:%d", file->path, line);
	misplace(file->conf, source, setting, value);
	return true;
}

static bool load_line(void *arg, const char *key, const char *value, int line, struct err *err)
{
	struct file_arg *file = arg;
	const struct conf_option *option = conf_option_find(key);
	if (!option)
		return load_setting(file, key, value, line, err);
	if (is_repeated(&file->lines[option - conf_options], key, line, err))
		return false;
	if (!value_set(file->conf, option, value, err))
		return err_prefix(err, "%s: ", key);
	set_source(file->conf, option, mem_printf("%s:%d", file->path, line));
	return true;
}

/* Settings of the database are read, too: whoever has one here is told where it belongs. */
static const char *name_of(size_t i)
{
	return i < conf_options_len ? conf_options[i].name
				    : settings_options[i - conf_options_len].name;
}

static bool load_file(struct conf *conf, const char *path, struct err *err)
{
	int *lines CLEANUP(mem_cleanup) = mem_alloc_array(
		conf_options_len + settings_options_len, sizeof(*lines));
	struct file_arg arg = {
		.conf = conf, .path = path ? path : CONF_DEFAULT_FILE, .lines = lines
	};
	if (access(arg.path, F_OK) == 0)
		conf->file = mem_strdup(arg.path);
	struct file_keys keys = { "recurd.conf(5)", conf_options_len + settings_options_len,
		name_of, conf_option_hint };
	return file_read(arg.path, !path, &keys, load_line, &arg, err);
}

static void variable_name(const struct conf_option *option, char name[static VARIABLE_MAX])
{
	snprintf(name, VARIABLE_MAX, PREFIX "%s", option->name);
	for (char *p = name; *p != '\0'; p++)
		*p = (char)toupper((unsigned char)*p);
}

/* Who names a file means its database, not the one that a shell or a container happens to have. */
static bool file_decides(
	const struct conf *conf, const char *path, const struct conf_option *option)
{
	return path && option->type == CONF_CONNINFO &&
	       strcmp(conf->sources[option - conf_options], "default") != 0;
}

static bool check_value(const struct conf_option *option, const char *value, struct err *err)
{
	struct conf scratch = { 0 };
	bool good = value_set(&scratch, option, value, err);
	values_free(&scratch, option, 1);
	return good;
}

static bool load_variable(struct conf *conf, const char *path, const struct conf_option *option,
	const char *name, bool *ret_found, struct err *err)
{
	const char *value = getenv(name);
	*ret_found = value && *value != '\0';
	if (!*ret_found)
		return true;
	bool hidden = file_decides(conf, path, option);
	if (!(hidden ? check_value(option, value, err) : value_set(conf, option, value, err)))
		return err_prefix(err, "environment variable %s: ", name);
	if (!hidden)
		set_source(conf, option, mem_printf("environment variable %s", name));
	return true;
}

static void load_misplaced_variables(struct conf *conf)
{
	for (size_t i = 0; i < settings_options_len; i++) {
		char name[VARIABLE_MAX];
		variable_name(&settings_options[i], name);
		const char *value = getenv(name);
		if (!value || *value == '\0')
			continue;
		char *source CLEANUP(mem_cleanup) = mem_printf("environment variable %s", name);
		misplace(conf, source, &settings_options[i], value);
	}
}

/* path: of a file that was named; NULL: it was the default one. */
static bool load_environment(struct conf *conf, const char *path, struct err *err)
{
	for (size_t i = 0; i < conf_options_len; i++) {
		const struct conf_option *option = &conf_options[i];
		char name[VARIABLE_MAX];
		variable_name(option, name);
		bool found;
		if (!load_variable(conf, path, option, name, &found, err))
			return false;
		if (!found && option->environment &&
			!load_variable(conf, path, option, option->environment, &found, err))
			return false;
	}
	load_misplaced_variables(conf);
	return true;
}

static bool load_override(struct conf *conf, const char *text, struct err *err)
{
	const char *equals = strchr(text, '=');
	if (!equals)
		return err_set(err, "command line: expected key=value, got \"%.80s\"", text);
	char *key CLEANUP(mem_cleanup) = mem_strndup(text, (size_t)(equals - text));
	const struct conf_option *option = conf_option_find(key);
	const struct conf_option *setting = settings_find(key);
	struct nearest nearest = NEAREST(key);
	if (setting)
		misplace(conf, "command line", setting, equals + 1);
	if (!option)
		return setting || err_set(err, "command line: no such option '%.80s'%s", key,
					  conf_option_hint(&nearest));
	if (!value_set(conf, option, equals + 1, err))
		return err_prefix(err, "command line: %s: ", key);
	set_source(conf, option, mem_strdup("command line"));
	return true;
}

/* The unit's credential stands for a file that may not be there: then it has one empty line. */
static bool has_first_line(const char *path)
{
	FILE *in = fopen(path, "re");
	int first = in ? fgetc(in) : EOF;
	if (in)
		fclose(in);
	return first != EOF && first != '\n' && first != '\r';
}

static void use_credential(struct conf *conf)
{
	const char *directory = getenv("CREDENTIALS_DIRECTORY");
	const struct conf_option *option = conf_option_find("password_file");
	if (conf->password_file || !directory || directory[0] != '/')
		return;
	char *path CLEANUP(mem_cleanup) = mem_printf("%s/pgpassword", directory);
	if (!has_first_line(path))
		return;
	conf->password_file = mem_strdup(path);
	set_source(conf, option, mem_strdup("credential pgpassword"));
}

/* DIR/recurd.conf: DIR/pgpassword; DIR/NAME.conf: DIR/NAME.pgpassword.  NULL: another name, or another source
 * than the file says which database it is for. */
static char *password_beside(const struct conf *conf, const char *file)
{
	static const char suffix[] = ".conf";
	const char *path = file ? file : CONF_DEFAULT_FILE;
	const char *source = conf->sources[conf_option_find("database_url") - conf_options];
	size_t len = strlen(path);
	if (strncmp(source, path, len) != 0 || source[len] != ':')
		return NULL;
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	if (strcmp(name, "recurd.conf") == 0)
		return mem_printf("%.*spgpassword", (int)(name - path), path);
	size_t stem = len - (sizeof(suffix) - 1);
	if (len < sizeof(suffix) || strcmp(path + stem, suffix) != 0 || path + stem == name)
		return NULL;
	return mem_printf("%.*s.pgpassword", (int)stem, path);
}

static void use_password_beside(struct conf *conf, const char *file)
{
	char *path CLEANUP(mem_cleanup) = password_beside(conf, file);
	if (conf->password_file || !path || !has_first_line(path))
		return;
	conf->password_file = mem_strdup(path);
	set_source(conf, conf_option_find("password_file"), mem_strdup("beside the configuration"));
}

char *conf_hidden_password(const struct conf *conf, const char *file)
{
	char *path = conf->password_file ? NULL : password_beside(conf, file);
	if (path && access(path, R_OK) != 0 && errno == EACCES)
		return path;
	free(path);
	return NULL;
}

/* ---- variables that nobody reads ---- */

static bool names_one(const struct conf_option *options, size_t n, const char *entry, size_t len)
{
	char name[VARIABLE_MAX];
	for (size_t i = 0; i < n; i++) {
		variable_name(&options[i], name);
		if (strlen(name) == len && strncmp(entry, name, len) == 0)
			return true;
	}
	return false;
}

static bool is_known_variable(const char *entry, size_t len)
{
	static const char *const others[] = { PREFIX "FAULT", PREFIX "FAULT_STOP" };
	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		if (strlen(others[i]) == len && strncmp(entry, others[i], len) == 0)
			return true;
	}
	if (names_one(conf_options, conf_options_len, entry, len) ||
		names_one(settings_options, settings_options_len, entry, len))
		return true;
	/* recurd-http's, which may have the same environment. */
	return strncmp(entry, PREFIX "HTTP_", strlen(PREFIX "HTTP_")) == 0 ||
	       strncmp(entry, PREFIX "TEST_", strlen(PREFIX "TEST_")) == 0;
}

/* Only a warning: a container may carry variables of a newer version, or of something else. */
static void warn_of_unknown_variables(void)
{
	for (char **entry = environ; entry && *entry; entry++) {
		size_t len = strcspn(*entry, "=");
		if (strncmp(*entry, PREFIX, strlen(PREFIX)) == 0 && len < VARIABLE_MAX &&
			!is_known_variable(*entry, len))
			fprintf(stderr, "recurd: warning: environment variable %.*s is no option\n",
				(int)len, *entry);
	}
}

/* ---- all together ---- */

/* When we stop waiting before the server stops working, a batch is given up that was about to end. */
static bool check_together(const struct conf *conf, struct err *err)
{
	if (conf->query_timeout > conf->statement_timeout)
		return true;
	return err_set(err, "query_timeout must be longer than statement_timeout");
}

static bool load_all(struct conf *conf, const char *file, const char *const *overrides,
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
	use_password_beside(conf, file);
	return check_together(conf, err);
}

bool conf_load(const char *file, const char *const *overrides, size_t overrides_len,
	struct conf **ret_conf, struct err *err)
{
	struct conf *conf = mem_alloc(sizeof(*conf));
	conf->sources = mem_alloc_array(conf_options_len, sizeof(*conf->sources));
	if (!load_all(conf, file, overrides, overrides_len, err)) {
		conf_free(conf);
		return false;
	}
	warn_of_unknown_variables();
	*ret_conf = conf;
	return true;
}

void conf_free(struct conf *conf)
{
	if (!conf)
		return;
	values_free(conf, conf_options, conf_options_len);
	for (size_t i = 0; i < conf_options_len; i++)
		free(conf->sources[i]);
	free(conf->sources);
	free(conf->file);
	free(conf->misplaced);
	free(conf);
}
