#include "storage.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "mounts.h"

#define PLACES_OF_LOGS 4

/* How the paths of a cluster are seen from here. */
struct view {
	const struct kernel *kernel;
	const char *mountinfo; /* of who uses the paths */
	const char *prefix; /* leads to them, "" for none; NULL: they can't be reached */
	bool only_existing;
};

static void find_device(
	const struct view *view, const struct mount *mount, struct storage_place *place)
{
	unsigned major_of = mount->major, minor_of = mount->minor;
	bool anonymous = major_of == 0;
	struct stat st;

	if (anonymous) {
		if (strncmp(mount->source, "/dev/", 5) != 0 ||
			stat(mount->source, &st) < 0 || !S_ISBLK(st.st_mode))
			return;
		major_of = major(st.st_rdev);
		minor_of = minor(st.st_rdev);
	}
	if (!block_name(view->kernel, major_of, minor_of, place->device))
		return;
	if (!anonymous || !block_find_btrfs(view->kernel, place->device, &place->disks))
		block_find_disks(view->kernel, place->device, &place->disks);
}

/* By the path alone; where it can be reached, by what it leads to: links are followed
 * then. False when it does not exist. */
static bool find_mount(const struct view *view, const char *path, struct mount *ret,
	char seen[PATH_MAX], bool *ret_seen)
{
	bool known = mount_of_path(view->mountinfo, path, ret);
	struct mount other;
	struct stat st;

	*ret_seen = false;
	if (!known || !view->prefix || mount_is_remote(ret))
		return known;
	snprintf(seen, PATH_MAX, "%s%s", view->prefix, path);
	if (stat(seen, &st) < 0)
		return !view->only_existing || (errno != ENOENT && errno != ENOTDIR);
	*ret_seen = true;
	if (major(st.st_dev) == ret->major && minor(st.st_dev) == ret->minor)
		return true;
	if (mount_of_device(view->mountinfo, major(st.st_dev), minor(st.st_dev), &other))
		*ret = other; /* a link led to another file system */
	return true;
}

static void add(struct storage *storage, const struct view *view, const char *use,
	const char *path)
{
	struct storage_place *place = &storage->places[storage->count];
	struct mount mount;
	struct statvfs fs;
	char seen[PATH_MAX];
	bool is_seen;

	if (storage->count == STORAGE_PLACES_MAX || *path != '/' ||
		strlen(path) >= sizeof(place->path) ||
		!find_mount(view, path, &mount, seen, &is_seen))
		return;
	*place = (struct storage_place){ 0 };
	snprintf(place->use, sizeof(place->use), "%s", use);
	snprintf(place->path, sizeof(place->path), "%s", path);
	if (strlen(mount.point) < sizeof(place->mount_point))
		snprintf(place->mount_point, sizeof(place->mount_point), "%s",
			mount.point);
	snprintf(place->filesystem, sizeof(place->filesystem), "%s", mount.type);
	find_device(view, &mount, place);
	if (is_seen && !mount_is_remote(&mount) && statvfs(seen, &fs) == 0) {
		disk_usage_of(
			fs.f_frsize, fs.f_blocks, fs.f_bfree, fs.f_bavail, &place->usage);
		place->has_usage = true;
	}
	storage->count++;
}

void storage_add(struct storage *storage, const struct kernel *kernel,
	const char *mountinfo, const char *use, const char *path)
{
	const struct view view = { kernel, mountinfo, "", true };

	add(storage, &view, use, path);
}

void storage_add_logs(struct storage *storage, const struct kernel *kernel,
	const char *mountinfo, const char *log_path)
{
	const char *at = log_path;

	for (int i = 0; i < PLACES_OF_LOGS && *at; i++) {
		char path[PATH_MAX], *pattern;
		size_t len;

		at += strspn(at, " ");
		len = strcspn(at, ",");
		snprintf(path, sizeof(path), "%.*s", (int)len, at);
		at += len + (at[len] == ',');
		pattern = strpbrk(path, "*?[");
		if (pattern) {
			*pattern = '\0';
			pattern = strrchr(path, '/');
			if (!pattern)
				continue;
			pattern[pattern == path] = '\0';
		}
		for (len = strlen(path); len > 0 && path[len - 1] == ' '; len--)
			path[len - 1] = '\0';
		storage_add(storage, kernel, mountinfo, "log", path);
	}
}

/* A directory of the cluster, or what the link in its place points to. */
static void add_entry(struct storage *storage, const struct view *view, const char *base,
	const char *data, const char *name, const char *use)
{
	char path[PATH_MAX], target[PATH_MAX];
	struct mount mount;
	size_t len;

	snprintf(path, sizeof(path), "%s/%s", data, name);
	if (kernel_link(target, sizeof(target), "%s/%s", base, name)) {
		if (*target != '/')
			return; /* the server makes absolute ones */
		add(storage, view, use, target);
		return;
	}
	/* No link, or no right to see it: then a mount there still tells. */
	len = strlen(path);
	if (errno == EINVAL || (mount_of_path(view->mountinfo, path, &mount) &&
				       strlen(mount.point) == len))
		add(storage, view, use, path);
}

