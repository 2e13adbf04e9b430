#include "answer_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "quoted_secret.h"
#include "redact.h"

/* The character of "uXXXX", what follows a backslash in JSON; -1 when it is none. */
static int escaped(const char *text, size_t len)
{
	char digits[5] = { 0 };

	if (len < 5 || text[0] != 'u')
		return -1;
	memcpy(digits, text + 1, 4);
	return strspn(digits, "0123456789abcdefABCDEF") == 4
		       ? (int)strtol(digits, NULL, 16)
		       : -1;
}

/* Escapes go first: an answer that quotes the key as JSON may have put some into it. */
static size_t plain(const char *text, size_t len, char *ret)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		int c = (unsigned char)text[i];

		if (c == '\\') {
			c = escaped(text + i + 1, len - i - 1);
			if (c < 0)
				continue;
			i += 5;
		}
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
	bool withheld = false;
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
		withheld |= quoted_secret(line, bare);
		free(bare);
	}
	if (withheld)
		n = (size_t)snprintf(line, len + 1, "(not shown: it quotes a secret)");
	if (n > len)
		n = len;
	if (n >= size)
		n = size - 1;
	memcpy(ret, line, n);
	ret[n] = '\0';
	free(line);
}
