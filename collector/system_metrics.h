/*
 * The source system_metrics: the machine, the agent, and how the last run went.
 *
 *	system_metrics_take(&scope, &last_cpu, &last_sample, last_run, &machine);
 *	sink_payload(…, system_metrics_write, &machine, …);
 *
 * A text of the kernel that can't be read makes its members null and is told in
 * machine.trouble; what goes beyond psutil (disks each, storage, pressure, the server's
 * processes and control group) is left out without a word. Rates are measured from the last
 * run's sample, without a pause. Nothing here asks another machine.
 */
#ifndef COLLECTOR_SYSTEM_METRICS_H
#define COLLECTOR_SYSTEM_METRICS_H

#include <stdbool.h>
#include <stddef.h>

#include "agent.h"
#include "cgroup.h"
#include "disks.h"
#include "json_read.h"
#include "json_write.h"
#include "machine_sample.h"
#include "metrics.h"
#include "postmaster.h"
#include "pressure.h"
#include "storage.h"
#include "visit_cost.h"

#define BOOT_ID_SIZE 40
#define DISK_PATHS 3

/* A sample is of use only within the same boot. */
struct cpu_sample {
	char boot_id[BOOT_ID_SIZE]; /* "" for none */
	struct cpu_times times;
};

/* Whose machine it is looked at for. */
struct machine_scope {
	int port; /* of the server when it is on this machine, 0 otherwise */
	const char *log_path, *spool_path;
};

struct machine {
	struct cpu_sample sample;  /* to be kept for the next run */
	struct machine_sample now; /* likewise */
	const struct machine_sample *before;
	bool same_boot;        /* as the last samples */
	double cpu_percent;    /* NaN when unknown */
	int cores, processors; /* 0 when unknown */
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
	struct pressure pressure;
	struct postmaster postmaster;
	bool has_postmaster;
	double server_percent; /* NaN when unknown */
	struct cgroup cgroup;  /* the postmaster's */
	bool has_cgroup;
	struct storage storage;
	const struct json_node
		*last_run;              /* "collection" of the state, NULL at the first */
	const struct visit_cost *visit; /* the last run's; NULL: nothing is said of it */
	const struct agent *agent;      /* the caller's, NULL: nothing is said of it */
	int64_t wall_us;                /* of what is said of it */
	char trouble[256];              /* what could not be read, "" when all could */
};

extern const char *const system_metrics_paths[DISK_PATHS];

/* last, before: of the run before, zeroed for none; they and last_run must outlive *ret. */
void system_metrics_take(const struct machine_scope *scope, const struct cpu_sample *last,
	const struct machine_sample *before, const struct json_node *last_run,
	struct machine *ret);

/* A sink_writer; context is a struct machine. */
void system_metrics_write(struct json *json, size_t text_max, void *context);

#endif
