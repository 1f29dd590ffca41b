/* The frame around the commands: options, help, configuration, the connection, what goes wrong. */
#include "ctl/ctl.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/mem.h"
#include "util/nearest.h"
#include "util/text.h"
#include "util/version.h"

#define OPTIONS_MAX 32

/* Above what commands number their own by. */
enum { OPT_DSN = 1000 };

static const struct ctl_option global_options[] = {
	{ "config", 'c', "FILE", "configuration (default: " CONF_DEFAULT_FILE ", if it is there)" },
	{ "dsn", OPT_DSN, "URL", "database, as URI or conninfo text" },
	{ "output", 'o', "FORMAT", "text or json" },
	{ "help", 'h', NULL, "this help" },
	{ "version", 'V', NULL, "the program's version" },
	{ NULL, 0, NULL, NULL },
};

/* getopt_long's own form of the tables. */
struct grammar {
	struct option longs[OPTIONS_MAX + 1];
	char shorts[2 * OPTIONS_MAX + 3];
	size_t n;
};

int ctl_error(int code, const char *fmt, ...)
{
	va_list args;
	struct strbuf raw CLEANUP(strbuf_free) = STRBUF(4096);
	struct strbuf line CLEANUP(strbuf_free) = STRBUF(SIZE_MAX);
	va_start(args, fmt);
	strbuf_vaddf(&raw, fmt, args);
	va_end(args);
	(void)text_add_terminal(&line, raw.data, 0);
	fprintf(stderr, "recurctl: %s\n", line.data);
	return code;
}

int ctl_usage(const struct ctl *ctl, const char *fmt, ...)
{
	va_list args;
	struct strbuf text CLEANUP(strbuf_free) = STRBUF(4096);
	va_start(args, fmt);
	strbuf_vaddf(&text, fmt, args);
	va_end(args);
	return ctl_error(EX_USAGE, "%s; see: recurctl %s%s--help", text.data,
		ctl->command ? ctl->command->name : "", ctl->command ? " " : "");
}

static void grammar_add(struct grammar *grammar, const struct ctl_option *options)
{
	for (; options && options->name && grammar->n < OPTIONS_MAX; options++) {
		grammar->longs[grammar->n++] = (struct option){ options->name,
			options->arg ? required_argument : no_argument, NULL, options->letter };
		if (options->letter > 255)
			continue;
		char letter[] = { (char)options->letter, options->arg ? ':' : 0, 0 };
		strcat(grammar->shorts, letter);
	}
}

static void print_options(const struct ctl_option *options)
{
	for (; options && options->name; options++) {
		char letter[] = { '-', (char)options->letter, ',', 0 };
		char *name = mem_printf("%s --%s%s%s", options->letter > 255 ? "   " : letter,
			options->name, options->arg ? " " : "", options->arg ? options->arg : "");
		printf("  %-26s %s\n", name, options->help);
		free(name);
	}
}

static void print_help(const struct ctl_command *command)
{
	if (command) {
		printf("usage: recurctl %s [options]%s%s\n%s\n\n", command->name,
			*command->args ? " " : "", command->args, command->help);
		if (command->print_more)
			command->print_more();
		if (command->options && command->options->name)
			printf("options:\n");
		print_options(command->options);
		printf("global options:\n");
		print_options(global_options);
		return;
	}
	printf("usage: recurctl [options] COMMAND ...\n\ncommands:\n");
	for (size_t i = 0; i < ctl_commands_len; i++)
		printf("  %-26s %s\n", ctl_commands[i]->name, ctl_commands[i]->help);
	printf("options:\n");
	print_options(global_options);
	printf("Each command has --help; the manual is recurctl(1).\n");
}

/* Prints what is buffered; the exit code that this leaves. */
static int finish_output(int code)
{
	errno = 0;
	bool flushed = fflush(stdout) == 0;
	int error = errno;
	if (flushed && !ferror(stdout))
		return code;
	/* What failed before this has left no reason. */
	return ctl_error(EX_IOERR, "cannot write to standard output%s%s", error ? ": " : "",
		error ? strerror(error) : "");
}

