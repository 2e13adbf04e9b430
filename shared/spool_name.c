#include "spool_name.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define STAMP "########T######.######Z-" /* '#' is a digit */
#define STAMP_LEN (sizeof(STAMP) - 1)

void spool_name_format(char ret[SPOOL_NAME_SIZE], int64_t wall_us, const char *source,
	pid_t pid, unsigned seq)
{
	time_t seconds = (time_t)(wall_us / 1000000);
	char stamp[32] = "";
	struct tm tm;

	gmtime_r(&seconds, &tm);
	strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%S", &tm);
	snprintf(ret, SPOOL_NAME_SIZE, "%s.%06dZ-%.32s-%d-%06u" SPOOL_NAME_SUFFIX, stamp,
		(int)(wall_us % 1000000), source, (int)pid, seq % 1000000);
}

static size_t count_digits(const char *s)
{
	size_t n = 0;

	while (s[n] >= '0' && s[n] <= '9')
		n++;
	return n;
}

/* Length of the source that starts at s, 0 when there is none. */
static size_t source_len(const char *s)
{
	size_t n = 0;

	while ((s[n] >= 'a' && s[n] <= 'z') || (s[n] >= '0' && s[n] <= '9') ||
		s[n] == '_')
		n++;
	return n < SPOOL_SOURCE_SIZE ? n : 0;
}

bool spool_name_is_valid(const char *name)
{
	size_t n;

	for (size_t i = 0; i < STAMP_LEN; i++) {
		char want = STAMP[i];

		if (want == '#' ? !isdigit((unsigned char)name[i]) : name[i] != want)
			return false;
	}
	name += STAMP_LEN;
	n = source_len(name);
	if (n == 0 || name[n] != '-')
		return false;
	name += n + 1;
	n = count_digits(name);
	if (n == 0 || n > 10 || name[n] != '-')
		return false;
	name += n + 1;
	return count_digits(name) == 6 && strcmp(name + 6, SPOOL_NAME_SUFFIX) == 0;
}

void spool_name_source(const char *name, char ret[SPOOL_SOURCE_SIZE])
{
	size_t n = source_len(name + STAMP_LEN);

	memcpy(ret, name + STAMP_LEN, n);
	ret[n] = '\0';
}

int64_t spool_name_wall_us(const char *name)
{
	struct tm tm = { 0 };
	int us = 0;

	if (sscanf(name, "%4d%2d%2dT%2d%2d%2d.%6dZ", &tm.tm_year, &tm.tm_mon, &tm.tm_mday,
		    &tm.tm_hour, &tm.tm_min, &tm.tm_sec, &us) != 7)
		return 0;
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	return (int64_t)timegm(&tm) * 1000000 + us;
}

void spool_name_reason(const char *name, char ret[SPOOL_REASON_SIZE])
{
	size_t len = strnlen(name, SPOOL_NAME_SIZE - 1);

	memcpy(ret, name, len);
	memcpy(ret + len, SPOOL_REASON_SUFFIX, sizeof(SPOOL_REASON_SUFFIX));
}
