/* links: collector/metrics_cpu.o collector/metrics_memory.o collector/metrics_disk.o collector/metrics_network.o collector/kernel.o collector/mounts.o collector/pressure.o collector/cgroup.o collector/process.o collector/postmaster.o */
/*
 * The readers of /proc and /sys: whatever the text, numbers that go together. The input: a byte that
 * picks the reader, then the text.
 */
#include "fuzz.h"

#include <math.h>

#include "collector/cgroup.h"
#include "collector/metrics.h"
#include "collector/mounts.h"
#include "collector/postmaster.h"
#include "collector/pressure.h"
#include "collector/process.h"

static void each_disk(void *context, const struct disk_device *device)
{
	struct disk_io_metrics *sum = context;
	size_t len = strlen(device->name);

	must(len > 0 && len < DISK_NAME_SIZE);
	must(!strchr(device->name, '"') && !strstr(device->name, "\\"));
	must(device->name[0] != '.' && device->name[0] != '/');
	disk_io_add(sum, &device->io);
}

static void numbers(const char *text)
{
	struct cpu_times times, none = { 0 };
	struct memory_metrics memory;
	struct disk_io_metrics sum = { 0 };
	struct network_metrics network;
	double load[3], percent;

	if (cpu_times_read(text, &times)) {
		percent = cpu_percent(&none, &times);
		must(isnan(percent) || (percent >= 0 && percent <= 100));
	}
	load_average_read(text, load);
	must(cpuinfo_cores(text) >= 0);
	for (uint64_t low = 0; low < 2; low++)
		if (memory_read(text, low ? MEMORY_LOW_UNKNOWN : 4096, &memory)) {
			must(memory.available <= memory.total);
			must(memory.used == memory.total - memory.available);
			must(memory.percent >= 0 && memory.percent <= 100);
			must(memory.swap_percent >= 0 && memory.swap_percent <= 100);
		}
	zoneinfo_low_pages(text);
	disk_devices_read(text, each_disk, &sum);
	network_read(text, &network);
}

static void mounts(const char *text)
{
	static const char *const paths[] = { "/", "/a", "/a/b c", "" };
	struct mount mount;

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		if (mount_of_path(text, paths[i], &mount)) {
			must(strlen(mount.point) < sizeof(mount.point));
			must(strncmp(mount.point, paths[i], strlen(mount.point)) == 0);
		}
	mount_of_device(text, 8, 1, &mount);
	mount_of_type(text, "cgroup2", &mount);
}

static void groups(const char *text)
{
	struct pressure_file pressure;
	double cores;
	char path[32];

	if (pressure_read(text, &pressure))
		must(pressure.some.known || pressure.full.known);
	if (cgroup_path_read(text, path, sizeof(path)))
		must(path[0] == '/' && !strstr(path, "/.."));
	if (cgroup_cpu_max_read(text, &cores))
		must(cores >= 0);
}

static void processes(const char *text, size_t len)
{
	struct process_stat stat;
	struct process_arguments arguments;
	uint64_t own, shared;
	int port;

	if (process_stat_read(text, &stat))
		must(stat.pid >= 0 && stat.ppid >= 0);
	process_memory_read(text, &own, &shared);
	process_arguments_read(text, len, &arguments);
	must(arguments.port >= 0 && arguments.port < 65536);
	must(!*arguments.data_directory || *arguments.data_directory == '/');
	process_is_session(text, len, "user", "database");
	port = postmaster_pid_port(text, 1);
	must(port >= 0 && port < 65536);
	postmaster_local_port(text, text);
	must(postmaster_local_port(NULL, text) < 65536);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *text;

	if (len == 0)
		return 0;
	/* As kernel_read() gives it: NUL after the end, and none or any before. */
	text = malloc(len);
	must(text);
	memcpy(text, data + 1, len - 1);
	text[len - 1] = '\0';
	switch (data[0] % 4) {
	case 0:
		numbers(text);
		break;
	case 1:
		mounts(text);
		break;
	case 2:
		groups(text);
		break;
	default:
		processes(text, len - 1);
	}
	free(text);
	return 0;
}
