/* Log budget and NOTIFY payloads; see the header. */
#include "job/tell.h"

#include <inttypes.h>
#include <string.h>

#include "util/charset.h"
#include "util/text.h"

void tell_rate_set(struct tell_rate *rate, double per_second, double burst)
{
	rate->per_second = per_second;
	rate->tokens = rate->burst = burst;
}

bool tell_rate_take(struct tell_rate *rate, usec_t monotonic)
{
	rate->tokens += rate->per_second * (double)(monotonic - rate->filled_at) / 1e6;
	rate->filled_at = monotonic;
	if (rate->tokens > rate->burst)
		rate->tokens = rate->burst;
	if (rate->tokens < 1.)
		return false;
	rate->tokens -= 1.;
	return true;
}

void tell_hint_init(struct tell_hint *hint, const char *kind)
{
	*hint = (struct tell_hint){ .kind = kind };
	strbuf_init(&hint->ids, TELL_HINT_MAX);
}

static void add_json_character(struct strbuf *buf, uint32_t code)
{
	if (code == '"' || code == '\\')
		strbuf_addf(buf, "\\%c", (int)code);
	else if (code >= 0x20 && code < 0x7f)
		strbuf_add_char(buf, (char)code);
	else if (code < 0x10000)
		strbuf_addf(buf, "\\u%04x", (unsigned)code);
	else
		strbuf_addf(buf, "\\u%04x\\u%04x", (unsigned)(0xd7c0 + (code >> 10)),
			(unsigned)(0xdc00 + (code & 0x3ff)));
}

/* JSON string (RFC 8259 section 7), in ASCII: the server converts a payload for each listener, and one
 * whose client_encoding has no equivalent for a letter would get an error in its place.  false: JSON has
 * no way to write this text. */
static bool add_json_string(struct strbuf *buf, const char *text)
{
	struct strbuf utf8 CLEANUP(strbuf_free) = STRBUF(SIZE_MAX);
	if (!charset_to_utf8(charset_bound(), text, strlen(text), &utf8))
		return false;
	strbuf_add_char(buf, '"');
	for (size_t i = 0; i < utf8.len;) {
		uint32_t code = 0;
		i += text_decode(utf8.data + i, utf8.len - i, &code);
		add_json_character(buf, code);
	}
	strbuf_add_char(buf, '"');
	return true;
}

void tell_hint_add(struct tell_hint *hint, const char *task_id)
{
	hint->count++;
	if (hint->overflowed)
		return;
	if (hint->ids.len > 0)
		strbuf_add_char(&hint->ids, ',');
	bool listed = add_json_string(&hint->ids, task_id);
	/* Room for the frame around the list. */
	hint->overflowed = !listed || hint->ids.overflowed || hint->ids.len > TELL_HINT_MAX - 100;
}

const char *tell_hint_text(struct tell_hint *hint)
{
	if (hint->count == 0)
		return NULL;
	struct strbuf frame;
	strbuf_init(&frame, TELL_HINT_MAX);
	strbuf_addf(&frame, "{\"kind\":\"%s\",\"count\":%" PRId64 ",", hint->kind, hint->count);
	if (hint->overflowed)
		strbuf_add_text(&frame, "\"more\":true}");
	else
		strbuf_addf(&frame, "\"tasks\":[%s]}", hint->ids.data);
	strbuf_free(&hint->ids);
	hint->ids = frame;
	return hint->ids.data;
}

void tell_hint_free(struct tell_hint *hint)
{
	strbuf_free(&hint->ids);
}
