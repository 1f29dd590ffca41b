/* value: one option's value, from text into its field of struct conf and back.
 *
 * Inside of conf/ only.  What value_format writes, value_set reads as the same value.
 */
#pragma once

#include "conf/conf.h"
#include "util/strbuf.h"

/* The err says what was expected and what was found, without the option's name. */
bool value_set(struct conf *conf, const struct conf_option *option, const char *text,
	struct err *err) NODISCARD;
/* Plain text without quotes; false (and nothing appended) where the option is not set. */
bool value_format(const struct conf *conf, const struct conf_option *option, struct strbuf *out);
/* "duration, 10ms to 1d": what the option accepts, for comments and errors. */
void value_describe(const struct conf_option *option, struct strbuf *out);
