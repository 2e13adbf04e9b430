/*
 * Signals as a descriptor to poll.
 *
 * SIGTERM and SIGINT ask to stop, SIGHUP to reload; SIGPIPE is ignored. What blocks where it can't
 * be polled (name resolution in a library) is ended by SIGALRM: the process says so and exits 1.
 */
#ifndef SHARED_SIGNALS_H
#define SHARED_SIGNALS_H

#include <stdbool.h>

#include "err.h"

/* What all programs give as stop_within_s: a request to stop is carried out within 10 s. */
#define SIGNALS_STOP_WITHIN_S 9

/*
 * Installs the handlers. stop_within_s: after a request to stop the process ends within so many
 * seconds, whatever it is doing. Readable *ret_fd: call signals_take(). Once a process.
 */
int signals_open(unsigned stop_within_s, int *ret_fd, struct err *err);

/* What arrived since the last call. */
void signals_take(int fd, bool *ret_stop, bool *ret_reload);

/* Ends the process with status 1 after so many seconds, saying message (static text). */
void signals_deadline(unsigned seconds, const char *message);

#endif
