/* rule_text: dates and times as iCalendar writes them (RFC 5545 sections 3.3.4 and 3.3.5). */
#pragma once

#include <stdbool.h>

#include "util/macros.h"

/* "20251231": its first second. */
bool rule_text_date(const char *text, size_t len, sec_t *ret_value) NODISCARD;
/* "20251231T235959", with "Z" or not. */
bool rule_text_moment(const char *text, size_t len, sec_t *ret_value, bool *ret_is_utc) NODISCARD;
