/*
 * What is mounted where: /proc/PID/mountinfo (proc(5)). Pure, on its text.
 */
#ifndef COLLECTOR_MOUNTS_H
#define COLLECTOR_MOUNTS_H

#include <stdbool.h>

#define MOUNT_PATH_SIZE 1024
#define MOUNT_TYPE_SIZE 32

struct mount {
	unsigned major, minor; /* major 0: no device of its own (btrfs, overlay, nfs) */
	char root[MOUNT_PATH_SIZE];  /* what of the file system is mounted */
	char point[MOUNT_PATH_SIZE]; /* where */
	char type[MOUNT_TYPE_SIZE];
	char source[MOUNT_PATH_SIZE]; /* "/dev/sda1", "pool/data", "server:/path" */
};

/* The mount that an absolute path without links in it lies on: the longest point, and of
 * the same the last, which hides the others. */
bool mount_of_path(const char *mountinfo, const char *path, struct mount *ret);

/* The first of that device, or of that type. */
bool mount_of_device(
	const char *mountinfo, unsigned major, unsigned minor, struct mount *ret);
bool mount_of_type(const char *mountinfo, const char *type, struct mount *ret);

/* Does looking at it ask another machine, which may never answer? */
bool mount_is_remote(const struct mount *mount);

#endif
