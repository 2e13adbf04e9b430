/*
 * The machine's numbers from the kernel's texts, by psutil's formulas (7.1 and newer,
 * Linux).
 *
 * The readers are pure: text in, numbers out. False when the text is not what they
 * expect.
 * Formats: proc(5); /proc/diskstats: the kernel's Documentation/admin-guide/iostats.rst.
 */
#ifndef COLLECTOR_METRICS_H
#define COLLECTOR_METRICS_H

#include <stdbool.h>
#include <stdint.h>

/* Ticks since boot, of all processors together. Guests' time is part of user and nice. */
struct cpu_times {
	uint64_t user, nice, system, idle, iowait, irq, softirq, steal;
};

bool cpu_times_read(const char *proc_stat, struct cpu_times *ret);

/* Percent busy between two samples; NaN when nothing passed between them or time went
 * back. */
double cpu_percent(const struct cpu_times *before, const struct cpu_times *after);

bool load_average_read(const char *proc_loadavg, double ret[3]);

/* Cores by "physical id" and "cpu cores", 0 where those are not told: for machines whose
 * /sys has no topology. */
int cpuinfo_cores(const char *proc_cpuinfo);

struct memory_metrics {
	uint64_t total, available, used, buffers, cached; /* bytes */
	double percent;
	uint64_t swap_total, swap_used, swap_free;
	double swap_percent;
};

#define MEMORY_LOW_UNKNOWN UINT64_MAX

/* low_bytes: the zones' low watermarks, needed only where meminfo does not tell what is
 * available. */
bool memory_read(
	const char *proc_meminfo, uint64_t low_bytes, struct memory_metrics *ret);
bool memory_tells_available(const char *proc_meminfo);
uint64_t zoneinfo_low_pages(const char *proc_zoneinfo);

struct disk_io_metrics {
	uint64_t read_count, write_count, read_bytes, write_bytes;
	uint64_t read_time_ms, write_time_ms;
};

#define DISK_NAME_SIZE 32 /* DISK_NAME_LEN of the kernel */

/* A line of /proc/diskstats. */
struct disk_device {
	char name[DISK_NAME_SIZE];
	unsigned major, minor;
	struct disk_io_metrics io;
	uint64_t in_flight, busy_time_ms;
	uint64_t flush_count, flush_time_ms;
	bool has_flushes; /* since Linux 5.5 */
};

/* Calls each() for every line; for none when one is not what is expected. */
bool disk_devices_read(const char *proc_diskstats,
	void (*each)(void *context, const struct disk_device *device), void *context);

void disk_io_add(struct disk_io_metrics *sum, const struct disk_io_metrics *io);

/* Devices that stand on other devices or on memory, by name: summed, their bytes would
 * count twice. */
bool disk_is_stacked(const char *name);

/* Between two samples. await: of one request, NaN when there was none. */
struct disk_rates {
	double interval_s;
	double reads_per_s, writes_per_s, read_bytes_per_s, write_bytes_per_s;
	double read_await_ms, write_await_ms, flush_await_ms;
	double busy_percent;
};

/* False when no time passed or the counters began anew. */
bool disk_rates_of(const struct disk_device *before, const struct disk_device *after,
	double elapsed_s, struct disk_rates *ret);

struct disk_usage {
	uint64_t total, used, free; /* bytes; free: for users other than root */
	double percent;
};

/* From the numbers of statvfs(3). */
void disk_usage_of(uint64_t block_bytes, uint64_t blocks, uint64_t blocks_free,
	uint64_t blocks_available, struct disk_usage *ret);

struct network_metrics {
	uint64_t bytes_sent, bytes_recv, packets_sent, packets_recv;
	uint64_t errin, errout, dropin, dropout;
};

/* Sums all interfaces. */
bool network_read(const char *proc_net_dev, struct network_metrics *ret);

#endif
