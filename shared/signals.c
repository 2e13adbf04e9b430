#include "signals.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

static volatile sig_atomic_t signal_write_fd = -1;
static volatile sig_atomic_t signal_stop_within_s;
static const char *volatile signal_message =
	"still busy long after the request to stop; exiting\n";

static void on_signal(int number)
{
	int saved = errno;
	char byte = number == SIGHUP ? 'r' : 's';
	unsigned left;

	if (number != SIGHUP && signal_stop_within_s > 0) {
		left = alarm((unsigned)signal_stop_within_s);
		if (left > 0 && left < (unsigned)signal_stop_within_s)
			alarm(left); /* an earlier deadline stands */
	}
	/* A full pipe already says what this byte would. */
	(void)!write(signal_write_fd, &byte, 1);
	errno = saved;
}

static void on_alarm(int number)
{
	(void)number;
	(void)!write(STDERR_FILENO, signal_message, strlen(signal_message));
	_exit(1);
}

int signals_open(unsigned stop_within_s, int *ret_fd, struct err *err)
{
	struct sigaction action = { .sa_handler = on_signal };
	int fds[2];

	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) < 0)
		return err_errno(err, ERR_RETRY, "pipe for signals");
	signal_write_fd = fds[1];
	signal_stop_within_s = (sig_atomic_t)stop_within_s;
	sigemptyset(&action.sa_mask);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	action.sa_handler = on_alarm;
	sigaction(SIGALRM, &action, NULL);
	action.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &action, NULL);
	*ret_fd = fds[0];
	return 0;
}

void signals_take(int fd, bool *ret_stop, bool *ret_reload)
{
	char bytes[64];
	ssize_t n;

	while ((n = read(fd, bytes, sizeof(bytes))) > 0) {
		for (ssize_t i = 0; i < n; i++) {
			*ret_stop |= bytes[i] == 's';
			*ret_reload |= bytes[i] == 'r';
		}
	}
}

void signals_deadline(unsigned seconds, const char *message)
{
	signal_message = message;
	alarm(seconds);
}
