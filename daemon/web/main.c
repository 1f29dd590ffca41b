/* recurd-http: its command line.  Everything else is in web/app.c. */
#include <getopt.h>
#include <stdio.h>
#include <sysexits.h>

#include "recur/zone.h"
#include "util/version.h"
#include "web/app.h"

#define OVERRIDES_MAX 64

enum { OPTION_CHECK = 256, OPTION_DUMP, OPTION_VERSION, OPTION_HELP };

static const struct option long_options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "foreground", no_argument, NULL, 'f' },
	{ "option", required_argument, NULL, 'o' },
	{ "check-config", no_argument, NULL, OPTION_CHECK },
	{ "dump-config", no_argument, NULL, OPTION_DUMP },
	{ "version", no_argument, NULL, OPTION_VERSION },
	{ "help", no_argument, NULL, OPTION_HELP },
	{ 0 },
};

static void usage(FILE *out)
{
	fputs("usage: recurd-http [-c FILE] [-f] [-o KEY=VALUE]...\n"
	      "       recurd-http [-c FILE] [-o KEY=VALUE]... --check-config | --dump-config\n"
	      "       recurd-http --version | --help\n"
	      "\n"
	      "  -c, --config FILE       configuration (default " WEB_CONF_DEFAULT_FILE ")\n"
	      "  -f, --foreground        log to standard error instead of syslog\n"
	      "  -o, --option KEY=VALUE  set an option, before environment and file\n"
	      "      --check-config      check the configuration and exit\n"
	      "      --dump-config       print the configuration in force and exit\n"
	      "      --version           print the version and exit\n"
	      "      --help              print this and exit\n",
		out);
}

enum mode { MODE_RUN, MODE_CHECK, MODE_DUMP };

static int show_conf(const struct web_app_options *options, enum mode mode)
{
	struct web_conf *conf;
	struct err err;
	if (!web_conf_load(
		    options->file, options->overrides, options->overrides_len, &conf, &err)) {
		fprintf(stderr, "recurd-http: %s\n", err.text);
		return EX_CONFIG;
	}
	zones_open(conf->zoneinfo_dir);
	bool good = web_app_check(conf, &err);
	if (!good)
		fprintf(stderr, "recurd-http: %s\n", err.text);
	if (mode == MODE_DUMP)
		web_conf_dump(conf, stdout);
	else if (good)
		printf("good: %s%s\n", conf->file ? conf->file : WEB_CONF_DEFAULT_FILE,
			conf->file ? "" : " is not there");
	web_conf_free(conf);
	zones_close();
	return !good ? EX_CONFIG : fflush(stdout) == 0 ? EX_OK : EX_IOERR;
}

int main(int argc, char **argv)
{
	const char *overrides[OVERRIDES_MAX];
	struct web_app_options options = { .overrides = overrides };
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
				fprintf(stderr, "recurd-http: at most %d times --option\n",
					OVERRIDES_MAX);
				return EX_USAGE;
			}
			overrides[options.overrides_len++] = optarg;
			break;
		case OPTION_CHECK:
			mode = MODE_CHECK;
			break;
		case OPTION_DUMP:
			mode = MODE_DUMP;
			break;
		case OPTION_VERSION:
			printf("recurd-http %s\n", recurd_version);
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
		fprintf(stderr, "recurd-http: unexpected argument %s\n", argv[optind]);
		return EX_USAGE;
	}
	return mode == MODE_RUN ? web_app_run(&options) : show_conf(&options, mode);
}
