#include "progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#define EACH_S 0.2
#define ERASE "\r\033[K" /* ECMA-48: EL, erase in line */

void progress_begin(struct progress *progress, bool once)
{
	*progress = (struct progress){ .wanted = once && isatty(STDERR_FILENO) };
}

void progress_show(struct progress *progress, uint64_t sent, uint64_t waiting,
	double per_s, double now)
{
	if (!progress->wanted || now < progress->next_s)
		return;
	progress->next_s = now + EACH_S;
	progress->shown = true;
	fprintf(stderr, ERASE "%" PRIu64 " sent, %" PRIu64 " waiting, %.0f a second\r",
		sent, waiting, per_s);
}

void progress_end(struct progress *progress)
{
	if (progress->shown)
		fputs(ERASE, stderr);
	progress->shown = progress->wanted = false;
}
