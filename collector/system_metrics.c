#include "system_metrics.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "clock.h"
#include "cpu_cores.h"
#include "source.h"

const char *const system_metrics_paths[DISK_PATHS] = { "/var/lib/postgresql",
	"/var/log/postgresql", "/" };

const struct source source_system_metrics = { .name = "system_metrics" };

static void complain(struct machine *machine, const char *path)
{
	size_t len = strlen(machine->trouble);

	snprintf(machine->trouble + len, sizeof(machine->trouble) - len, "%s%s",
		len ? ", " : "can't read ", path);
}

static void take_cpu(const struct kernel *kernel, struct machine *machine,
	const struct cpu_sample *last, struct buf *text)
{
	struct cpu_sample *sample = &machine->sample;

	machine->cpu_percent = NAN;
	if (kernel_read(text, KERNEL_SHORT, "%s/sys/kernel/random/boot_id", kernel->proc))
		snprintf(sample->boot_id, sizeof(sample->boot_id), "%.36s", text->data);
	if (!kernel_read(text, KERNEL_SHORT, "%s/stat", kernel->proc) ||
		!cpu_times_read(text->data, &sample->times)) {
		complain(machine, "/proc/stat");
		sample->boot_id[0] = '\0';
	}
	machine->same_boot =
		*sample->boot_id && strcmp(sample->boot_id, last->boot_id) == 0;
	if (machine->same_boot)
		machine->cpu_percent = cpu_percent(&last->times, &sample->times);
	machine->has_load = kernel_read(text, KERNEL_SHORT, "%s/loadavg", kernel->proc) &&
			    load_average_read(text->data, machine->load);
	if (!machine->has_load)
		complain(machine, "/proc/loadavg");
	machine->processors = (int)sysconf(_SC_NPROCESSORS_ONLN);
	machine->cores = cpu_cores_count(kernel, text);
}

static void take_memory(
	const struct kernel *kernel, struct machine *machine, struct buf *text)
{
	uint64_t low_bytes = MEMORY_LOW_UNKNOWN;
	struct buf zones;

	if (!kernel_read(text, KERNEL_TEXT_MAX_BYTES, "%s/meminfo", kernel->proc)) {
		complain(machine, "/proc/meminfo");
		return;
	}
	buf_init(&zones, KERNEL_TEXT_MAX_BYTES);
	if (!memory_tells_available(text->data) &&
		kernel_read(&zones, KERNEL_TEXT_MAX_BYTES, "%s/zoneinfo", kernel->proc))
		low_bytes =
			zoneinfo_low_pages(zones.data) * (uint64_t)sysconf(_SC_PAGESIZE);
	buf_release(&zones);
	machine->has_memory = memory_read(text->data, low_bytes, &machine->memory);
	if (!machine->has_memory)
		complain(machine, "/proc/meminfo");
}

static void take_io(
	const struct kernel *kernel, struct machine *machine, struct buf *text)
{
	machine->has_disk_io =
		disks_take(kernel, text, &machine->now.disks, &machine->disk_io);
	if (!machine->has_disk_io)
		complain(machine, "/proc/diskstats");
	machine->has_network =
		kernel_read(text, KERNEL_TEXT_MAX_BYTES, "%s/net/dev", kernel->proc) &&
		network_read(text->data, &machine->network);
	if (!machine->has_network)
		complain(machine, "/proc/net/dev");
}

static void take_usage(struct machine *machine)
{
	for (int i = 0; i < DISK_PATHS; i++) {
		struct statvfs fs;

		if (statvfs(system_metrics_paths[i], &fs) < 0)
			continue;
		disk_usage_of(fs.f_frsize, fs.f_blocks, fs.f_bfree, fs.f_bavail,
			&machine->usage[i]);
		machine->has_usage[i] = true;
	}
}

/* Of all processors, as cpu_percent. */
static double server_percent(const struct machine *machine)
{
	const struct machine_sample *then = machine->before, *now = &machine->now;
	double elapsed_s = now->at_s - then->at_s, percent;

	if (!machine->same_boot || then->at_s <= 0 || elapsed_s <= 0 || !then->ticks ||
		!now->ticks || then->postmaster.pid != now->postmaster.pid ||
		then->postmaster.started != now->postmaster.started ||
		machine->processors <= 0)
		return NAN;
	percent = now->ticks > then->ticks ? (double)(now->ticks - then->ticks) : 0;
	percent *= 100 / (double)sysconf(_SC_CLK_TCK) / elapsed_s / machine->processors;
	return percent < 100 ? percent : 100;
}

/* None of it is worth an error: kernels, rights and places differ. */
static void take_server(const struct kernel *kernel, const struct machine_scope *scope,
	struct machine *machine, struct buf *text)
{
	struct postmaster *postmaster = &machine->postmaster;
	const struct machine_sample *before = machine->before;
	struct buf mountinfo;

	pressure_take(text, kernel, &machine->pressure);
	buf_init(&mountinfo, KERNEL_TEXT_MAX_BYTES);
	if (!kernel_read(
		    &mountinfo, KERNEL_TEXT_MAX_BYTES, "%s/self/mountinfo", kernel->proc))
		buf_addc(&mountinfo, '\0');
	machine->has_postmaster = postmaster_find(
		kernel, scope->port, &before->postmaster, text, postmaster);
	if (machine->has_postmaster && mountinfo.data) {
		postmaster_take(kernel, text, postmaster);
		machine->now.postmaster = postmaster->id;
		machine->now.ticks = postmaster->ticks;
		if (before->postmaster.port == postmaster->id.port)
			strcpy(machine->now.tablespaces, before->tablespaces);
		storage_add_cluster(&machine->storage, kernel, mountinfo.data, postmaster,
			machine->now.tablespaces);
		machine->has_cgroup = cgroup_take(kernel, mountinfo.data,
			postmaster->id.pid, text, &machine->cgroup);
	}
	machine->server_percent = server_percent(machine);
	if (mountinfo.data) {
		storage_add_logs(
			&machine->storage, kernel, mountinfo.data, scope->log_path);
		storage_add(&machine->storage, kernel, mountinfo.data, "spool",
			scope->spool_path);
	}
	buf_release(&mountinfo);
}

void system_metrics_take(const struct machine_scope *scope, const struct cpu_sample *last,
	const struct machine_sample *before, const struct json_node *last_run,
	struct machine *ret)
{
	const struct kernel *kernel = &kernel_here;
	struct buf text;

	*ret = (struct machine){ .last_run = last_run, .before = before };
	buf_init(&text, KERNEL_TEXT_MAX_BYTES);
	ret->now.at_s = clock_s();
	take_cpu(kernel, ret, last, &text);
	take_memory(kernel, ret, &text);
	take_io(kernel, ret, &text);
	take_usage(ret);
	take_server(kernel, scope, ret, &text);
	buf_release(&text);
}
