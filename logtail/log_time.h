/*
 * Times in the log, as ISO 8601 with offset and as microseconds.
 *
 * The log's form is "2026-01-31 23:59:59.123 CET": its zone is known where it is UTC or GMT, a
 * numeric offset ("+03", "-0330", "+05:30"), or an abbreviation of the zone that
 * collection.log_timezone names (tzdata; default: the machine's) that is in force at that time or
 * within the hours around it, so that both halves of the hour repeated in autumn are told apart.
 * %n's form is "1767312000.123". Any other is unknown: then the text stays as it is, never a guess.
 * Unknown are also "-00", which tzdata gives where nobody keeps a time, a repeated hour whose
 * halves have the same abbreviation, and offsets with seconds. Years are 1970 to 9999.
 *
 * The minute looked up last is kept with its offset, so that a line costs no call into the C
 * library's time zones.
 */
#ifndef LOGTAIL_LOG_TIME_H
#define LOGTAIL_LOG_TIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"

#define LOG_TIME_TEXT_SIZE 40
#define LOG_TIME_MINUTE_LEN 16 /* "2026-01-31 23:59" */
#define LOG_TIME_SECONDS_LEN 19
#define LOG_TIME_ZONE_SIZE 16 /* the longest abbreviation; POSIX asks for 6 */

struct log_clock {
	char zone[64]; /* "" for the machine's */
	/* The minute looked up last and its abbreviation; "" before the first. */
	char minute[LOG_TIME_MINUTE_LEN], abbreviation[LOG_TIME_ZONE_SIZE];
	size_t abbreviation_len;
	char offset[7]; /* "+01:00" */
	bool known;
	int64_t minute_us; /* when it began */
};

/*
 * zone: an IANA name, or NULL or "" for the machine's: $TZ if the process was started with it, else
 * /etc/localtime. ERR_CONFIG when tzdata ($TZDIR, else /usr/share/zoneinfo) does not have it, ERR_RETRY
 * when there is no memory. Sets TZ for the whole process: one clock at a time; "" after a zone has
 * been named means /etc/localtime.
 */
int log_clock_init(struct log_clock *clock, const char *zone, struct err *err);

/*
 * Reads the time that s is, whole. True: ret_text is "2026-01-31T23:59:59.123+01:00" (as many
 * decimals as the log has, up to 9; UTC is +00:00), *ret_len its length, *ret_wall_us microseconds
 * since 1970 UTC. False: unknown; outputs untouched.
 */
bool log_time_read(struct log_clock *clock, const char *s, size_t len,
	char ret_text[LOG_TIME_TEXT_SIZE], size_t *ret_len, int64_t *ret_wall_us);

/* Are the LOG_TIME_SECONDS_LEN bytes at s "YYYY-MM-DD HH:MM:SS"? The form only. */
bool log_time_is_second(const char *s);

/*
 * Does s begin with "YYYY-MM-DD HH:MM:SS"? Returns the bytes of it with decimals, a blank and a zone
 * token (letters, or a sign and digits, which may have ":30"), or 0. The form only.
 */
size_t log_time_shape(const char *s, size_t len);

#endif
