/* Settings from rows; see the header. */
#include "db/settings_row.h"

#include "conf/value.h"
#include "db/rows.h"
#include "util/mem.h"

void settings_params(struct params *params)
{
	const char **names CLEANUP(mem_cleanup) = mem_alloc_array(
		settings_options_len, sizeof(*names));
	const char **spans CLEANUP(mem_cleanup) = mem_alloc_array(
		settings_options_len, sizeof(*spans));
	size_t n = 0;
	for (size_t i = 0; i < settings_options_len; i++) {
		names[i] = settings_options[i].name;
		if (settings_options[i].type == CONF_DURATION)
			spans[n++] = settings_options[i].name;
	}
	params_init(params);
	params_texts(params, names, settings_options_len);
	params_texts(params, spans, n);
}

static void take(struct settings *settings, const char *name, const char *value)
{
	const struct conf_option *option = settings_find(name);
	struct err err;
	if (!option || !value || value_set(settings, option, value, &err))
		return;
	err_set(&settings->trouble,
		"recurd.settings.%s: %s; nothing is made until it is mended: recurctl settings "
		"reset "
		"%s, or a newer recurd",
		name, err.text, name);
}

struct settings *settings_of_rows(const PGresult *result)
{
	if (PQntuples(result) == 0)
		return NULL;
	struct settings *settings = settings_create();
	settings->version = row_int8(result, 0, SETTINGS_VERSION);
	for (int row = 0; row < PQntuples(result); row++)
		take(settings, row_text(result, row, SETTINGS_NAME),
			row_text(result, row, SETTINGS_VALUE));
	return settings;
}
