/* fuzz_convert: any text as a calendar.  What comes out is a rule that is read again, or says why not. */
#include "ctl/convert/convert.h"
#include "exercise.h"
#include "util/text.h"

#define SERIES_MAX 20

static void check_text(const char *text)
{
	size_t len = text ? strlen(text) : 0;
	uint32_t code;
	while (len > 0) {
		size_t n = text_decode(text, len, &code);
		if (n == 0)
			abort(); /* not UTF-8 */
		text += n;
		len -= n;
	}
}

static void check(const struct conversion *conversion)
{
	check_text(conversion->uid);
	check_text(conversion->title);
	check_text(conversion->description);
	if (!conversion->rule) {
		if (conversion->err.text[0] == '\0')
			abort();
		return;
	}
	print_and_read_again(conversion->rule, conversion->start);
	expand(conversion->rule, conversion->start, conversion->zone, RECUR_BY_TIME);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct convert_options how = { .time_of_day = (sec_t)(size % 86400), .zone = "UTC" };
	struct calendar *calendar = NULL;
	if (!calendar_parse((const char *)data, size, &calendar, NULL))
		return 0;
	for (size_t i = 0; i < calendar->series_n && i < SERIES_MAX; i++) {
		struct conversion conversion;
		convert_series(calendar, &how, &calendar->series[i], &conversion);
		check(&conversion);
		conversion_finish(&conversion);
	}
	calendar_free(calendar);
	return 0;
}
