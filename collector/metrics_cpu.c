#include "metrics.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

bool cpu_times_read(const char *proc_stat, struct cpu_times *ret)
{
	struct cpu_times t = { 0 };

	if (strncmp(proc_stat, "cpu ", 4) != 0)
		return false;
	if (sscanf(proc_stat + 4,
		    "%" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64
		    " %" SCNu64 " %" SCNu64,
		    &t.user, &t.nice, &t.system, &t.idle, &t.iowait, &t.irq, &t.softirq,
		    &t.steal) < 4)
		return false;
	*ret = t;
	return true;
}

/* A field that went back (iowait may, says proc(5)) counts as unchanged. */
static double delta(uint64_t before, uint64_t after)
{
	return after > before ? (double)(after - before) : 0;
}

double cpu_percent(const struct cpu_times *before, const struct cpu_times *after)
{
	double busy =
		delta(before->user, after->user) + delta(before->nice, after->nice) +
		delta(before->system, after->system) + delta(before->irq, after->irq) +
		delta(before->softirq, after->softirq) +
		delta(before->steal, after->steal);
	double total = busy + delta(before->idle, after->idle) +
		       delta(before->iowait, after->iowait);

	return total > 0 ? busy / total * 100 : NAN;
}

bool load_average_read(const char *proc_loadavg, double ret[3])
{
	double load[3];

	if (sscanf(proc_loadavg, "%lf %lf %lf", &load[0], &load[1], &load[2]) != 3)
		return false;
	memcpy(ret, load, sizeof(load));
	return true;
}
