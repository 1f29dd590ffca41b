/* COUNT, less one, in the text that a rule came in; see rule.h. */
#include <stdlib.h>
#include <string.h>

#include "recur/rule_def.h"
#include "recur/rule_value.h"
#include "util/mem.h"

static bool begins_part(const char *text, const char *at)
{
	return at == text || strchr(";: \t\r\n", at[-1]) != NULL;
}

/* The first digit behind COUNT=; NULL: it is not written as one expects. */
static const char *find_count(const char *text)
{
	static const char name[] = "COUNT=";
	for (const char *at = text; *at; at++) {
		if (strncasecmp(at, name, strlen(name)) == 0 && begins_part(text, at) &&
			at[strlen(name)] >= '0' && at[strlen(name)] <= '9')
			return at + strlen(name);
	}
	return NULL;
}

static json_t *text_less(const char *text, uint64_t count)
{
	const char *digits = find_count(text);
	if (!digits)
		return NULL;
	char *less CLEANUP(mem_cleanup) = mem_printf("%.*s%llu%s", (int)(digits - text), text,
		(unsigned long long)count, digits + strspn(digits, "0123456789"));
	return json_string(less);
}

static bool lines_less(json_t *lines, uint64_t count)
{
	size_t i;
	json_t *line;
	json_array_foreach(lines, i, line)
	{
		json_t *less = json_is_string(line) ? text_less(json_string_value(line), count)
						    : NULL;
		if (less)
			return json_array_set_new(lines, i, less) == 0;
	}
	return false;
}

static bool object_less(json_t *object, uint64_t count)
{
	json_t *rrule = json_object_get(object, "rrule");
	if (json_object_get(object, "count"))
		return json_object_set_new(object, "count", json_integer((json_int_t)count)) == 0;
	if (json_is_array(rrule))
		return lines_less(rrule, count);
	json_t *less = json_is_string(rrule) ? text_less(json_string_value(rrule), count) : NULL;
	return less && json_object_set_new(object, "rrule", less) == 0;
}

/* A new reference; NULL: in none of these ways. */
static json_t *less_one(json_t *root, uint64_t count)
{
	if (json_is_string(root))
		return text_less(json_string_value(root), count);
	bool done = json_is_array(root) ? lines_less(root, count)
					: json_is_object(root) && object_less(root, count);
	return done ? json_incref(root) : NULL;
}

/* What was written otherwise (folded lines, JSON as a text) becomes canonical. */
void rule_count_down(const struct rule *rule, const char *json, size_t len, struct strbuf *buf)
{
	json_error_t where;
	json_auto_t *root = json_loadb(json, len, JSON_DECODE_ANY, &where);
	json_auto_t *less = root ? less_one(root, rule->count - 1) : NULL;
	struct rule *check = NULL, counted = *rule;
	char *text = less ? json_dumps(less, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
	struct err err;
	counted.count--;
	if (text && rule_parse(text, strlen(text), &check, &err) && check->count == counted.count)
		strbuf_add_text(buf, text);
	else
		rule_to_json(&counted, buf);
	rule_free(check);
	free(text);
}
