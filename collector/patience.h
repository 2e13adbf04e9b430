/*
 * How long a run may still wait, and the signal that ends all waiting.
 */
#ifndef COLLECTOR_PATIENCE_H
#define COLLECTOR_PATIENCE_H

#include <stdbool.h>

struct patience {
	double deadline_s; /* by clock_s(): a little before the hard deadline */
	int signal_fd;     /* from signals_open(), -1 for none */
	bool stopped;      /* SIGTERM or SIGINT came */
};

/* A little before the hard deadline, so that what arrived can still be written and
 * what did not be told. */
double patience_deadline_s(double start_s, int interval_s);

enum waited { WAITED_READY, WAITED_OVER, WAITED_STOPPED };

/*
 * Waits until one of events (of poll(2)) is there on fd, until_s or the run's deadline
 * has come, or a signal asks to stop. fd -1 only looks for the signal when until_s is
 * past.
 */
enum waited patience_wait(
	struct patience *patience, int fd, short events, double until_s);

/* Has a signal asked to stop? */
bool patience_stopped(struct patience *patience);

#endif
