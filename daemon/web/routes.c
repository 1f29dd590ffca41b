/* Paths to handlers; see the header. */
#include "web/routes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/mem.h"
#include "util/text.h"

static const struct route *const tables[] = { health_routes, problem_routes, api_routes,
	page_routes, calendar_routes };

/* ---- escapes ---- */

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
		return (c | 0x20) - 'a' + 10;
	return -1;
}

static bool is_utf8(const char *text)
{
	uint32_t code;
	for (size_t left = strlen(text), n; left > 0; text += n, left -= n) {
		n = text_decode(text, left, &code);
		if (n == 0)
			return false;
	}
	return true;
}

static char *decode(const char *text, size_t len, const char *refused, char blank)
{
	char *out = mem_alloc(len + 1), *to = out;
	for (size_t i = 0; i < len; i++) {
		int c = (unsigned char)text[i];
		if (c == '%') {
			int high = i + 2 < len ? hex(text[i + 1]) : -1;
			int low = i + 2 < len ? hex(text[i + 2]) : -1;
			if (high < 0 || low < 0) {
				free(out);
				return NULL;
			}
			c = high * 16 + low;
			i += 2;
			if (c == '\0' || (*refused && c == *refused)) {
				free(out);
				return NULL;
			}
		} else if (c == blank) {
			c = ' ';
		}
		*to++ = (char)c;
	}
	if (is_utf8(out))
		return out;
	free(out);
	return NULL;
}

char *route_decode(const char *text, size_t len)
{
	return decode(text, len, "/", '\0');
}

char *route_decode_form(const char *text, size_t len)
{
	return decode(text, len, "", '+');
}

/* ---- matching ---- */

static void forget_args(struct route_match *match)
{
	for (size_t i = 0; i < ROUTE_ARGS_MAX; i++) {
		free(match->args[i]);
		match->args[i] = NULL;
	}
}

static bool match_part(const char *pattern, size_t pattern_len, const char *part, size_t part_len,
	char **args, size_t *n)
{
	if (*pattern != '{')
		return pattern_len == part_len && memcmp(pattern, part, part_len) == 0;
	if (part_len == 0 || *n == ROUTE_ARGS_MAX)
		return false;
	args[*n] = route_decode(part, part_len);
	return args[(*n)++] != NULL;
}

static bool match_path(const char *pattern, const char *path, struct route_match *match)
{
	size_t n = 0;
	while (*pattern == '/' && *path == '/') {
		size_t pattern_len = strcspn(++pattern, "/"), part_len = strcspn(++path, "/");
		if (!match_part(pattern, pattern_len, path, part_len, match->args, &n)) {
			forget_args(match);
			return false;
		}
		pattern += pattern_len;
		path += part_len;
	}
	if (*pattern == '\0' && *path == '\0')
		return true;
	forget_args(match);
	return false;
}

static void allow(struct route_match *match, const char *method)
{
	size_t len = strlen(match->allow);
	snprintf(match->allow + len, sizeof(match->allow) - len, "%s%s", len > 0 ? ", " : "",
		method);
	if (strcmp(method, "GET") == 0)
		allow(match, "HEAD");
}

static void look_at(
	const struct route *route, const char *method, const char *path, struct route_match *match)
{
	struct route_match here = { .route = NULL };
	if (!match_path(route->path, path, &here))
		return;
	match->found = true;
	match->cors = match->cors || (route->flags & ROUTE_CORS);
	allow(match, route->method);
	bool same = strcmp(route->method, method) == 0 ||
		    (strcmp(method, "HEAD") == 0 && strcmp(route->method, "GET") == 0);
	if (same && !match->route) {
		match->route = route;
		memcpy(match->args, here.args, sizeof(match->args));
	} else {
		forget_args(&here);
	}
}

void route_find(const char *method, const char *path, struct route_match *ret_match)
{
	*ret_match = (struct route_match){ .route = NULL };
	for (size_t i = 0; i < ARRAY_LEN(tables); i++) {
		for (const struct route *route = tables[i]; route->method; route++)
			look_at(route, method, path, ret_match);
	}
	if (ret_match->found)
		allow(ret_match, "OPTIONS");
}
