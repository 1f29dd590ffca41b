/* Names without a file; see the header. */
#include "recur/zone_lacks.h"

#include <string.h>
#include <strings.h>

#include "recur/zone.h"

enum verdict { UNASKED, NOBODY, OTHERS };

struct lack {
	char name[ZONE_NAME_MAX + 1];
	enum verdict verdict;
};

static struct {
	bool open;
	struct lack list[ZONE_LACKS_MAX];
	size_t n;
	char met[ZONE_NAME_MAX + 1]; /* "": nothing */
} lacks;

void zone_lacks_open(void)
{
	lacks.open = true;
}

void zone_lacks_close(void)
{
	lacks.open = false;
	lacks.n = 0;
	*lacks.met = '\0';
}

static struct lack *find(const char *name)
{
	for (size_t i = 0; i < lacks.n; i++)
		if (strcasecmp(lacks.list[i].name, name) == 0)
			return &lacks.list[i];
	return NULL;
}

static void forget(size_t i)
{
	lacks.list[i] = lacks.list[--lacks.n];
}

/* Room for one more; false: all that are kept are others'. */
static bool make_room(void)
{
	for (size_t i = 0; lacks.n == ZONE_LACKS_MAX && i < lacks.n; i++)
		if (lacks.list[i].verdict != OTHERS)
			forget(i);
	return lacks.n < ZONE_LACKS_MAX;
}

/* NULL: no room. */
static struct lack *add(const char *name)
{
	if (strlen(name) > ZONE_NAME_MAX || !make_room())
		return NULL;
	struct lack *lack = &lacks.list[lacks.n++];
	strcpy(lack->name, name);
	lack->verdict = UNASKED;
	return lack;
}

void zone_lacks_take(const char *name, const char *dir, struct err *why)
{
	struct lack *lack = lacks.open ? find(name) : NULL;
	if (lacks.open && !lack)
		lack = add(name);
	if (!lack || lack->verdict == NOBODY)
		return;
	strcpy(lacks.met, lack->name);
	why->passing = true;
	if (lack->verdict == OTHERS)
		err_set_passing(why,
			"%s on this machine (%s), while others have it: upgrade tzdata here; a "
			"worker that has it serves what waits",
			why->text, dir);
}

void zone_lacks_refresh(void)
{
	for (size_t i = lacks.n; i-- > 0;) {
		const struct zone *zone;
		if (lacks.list[i].verdict != OTHERS || zone_load(lacks.list[i].name, &zone, NULL))
			forget(i);
	}
}

void zone_lacks_begin(void)
{
	*lacks.met = '\0';
}

const char *zone_lacks_met(void)
{
	return *lacks.met ? lacks.met : NULL;
}

bool zone_lacks_is_unasked(const char *name)
{
	const struct lack *lack = find(name);
	return lack && lack->verdict == UNASKED;
}

size_t zone_lacks_unasked(const char **names, size_t size)
{
	size_t n = 0;
	for (size_t i = 0; i < lacks.n && n < size; i++)
		if (lacks.list[i].verdict == UNASKED)
			names[n++] = lacks.list[i].name;
	return n;
}

bool zone_lacks_judge(const char *name, bool others_have)
{
	struct lack *lack = find(name);
	if (!lack)
		lack = add(name);
	if (!lack)
		return false;
	bool is_new = others_have && lack->verdict != OTHERS;
	lack->verdict = others_have ? OTHERS : NOBODY;
	return is_new;
}

const char *zone_lacks_at(size_t index)
{
	for (size_t i = 0; i < lacks.n; i++)
		if (lacks.list[i].verdict == OTHERS && index-- == 0)
			return lacks.list[i].name;
	return NULL;
}
