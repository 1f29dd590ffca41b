/* server: the listeners of recurd-http, and what each request goes through before its handler: Host, the route, the body,
 * who asks. */
#pragma once

#include "web/web.h"

#define SERVER_CONNECTIONS 2048
#define SERVER_STREAMS     1000
#define SERVER_SLOW        USEC_PER_SEC /* a request that is told */

struct server;

/* Whether conf's addresses may be listened at. */
bool server_check(const struct web_conf *conf, struct err *err) NODISCARD;
/* Listens on the sockets that systemd gives, or where conf says. */
bool server_create(struct web *web, struct server **ret_server, struct err *err) NODISCARD;
/* No new connection; streams end, requests under way are answered.  done comes once nobody is left, or after 4 s. */
void server_stop(struct server *server, void (*done)(void *arg), void *arg);
size_t server_streams(const struct server *server); /* under way */
void server_destroy(struct server *server); /* accepts NULL */
