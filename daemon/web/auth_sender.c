/* Whether what a browser sends by itself says anything; see auth_private.h. */
#include <string.h>
#include <strings.h>

#include "web/auth_private.h"

static bool is_own_origin(const struct request *request, const char *origin)
{
	const char *host = request_host(request), *name = strstr(origin, "://");
	return host && name && strcasecmp(name + 3, host) == 0;
}

enum sender { SENDER_OWN, SENDER_OTHER, SENDER_UNKNOWN };

/* Whether a page of this address, or of one that was named, has a browser ask. */
static enum sender sender_of(const struct web_conf *conf, const struct request *request)
{
	const char *site = request_header(request, "Sec-Fetch-Site");
	const char *origin = request_header(request, "Origin");
	if (origin && list_has(conf->cors_origins, origin))
		return SENDER_OWN;
	if (site) /* "none": typed by somebody */
		return strcmp(site, "same-origin") == 0 || strcmp(site, "none") == 0 ? SENDER_OWN
										     : SENDER_OTHER;
	if (origin)
		return is_own_origin(request, origin) ? SENDER_OWN : SENDER_OTHER;
	return SENDER_UNKNOWN;
}

static bool only_reads(const struct request *request)
{
	const char *method = request_method(request);
	return strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
}

bool auth_cookie_counts(const struct web_conf *conf, const struct request *request)
{
	return only_reads(request) || sender_of(conf, request) == SENDER_OWN;
}

bool auth_password_counts(const struct web_conf *conf, const struct request *request)
{
	return only_reads(request) || sender_of(conf, request) != SENDER_OTHER;
}
