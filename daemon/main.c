/* recurd: the command line of the daemon.  Everything else is in svc/app.c. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

#include "conf/conf.h"
#include "recur/zone.h"
#include "svc/app.h"
#include "util/mem.h"
#include "util/version.h"

#define OVERRIDES_MAX 64

enum { OPTION_ONCE = 256, OPTION_CHECK, OPTION_DUMP, OPTION_VERSION, OPTION_HELP };

static const struct option long_options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "foreground", no_argument, NULL, 'f' },
	{ "once", no_argument, NULL, OPTION_ONCE },
	{ "option", required_argument, NULL, 'o' },
	{ "check-config", no_argument, NULL, OPTION_CHECK },
	{ "dump-config", no_argument, NULL, OPTION_DUMP },
	{ "version", no_argument, NULL, OPTION_VERSION },
	{ "help", no_argument, NULL, OPTION_HELP },
	{ 0 },
};

static void usage(FILE *out)
{
	fputs("usage: recurd [-c FILE] [-f] [--once] [-o KEY=VALUE]...\n"
	      "       recurd [-c FILE] [-o KEY=VALUE]... --check-config | --dump-config\n"
	      "       recurd --version | --help\n"
	      "\n"
	      "  -c, --config FILE       configuration (default " CONF_DEFAULT_FILE ")\n"
	      "  -f, --foreground        log to standard error instead of syslog\n"
	      "      --once              do what is due, then exit\n"
	      "  -o, --option KEY=VALUE  set an option, before environment and file\n"
	      "      --check-config      check the configuration and exit\n"
	      "      --dump-config       print the configuration in force and exit\n"
	      "      --version           print the version and exit\n"
	      "      --help              print this and exit\n",
		out);
}

enum mode { MODE_RUN, MODE_CHECK, MODE_DUMP };

static int show_conf(const struct app_options *options, enum mode mode)
{
	struct conf *conf;
	struct err err;
	if (!conf_load(options->file, options->overrides, options->overrides_len, &conf, &err)) {
		fprintf(stderr, "recurd: %s\n", err.text);
		return EX_CONFIG;
	}
	zones_open(conf->zoneinfo_dir);
	bool good = app_check_conf(conf, &err);
	if (!good)
		fprintf(stderr, "recurd: %s\n", conf->misplaced ? conf->misplaced : err.text);
	if (mode == MODE_DUMP)
		conf_dump(conf, stdout);
	else if (good)
		app_tell_conf(conf, stdout);
	conf_free(conf);
	zones_close();
	return !good ? EX_CONFIG : fflush(stdout) == 0 ? EX_OK : EX_IOERR;
}

int main(int argc, char **argv)
{
	const char *overrides[OVERRIDES_MAX];
	struct app_options options = { .overrides = overrides };
	enum mode mode = MODE_RUN;
	for (int c; (c = getopt_long(argc, argv, "c:fo:", long_options, NULL)) != -1;) {
		switch (c) {
		case 'c':
			options.file = optarg;
			break;
		case 'f':
			options.foreground = true;
			break;
		case 'o':
			if (options.overrides_len == OVERRIDES_MAX) {
				fprintf(stderr, "recurd: at most %d times --option\n",
					OVERRIDES_MAX);
				return EX_USAGE;
			}
			overrides[options.overrides_len++] = optarg;
			break;
		case OPTION_ONCE:
			options.once = true;
			break;
		case OPTION_CHECK:
			mode = MODE_CHECK;
			break;
		case OPTION_DUMP:
			mode = MODE_DUMP;
			break;
		case OPTION_VERSION:
			printf("recurd %s\n", recurd_version);
			return EX_OK;
		case OPTION_HELP:
			usage(stdout);
			return EX_OK;
		default:
			usage(stderr);
			return EX_USAGE;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "recurd: unexpected argument %s\n", argv[optind]);
		return EX_USAGE;
	}
	return mode == MODE_RUN ? app_run(&options) : show_conf(&options, mode);
}
