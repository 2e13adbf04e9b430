#include "block.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define DEPTH_MAX 8

static void replace(char *name, char from, char to)
{
	for (; (name = strchr(name, from)); name++)
		*name = to;
}

/* A name as it stands in /sys. False when it is none. */
static bool to_sys(const char *name, char ret[DISK_NAME_SIZE])
{
	if (!*name || *name == '.' || strlen(name) >= DISK_NAME_SIZE)
		return false;
	snprintf(ret, DISK_NAME_SIZE, "%s", name);
	replace(ret, '/', '!');
	return true;
}

/* The last component but skip of a path, as a name. */
static bool component(char *path, int skip, char ret[DISK_NAME_SIZE])
{
	char *slash = strrchr(path, '/');

	for (; slash && skip > 0; skip--) {
		*slash = '\0';
		slash = strrchr(path, '/');
	}
	if (!slash || strlen(slash + 1) >= DISK_NAME_SIZE)
		return false;
	snprintf(ret, DISK_NAME_SIZE, "%s", slash + 1);
	replace(ret, '!', '/');
	return true;
}

bool block_name(const struct kernel *kernel, unsigned major, unsigned minor,
	char ret[DISK_NAME_SIZE])
{
	char link[PATH_MAX];

	return kernel_link(link, sizeof(link), "%s/dev/block/%u:%u", kernel->sys, major,
		       minor) &&
	       component(link, 0, ret);
}

static bool exists(const char *sys, const char *name, const char *what)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/class/block/%s/%s", sys, name, what);
	return access(path, F_OK) == 0;
}

/* Called for each thing a device stands on. */
typedef bool below(const struct kernel *kernel, const char *name, int depth,
	struct block_disks *ret);

/* A multipath head nvmeXnY stands on nvmeXcZnY. */
static bool is_path_of(const char *head, const char *name)
{
	size_t digits = strlen("nvme") + strspn(head + strlen("nvme"), "0123456789");

	if (strncmp(head, "nvme", 4) != 0 || head[digits] != 'n' ||
		strchr(head + digits, 'p') || strncmp(name, head, digits) != 0 ||
		name[digits] != 'c')
		return false;
	name += digits + 1;
	return strcmp(name + strspn(name, "0123456789"), head + digits) == 0;
}

static bool each_in(const struct kernel *kernel, const char *dir_path, const char *head,
	below *each, int depth, struct block_disks *ret)
{
	DIR *dir = opendir(dir_path);
	bool any = false;

	for (struct dirent *entry; dir && (entry = readdir(dir));) {
		char name[DISK_NAME_SIZE];

		if (*entry->d_name == '.' || strlen(entry->d_name) >= sizeof(name) ||
			(head && !is_path_of(head, entry->d_name)))
			continue;
		any = true;
		if (!each)
			break;
		snprintf(name, sizeof(name), "%s", entry->d_name);
		replace(name, '!', '/');
		each(kernel, name, depth, ret);
	}
	if (dir)
		closedir(dir);
	return any;
}

/* Is there anything below it? Each is told of it, unless it is NULL. */
static bool each_below(const struct kernel *kernel, const char *sys_name, below *each,
	int depth, struct block_disks *ret)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/class/block/%s/slaves", kernel->sys, sys_name);
	if (each_in(kernel, path, NULL, each, depth, ret))
		return true;
	if (strncmp(sys_name, "nvme", 4) != 0)
		return false;
	snprintf(path, sizeof(path), "%s/block", kernel->sys);
	return each_in(kernel, path, sys_name, each, depth, ret);
}

bool block_is_disk(const struct kernel *kernel, const char *name)
{
	char sys_name[DISK_NAME_SIZE], path[PATH_MAX];

	if (disk_is_stacked(name) || !to_sys(name, sys_name))
		return false;
	snprintf(path, sizeof(path), "%s/block/%s", kernel->sys, sys_name);
	return access(path, F_OK) == 0 && !each_below(kernel, sys_name, NULL, 0, NULL);
}

static bool is_known(const struct block_disks *disks, const char *name)
{
	for (size_t i = 0; i < disks->count; i++)
		if (strcmp(disks->names[i], name) == 0)
			return true;
	return false;
}

/* The device that holds the file of a loop device. */
static bool loop_device(
	const struct kernel *kernel, const char *sys_name, char ret[DISK_NAME_SIZE])
{
	struct buf text;
	struct stat st;
	bool ok;

	buf_init(&text, PATH_MAX + PATH_MAX);
	ok = kernel_read(&text, KERNEL_SHORT, "%s/class/block/%s/loop/backing_file",
		kernel->sys, sys_name);
	if (ok) {
		text.data[strcspn(text.data, "\n")] = '\0';
		ok = stat(text.data, &st) == 0 &&
		     block_name(kernel, major(st.st_dev), minor(st.st_dev), ret);
	}
	buf_release(&text);
	return ok;
}

static bool descend(
	const struct kernel *kernel, const char *name, int depth, struct block_disks *ret)
{
	char sys_name[DISK_NAME_SIZE], next[DISK_NAME_SIZE], link[PATH_MAX];

	if (depth > DEPTH_MAX || ret->count == BLOCK_DISKS_MAX || !to_sys(name, sys_name))
		return false;
	if (exists(kernel->sys, sys_name, "partition"))
		return kernel_link(link, sizeof(link), "%s/class/block/%s", kernel->sys,
			       sys_name) &&
		       component(link, 1, next) && descend(kernel, next, depth + 1, ret);
	if (exists(kernel->sys, sys_name, "loop/backing_file"))
		return loop_device(kernel, sys_name, next) &&
		       descend(kernel, next, depth + 1, ret);
	if (each_below(kernel, sys_name, descend, depth + 1, ret))
		return true;
	if (disk_is_stacked(name)) /* on memory, or on what the kernel does not tell */
		return false;
	if (!is_known(ret, name))
		snprintf(ret->names[ret->count++], DISK_NAME_SIZE, "%s", name);
	return true;
}

void block_find_disks(
	const struct kernel *kernel, const char *name, struct block_disks *ret)
{
	descend(kernel, name, 0, ret);
}

bool block_find_btrfs(
	const struct kernel *kernel, const char *name, struct block_disks *ret)
{
	char path[PATH_MAX], sys_name[DISK_NAME_SIZE];
	bool found = false;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/fs/btrfs", kernel->sys);
	dir = to_sys(name, sys_name) ? opendir(path) : NULL;
	for (struct dirent *entry; dir && !found && (entry = readdir(dir));) {
		if (*entry->d_name == '.')
			continue;
		snprintf(path, sizeof(path), "%s/fs/btrfs/%s/devices/%s", kernel->sys,
			entry->d_name, sys_name);
		found = access(path, F_OK) == 0;
		*strrchr(path, '/') = '\0';
		if (found)
			each_in(kernel, path, NULL, descend, 0, ret);
	}
	if (dir)
		closedir(dir);
	return found;
}
