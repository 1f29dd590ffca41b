/* options: the table of all options.
 *
 * A new option is a row here, a field in struct conf, an .It in recurd.conf(5) and an entry in
 * systemd/recurd.conf.example; tests compare the four.
 */
#include <stddef.h>
#include <string.h>
#include <syslog.h>

#include "conf/conf.h"
#include "conf/settings.h"
#include "conf/value.h"

#define FIELD(name_) .name = #name_, .offset = offsetof(struct conf, name_)

/* In the order of enum log_form. */
static const char *const format_choices[] = { "logfmt", "json", NULL };
static const char *const level_choices[] = { "err", "warning", "notice", "info", "debug", NULL };
static const int level_values[] = { LOG_ERR, LOG_WARNING, LOG_NOTICE, LOG_INFO, LOG_DEBUG };

const struct conf_option conf_options[] = {
	{ FIELD(database_url), .type = CONF_CONNINFO, .reloadable = true,
		.environment = "DATABASE_URL",
		.help = "Where the database is, as libpq takes it; unset: libpq's own PG* "
			"variables" },
	{ FIELD(listen_dsn), .type = CONF_CONNINFO, .reloadable = true,
		.help = "A direct connection for LISTEN; unset: the poll alone notices changes" },
	{ FIELD(password_file), .type = CONF_TEXT, .reloadable = true,
		.help = "A file whose first line is the database password" },
	{ FIELD(app_schema), .type = CONF_IDENT, .default_text = "public", .alike = true,
		.help = "The schema of the application's tables" },
	{ FIELD(worker_name), .type = CONF_TEXT, .reloadable = true,
		.help = "This worker's name in logs and recurd.workers; unset: the host's name" },
	{ FIELD(zoneinfo_dir), .type = CONF_TEXT, .default_text = "/usr/share/zoneinfo",
		.help = "Where the time zones' TZif files are" },
	{ FIELD(connections), .type = CONF_INT, .default_text = "1", .min = 1, .max = 16,
		.reloadable = true, .help = "Connections to the database whose batches overlap" },
	{ FIELD(batch_size), .type = CONF_INT, .default_text = "1000", .min = 1, .max = 10000,
		.reloadable = true,
		.help = "Occurrences or reminders in one transaction, at most" },
	{ FIELD(user_share), .type = CONF_PERCENT, .default_text = "25%", .min = 1, .max = 100,
		.reloadable = true,
		.help = "Of a batch, what one user has while others wait, at most; 100%: all" },
	{ FIELD(poll_interval), .type = CONF_DURATION, .default_text = "1s", .min = 10 * MSEC,
		.max = DAY, .reloadable = true,
		.help = "How often to look for what others changed" },
	{ FIELD(connect_timeout), .type = CONF_DURATION, .default_text = "5s", .min = 100 * MSEC,
		.max = 10 * MINUTE, .reloadable = true,
		.help = "How long one host may take to accept a connection" },
	{ FIELD(query_timeout), .type = CONF_DURATION, .default_text = "30s", .min = 100 * MSEC,
		.max = HOUR, .reloadable = true,
		.help = "How long an answer may take before the connection is given up" },
	{ FIELD(statement_timeout), .type = CONF_DURATION, .default_text = "15s", .min = 100 * MSEC,
		.max = HOUR, .reloadable = true,
		.help = "statement_timeout of our transactions; keep it below query_timeout" },
	{ FIELD(lock_timeout), .type = CONF_DURATION, .default_text = "300ms", .min = MSEC,
		.max = 10 * SECOND, .reloadable = true,
		.help = "lock_timeout of our transactions; capped below a third of "
			"deadlock_timeout" },
	{ FIELD(reconnect_limit), .type = CONF_DURATION, .default_text = "4s", .min = 100 * MSEC,
		.max = HOUR, .reloadable = true,
		.help = "The longest pause between two attempts to connect" },
	{ FIELD(heartbeat_interval), .type = CONF_DURATION, .default_text = "30s", .min = SECOND,
		.max = HOUR, .reloadable = true,
		.help = "How often this worker says in recurd.workers that it lives" },
	{ FIELD(notify), .type = CONF_BOOL, .default_text = "on", .reloadable = true, .alike = true,
		.help = "NOTIFY on channel recurd after each batch" },
	{ FIELD(metrics_listen), .type = CONF_TEXT, .reloadable = true,
		.help = "Where /metrics, /livez and /readyz are served; unset: nowhere" },
	{ FIELD(metrics_exposed), .type = CONF_BOOL, .default_text = "off", .reloadable = true,
		.help = "metrics_listen may be an address that other machines reach" },
	{ FIELD(log_rate), .type = CONF_INT, .default_text = "1000", .min = 0, .max = 1000000,
		.reloadable = true, .help = "Lines for single rows a second, at most; 0: none" },
	{ FIELD(log_format), .type = CONF_CHOICE, .default_text = "logfmt",
		.choices = format_choices, .reloadable = true,
		.help = "How a log line is written: key=value, or a JSON object" },
	{ FIELD(log_level), .type = CONF_CHOICE, .default_text = "info", .choices = level_choices,
		.choice_values = level_values, .reloadable = true,
		.help = "The least urgent priority that is logged" },
};
const size_t conf_options_len = ARRAY_LEN(conf_options);

const struct conf_option *conf_option_find(const char *name)
{
	for (size_t i = 0; i < conf_options_len; i++) {
		if (strcmp(conf_options[i].name, name) == 0)
			return &conf_options[i];
	}
	return NULL;
}

const char *conf_option_hint(struct nearest *nearest)
{
	for (size_t i = 0; i < conf_options_len; i++)
		nearest_offer(nearest, conf_options[i].name);
	/* Whoever means a setting of the database is told next where it belongs. */
	for (size_t i = 0; i < settings_options_len; i++)
		nearest_offer(nearest, settings_options[i].name);
	return nearest_hint(nearest);
}
