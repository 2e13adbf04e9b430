#include "time_zone.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HALF_YEAR_S ((time_t)26 * 7 * 86400)

struct season {
	char name[16];
	long offset_s;
};

/* zone NULL: that of the process. */
static void look(const char *zone, time_t now, struct season ret[2])
{
	const char *own = getenv("TZ");
	char *kept = own ? strdup(own) : NULL;

	if (zone)
		setenv("TZ", zone, 1);
	tzset();
	for (int i = 0; i < 2; i++) {
		time_t at = now + i * HALF_YEAR_S;
		struct tm tm;

		ret[i] = (struct season){ .name = "" };
		if (!localtime_r(&at, &tm))
			continue;
		snprintf(ret[i].name, sizeof(ret[i].name), "%s", tm.tm_zone);
		ret[i].offset_s = tm.tm_gmtoff;
	}
	if (zone && kept)
		setenv("TZ", kept, 1);
	else if (zone)
		unsetenv("TZ");
	tzset();
	free(kept);
}

static bool is_known_to_all(const char *name)
{
	return strcmp(name, "UTC") == 0 || strcmp(name, "GMT") == 0 ||
	       !isalpha((unsigned char)*name);
}

bool time_zone_is_understood(const char *theirs, const char *ours, time_t now)
{
	struct season their[2], our[2];

	look(theirs, now, their);
	look(ours && *ours ? ours : NULL, now, our);
	for (int i = 0; i < 2; i++) {
		bool same = false;

		for (int k = 0; k < 2; k++)
			same |= strcmp(their[i].name, our[k].name) == 0 &&
				their[i].offset_s == our[k].offset_s;
		if (!same && !is_known_to_all(their[i].name))
			return false;
	}
	return true;
}
