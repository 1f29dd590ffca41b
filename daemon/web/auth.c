/* Who asks; see the header. */
#include "web/auth.h"

#include <stdlib.h>

#include "util/mem.h"

struct auth {
	const struct web_conf *conf;
	struct pool *pool;
};

bool auth_check(const struct web_conf *conf, struct err *err)
{
	(void)conf;
	(void)err;
	return true;
}

bool auth_create(
	const struct web_conf *conf, struct pool *pool, struct auth **ret_auth, struct err *err)
{
	if (!auth_check(conf, err))
		return false;
	struct auth *auth = mem_alloc(sizeof(*auth));
	auth->conf = conf;
	auth->pool = pool;
	*ret_auth = auth;
	return true;
}

void auth_destroy(struct auth *auth)
{
	free(auth);
}

void auth_find(struct auth *auth, struct request *request, auth_fn *fn, void *arg)
{
	struct identity identity = { .kind = IDENTITY_NOBODY };
	if (auth->conf->operators_on_unix_socket && request_on_unix_socket(request))
		identity = (struct identity){ IDENTITY_OPERATOR, NULL, "unix socket" };
	fn(arg, &identity, request_header(request, "Authorization") ? "invalid_token" : NULL);
}