/* Is the root of both the same file system? A container has its own. */
static bool same_root(const char *a, const char *b)
{
	struct mount one, other;

	return mount_of_path(a, "/", &one) && mount_of_path(b, "/", &other) &&
	       one.major == other.major && one.minor == other.minor;
}

static void add_told(
	struct storage *storage, const struct view *view, const char *tablespaces)
{
	for (const char *line = tablespaces; *line;) {
		const char *end = kernel_line_end(line);
		char use[STORAGE_USE_SIZE], path[PATH_MAX];
		int oid = (int)strcspn(line, " \n");

		if (line[oid] == ' ') {
			snprintf(use, sizeof(use), "tablespace %.*s", oid, line);
			snprintf(path, sizeof(path), "%.*s", (int)(end - line) - oid - 1,
				line + oid + 1);
			add(storage, view, use, path);
		}
		line = *end ? end + 1 : end;
	}
}

static void add_all(struct storage *storage, const struct view *view,
	const struct postmaster *postmaster, const char *tablespaces)
{
	const char *data = postmaster->data_directory;
	char base[PATH_MAX], path[PATH_MAX + 16], name[300], use[STORAGE_USE_SIZE];
	DIR *dir;

	if (postmaster->is_readable)
		snprintf(base, sizeof(base), "%s/%d/cwd", view->kernel->proc,
			postmaster->id.pid);
	else
		snprintf(base, sizeof(base), "%s", data);
	add(storage, view, "data_directory", data);
	add_entry(storage, view, base, data, "pg_wal", "pg_wal");
	snprintf(path, sizeof(path), "%s/pg_tblspc", base);
	dir = opendir(path);
	for (struct dirent *entry; dir && (entry = readdir(dir));) {
		if (!isdigit((unsigned char)*entry->d_name) || strlen(entry->d_name) > 10)
			continue;
		snprintf(name, sizeof(name), "pg_tblspc/%s", entry->d_name);
		snprintf(use, sizeof(use), "tablespace %s", entry->d_name);
		add_entry(storage, view, base, data, name, use);
	}
	if (dir)
		closedir(dir);
	else
		add_told(storage, view, tablespaces);
}

void storage_add_cluster(struct storage *storage, const struct kernel *kernel,
	const char *mountinfo, const struct postmaster *postmaster,
	const char *tablespaces)
{
	struct view view = { .kernel = kernel };
	char root[PATH_MAX];
	struct buf its;

	if (!*postmaster->data_directory)
		return;
	buf_init(&its, KERNEL_TEXT_MAX_BYTES);
	if (kernel_read(&its, KERNEL_TEXT_MAX_BYTES, "%s/%d/mountinfo", kernel->proc,
		    postmaster->id.pid)) {
		snprintf(root, sizeof(root), "%s/%d/root", kernel->proc,
			postmaster->id.pid);
		view.mountinfo = its.data;
		if (same_root(its.data, mountinfo))
			view.prefix = "";
		else if (postmaster->is_readable)
			view.prefix = root;
		add_all(storage, &view, postmaster, tablespaces);
	}
	buf_release(&its);
}

static void add_string(struct json *json, const char *name, const char *value)
{
	json_key(json, name);
	json_string(json, *value ? value : NULL);
}

static void write_place(struct json *json, const struct storage_place *place)
{
	bool known = place->has_usage;

	json_object(json);
	add_string(json, "use", place->use);
	add_string(json, "path", place->path);
	add_string(json, "mount_point", place->mount_point);
	add_string(json, "filesystem", place->filesystem);
	add_string(json, "device", place->device);
	json_key(json, "disks");
	json_array(json);
	for (size_t i = 0; i < place->disks.count; i++)
		json_string(json, place->disks.names[i]);
	json_end(json);
	json_known_uint(json, "total", known, place->usage.total);
	json_known_uint(json, "used", known, place->usage.used);
	json_known_uint(json, "free", known, place->usage.free);
	json_key(json, "percent");
	json_decimal(json, known ? place->usage.percent : NAN, 1);
	json_end(json);
}

void storage_write(struct json *json, const struct storage *storage)
{
	if (storage->count == 0)
		return;
	json_key(json, "storage");
	json_array(json);
	for (size_t i = 0; i < storage->count; i++)
		write_place(json, &storage->places[i]);
	json_end(json);
}

static bool is_on(const struct storage_place *place, const char *disk)
{
	for (size_t i = 0; i < place->disks.count; i++)
		if (strcmp(place->disks.names[i], disk) == 0)
			return true;
	return false;
}

void storage_write_uses(
	struct json *json, const struct storage *storage, const char *disk)
{
	json_array(json);
	for (size_t i = 0; i < storage->count; i++) {
		bool twice = false;

		for (size_t k = 0; k < i; k++)
			twice = twice || (strcmp(storage->places[k].use,
						  storage->places[i].use) == 0 &&
						 is_on(&storage->places[k], disk));
		if (!twice && is_on(&storage->places[i], disk))
			json_string(json, storage->places[i].use);
	}
	json_end(json);
}
