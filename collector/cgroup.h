/*
 * The control group (v2) of a process: its limits, what it uses of them, how often they
 * were hit (the kernel's Documentation/admin-guide/cgroup-v2.rst).
 *
 * A limit is the smallest on the way up: that is the one that holds. Machines whose
 * controllers are those of v1 have nothing here.
 * Units: bytes, ms; processors as a number (1.5 cores).
 */
#ifndef COLLECTOR_CGROUP_H
#define COLLECTOR_CGROUP_H

#include <stdbool.h>
#include <stdint.h>

#include "json_write.h"
#include "kernel.h"
#include "pressure.h"

/* What the kernel or an absent controller does not tell is not known. */
struct cgroup_number {
	bool known;
	uint64_t value;
};

struct cgroup {
	char path[1024]; /* below the mount, "/" for the root */
	struct cgroup_number memory_current, memory_max, memory_high, swap_current,
		swap_max;
	struct cgroup_number events_high, events_max, events_oom, events_oom_kill;
	double cpu_max_cores; /* NaN: no limit */
	struct cgroup_number cpu_usage_us, cpu_periods, cpu_throttled, cpu_throttled_us;
	struct cgroup_number pids_current, pids_max;
	struct pressure pressure;
};

/* Pure: the path from /proc/PID/cgroup; false where there is none of v2, or it lies
 * outside what we can see. */
bool cgroup_path_read(const char *proc_cgroup, char *ret, size_t size);

/* Pure: "max 100000" or "150000 100000" as cores. False for no limit. */
bool cgroup_cpu_max_read(const char *cpu_max, double *ret_cores);

/* self_mountinfo: our own, for where cgroup2 is mounted. */
bool cgroup_take(const struct kernel *kernel, const char *self_mountinfo, int pid,
	struct buf *text, struct cgroup *ret);

/* The member "cgroup". */
void cgroup_write(struct json *json, const struct cgroup *cgroup);

#endif
