/* slurp: whole files that somebody names on the command line. */
#pragma once

#include "util/macros.h"
#include "util/strbuf.h"

/* Appends to text, at most its cap; "-" is standard input.  On failure it has told why, and returns the exit code. */
int slurp_file(const char *path, struct strbuf *text) NODISCARD;
