/*
 * The disks: their sum, and each for itself with its rates since the last run.
 */
#ifndef COLLECTOR_DISKS_H
#define COLLECTOR_DISKS_H

#include <stdbool.h>
#include <stddef.h>

#include "json_write.h"
#include "kernel.h"
#include "metrics.h"
#include "storage.h"

#define DISKS_MAX 128 /* each for itself; the sum has all */

struct disks {
	struct disk_device list[DISKS_MAX];
	size_t count;
};

/* Whole devices that stand on nothing else; those never used are not listed. Adds up all
 * in *ret_sum. False when /proc/diskstats or /sys/block can't be read. */
bool disks_take(const struct kernel *kernel, struct buf *text, struct disks *ret,
	struct disk_io_metrics *ret_sum);

/* NULL when it is not there. */
const struct disk_device *disks_get(const struct disks *disks, const char *name);

/* The member "disk_devices", nothing where there are none. before may be NULL, elapsed_s
 * 0: then there are no rates. */
void disks_write(struct json *json, const struct disks *disks, const struct disks *before,
	double elapsed_s, const struct storage *storage);

#endif
