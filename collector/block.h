/*
 * Block devices and what they stand on, as /sys/block tells: partitions on disks, device
 * mapper and md on other devices, a loop device on a file, a multipath NVMe namespace on
 * its paths (which are what the kernel counts for in all versions).
 *
 * Names are those of /proc/diskstats ("cciss/c0d0"; /sys has a "!" for the slash).
 */
#ifndef COLLECTOR_BLOCK_H
#define COLLECTOR_BLOCK_H

#include <stdbool.h>
#include <stddef.h>

#include "kernel.h"
#include "metrics.h"

#define BLOCK_DISKS_MAX 16

struct block_disks {
	char names[BLOCK_DISKS_MAX][DISK_NAME_SIZE];
	size_t count;
};

/* Is it a whole device whose bytes no other device counts as well? */
bool block_is_disk(const struct kernel *kernel, const char *name);

/* "vda1" or "dm-3" for its number. False when there is none, as for a file system
 * without a device of its own. */
bool block_name(const struct kernel *kernel, unsigned major, unsigned minor,
	char ret[DISK_NAME_SIZE]);

/* Adds the disks that carry it, each once; none when that can't be told. */
void block_find_disks(
	const struct kernel *kernel, const char *name, struct block_disks *ret);

/* The same for every device of the btrfs that this one is part of; false when it is part
 * of none. */
bool block_find_btrfs(
	const struct kernel *kernel, const char *name, struct block_disks *ret);

#endif
