/* Log budget and NOTIFY payloads; see the header. */
#include "job/tell.h"

#include <inttypes.h>

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

/* JSON string (RFC 8259 section 7); what is not valid UTF-8 cannot come out of the database. */
static void add_json_string(struct strbuf *buf, const char *text)
{
	strbuf_add_char(buf, '"');
	for (const char *c = text; *c; c++) {
		unsigned char byte = (unsigned char)*c;
		if (byte == '"' || byte == '\\')
			strbuf_addf(buf, "\\%c", byte);
		else if (byte < 0x20)
			strbuf_addf(buf, "\\u%04x", byte);
		else
			strbuf_add_char(buf, *c);
	}
	strbuf_add_char(buf, '"');
}

void tell_hint_add(struct tell_hint *hint, const char *task_id)
{
	hint->count++;
	if (hint->overflowed)
		return;
	if (hint->ids.len > 0)
		strbuf_add_char(&hint->ids, ',');
	add_json_string(&hint->ids, task_id);
	/* Room for the frame around the list. */
	hint->overflowed = hint->ids.overflowed || hint->ids.len > TELL_HINT_MAX - 100;
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
