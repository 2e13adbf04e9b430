#include "cgroup.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "mounts.h"

bool cgroup_path_read(const char *proc_cgroup, char *ret, size_t size)
{
	for (const char *line = proc_cgroup; *line;) {
		const char *end = kernel_line_end(line);
		size_t len = (size_t)(end - line);

		if (strncmp(line, "0::/", 4) == 0) {
			if (len - 3 >= size || memmem(line, len, "/..", 3))
				return false;
			snprintf(ret, size, "%.*s", (int)(len - 3), line + 3);
			return true;
		}
		line = *end ? end + 1 : end;
	}
	return false;
}

bool cgroup_cpu_max_read(const char *cpu_max, double *ret_cores)
{
	uint64_t n[2];

	if (kernel_numbers(cpu_max, kernel_line_end(cpu_max), n, 2) != 2 || n[1] == 0)
		return false;
	*ret_cores = (double)n[0] / (double)n[1];
	return true;
}

static void number(
	struct buf *text, const char *dir, const char *file, struct cgroup_number *ret)
{
	uint64_t value;

	if (kernel_read(text, KERNEL_SHORT, "%s/%s", dir, file) &&
		kernel_numbers(text->data, kernel_line_end(text->data), &value, 1) == 1)
		*ret = (struct cgroup_number){ true, value };
}

static void value_of(const char *text, const char *name, struct cgroup_number *ret)
{
	ret->known = kernel_value(text, name, &ret->value);
}

/* The smaller of what was found so far and what stands in this file. */
static void limit(
	struct buf *text, const char *dir, const char *file, struct cgroup_number *least)
{
	struct cgroup_number here = { 0 };

	number(text, dir, file, &here);
	if (here.known && (!least->known || here.value < least->value))
		*least = here;
}

static void take_limits(struct buf *text, const char *dir, struct cgroup *ret)
{
	double cores;

	limit(text, dir, "memory.max", &ret->memory_max);
	limit(text, dir, "memory.high", &ret->memory_high);
	limit(text, dir, "memory.swap.max", &ret->swap_max);
	limit(text, dir, "pids.max", &ret->pids_max);
	if (kernel_read(text, KERNEL_SHORT, "%s/cpu.max", dir) &&
		cgroup_cpu_max_read(text->data, &cores) && !(cores >= ret->cpu_max_cores))
		ret->cpu_max_cores = cores;
}

static void take_use(struct buf *text, const char *dir, struct cgroup *ret)
{
	number(text, dir, "memory.current", &ret->memory_current);
	number(text, dir, "memory.swap.current", &ret->swap_current);
	number(text, dir, "pids.current", &ret->pids_current);
	if (kernel_read(text, KERNEL_SHORT, "%s/memory.events", dir)) {
		value_of(text->data, "high", &ret->events_high);
		value_of(text->data, "max", &ret->events_max);
		value_of(text->data, "oom", &ret->events_oom);
		value_of(text->data, "oom_kill", &ret->events_oom_kill);
	}
	if (kernel_read(text, KERNEL_SHORT, "%s/cpu.stat", dir)) {
		value_of(text->data, "usage_usec", &ret->cpu_usage_us);
		value_of(text->data, "nr_periods", &ret->cpu_periods);
		value_of(text->data, "nr_throttled", &ret->cpu_throttled);
		value_of(text->data, "throttled_usec", &ret->cpu_throttled_us);
	}
}

/* Where the path's directory is, when only a part of the tree may be mounted. */
static bool directory(const struct mount *mount, const char *path, char *ret, size_t size)
{
	size_t root = strcmp(mount->root, "/") == 0 ? 0 : strlen(mount->root);
	int len;

	if (strncmp(path, mount->root, root) != 0 || (path[root] && path[root] != '/'))
		return false;
	path += root;
	len = snprintf(
		ret, size, "%s%s", mount->point, strcmp(path, "/") == 0 ? "" : path);
	return len > 0 && (size_t)len < size;
}

/* Where both are those of v1, the rest of v2 is of no use. */
static bool has_controllers(const char *controllers)
{
	const char *end = kernel_line_end(controllers);

	for (const char *word = controllers; word < end;) {
		size_t len = strcspn(word, " \n");

		if ((len == 3 && strncmp(word, "cpu", len) == 0) ||
			(len == 6 && strncmp(word, "memory", len) == 0))
			return true;
		word += len + 1;
	}
	return false;
}

bool cgroup_take(const struct kernel *kernel, const char *self_mountinfo, int pid,
	struct buf *text, struct cgroup *ret)
{
	struct cgroup cgroup = { .cpu_max_cores = NAN };
	struct mount mount;
	char dir[PATH_MAX];
	size_t top;

	if (!mount_of_type(self_mountinfo, "cgroup2", &mount) ||
		!kernel_read(text, KERNEL_SHORT, "%s/%d/cgroup", kernel->proc, pid) ||
		!cgroup_path_read(text->data, cgroup.path, sizeof(cgroup.path)) ||
		!directory(&mount, cgroup.path, dir, sizeof(dir)))
		return false;
	if (!kernel_read(text, KERNEL_SHORT, "%s/cgroup.controllers", mount.point) ||
		!has_controllers(text->data))
		return false;
	take_use(text, dir, &cgroup);
	pressure_take_cgroup(text, dir, &cgroup.pressure);
	top = strlen(mount.point);
	for (;;) {
		take_limits(text, dir, &cgroup);
		if (strlen(dir) <= top)
			break;
		*strrchr(dir, '/') = '\0';
	}
	*ret = cgroup;
	return true;
}

static void add(struct json *json, const char *name, const struct cgroup_number *number)
{
	json_known_uint(json, name, number->known, number->value);
}

static void add_ms(struct json *json, const char *name, const struct cgroup_number *us)
{
	json_known_uint(json, name, us->known, us->value / 1000);
}

void cgroup_write(struct json *json, const struct cgroup *cgroup)
{
	json_key(json, "cgroup");
	json_object(json);
	json_key(json, "path");
	json_string(json, cgroup->path);
	json_key(json, "memory");
	json_object(json);
	add(json, "current", &cgroup->memory_current);
	add(json, "max", &cgroup->memory_max);
	add(json, "high", &cgroup->memory_high);
	add(json, "swap_current", &cgroup->swap_current);
	add(json, "swap_max", &cgroup->swap_max);
	json_key(json, "events");
	json_object(json);
	add(json, "high", &cgroup->events_high);
	add(json, "max", &cgroup->events_max);
	add(json, "oom", &cgroup->events_oom);
	add(json, "oom_kill", &cgroup->events_oom_kill);
	json_end(json);
	json_end(json);
	json_key(json, "cpu");
	json_object(json);
	json_key(json, "max_cores");
	json_decimal(json, cgroup->cpu_max_cores, 2);
	add_ms(json, "usage_ms", &cgroup->cpu_usage_us);
	add(json, "nr_periods", &cgroup->cpu_periods);
	add(json, "nr_throttled", &cgroup->cpu_throttled);
	add_ms(json, "throttled_ms", &cgroup->cpu_throttled_us);
	json_end(json);
	json_key(json, "pids");
	json_object(json);
	add(json, "current", &cgroup->pids_current);
	add(json, "max", &cgroup->pids_max);
	json_end(json);
	pressure_write(json, &cgroup->pressure);
	json_end(json);
}
