#include "cpu_cores.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "metrics.h"

/* A core is counted at the first of its threads: a list begins with that. */
static bool is_first(const struct kernel *kernel, long cpu, const char *file,
	struct buf *text, bool *ret_told)
{
	uint64_t first;

	if (!kernel_read(text, KERNEL_SHORT, "%s/devices/system/cpu/cpu%ld/topology/%s",
		    kernel->sys, cpu, file) ||
		kernel_numbers(text->data, kernel_line_end(text->data), &first, 1) != 1)
		return false; /* offline, or a kernel without it */
	*ret_told = true;
	return first == (uint64_t)cpu;
}

int cpu_cores_count(const struct kernel *kernel, struct buf *text)
{
	char path[PATH_MAX];
	int count = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/devices/system/cpu", kernel->sys);
	dir = opendir(path);
	for (struct dirent *entry; dir && (entry = readdir(dir));) {
		bool told = false;
		char *end;
		long cpu;

		if (strncmp(entry->d_name, "cpu", 3) != 0 || entry->d_name[3] < '0' ||
			entry->d_name[3] > '9')
			continue;
		cpu = strtol(entry->d_name + 3, &end, 10);
		if (*end)
			continue;
		count += is_first(kernel, cpu, "core_cpus_list", text, &told);
		if (!told) /* its name before Linux 5.2 */
			count += is_first(
				kernel, cpu, "thread_siblings_list", text, &told);
	}
	if (dir)
		closedir(dir);
	if (count == 0 &&
		kernel_read(text, KERNEL_TEXT_MAX_BYTES, "%s/cpuinfo", kernel->proc))
		count = cpuinfo_cores(text->data);
	return count;
}
