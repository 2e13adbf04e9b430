#include "answer_text.h"

#include <stdlib.h>
#include <string.h>

#include "redact.h"

/* Backslashes go first: an answer that quotes the key as JSON may have put some into it. */
static size_t plain(const char *text, size_t len, char *ret)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c == '\\')
			continue;
		if (c <= ' ') {
			if (n > 0 && ret[n - 1] != ' ')
				ret[n++] = ' ';
		} else {
			ret[n++] = c < 0x7f ? (char)c : '?';
		}
	}
	while (n > 0 && ret[n - 1] == ' ')
		n--;
	return n;
}

void answer_text(
	const char *text, size_t len, const char *const *secrets, char *ret, size_t size)
{
	char *line = malloc(len + 1);
	size_t n;

	ret[0] = '\0';
	if (!line)
		return;
	n = plain(text, len, line);
	line[n] = '\0';
	for (; *secrets; secrets++) {
		char *bare = strdup(*secrets);

		if (!bare) {
			free(line);
			return;
		}
		bare[plain(*secrets, strlen(*secrets), bare)] = '\0';
		redact_secret(line, bare);
		free(bare);
	}
	if (n >= size)
		n = size - 1;
	memcpy(ret, line, n);
	ret[n] = '\0';
	free(line);
}
