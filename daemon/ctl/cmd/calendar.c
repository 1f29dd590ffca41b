/* recurctl calendar: on which days people work. */
#include "ctl/cmd/calendar.h"

#include <string.h>

#include "ctl/args.h"
#include "recur/calendars.h"
#include "recur/rule.h"
#include "recur/zone.h"

enum { OPT_WEEKEND = 256, OPT_EVERY, OPT_DAYS, OPT_YEAR, OPT_WORKING, OPT_FORCE };

static const struct ctl_option options[] = {
	{ "weekend", OPT_WEEKEND, "DAYS",
		"of a new calendar: sat,sun (the default), fri,sat, none" },
	{ "every", OPT_EVERY, "RULE", "of what is added: it comes again, by a RULE or EASTER+50" },
	{ "days", OPT_DAYS, "N", "of what is added: it lasts so many days" },
	{ "working", OPT_WORKING, NULL,
		"what is added or imported are working days, not holidays" },
	{ "year", OPT_YEAR, "YEAR", "show each day of a year that differs from the weekend" },
	{ "force", OPT_FORCE, NULL, "delete a calendar by which templates go" },
	{ NULL, 0, NULL, NULL },
};

static bool take_option(int letter, struct calendar_options *taken, struct err *err)
{
	switch (letter) {
	case OPT_WEEKEND:
		taken->weekend = optarg;
		return true;
	case OPT_EVERY:
		taken->rule = optarg;
		return true;
	case OPT_DAYS:
		return arg_count(optarg, 1, WORKDAYS_SPAN_MAX, &taken->days, err) ||
		       err_prefix(err, "--days: ");
	case OPT_YEAR:
		return arg_count(optarg, 1, 9999, &taken->year, err) || err_prefix(err, "--year: ");
	case OPT_WORKING:
		taken->working = true;
		return true;
	default:
		taken->force = true;
		return true;
	}
}

/* What takes how many words behind it, and which options. */
struct word {
	const char *name;
	int least, most;
	const char *usage;
	unsigned takes; /* bit per option, in the order of the enum */
};

#define TAKES(x) (1u << (OPT_##x - OPT_WEEKEND))

static const struct word words[] = {
	{ "list", 0, 0, "list", 0 },
	{ "show", 1, 1, "show NAME", TAKES(YEAR) },
	{ "create", 1, 1, "create NAME", TAKES(WEEKEND) },
	{ "weekend", 2, 2, "weekend NAME DAYS", 0 },
	{ "import", 2, 2, "import NAME FILE", TAKES(WEEKEND) | TAKES(WORKING) },
	{ "add", 3, 3, "add NAME DAY TITLE", TAKES(EVERY) | TAKES(DAYS) | TAKES(WORKING) },
	{ "remove", 2, 3, "remove NAME DAY [TITLE]", 0 },
	{ "delete", 1, 1, "delete NAME", TAKES(FORCE) },
};

static unsigned given(const struct calendar_options *taken)
{
	return (taken->weekend ? TAKES(WEEKEND) : 0) | (taken->rule ? TAKES(EVERY) : 0) |
	       (taken->days != 1 ? TAKES(DAYS) : 0) | (taken->year != 0 ? TAKES(YEAR) : 0) |
	       (taken->working ? TAKES(WORKING) : 0) | (taken->force ? TAKES(FORCE) : 0);
}

static int carry_out(
	struct ctl *ctl, const struct word *word, char **args, const struct calendar_options *taken)
{
	const char *name = args[0];
	if (word->least > 0 && !calendars_name_is_sane(name))
		return calendar_bad_name(name);
	if (strcmp(word->name, "show") == 0)
		return calendar_show(ctl, name, taken);
	if (strcmp(word->name, "create") == 0)
		return calendar_create(ctl, name, taken);
	if (strcmp(word->name, "weekend") == 0)
		return calendar_weekend(ctl, name, args[1]);
	if (strcmp(word->name, "import") == 0)
		return calendar_import(ctl, name, args[1], taken);
	if (strcmp(word->name, "add") == 0)
		return calendar_add(ctl, name, args[1], args[2], taken);
	if (strcmp(word->name, "remove") == 0)
		return calendar_remove(ctl, name, args[1], args[2]);
	if (strcmp(word->name, "delete") == 0)
		return calendar_delete(ctl, name, taken);
	return calendar_list(ctl);
}

static const struct word *find_word(const char *typed)
{
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strcmp(words[i].name, typed) == 0)
			return &words[i];
	return NULL;
}

static int run(struct ctl *ctl, int argc, char **argv)
{
	struct calendar_options taken = { .days = 1 };
	struct err err;
	for (int letter; (letter = ctl_getopt(ctl, argc, argv)) != -1;)
		if (!take_option(letter, &taken, &err))
			return ctl_usage(ctl, "%s", err.text);
	const struct word *word = optind < argc ? find_word(argv[optind++]) : &words[0];
	int n = argc - optind;
	if (!word)
		return ctl_usage(ctl,
			"there is no calendar %s; there are list, show, create, "
			"weekend, import, add, remove and delete",
			argv[optind - 1]);
	if (n < word->least || n > word->most)
		return ctl_usage(ctl, "expected calendar %s", word->usage);
	if ((given(&taken) & ~word->takes) != 0)
		return ctl_usage(ctl, "calendar %s has no such option", word->usage);
	zones_open(ctl->conf->zoneinfo_dir);
	int code = carry_out(ctl, word, argv + optind, &taken);
	zones_close();
	return code;
}

/* To change one is the owner's, or whoever may write the tables. */
const struct ctl_command command_calendar = {
	.name = "calendar",
	.args = "[list | show NAME | create NAME | weekend NAME DAYS | import NAME FILE | add NAME "
		"DAY "
		"TITLE | remove NAME DAY [TITLE] | delete NAME]",
	.help = "on which days people work, for rules that name a calendar",
	.run = run,
	.options = options,
	.role = NULL,
};
