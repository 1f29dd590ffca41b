/* settings: the table of all settings of a database; see the header. */
#include "conf/settings.h"

#include <stdlib.h>
#include <string.h>

#include "conf/value.h"
#include "util/mem.h"
#include "util/text.h"

#define FIELD(name_) .name = #name_, .offset = offsetof(struct settings, name_), .reloadable = true

static const char *const backlog_choices[] = { "latest", "all", "none", NULL };
static const char *const catch_up_choices[] = { "all", "latest", "none", NULL };
static const int catch_up_values[] = { CATCH_UP_ALL, CATCH_UP_LATEST, CATCH_UP_NONE };
static const int backlog_values[] = { ADOPT_LATEST, ADOPT_ALL, ADOPT_NONE };

const struct conf_option settings_options[] = {
	{ FIELD(default_time_zone), .type = CONF_TEXT, .default_text = "UTC",
		.help = "The zone of rules that name none and whose user has none" },
	{ FIELD(min_interval), .type = CONF_DURATION, .default_text = "60s", .min = SECOND,
		.max = DAY, .help = "A rule whose occurrences are closer together is quarantined" },
	{ FIELD(catch_up_limit), .type = CONF_INT, .default_text = "100", .min = 1, .max = 100000,
		.help = "Missed occurrences made for one template; of more, the newest" },
	{ FIELD(default_catch_up), .type = CONF_CHOICE, .default_text = "all",
		.choices = catch_up_choices, .choice_values = catch_up_values,
		.help = "What is made of missed occurrences, up to catch_up_limit" },
	{ FIELD(default_catch_up_window), .type = CONF_DURATION, .default_text = "0", .min = SECOND,
		.max = 36500 * DAY, .or_zero = true,
		.help = "Occurrences that were missed by more than this are not made; 0: however "
			"long ago" },
	{ FIELD(catch_up_grace), .type = CONF_DURATION, .default_text = "1min", .min = SECOND,
		.max = DAY, .help = "What is made within this was not missed" },
	{ FIELD(adopt_backlog), .type = CONF_CHOICE, .default_text = "latest",
		.choices = backlog_choices, .choice_values = backlog_values,
		.help = "What a first start makes of occurrences that were due before it" },
	{ FIELD(max_templates_per_user), .type = CONF_INT, .default_text = "0", .min = 0,
		.max = 1000000,
		.help = "Recurring tasks that one user may have; 0: as many as there are" },
	{ FIELD(max_instances_per_user_day), .type = CONF_INT, .default_text = "0", .min = 0,
		.max = 1000000,
		.help = "Instances made for one user a day (of UTC); 0: as many as fall due" },
	{ FIELD(notify_task_created), .type = CONF_BOOL, .default_text = "on",
		.help = "Notifications of kind task_created for new instances" },
	{ FIELD(repeat_tasks), .type = CONF_BOOL, .default_text = "on",
		.help = "A task with a recurrence_rule of its own comes back when it is "
			"completed" },
	/* Who reads them is down for a while now and then. */
	{ FIELD(notification_retention), .type = CONF_DURATION, .default_text = "90d",
		.min = 3600 * SECOND, .max = 36500 * DAY, .or_zero = true,
		.help = "How long rows of recurd.notifications and recurd.decisions are kept; 0: "
			"for "
			"ever" },
	{ FIELD(audit), .type = CONF_BOOL, .default_text = "on",
		.help = "Who changes or deletes a template is noted in recurd.changes" },
	{ FIELD(audit_retention), .type = CONF_DURATION, .default_text = "365d",
		.min = 3600 * SECOND, .max = 36500 * DAY, .or_zero = true,
		.help = "How long rows of recurd.changes are kept; 0: for ever" },
};
const size_t settings_options_len = ARRAY_LEN(settings_options);

const struct conf_option *settings_find(const char *name)
{
	for (size_t i = 0; i < settings_options_len; i++) {
		if (strcmp(settings_options[i].name, name) == 0)
			return &settings_options[i];
	}
	return NULL;
}

struct settings *settings_create(void)
{
	struct settings *settings = mem_alloc(sizeof(*settings));
	settings->references = 1;
	settings->version = SETTINGS_NO_VERSION;
	struct err err;
	for (size_t i = 0; i < settings_options_len; i++) {
		const struct conf_option *option = &settings_options[i];
		if (!value_set(settings, option, option->default_text, &err))
			mem_abort("default of setting %s: %s", option->name, err.text);
	}
	return settings;
}

struct settings *settings_share(struct settings *settings)
{
	if (settings)
		settings->references++;
	return settings;
}

void settings_drop(struct settings *settings)
{
	if (!settings || --settings->references > 0)
		return;
	values_free(settings, settings_options, settings_options_len);
	if (settings->calendars)
		settings->drop_calendars(settings->calendars);
	free(settings);
}

void settings_cleanup(struct settings **settings)
{
	settings_drop(*settings);
	*settings = NULL;
}

/* A value that no setting takes is not repeated: it could not be typed. */
void settings_redirect(const struct conf_option *option, const char *value, struct strbuf *out)
{
	struct settings *scratch CLEANUP(settings_cleanup) = settings_create();
	struct err err;
	strbuf_addf(out,
		"%s is a setting of the database now, take it out here: recurctl settings set %s ",
		option->name, option->name);
	if (value_set(scratch, option, value, &err))
		text_add_word(out, value);
	else
		strbuf_add_text(out, "VALUE");
}
