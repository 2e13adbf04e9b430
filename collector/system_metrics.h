/*
 * The source system_metrics: the machine, the agent, and how the last run went.
 *
 *	system_metrics_take(&last_sample, &machine);
 *	sink_payload(…, system_metrics_write, &machine, …);
 *
 * A text of the kernel that can't be read makes its members null and is told in
 * machine.trouble. Percent of the processors is measured from the last run's sample,
 * without a pause.
 */
#ifndef COLLECTOR_SYSTEM_METRICS_H
#define COLLECTOR_SYSTEM_METRICS_H

#include <stdbool.h>
#include <stddef.h>

#include "agent.h"
#include "json_read.h"
#include "json_write.h"
#include "metrics.h"

#define BOOT_ID_SIZE 40
#define DISK_PATHS 3

/* A sample is of use only within the same boot. */
struct cpu_sample {
	char boot_id[BOOT_ID_SIZE]; /* "" for none */
	struct cpu_times times;
};

struct machine {
	struct cpu_sample sample; /* to be kept for the next run */
	double cpu_percent;       /* NaN when unknown */
	int cores, processors;    /* 0 when unknown */
	double load[3];
	bool has_load;
	struct memory_metrics memory;
	bool has_memory;
	struct disk_io_metrics disk_io;
	bool has_disk_io;
	struct network_metrics network;
	bool has_network;
	struct disk_usage usage[DISK_PATHS]; /* of system_metrics_paths */
	bool has_usage[DISK_PATHS];
	const struct json_node
		*last_run;         /* "collection" of the state, NULL at the first */
	const struct agent *agent; /* the caller's, NULL: nothing is said of it */
	int64_t wall_us;           /* of what is said of it */
	char trouble[256];         /* what could not be read, "" when all could */
};

extern const char *const system_metrics_paths[DISK_PATHS];

void system_metrics_take(const struct cpu_sample *last, const struct json_node *last_run,
	struct machine *ret);

/* A sink_writer; context is a struct machine. */
void system_metrics_write(struct json *json, size_t text_max, void *context);

#endif
