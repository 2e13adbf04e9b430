/*
 * oracle text|check: a line of hexadecimal bytes in, a line out.
 *
 *	text	the bytes as json_text() writes them, in hexadecimal
 *	check	"ok", or what json_check_object() finds wrong
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json_check.h"
#include "json_write.h"

#define LINE_MAX_BYTES ((size_t)1 << 20)

static size_t unhex(const char *line, char *ret)
{
	size_t n = 0;
	unsigned byte;

	for (; sscanf(line, "%2x", &byte) == 1; line += 2)
		ret[n++] = (char)byte;
	return n;
}

static void answer_text(const char *data, size_t len)
{
	struct json json;
	struct buf buf;

	buf_init(&buf, 8 * LINE_MAX_BYTES);
	json_begin(&json, &buf);
	json_text(&json, data, len, JSON_NO_LIMIT);
	for (size_t i = 0; i < buf.len; i++)
		printf("%02x", (unsigned char)buf.data[i]);
	printf("\n");
	buf_release(&buf);
}

int main(int argc, char **argv)
{
	char *line = malloc(LINE_MAX_BYTES);

	while (argc == 2 && line && fgets(line, (int)LINE_MAX_BYTES, stdin)) {
		char *data = malloc(strlen(line) / 2 + 1); /* the sanitizer sees more */
		size_t len = unhex(line, data);

		if (strcmp(argv[1], "text") == 0) {
			answer_text(data, len);
		} else {
			const char *bad = json_check_object(data, len, NULL);

			puts(bad ? bad : "ok");
		}
		free(data);
	}
	free(line);
	return argc == 2 ? 0 : 64;
}
