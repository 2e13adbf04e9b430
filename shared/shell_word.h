/*
 * A text as one word of a command that a person may paste into a shell. Pure.
 */
#ifndef SHARED_SHELL_WORD_H
#define SHARED_SHELL_WORD_H

#include <stddef.h>

#define SHELL_WORD_SIZE 1024 /* enough for any path that a person would type */

/* In single quotes where a shell would see more in it than a word (POSIX, "Quoting"). "" when it does
 * not fit: half a word would be another command. Returns ret. */
const char *shell_word(const char *text, char *ret, size_t size);

#endif
