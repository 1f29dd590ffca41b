/* value: one value, from text into its field of a struct (conf, settings) and back, as a row of a table of
 * options says.
 *
 * What value_format writes, value_set reads as the same value.
 */
#pragma once

#include "conf/conf.h"
#include "util/strbuf.h"

/* For the ranges of durations. */
#define USEC   INT64_C(1)
#define MSEC   (1000 * USEC)
#define SECOND (1000 * MSEC)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

/* The err says what was expected and what was found, without the option's name. */
bool value_set(void *fields, const struct conf_option *option, const char *text,
	struct err *err) NODISCARD;
/* Plain text without quotes; false (and nothing appended) where the option is not set. */
bool value_format(const void *fields, const struct conf_option *option, struct strbuf *out);
/* "duration, 10ms to 1d": what the option accepts, for comments and errors. */
void value_describe(const struct conf_option *option, struct strbuf *out);
/* Frees the texts that a struct owns by the rows of its table. */
void values_free(void *fields, const struct conf_option *options, size_t n);
/* As a file would have it, with its help as comment, and where it came from; passwords are masked. */
void option_dump(
	const void *fields, const struct conf_option *option, const char *source, FILE *out);
