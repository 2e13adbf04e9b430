/*
 * Two time zones, by what they call a time and how far that is from UTC.
 */
#ifndef COLLECTOR_TIME_ZONE_H
#define COLLECTOR_TIME_ZONE_H

#include <stdbool.h>
#include <time.h>

/*
 * Are the abbreviations that theirs has this year known to who lives in ours? UTC, GMT and
 * numeric ones are known to all. Names as tzdata has them; ours NULL or "": the machine's.
 * Sets TZ for as long as it looks. Half a year before and after now counts as this year.
 */
bool time_zone_is_understood(const char *theirs, const char *ours, time_t now);

#endif
