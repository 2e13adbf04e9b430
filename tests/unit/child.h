/*
 * What a function prints, and how it ends, when it runs in a process of its own.
 */
#ifndef TESTS_CHILD_H
#define TESTS_CHILD_H

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Runs act(arg) with the descriptor (1 or 2) going into ret; returns the wait status. */
static inline int child_run(
	void (*act)(void *arg), void *arg, int descriptor, char *ret, size_t size)
{
	size_t len = 0;
	ssize_t n;
	int fds[2], status;
	pid_t pid;

	if (pipe(fds) < 0)
		abort();
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		dup2(fds[1], descriptor);
		close(fds[0]);
		close(fds[1]);
		act(arg);
		fflush(NULL);
		_exit(0);
	}
	close(fds[1]);
	while (len + 1 < size && (n = read(fds[0], ret + len, size - 1 - len)) > 0)
		len += (size_t)n;
	ret[len] = '\0';
	close(fds[0]);
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		abort();
	return status;
}

#endif
