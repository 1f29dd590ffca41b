/* recurctl metrics: the figures of the database, for a textfile collector. */
#include <stdio.h>

#include "ctl/ctl.h"
#include "db/figures.h"

static const struct ctl_option options[] = {
	{ NULL, 0, NULL, NULL },
};

static int run(struct ctl *ctl, int argc, char **argv)
{
	PGresult *result CLEANUP(ctl_clear) = NULL;
	struct strbuf text CLEANUP(strbuf_free) = STRBUF(SIZE_MAX);
	const struct exposition page = { EXPOSITION_TEXT, &text };
	while (ctl_getopt(ctl, argc, argv) != -1)
		;
	if (optind < argc)
		return ctl_usage(ctl, "metrics takes no argument");
	if (ctl->json)
		return ctl_usage(ctl, "metrics are text in one format; recurctl status has JSON");
	int code = ctl_begin_bounded(ctl);
	if (code == EX_OK)
		code = ctl_query(ctl, QUERY_FIGURES, NULL, &result);
	if (code != EX_OK)
		return code;
	if (!figures_add(&page, result))
		return ctl_error(EX_DATAERR, "recurd.settings has no row: insert into "
					     "recurd.settings default values");
	fputs(text.data, stdout);
	return EX_OK;
}

const struct ctl_command command_metrics = {
	.name = "metrics",
	.args = "",
	.help = "figures of the database as Prometheus reads them",
	.run = run,
	.options = options,
	.role = "recurd_reader",
};
