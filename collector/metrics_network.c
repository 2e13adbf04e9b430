#include "metrics.h"

#include <string.h>

#include "kernel.h"

/* "  eth0: bytes packets errs drop fifo frame compressed multicast", then the same for
 * sent. */
static bool add_interface(const char *line, const char *end, struct network_metrics *sum)
{
	/* An alias may have a colon in its name: the last one ends it. */
	const char *colon = memrchr(line, ':', (size_t)(end - line));
	uint64_t n[12];

	if (!colon || kernel_numbers(colon + 1, end, n, 12) < 12)
		return false;
	sum->bytes_recv += n[0];
	sum->packets_recv += n[1];
	sum->errin += n[2];
	sum->dropin += n[3];
	sum->bytes_sent += n[8];
	sum->packets_sent += n[9];
	sum->errout += n[10];
	sum->dropout += n[11];
	return true;
}

bool network_read(const char *proc_net_dev, struct network_metrics *ret)
{
	struct network_metrics sum = { 0 };
	const char *line = proc_net_dev;
	int number = 0;

	for (; *line; number++) {
		const char *end = kernel_line_end(line);

		/* The first two lines are headings. */
		if (number >= 2 && !add_interface(line, end, &sum))
			return false;
		line = *end ? end + 1 : end;
	}
	if (number < 2)
		return false;
	*ret = sum;
	return true;
}
