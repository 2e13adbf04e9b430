#include "metrics.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* "  eth0: bytes packets errs drop fifo frame compressed multicast", then the same for
 * sent. */
static bool add_interface(const char *line, const char *end, struct network_metrics *sum)
{
	const char *colon = memchr(line, ':', (size_t)(end - line));
	struct network_metrics n;
	int used = 0;

	/* An alias may have a colon in its name: the last one ends it. */
	while (colon && memchr(colon + 1, ':', (size_t)(end - colon - 1)))
		colon = memchr(colon + 1, ':', (size_t)(end - colon - 1));
	if (!colon ||
		sscanf(colon + 1,
			"%" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64
			" %*u %*u %*u %*u %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64
			"%n",
			&n.bytes_recv, &n.packets_recv, &n.errin, &n.dropin,
			&n.bytes_sent, &n.packets_sent, &n.errout, &n.dropout,
			&used) != 8 ||
		used > end - colon - 1)
		return false;
	sum->bytes_recv += n.bytes_recv;
	sum->packets_recv += n.packets_recv;
	sum->errin += n.errin;
	sum->dropin += n.dropin;
	sum->bytes_sent += n.bytes_sent;
	sum->packets_sent += n.packets_sent;
	sum->errout += n.errout;
	sum->dropout += n.dropout;
	return true;
}

bool network_read(const char *proc_net_dev, struct network_metrics *ret)
{
	struct network_metrics sum = { 0 };
	const char *line = proc_net_dev;
	int number = 0;

	for (; *line; number++) {
		const char *end = strchrnul(line, '\n');

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
