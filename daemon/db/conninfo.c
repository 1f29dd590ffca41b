/* Connection strings taken apart; see the header. */
#include "db/conninfo.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/mem.h"

/* What recurd adds where the administrator is silent.  Keepalives notice a cut while we wait,
 * tcp_user_timeout one while we send: both are needed. */
static const struct {
	const char *keyword, *value;
} defaults[] = {
	{ "fallback_application_name", "recurd" },
	{ "target_session_attrs", "read-write" },
	{ "keepalives_idle", "10" },
	{ "keepalives_interval", "5" },
	{ "keepalives_count", "3" },
	{ "tcp_user_timeout", "20000" },
};

#define PASSWORD_MAX 1000

char *conninfo_plain_uri(const char *text)
{
	size_t scheme = strcspn(text, ":");
	const char *plus = memchr(text, '+', scheme);
	if (!plus || strncmp(text + scheme, "://", 3) != 0 || strncmp(text, "postgres", 8) != 0)
		return mem_strdup(text);
	return mem_printf("%.*s%s", (int)(plus - text), text, text + scheme);
}

bool conninfo_read_password(const char *path, char **ret_password, struct err *err)
{
	FILE *file = fopen(path, "re");
	if (!file)
		return err_set(err, "cannot read the password file %s: %s", path, strerror(errno));
	char line[PASSWORD_MAX + 2];
	bool read = fgets(line, sizeof(line), file) != NULL;
	fclose(file);
	if (!read)
		return err_set(err, "the password file %s is empty", path);
	line[strcspn(line, "\r\n")] = '\0';
	*ret_password = mem_strdup(line);
	explicit_bzero(line, sizeof(line));
	return true;
}

static void add_word(struct conninfo *info, const char *keyword, const char *value)
{
	if (info->words + 4 >= CONNINFO_WORDS_MAX) /* host, hostaddr, port and the final NULL */
		mem_abort("too many connection options");
	info->keywords[info->words] = mem_strdup(keyword);
	info->values[info->words++] = mem_strdup(value);
}

static bool has_word(const struct conninfo *info, const char *keyword)
{
	for (size_t i = 0; i < info->words; i++) {
		if (strcmp(info->keywords[i], keyword) == 0)
			return true;
	}
	return false;
}

/* The n-th part of a comma list; a list of one serves every n (libpq's rule for port). */
static char *list_part(const char *list, size_t n, bool single_serves_all)
{
	if (!list)
		return NULL;
	if (single_serves_all && !strchr(list, ','))
		n = 0;
	while (n > 0 && (list = strchr(list, ','))) {
		list++;
		n--;
	}
	if (!list || *list == '\0' || *list == ',')
		return NULL;
	return mem_strndup(list, strcspn(list, ","));
}

static size_t list_len(const char *list)
{
	size_t n = list ? 1 : 0;
	for (; list && (list = strchr(list, ',')); list++)
		n++;
	return n;
}

static bool is_name(const char *host)
{
	struct in6_addr address;
	if (!host || *host == '/' || *host == '@')
		return false;
	return inet_pton(AF_INET, host, &address) != 1 && inet_pton(AF_INET6, host, &address) != 1;
}

static bool split_hosts(struct conninfo *info, const char *host, const char *hostaddr,
	const char *port, struct err *err)
{
	size_t hosts = list_len(host), addresses = list_len(hostaddr);
	size_t n = hosts > addresses ? hosts : addresses;
	if (n == 0)
		n = 1;
	if (n > CONNINFO_ENDPOINTS_MAX)
		return err_set(err, "connection string: %zu hosts, at most %d are tried", n,
			CONNINFO_ENDPOINTS_MAX);
	if (hosts && addresses && hosts != addresses)
		return err_set(err, "connection string: %zu host names but %zu hostaddr values",
			hosts, addresses);
	size_t ports = list_len(port);
	if (ports > 1 && ports != n)
		return err_set(err, "connection string: %zu ports for %zu hosts", ports, n);
	for (size_t i = 0; i < n; i++) {
		struct endpoint *endpoint = &info->endpoints[i];
		endpoint->host = list_part(host, i, false);
		endpoint->hostaddr = list_part(hostaddr, i, false);
		endpoint->port = list_part(port, i, true);
		endpoint->needs_dns = !endpoint->hostaddr && is_name(endpoint->host);
	}
	info->endpoints_len = n;
	return true;
}

