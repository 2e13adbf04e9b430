/*
 * How far --once has come: one line on a terminal, written over itself. The cursor stays at its begin,
 * so that a line of the log takes its place.
 */
#ifndef FORWARDER_PROGRESS_H
#define FORWARDER_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
	bool wanted;
	bool shown;
	double next_s; /* of clock_s(): not before */
};

/* Of a run with --once, where standard error is a terminal. */
void progress_begin(struct progress *progress, bool once);

void progress_show(struct progress *progress, uint64_t sent, uint64_t waiting,
	double per_s, double now);

/* Takes the line away. */
void progress_end(struct progress *progress);

#endif
