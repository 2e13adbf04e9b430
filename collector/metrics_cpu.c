#include "metrics.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "kernel.h"

#define PACKAGES_MAX 256

bool cpu_times_read(const char *proc_stat, struct cpu_times *ret)
{
	uint64_t t[8] = { 0 };

	if (strncmp(proc_stat, "cpu ", 4) != 0 ||
		kernel_numbers(proc_stat + 4, kernel_line_end(proc_stat), t, 8) < 4)
		return false;
	*ret = (struct cpu_times){ t[0], t[1], t[2], t[3], t[4], t[5], t[6], t[7] };
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

/* The number after "name<TAB>: " at the start of a line. */
static bool cpuinfo_value(const char *line, const char *name, uint64_t *ret)
{
	const char *end = kernel_line_end(line), *colon;
	size_t len = strlen(name);

	if (strncmp(line, name, len) != 0 || !strchr(" \t:", line[len]))
		return false;
	colon = memchr(line, ':', (size_t)(end - line));
	return colon && kernel_numbers(colon + 1, end, ret, 1) == 1;
}

int cpuinfo_cores(const char *proc_cpuinfo)
{
	uint64_t seen[PACKAGES_MAX], package = 0, cores = 0;
	bool has_package = false;
	int count = 0, sum = 0;

	for (const char *line = proc_cpuinfo; *line;) {
		const char *end = kernel_line_end(line);

		if (end == line) /* a processor ends */
			has_package = false;
		else if (cpuinfo_value(line, "physical id", &package))
			has_package = true;
		else if (has_package && cpuinfo_value(line, "cpu cores", &cores)) {
			bool known = false;

			for (int i = 0; i < count && !known; i++)
				known = seen[i] == package;
			if (!known && count < PACKAGES_MAX && cores < 65536) {
				seen[count++] = package;
				sum += (int)cores;
			}
		}
		line = *end ? end + 1 : end;
	}
	return sum;
}