static void take_global(struct ctl *ctl, int letter)
{
	switch (letter) {
	case 'c':
		ctl->config_file = optarg;
		break;
	case OPT_DSN:
		ctl->dsn = optarg;
		break;
	case 'o':
		if (strcmp(optarg, "text") != 0 && strcmp(optarg, "json") != 0)
			exit(ctl_usage(ctl, "--output is text or json, not \"%s\"", optarg));
		ctl->json = strcmp(optarg, "json") == 0;
		break;
	case 'V':
		printf("recurctl %s\n", recurd_version);
		exit(finish_output(EX_OK));
	default:
		print_help(ctl->command);
		exit(finish_output(EX_OK));
	}
}

static bool is_global(int letter)
{
	for (const struct ctl_option *option = global_options; option->name; option++)
		if (option->letter == letter)
			return true;
	return false;
}

/* The first command that has such an option; NULL: none. */
static const char *command_with(const char *option)
{
	for (size_t i = 0; i < ctl_commands_len; i++)
		for (const struct ctl_option *own = ctl_commands[i]->options; own && own->name;
			own++)
			if (strcmp(own->name, option) == 0)
				return ctl_commands[i]->name;
	return NULL;
}

/* "--max-lg=5": one that there is not, or that may be several. */
static int long_option_wrong(const struct ctl *ctl, const struct grammar *grammar, const char *text)
{
	size_t len = strcspn(text + 2, "="), begin_n = 0;
	char *typed CLEANUP(mem_cleanup) = mem_strndup(text + 2, len);
	struct nearest nearest = NEAREST(typed);
	for (const struct option *option = grammar->longs; option->name; option++) {
		begin_n += strncmp(option->name, typed, len) == 0;
		nearest_offer(&nearest, option->name);
	}
	if (begin_n > 1)
		return ctl_usage(ctl, "option --%s is short for several", typed);
	const char *owner = ctl->command ? NULL : command_with(typed);
	if (owner)
		return ctl_usage(ctl, "--%s stands behind its command, as in: recurctl %s --%s",
			typed, owner, typed);
	if (nearest.name)
		return ctl_usage(
			ctl, "there is no option --%s (did you mean --%s?)", typed, nearest.name);
	return ctl_usage(ctl, "there is no option --%s", typed);
}

/* "--all=3", where --all takes none. */
static bool has_value_too_many(const struct grammar *grammar, const char *text)
{
	size_t len = strcspn(text, "=");
	if (len < 3 || !text[len] || strncmp(text, "--", 2) != 0)
		return false;
	for (const struct option *option = grammar->longs; option->name; option++)
		if (option->has_arg == no_argument && strncmp(option->name, text + 2, len - 2) == 0)
			return true;
	return false;
}

/* text: the word before the one that getopt looks at next.  It tells of a short option by its letter, of a
 * long one by none, and where a value is too much by the letter of that option. */
static int option_wrong(const struct ctl *ctl, const struct grammar *grammar, const char *text)
{
	if (optopt == 0)
		return long_option_wrong(ctl, grammar, text);
	if (isdigit(optopt))
		return ctl_usage(ctl,
			"there is no option -%c; a value that begins with - stands behind --, as "
			"in: "
			"recurctl %s ... -- %s",
			optopt, ctl->command ? ctl->command->name : "COMMAND", text);
	if (has_value_too_many(grammar, text))
		return ctl_usage(ctl, "option %.*s takes no value", (int)strcspn(text, "="), text);
	return ctl_usage(ctl, "there is no option -%c", optopt);
}

/* Of "-5s" getopt has looked at no more than the 5, and goes on in this word. */
static const char *wrong_word(int argc, char **argv)
{
	const char *word = optind < argc ? argv[optind] : "";
	return optopt && word[0] == '-' && word[1] == optopt ? word : argv[optind - 1];
}

