#include "shell_word.h"

#include <string.h>

#define PLAIN                        \
	"abcdefghijklmnopqrstuvwxyz" \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZ" \
	"0123456789_./:@%+,-"

const char *shell_word(const char *text, char *ret, size_t size)
{
	size_t len = strlen(text), at = 0;

	ret[0] = '\0';
	if (*text && text[strspn(text, PLAIN)] == '\0') {
		if (len < size)
			memcpy(ret, text, len + 1);
		return ret;
	}
	for (const char *c = text; *c; c++)
		len += *c == '\'' ? 3 : 0;
	if (len + 3 > size)
		return ret;
	ret[at++] = '\'';
	for (; *text; text++) {
		if (*text == '\'') {
			memcpy(ret + at, "'\\''", 4);
			at += 4;
		} else {
			ret[at++] = *text;
		}
	}
	memcpy(ret + at, "'", 2);
	return ret;
}
