/*
 * Where PostgreSQL's directories and ours lie: mount, file system, device, the disks
 * beneath, and how full it is.
 *
 * What is on another machine (NFS and the like) is named and not touched: it may never
 * answer. What can't be told is null.
 */
#ifndef COLLECTOR_STORAGE_H
#define COLLECTOR_STORAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "block.h"
#include "json_write.h"
#include "kernel.h"
#include "metrics.h"
#include "postmaster.h"

#define STORAGE_PLACES_MAX 32
#define STORAGE_USE_SIZE 32

struct storage_place {
	char use[STORAGE_USE_SIZE]; /* "data_directory", "pg_wal", "tablespace 16385" */
	char path[1024];
	char mount_point[256], filesystem[32]; /* "": not known */
	char device[DISK_NAME_SIZE];
	struct block_disks disks;
	bool has_usage;
	struct disk_usage usage;
};

struct storage {
	struct storage_place places[STORAGE_PLACES_MAX];
	size_t count;
};

/* The data directory, pg_wal and the tablespaces, as far as our rights go. mountinfo: our
 * own. tablespaces: what the server said of them, a line each, "OID PATH", for where we may
 * not look. */
void storage_add_cluster(struct storage *storage, const struct kernel *kernel,
	const char *mountinfo, const struct postmaster *postmaster,
	const char *tablespaces);

/* A path of ours; nothing when it does not exist. */
void storage_add(struct storage *storage, const struct kernel *kernel,
	const char *mountinfo, const char *use, const char *path);

/* The directories of collection.log_path, its patterns cut off. */
void storage_add_logs(struct storage *storage, const struct kernel *kernel,
	const char *mountinfo, const char *log_path);

/* The member "storage", nothing where there are no places. */
void storage_write(struct json *json, const struct storage *storage);

/* The uses of a disk, as an array. */
void storage_write_uses(
	struct json *json, const struct storage *storage, const char *disk);

#endif
