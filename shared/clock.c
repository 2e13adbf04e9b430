#include "clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

double clock_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

int64_t clock_us(const struct timespec *time)
{
	return (int64_t)time->tv_sec * 1000000 + time->tv_nsec / 1000;
}

int64_t clock_wall_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return clock_us(&ts);
}

void clock_wall_format(int64_t wall_us, char ret[21])
{
	time_t seconds = (time_t)(wall_us / 1000000);
	struct tm tm;

	if (!gmtime_r(&seconds, &tm) || strftime(ret, 21, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		strcpy(ret, "?");
}

void clock_wall_format_us(int64_t wall_us, char ret[33])
{
	char whole[21];

	clock_wall_format(wall_us, whole);
	whole[strcspn(whole, "Z")] = '\0';
	if (*whole == '?')
		strcpy(ret, "?");
	else
		snprintf(ret, 33, "%s.%06d+00:00", whole, (int)(wall_us % 1000000));
}
