/* web_options: the table of all options of recurd-http.
 *
 * A new option is a row here, a field in struct web_conf, an .It in recurd-http.conf(5) and an entry in
 * systemd/recurd-http.conf.example; tests compare the four.
 */
#include <stddef.h>
#include <syslog.h>

#include "conf/value.h"
#include "conf/web.h"

#define FIELD(name_) .name = #name_, .offset = offsetof(struct web_conf, name_)

/* In the order of enum log_form. */
static const char *const format_choices[] = { "logfmt", "json", NULL };
static const char *const level_choices[] = { "err", "warning", "notice", "info", "debug", NULL };
static const int level_values[] = { LOG_ERR, LOG_WARNING, LOG_NOTICE, LOG_INFO, LOG_DEBUG };

const struct conf_option web_options[] = {
	{ FIELD(database_url), .type = CONF_CONNINFO, .environment = "DATABASE_URL",
		.help = "Where the database is, as libpq takes it, with a role that has "
			"recurd_web; unset: libpq's own PG* variables" },
	{ FIELD(password_file), .type = CONF_TEXT,
		.help = "A file whose first line is the database password" },
	{ FIELD(app_schema), .type = CONF_IDENT, .default_text = "public",
		.help = "The schema of the application's tables" },
	{ FIELD(zoneinfo_dir), .type = CONF_TEXT, .default_text = "/usr/share/zoneinfo",
		.help = "Where the time zones' TZif files are" },
	{ FIELD(connections), .type = CONF_INT, .default_text = "2", .min = 1, .max = 16,
		.help = "Connections to the database" },
	{ FIELD(connect_timeout), .type = CONF_DURATION, .default_text = "5s", .min = 100 * MSEC,
		.max = 10 * MINUTE, .help = "How long one host may take to accept a connection" },
	{ FIELD(listen), .type = CONF_TEXT,
		.help = "Where to listen: addresses with a port, or paths of Unix sockets; unset: "
			"on the sockets that systemd gives" },
	{ FIELD(exposed), .type = CONF_BOOL, .default_text = "off",
		.help = "listen may have addresses that other machines reach" },
	{ FIELD(hosts), .type = CONF_TEXT, .reloadable = true,
		.help = "Names under which it is called, beside those of localhost" },
	{ FIELD(cors_origins), .type = CONF_TEXT, .reloadable = true,
		.help = "Origins whose pages may use the REST interface, https://app.example" },
	{ FIELD(operators), .type = CONF_TEXT, .reloadable = true,
		.help = "Ids of users who are operators" },
	{ FIELD(operators_on_unix_socket), .type = CONF_BOOL, .default_text = "off",
		.reloadable = true,
		.help = "Whoever connects to a Unix socket, without a proxy, is an operator" },
	{ FIELD(operators_file), .type = CONF_TEXT, .reloadable = true,
		.help = "Operators by password: lines of name:hash, as mkpasswd -m sha512crypt "
			"makes them" },
	{ FIELD(show_titles), .type = CONF_BOOL, .default_text = "off", .reloadable = true,
		.help = "Operators see titles of tasks and templates" },
	{ FIELD(actions), .type = CONF_BOOL, .default_text = "off", .reloadable = true,
		.help = "Operators may retry, pause, resume and trigger" },
	{ FIELD(session_tokens), .type = CONF_BOOL, .default_text = "off", .reloadable = true,
		.help = "Session tokens of Better Auth in the same database are taken" },
	{ FIELD(jwt_secret_file), .type = CONF_TEXT, .reloadable = true,
		.help = "A file with the secret of tokens by HS256, at least 32 bytes" },
	{ FIELD(jwt_keys_file), .type = CONF_TEXT, .reloadable = true,
		.help = "A JWKS file with keys of tokens by EdDSA, ES256 or RS256" },
	{ FIELD(jwt_keys_table), .type = CONF_BOOL, .default_text = "off", .reloadable = true,
		.help = "Keys of tokens are in Better Auth's table jwks" },
	{ FIELD(jwt_issuer), .type = CONF_TEXT, .reloadable = true,
		.help = "What a token must say in iss" },
	{ FIELD(jwt_audience), .type = CONF_TEXT, .reloadable = true,
		.help = "What a token must say in aud" },
	{ FIELD(jwt_user_claim), .type = CONF_TEXT, .default_text = "sub", .reloadable = true,
		.help = "The claim of a token that names the user" },
	{ FIELD(access_log), .type = CONF_BOOL, .default_text = "off", .reloadable = true,
		.help = "A line for every request, not only for failed and slow ones" },
	{ FIELD(log_format), .type = CONF_CHOICE, .default_text = "logfmt",
		.choices = format_choices, .reloadable = true,
		.help = "How a log line is written: key=value, or a JSON object" },
	{ FIELD(log_level), .type = CONF_CHOICE, .default_text = "info", .choices = level_choices,
		.choice_values = level_values, .reloadable = true,
		.help = "The least urgent priority that is logged" },
};
const size_t web_options_len = ARRAY_LEN(web_options);
