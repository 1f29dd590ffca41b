/* Calendars by their names; see the header. */
#include "recur/calendars.h"

#include <stdlib.h>
#include <string.h>

#include "util/mem.h"

struct calendars {
	struct workdays **list;
	size_t n, size;
	unsigned references;
};

struct calendars *calendars_create(void)
{
	struct calendars *calendars = mem_alloc(sizeof(*calendars));
	calendars->references = 1;
	return calendars;
}

struct calendars *calendars_share(struct calendars *calendars)
{
	if (calendars)
		calendars->references++;
	return calendars;
}

void calendars_drop(struct calendars *calendars)
{
	if (!calendars || --calendars->references > 0)
		return;
	for (size_t i = 0; i < calendars->n; i++)
		workdays_free(calendars->list[i]);
	free(calendars->list);
	free(calendars);
}

void calendars_cleanup(struct calendars **calendars)
{
	calendars_drop(*calendars);
	*calendars = NULL;
}

void calendars_add(struct calendars *calendars, struct workdays *workdays)
{
	if (calendars->n == calendars->size) {
		calendars->size = calendars->size ? calendars->size * 2 : 4;
		calendars->list = mem_realloc_array(
			calendars->list, calendars->size, sizeof(struct workdays *));
	}
	calendars->list[calendars->n++] = workdays;
}

static const struct workdays *look_up(const struct calendars *calendars, const char *name)
{
	size_t low = 0, high = calendars ? calendars->n : 0;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int order = strcmp(workdays_name(calendars->list[mid]), name);
		if (order == 0)
			return calendars->list[mid];
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

bool calendars_find(const struct calendars *calendars, const char *name,
	const struct workdays **ret_workdays, struct err *err)
{
	const struct workdays *workdays = look_up(calendars, name);
	if (!workdays && calendars_name_is_sane(name))
		return err_set(err,
			"there is no calendar \"%s\"; recurctl calendar create %s makes it, "
			"recurctl calendar list shows those that there are",
			name, name);
	if (!workdays)
		return err_set(err,
			"there is no calendar \"%s\"; recurctl calendar list shows those that "
			"there are",
			name);
	const struct err *trouble = workdays_trouble(workdays);
	if (trouble)
		return err_set(err, "%s", trouble->text);
	*ret_workdays = workdays;
	return true;
}

const struct workdays *calendars_at(const struct calendars *calendars, size_t index)
{
	return calendars && index < calendars->n ? calendars->list[index] : NULL;
}

static bool is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

bool calendars_name_is_sane(const char *name)
{
	size_t len = strlen(name);
	if (len == 0 || len > WORKDAYS_NAME_MAX || !is_alnum(name[0]))
		return false;
	for (size_t i = 0; i < len; i++)
		if (!is_alnum(name[i]) && !strchr("._-", name[i]))
			return false;
	return true;
}
