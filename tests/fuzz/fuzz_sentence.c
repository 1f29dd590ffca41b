/* fuzz_sentence: any text as a sentence is refused, or gives a rule that is held to what fuzz_rule.c says, and whose
 * own sentence is read back as the same rule.
 */
#include <jansson.h>

#include "exercise.h"
#include "recur/sentence.h"
#include "util/mem.h"

/* What the start alone gives may be a day that never comes; a list that is told in short is none to read. */
static void check_refusal(const struct strbuf *sentence, const struct err *err)
{
	if (!strstr(err->text, "no day ever matches") && !strstr(sentence->data, " (list ") &&
		!strstr(err->text, "beyond every set"))
		abort();
}

static void read_sentence_again(const struct rule *rule, sec_t start)
{
	struct strbuf sentence CLEANUP(strbuf_free) = STRBUF(4 * RULE_BYTES_MAX);
	struct strbuf again CLEANUP(strbuf_free) = STRBUF(4 * RULE_BYTES_MAX);
	struct rule *second = NULL;
	struct err err;

	rule_describe(rule, start, &sentence);
	if (sentence.len > RULE_BYTES_MAX)
		return;
	if (!sentence_is(sentence.data))
		abort();
	if (!sentence_parse(sentence.data, &second, &err)) {
		check_refusal(&sentence, &err);
		return;
	}
	rule_describe(second, start + 86400 * 17 + 12345, &again);
	if (strcmp(sentence.data, again.data) != 0)
		abort();
	rule_free(second);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	char *text CLEANUP(mem_cleanup) = mem_strndup((const char *)data, size);
	struct rule *rule = NULL;

	(void)sentence_is(text);
	if (!sentence_parse(text, &rule, NULL))
		return 0;
	exercise_rule(rule, size);
	read_sentence_again(rule, INT64_C(1741400000) + (sec_t)(size % 97) * 86000);
	rule_free(rule);
	return 0;
}
