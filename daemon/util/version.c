/* See the header.  The build says what both names are; programs have this file once more, with a commit. */
#include "util/version.h"

#ifndef RECURD_COMMIT
#define RECURD_COMMIT ""
#endif

const char recurd_version[] = RECURD_VERSION RECURD_COMMIT;
