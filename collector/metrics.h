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

struct memory_metrics {
	uint64_t total, available, used, buffers, cached; /* bytes */
	double percent;
	uint64_t swap_total, swap_used, swap_free;
	double swap_percent;
};

bool memory_read(const char *proc_meminfo, struct memory_metrics *ret);

struct disk_io_metrics {
	uint64_t read_count, write_count, read_bytes, write_bytes;
	uint64_t read_time_ms, write_time_ms;
};

/* Sums the devices that is_disk accepts (by name, as in /sys/block). */
bool disk_io_read(const char *proc_diskstats, bool (*is_disk)(const char *name),
	struct disk_io_metrics *ret);

/* Devices that stand on other devices or on memory: summed, their bytes would count
 * twice. */
bool disk_is_stacked(const char *name);

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
