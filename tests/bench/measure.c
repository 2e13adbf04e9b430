/*
 * measure RESULT COMMAND [ARGUMENT...]: runs it and writes one line to the file RESULT:
 * wall seconds, CPU seconds, peak memory in KiB, exit status.
 *
 * A small process of its own, because Linux counts the memory of the process that forks as the
 * child's peak, and because an interpreter's own milliseconds must not be measured.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double clock_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static double seconds(struct timeval time)
{
	return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

int main(int argc, char **argv)
{
	struct rusage used;
	double start_s;
	int status;
	FILE *out;
	pid_t pid;

	if (argc < 3) {
		fprintf(stderr, "usage: measure RESULT COMMAND [ARGUMENT...]\n");
		return 64;
	}
	out = fopen(argv[1], "we");
	if (!out) {
		perror(argv[1]);
		return EXIT_FAILURE;
	}
	start_s = clock_s();
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		execvp(argv[2], argv + 2);
		perror(argv[2]);
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, &used) < 0) {
		perror("measure");
		return EXIT_FAILURE;
	}
	fprintf(out, "%.6f %.6f %ld %d\n", clock_s() - start_s,
		seconds(used.ru_utime) + seconds(used.ru_stime), used.ru_maxrss,
		WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
	return fclose(out) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
