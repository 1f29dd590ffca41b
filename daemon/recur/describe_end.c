/* The end of the sentence: ", Europe/Berlin, 12 times, except 2025-12-25". */
#include <string.h>

#include "recur/describe.h"
#include "util/mem.h"
#include "util/timefmt.h"

#define DATES_SHOWN \
	10 /* of more than these only the first and the last, and what tells them from others */

enum kind { LEFT_OUT, MOVED, ADDED, CHANGED, KINDS };

static const char *const leads[KINDS] = { ", except ", ", with ", ", also ", ", changed " };

static enum kind kind_of(const struct override *override)
{
	return override->excluded    ? LEFT_OUT
	       : override->moved     ? MOVED
	       : override->if_occurs ? CHANGED
				     : ADDED;
}

static void add_key(const struct override *override, struct strbuf *buf)
{
	char text[INSTANT_TEXT_MAX];
	if (override->key_kind == KEY_INSTANT)
		instant_format(override->key * USEC_PER_SEC, text);
	else
		wall_format(override->key, text);
	if (override->key_kind == KEY_DATE)
		*strchr(text, 'T') = '\0';
	strbuf_add_text(buf, text);
}

/* As JSON has it: within quotes nothing of it is taken for a part of the sentence. */
static void add_quoted(const char *before, const char *text, struct strbuf *buf)
{
	json_auto_t *string = text ? json_string(text) : NULL;
	char *quoted CLEANUP(mem_cleanup) = string ? json_dumps(string, JSON_ENCODE_ANY) : NULL;
	if (quoted)
		strbuf_addf(buf, "%s%s", before, quoted);
}

static void add_override(const struct override *override, struct strbuf *buf)
{
	char text[INSTANT_TEXT_MAX];
	add_key(override, buf);
	if (kind_of(override) == MOVED)
		strbuf_addf(buf, " moved to %s", wall_format(override->start, text));
	add_quoted(" titled ", override->title, buf);
	add_quoted(" described ", override->description, buf);
	if (override->priority)
		strbuf_addf(buf, " with priority %s", override->priority);
}

static uint64_t hash_of(uint64_t hash, const void *data, size_t len)
{
	for (size_t i = 0; i < len; i++)
		hash = (hash ^ ((const unsigned char *)data)[i]) * UINT64_C(1099511628211);
	return hash;
}

/* Nobody reads hundreds of dates; but another list of as many must not read the same. */
static void add_long_list(const struct rule *rule, enum kind kind, int n, struct strbuf *buf)
{
	const struct override *first = NULL, *last = NULL;
	uint64_t hash = UINT64_C(14695981039346656037); /* FNV-1a */
	for (size_t i = 0; i < rule->overrides_len; i++) {
		const struct override *override = &rule->overrides[i];
		if (kind_of(override) != kind)
			continue;
		first = first ? first : override;
		last = override;
		hash = hash_of(hash, &override->key, sizeof(override->key));
		hash = hash_of(hash, &override->key_kind, sizeof(override->key_kind));
		hash = hash_of(hash, &override->start, sizeof(override->start));
	}
	strbuf_addf(buf, "%d times from ", n);
	if (first) {
		add_key(first, buf);
		strbuf_add_text(buf, " to ");
		add_key(last, buf);
	}
	strbuf_addf(buf, "%s (list %08x)", kind == MOVED ? " moved" : "",
		(unsigned)(hash ^ hash >> 32));
}

static void add_overrides(const struct rule *rule, enum kind kind, struct strbuf *buf)
{
	struct lister lister = { buf, 0, 0, " and " };
	for (size_t i = 0; i < rule->overrides_len; i++)
		lister.left += kind_of(&rule->overrides[i]) == kind;
	if (lister.left == 0)
		return;
	strbuf_add_text(buf, leads[kind]);
	if (lister.left > DATES_SHOWN) {
		add_long_list(rule, kind, lister.left, buf);
		return;
	}
	for (size_t i = 0; i < rule->overrides_len; i++) {
		if (kind_of(&rule->overrides[i]) != kind)
			continue;
		list_next(&lister);
		add_override(&rule->overrides[i], buf);
	}
}

void describe_end(const struct rule *rule, struct strbuf *buf)
{
	char text[INSTANT_TEXT_MAX];
	if (rule->time_zone)
		strbuf_addf(buf, ", %s", rule->time_zone);
	if (rule->count > 0)
		strbuf_addf(buf, ", %llu time%s", (unsigned long long)rule->count,
			rule->count == 1 ? "" : "s");
	if (rule->until_kind == UNTIL_WALL)
		strbuf_addf(buf, ", until %s", wall_format(rule->until, text));
	if (rule->until_kind == UNTIL_INSTANT)
		strbuf_addf(buf, ", until %s", instant_format(rule->until * USEC_PER_SEC, text));
	if (rule->repeat == REPEAT_COMPLETION)
		strbuf_add_text(buf, ", from the day of completion");
	if (rule->repeat == REPEAT_EACH)
		strbuf_add_text(buf, ", each in turn");
	for (enum kind kind = 0; kind < KINDS; kind++)
		add_overrides(rule, kind, buf);
}
