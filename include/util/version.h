/* version: which program this is.
 *
 * "0.1.0+g387e01880b": the project's version and the commit that it was built from, ".dirty" behind it where
 * files were changed since; without git, as from a tarball, the version alone.  No date, so that the same
 * source gives the same program.  Only the programs know their commit: libraries and tests need not be
 * linked anew after each.
 */
#pragma once

extern const char recurd_version[];
