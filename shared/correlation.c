#include "correlation.h"

#include <ctype.h>
#include <string.h>

#define MARK "bitville-"

/* 8-4-4-4-12 hexadecimal digits (RFC 9562). */
static bool is_uuid(const char *s)
{
	for (size_t i = 0; i < CORRELATION_ID_LEN; i++) {
		bool hyphen = i == 8 || i == 13 || i == 18 || i == 23;

		if (hyphen ? s[i] != '-' : !isxdigit((unsigned char)s[i]))
			return false;
	}
	return true;
}

bool correlation_id_find(const char *text, size_t len, char ret[CORRELATION_ID_LEN + 1])
{
	const size_t mark_len = sizeof(MARK) - 1;
	const char *at = text, *end = text + len;

	while ((size_t)(end - at) >= mark_len + CORRELATION_ID_LEN) {
		const char *id, *after;

		at = memmem(at, (size_t)(end - at), MARK, mark_len);
		if (!at || (size_t)(end - at) < mark_len + CORRELATION_ID_LEN)
			return false;
		id = at + mark_len;
		after = id + CORRELATION_ID_LEN;
		if (is_uuid(id) && (after == end || (!isalnum((unsigned char)*after) &&
							    *after != '-'))) {
			for (size_t i = 0; i < CORRELATION_ID_LEN; i++)
				ret[i] = (char)tolower((unsigned char)id[i]);
			ret[CORRELATION_ID_LEN] = '\0';
			return true;
		}
		at = id;
	}
	return false;
}
