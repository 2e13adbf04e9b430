#include "rate.h"

#include <math.h>

#define EACH_S 0.1 /* a shorter time tells little */

void rate_note(struct rate *rate, uint64_t count, double now)
{
	double passed = now - rate->at, weight;

	if (rate->at == 0 || count < rate->count) {
		*rate = (struct rate){ .since = now, .at = now, .count = count };
		return;
	}
	if (passed < EACH_S)
		return;
	weight = fmax(passed / (now - rate->since), 1 - exp(-passed / RATE_OVER_S));
	rate->per_s += weight * ((double)(count - rate->count) / passed - rate->per_s);
	rate->at = now;
	rate->count = count;
}
