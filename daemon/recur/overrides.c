/* recurrenceOverrides (RFC 8984 section 4.3.5): single occurrences left out, moved, added, renamed. */
#include <stdlib.h>
#include <string.h>

#include "recur/rule_def.h"
#include "recur/rule_value.h"
#include "util/mem.h"

/* The limits of the columns that the texts go to, in characters. */
#define TITLE_MAX       200
#define DESCRIPTION_MAX 2000

static size_t characters(const char *text)
{
	size_t n = 0;
	for (; *text != '\0'; text++)
		n += (*text & 0xc0) != 0x80;
	return n;
}

static bool take_text(
	const json_t *value, const char *path, size_t max, char **ret_text, struct err *err)
{
	char *expected CLEANUP(mem_cleanup) = mem_printf("a text of 1 ... %zu characters", max);
	if (!json_is_string(value) || characters(json_string_value(value)) < 1 ||
		characters(json_string_value(value)) > max)
		return rule_value_fail(err, path, expected, value);
	*ret_text = mem_strdup(json_string_value(value));
	return true;
}

static bool take_priority(const json_t *value, const char *path, char **ret_text, struct err *err)
{
	static const char *const names[] = { "low", "medium", "high", "urgent" };
	for (size_t i = 0; json_is_string(value) && i < ARRAY_LEN(names); i++) {
		if (strcmp(names[i], json_string_value(value)) != 0)
			continue;
		*ret_text = mem_strdup(names[i]);
		return true;
	}
	return rule_value_fail(err, path, "low, medium, high or urgent", value);
}

static bool take_key(struct override *override, const char *key, const json_t *value,
	const char *path, struct err *err)
{
	if (strcmp(key, "excluded") == 0) {
		override->excluded = json_is_true(value);
		return json_is_boolean(value) || rule_value_fail(err, path, "true or false", value);
	}
	if (strcmp(key, "ifOccurs") == 0) {
		override->if_occurs = json_is_true(value);
		return json_is_boolean(value) || rule_value_fail(err, path, "true or false", value);
	}
	bool is_instant = false;
	if (strcmp(key, "start") == 0) {
		override->moved = true;
		if (!json_is_string(value) ||
			!rule_value_moment(
				json_string_value(value), &override->start, &is_instant) ||
			is_instant)
			return rule_value_fail(
				err, path, "a local time like \"2025-12-31T09:00:00\"", value);
		return true;
	}
	if (strcmp(key, "title") == 0)
		return take_text(value, path, TITLE_MAX, &override->title, err);
	if (strcmp(key, "description") == 0)
		return take_text(value, path, DESCRIPTION_MAX, &override->description, err);
	if (strcmp(key, "priority") == 0)
		return take_priority(value, path, &override->priority, err);
	static const char *const names[] = { "excluded", "start", "title", "description",
		"priority", "ifOccurs" };
	return rule_value_unknown(err, path, key, names, ARRAY_LEN(names));
}

static bool take_override(
	struct override *override, const json_t *json, const char *path, struct err *err)
{
	if (!rule_value_is_object(json))
		return rule_value_fail(err, path, "an object like {\"excluded\":true}", json);
	const char *key;
	json_t *value;
	json_object_foreach((json_t *)(uintptr_t)json, key, value)
	{
		char *where CLEANUP(mem_cleanup) = mem_printf("%s.%.40s", path, key);
		if (!take_key(override, key, value, where, err))
			return false;
	}
	if (override->excluded && json_object_size(json) > 1)
		return err_set(err, "recurrence_rule%s: excluded, and yet with other keys", path);
	return override->key_kind != KEY_DATE || override->excluded ||
	       err_set(err,
		       "recurrence_rule%s: a date alone can only be excluded: the key of one "
		       "occurrence has its time, like 2025-12-31T09:00:00",
		       path);
}

static bool take_moment(const char *key, sec_t *ret_moment, enum override_key *ret_kind)
{
	bool is_instant = false;
	if (rule_value_date(key, ret_moment)) {
		*ret_kind = KEY_DATE;
		return true;
	}
	if (!rule_value_moment(key, ret_moment, &is_instant))
		return false;
	*ret_kind = is_instant ? KEY_INSTANT : KEY_LOCAL;
	return true;
}

bool rule_overrides_parse(const json_t *json, struct rule *rule, struct err *err)
{
	if (!rule_value_is_object(json))
		return rule_value_fail(err, ".recurrenceOverrides", "an object", json);
	const char *key;
	json_t *value;
	json_object_foreach((json_t *)(uintptr_t)json, key, value)
	{
		char *path CLEANUP(mem_cleanup) = mem_printf(".recurrenceOverrides[%.32s]", key);
		enum override_key kind = KEY_LOCAL;
		sec_t moment = 0;
		if (!take_moment(key, &moment, &kind))
			return err_set(err,
				"recurrence_rule%s: expected a key like 2025-12-31T09:00:00", path);
		struct override *override = rule_override_add(rule, moment, kind);
		if (!override)
			return err_set(err, "recurrence_rule.recurrenceOverrides: more than %d",
				RULE_OVERRIDES_MAX);
		if (!take_override(override, value, path, err))
			return false;
	}
	return rule_overrides_sort(rule) ||
	       err_set(err, "recurrence_rule.recurrenceOverrides: the same time twice");
}
