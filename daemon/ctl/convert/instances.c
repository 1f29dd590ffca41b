/* RECURRENCE-ID to recurrenceOverrides; see the header. */
#include "ctl/convert/instances.h"

#include <stdlib.h>
#include <string.h>

#include "recur/rule_text.h"
#include "util/mem.h"
#include "util/timefmt.h"

#define TITLE_MAX       200 /* characters, as overrides have it */
#define DESCRIPTION_MAX 2000

void instances_init(struct instances *instances)
{
	instances->overrides = json_object();
}

void instances_finish(struct instances *instances)
{
	json_decref(instances->overrides);
	instances->overrides = NULL;
}

static const char *key_of(const struct moment *moment, char key[static INSTANT_TEXT_MAX])
{
	return moment->is_instant ? instant_format(moment->wall * USEC_PER_SEC, key)
				  : wall_format(moment->wall, key);
}

bool instances_have(const struct instances *instances, const struct moment *moment)
{
	char key[INSTANT_TEXT_MAX];
	return json_object_get(instances->overrides, key_of(moment, key));
}

/* Cuts a text after so many characters; true: it was longer. */
static bool cut(char *text, size_t max)
{
	for (size_t n = 0; *text != '\0'; text++) {
		if ((*text & 0xc0) == 0x80)
			continue;
		if (n++ == max) {
			*text = '\0';
			return true;
		}
	}
	return false;
}

/* What differs from the series' own. */
static void set_text(struct moments *moments, json_t *override, const char *key, struct slice value,
	const char *common, size_t max)
{
	char *text CLEANUP(mem_cleanup) = convert_text(value);
	if (*text == '\0' || (common && strcmp(text, common) == 0))
		return;
	if (cut(text, max))
		conversion_note(moments->conversion,
			"an instance's %s was longer than %zu characters", key, max);
	json_object_set_new(override, key, json_string(text));
}

static bool has_range(const struct content *content)
{
	struct slice rest = content->parameters, name, value;
	bool well;
	while (content_parameter(&rest, &name, &value, &well))
		if (slice_is(name, "RANGE"))
			return true;
	return false;
}

static bool take_id(struct moments *moments, const struct content *content,
	struct moment *ret_moment, struct err *err)
{
	char key[INSTANT_TEXT_MAX];
	if (!moments_read(moments, content, content->value, ret_moment, err))
		return false;
	/* Of a series without times of day, exporters write midnight. */
	if (moments->all_day && ret_moment->wall % 86400 == 0)
		ret_moment->wall += moments->time_of_day;
	if (has_range(content))
		conversion_note(moments->conversion,
			"RANGE: all behind %s are changed in the calendar, here that one alone",
			key_of(ret_moment, key));
	return true;
}

struct instance {
	struct moment id, start;
	bool has_id, has_start;
};

static bool take_property(struct moments *moments, const struct content *content, json_t *override,
	struct instance *instance)
{
	struct conversion *conversion = moments->conversion;
	if (slice_is(content->name, "RECURRENCE-ID")) {
		instance->has_id = true;
		return take_id(moments, content, &instance->id, &conversion->err);
	}
	if (slice_is(content->name, "DTSTART")) {
		instance->has_start = true;
		return moments_read(
			moments, content, content->value, &instance->start, &conversion->err);
	}
	if (slice_is(content->name, "SUMMARY"))
		set_text(moments, override, "title", content->value, conversion->title, TITLE_MAX);
	if (slice_is(content->name, "DESCRIPTION"))
		set_text(moments, override, "description", content->value, conversion->description,
			DESCRIPTION_MAX);
	return true;
}

bool instances_add(
	struct instances *instances, struct moments *moments, const struct calendar_part *part)
{
	struct calendar_lines lines = calendar_lines_of(part);
	json_t *override = json_object();
	struct instance instance = { .has_id = false };
	struct content content;
	char key[INSTANT_TEXT_MAX], start[INSTANT_TEXT_MAX];
	while (calendar_lines_next(&lines, &content)) {
		if (take_property(moments, &content, override, &instance))
			continue;
		json_decref(override);
		return false;
	}
	if (part->cancelled) {
		json_object_clear(override);
		json_object_set_new(override, "excluded", json_true());
	} else if (instance.start.is_instant) {
		conversion_note(moments->conversion,
			"an instance names a zone, its series none: where it moves to is left out");
	} else if (instance.has_start &&
		   (instance.id.is_instant || instance.start.wall != instance.id.wall)) {
		json_object_set_new(
			override, "start", json_string(wall_format(instance.start.wall, start)));
	}
	/* Of the versions of one the newest comes last. */
	if (instance.has_id)
		json_object_set(instances->overrides, key_of(&instance.id, key), override);
	json_decref(override);
	return true;
}
