/*
 * Which log_line_prefix wrote these lines? For where the configuration does not say.
 *
 * The usual ones are tried first (the server's default, Debian's, pgBadger's suggestions, the clouds');
 * where none of them fits nearly all lines, one is composed from the punctuation of the lines
 * themselves (prefix_compose.h). The one that fits most lines wins, among equals the one that gives most
 * values. A line fits when the prefix matches it and its values look like what they should be: no "=", bracket or comma in a name, ...; a real name may have them, but not most names.
 */
#ifndef LOGTAIL_PREFIX_GUESS_H
#define LOGTAIL_PREFIX_GUESS_H

#include <stdbool.h>
#include <stddef.h>

#define PREFIX_GUESS_SIZE 256

/*
 * sample: some lines from a log, which may begin and end anywhere in a line; the more the better,
 * 64 KiB are plenty. Writes the prefix as log_line_prefix has it. False, ret untouched, when no prefix
 * fits at least half of the lines that hold a severity word (of the first 256 such).
 */
bool prefix_guess(const char *sample, size_t len, char ret[PREFIX_GUESS_SIZE]);

#endif
