#include "patience.h"

#include <errno.h>
#include <math.h>
#include <poll.h>

#include "clock.h"
#include "signals.h"

double patience_deadline_s(double start_s, int interval_s)
{
	double early_s = interval_s < 10 ? interval_s * 0.1 : 1;

	return start_s + interval_s - early_s;
}

bool patience_stopped(struct patience *patience)
{
	bool reload = false; /* a run is short: SIGHUP has nothing to do here */

	if (patience->signal_fd >= 0)
		signals_take(patience->signal_fd, &patience->stopped, &reload);
	return patience->stopped;
}

enum waited patience_wait(struct patience *patience, int fd, short events, double until_s)
{
	double until = until_s < patience->deadline_s ? until_s : patience->deadline_s;

	for (;;) {
		struct pollfd fds[2] = { { .fd = fd, .events = events },
			{ .fd = patience->signal_fd, .events = POLLIN } };
		double left = until - clock_s();

		if (patience_stopped(patience))
			return WAITED_STOPPED;
		if (left <= 0)
			return WAITED_OVER;
		if (left > 3600)
			left = 3600;
		if (poll(fds, 2, (int)ceil(left * 1000)) < 0 && errno != EINTR)
			return WAITED_OVER;
		if (fds[0].revents)
			return WAITED_READY;
	}
}
