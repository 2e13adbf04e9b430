/*
 * How many a second, of a count that grows: an average over about the last minute, over all the time
 * while that is less. Pure: time is an argument, in seconds of clock_s().
 */
#ifndef FORWARDER_RATE_H
#define FORWARDER_RATE_H

#include <stdint.h>

#define RATE_OVER_S 60.0

struct rate {
	double since, at; /* 0: nothing was noted */
	uint64_t count;   /* then */
	double per_s;
};

/* The count stands there now. The first note only begins. */
void rate_note(struct rate *rate, uint64_t count, double now);

#endif
