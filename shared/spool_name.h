/*
 * Names of payload files: YYYYMMDDTHHMMSS.uuuuuuZ-SOURCE-PID-SEQ.json.zst
 *
 * UTC, SEQ of six digits: name order is time order, and `ls` reads as a timeline.
 * SOURCE is 1 to 32 of a-z, 0-9 and '_'.
 */
#ifndef SHARED_SPOOL_NAME_H
#define SHARED_SPOOL_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define SPOOL_NAME_SIZE 96 /* with the NUL */
#define SPOOL_SOURCE_SIZE 33
#define SPOOL_NAME_SUFFIX ".json.zst"
#define SPOOL_REASON_SUFFIX ".reason"
#define SPOOL_REASON_SIZE (SPOOL_NAME_SIZE + sizeof(SPOOL_REASON_SUFFIX) - 1)

void spool_name_format(char ret[SPOOL_NAME_SIZE], int64_t wall_us, const char *source,
	pid_t pid, unsigned seq);

/* Is this a payload's name? Everything else in the spool is foreign and left alone. */
bool spool_name_is_valid(const char *name);

/* The source in a valid name, into ret. */
void spool_name_source(const char *name, char ret[SPOOL_SOURCE_SIZE]);

/* The time in a valid name, in microseconds since the epoch. */
int64_t spool_name_wall_us(const char *name);

/* The name of the file in rejected/ that says why the payload of this name is there. */
void spool_name_reason(const char *name, char ret[SPOOL_REASON_SIZE]);

#endif
