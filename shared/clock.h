/*
 * Time. Monotonic seconds decide; wall time only labels.
 */
#ifndef SHARED_CLOCK_H
#define SHARED_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Seconds since some fixed point in the past; never goes back (CLOCK_MONOTONIC). */
double clock_s(void);

/* A time as microseconds. */
int64_t clock_us(const struct timespec *time);

/* Microseconds since 1970-01-01 UTC. */
int64_t clock_wall_us(void);

/* Wall time as "2026-01-31T23:59:59Z" into ret, which holds at least 21 bytes. */
void clock_wall_format(int64_t wall_us, char ret[21]);

/* The same as "2026-01-31T23:59:59.012345+00:00" into ret, which holds at least 33 bytes. */
void clock_wall_format_us(int64_t wall_us, char ret[33]);

#endif