static const char *or_environment(const char *value, bool use_environment, const char *name)
{
	if (value && *value)
		return value;
	const char *found = use_environment ? getenv(name) : NULL;
	return found && *found ? found : NULL;
}

static bool take_words(struct conninfo *info, const PQconninfoOption *options, const char *password,
	struct err *err)
{
	const char *host = NULL, *hostaddr = NULL, *port = NULL;
	bool service = getenv("PGSERVICE") != NULL;
	for (const PQconninfoOption *o = options; o->keyword; o++) {
		if (!o->val)
			continue;
		if (strcmp(o->keyword, "host") == 0)
			host = o->val;
		else if (strcmp(o->keyword, "hostaddr") == 0)
			hostaddr = o->val;
		else if (strcmp(o->keyword, "port") == 0)
			port = o->val;
		else if (strcmp(o->keyword, "client_encoding") != 0)
			add_word(info, o->keyword, o->val);
		service = service || strcmp(o->keyword, "service") == 0;
	}
	for (size_t i = 0; i < ARRAY_LEN(defaults); i++) {
		if (!has_word(info, defaults[i].keyword))
			add_word(info, defaults[i].keyword, defaults[i].value);
	}
	add_word(info, "client_encoding", CONNINFO_CLIENT_ENCODING);
	if (password && !has_word(info, "password"))
		add_word(info, "password", password);
	/* PGHOSTADDR beside a host of the string would name another machine. */
	bool no_host = !service && !(host && *host) && !(hostaddr && *hostaddr);
	return split_hosts(info, or_environment(host, no_host, "PGHOST"),
		or_environment(hostaddr, no_host, "PGHOSTADDR"),
		or_environment(port, !service, "PGPORT"), err);
}

bool conninfo_parse(
	const char *text, const char *password, struct conninfo **ret_info, struct err *err)
{
	char *plain = conninfo_plain_uri(text ? text : "");
	char *message = NULL;
	PQconninfoOption *options = PQconninfoParse(plain, &message);
	free(plain);
	if (!options) {
		if (message)
			message[strcspn(message, "\n")] = '\0';
		err_set(err, "connection string: %s", message ? message : "out of memory");
		PQfreemem(message);
		return false;
	}
	struct conninfo *info = mem_alloc(sizeof(*info));
	bool ok = take_words(info, options, password, err);
	PQconninfoFree(options);
	if (!ok) {
		conninfo_free(info);
		return false;
	}
	*ret_info = info;
	return true;
}

void conninfo_free(struct conninfo *info)
{
	if (!info)
		return;
	for (size_t i = 0; i < info->words; i++) {
		explicit_bzero(info->values[i], strlen(info->values[i]));
		free(info->keywords[i]);
		free(info->values[i]);
	}
	for (size_t i = 0; i < info->endpoints_len; i++) {
		free(info->endpoints[i].host);
		free(info->endpoints[i].hostaddr);
		free(info->endpoints[i].port);
	}
	free(info);
}

void conninfo_params(const struct conninfo *info, const struct endpoint *endpoint,
	const char *address, const char *keywords[static CONNINFO_WORDS_MAX],
	const char *values[static CONNINFO_WORDS_MAX])
{
	size_t n = 0;
	for (; n < info->words; n++) {
		keywords[n] = info->keywords[n];
		values[n] = info->values[n];
	}
	const struct {
		const char *keyword, *value;
	} own[] = {
		{ "host", endpoint->host },
		{ "hostaddr", endpoint->hostaddr ? endpoint->hostaddr : address },
		{ "port", endpoint->port },
	};
	for (size_t i = 0; i < ARRAY_LEN(own); i++) {
		if (!own[i].value)
			continue;
		keywords[n] = own[i].keyword;
		values[n++] = own[i].value;
	}
	keywords[n] = NULL;
	values[n] = NULL;
}