/* Reads options up to the next one that is the command's own; global ones are taken. */
static int next_option(struct ctl *ctl, const struct grammar *grammar, int argc, char **argv)
{
	opterr = 0;
	for (;;) {
		int letter = getopt_long(argc, argv, grammar->shorts, grammar->longs, NULL);
		if (letter == '?')
			exit(option_wrong(ctl, grammar, wrong_word(argc, argv)));
		if (letter == ':')
			exit(ctl_usage(ctl, "option %s needs a value", argv[optind - 1]));
		if (!is_global(letter))
			return letter;
		take_global(ctl, letter);
	}
}

static void load_conf(struct ctl *ctl)
{
	struct err err;
	char *dsn = ctl->dsn ? mem_printf("database_url=%s", ctl->dsn) : NULL;
	const char *overrides[] = { dsn };
	if (!conf_load(ctl->config_file, overrides, dsn ? 1 : 0, &ctl->loaded, &err))
		exit(ctl_error(EX_CONFIG, "%s", err.text));
	free(dsn);
	ctl->conf = ctl->loaded;
	/* What it goes by is in the database, whatever stands in a file; and who moves it there uses recurctl. */
	if (ctl->conf->misplaced)
		(void)ctl_error(EX_OK, "warning: %s", ctl->conf->misplaced);
	queries_bind(ctl->conf->app_schema);
}

int ctl_getopt(struct ctl *ctl, int argc, char **argv)
{
	static struct grammar grammar;
	if (grammar.n == 0) {
		strcpy(grammar.shorts, ":");
		grammar_add(&grammar, global_options);
		grammar_add(&grammar, ctl->command->options);
		optind = 0;
	}
	int letter = next_option(ctl, &grammar, argc, argv);
	if (letter == -1)
		load_conf(ctl);
	return letter;
}

/* NULL: there is none, and this has been told. */
static const struct ctl_command *find_command(const struct ctl *ctl, const char *name)
{
	struct nearest nearest = NEAREST(name);
	for (size_t i = 0; i < ctl_commands_len; i++) {
		if (strcmp(ctl_commands[i]->name, name) == 0)
			return ctl_commands[i];
		nearest_offer(&nearest, ctl_commands[i]->name);
	}
	(void)ctl_usage(ctl, "there is no command \"%s\"%s", name, nearest_hint(&nearest));
	return NULL;
}

/* recurctl help [COMMAND] */
static int help(struct ctl *ctl, int argc, char **argv)
{
	const struct ctl_command *command = argc > 1 ? find_command(ctl, argv[1]) : NULL;
	if (argc > 1 && !command)
		return EX_USAGE;
	print_help(command);
	return finish_output(EX_OK);
}

int ctl_main(int argc, char **argv)
{
	struct ctl ctl = { .json = false };
	/* For the width of characters (table.h); nothing else of the locale is used. */
	(void)setlocale(LC_CTYPE, "C.UTF-8");
	struct grammar grammar = { .shorts = "+:" };
	grammar_add(&grammar, global_options);
	(void)next_option(&ctl, &grammar, argc, argv);
	if (optind >= argc) { /* for people a question, for scripts a mistake */
		print_help(NULL);
		(void)fflush(stdout);
		return finish_output(ctl_error(EX_USAGE, "a command is missing"));
	}
	argc -= optind;
	argv += optind;
	if (strcmp(argv[0], "help") == 0)
		return help(&ctl, argc, argv);
	ctl.command = find_command(&ctl, argv[0]);
	if (!ctl.command)
		return EX_USAGE;
	optind = 0;
	if (!ctl.command->options)
		load_conf(&ctl);
	int code = ctl.command->run(&ctl, argc, argv);
	session_close(ctl.watcher);
	session_close(ctl.session);
	conf_free(ctl.loaded);
	return finish_output(code);
}
