/* links: collector/collector.a */
#include "unit.h"

#include <math.h>

#include "collector/metrics.h"

#define KB 1024ull

static const struct {
	const char *when;
	const char *text;
	bool ok;
	struct cpu_times want;
} stats[] = {
	{ "Linux 6: guest and guest_nice stand in user and nice already",
		"cpu  10 20 30 40 50 60 70 80 9 5\ncpu0 1 1 1 1 1 1 1 1 0 0\nintr 5\n",
		true, { 10, 20, 30, 40, 50, 60, 70, 80 } },
	{ "as few as the oldest have", "cpu 1 2 3 4\n", true, { 1, 2, 3, 4 } },
	{ "the next line is another's", "cpu 1 2 3 4\ncpu0 5 6 7 8\n", true,
		{ 1, 2, 3, 4 } },
	{ "too few", "cpu  1 2 3\n", false, { 0 } },
	{ "too few before a next line", "cpu  1 2 3\ncpu0 4 5 6\n", false, { 0 } },
	{ "one processor's line", "cpu0 1 2 3 4 5 6 7 8\n", false, { 0 } },
	{ "words", "cpu a b c d\n", false, { 0 } },
	{ "nothing", "", false, { 0 } },
	{ "large numbers", "cpu  18446744073709551615 0 0 1 0 0 0 0 0 0\n", true,
		{ UINT64_MAX, 0, 0, 1 } },
};

static void cpu_times_are_the_first_line(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(stats); i++) {
		struct cpu_times is = { 0 };

		check(stats[i].when, cpu_times_read(stats[i].text, &is) == stats[i].ok);
		check(stats[i].when, memcmp(&is, &stats[i].want, sizeof(is)) == 0);
	}
}

static const struct {
	const char *when;
	struct cpu_times before, after;
	double want; /* negative: unknown */
} samples[] = {
	{ "each part counts", { 0 }, { 10, 10, 10, 30, 10, 10, 10, 10 }, 60 },
	{ "idle", { .user = 5, .idle = 7 }, { .user = 5, .idle = 107 }, 0 },
	{ "waiting for a disk is idle", { 0 }, { .iowait = 9, .user = 1 }, 10 },
	{ "busy", { .idle = 7 }, { .idle = 7, .user = 3 }, 100 },
	{ "stolen time is busy", { 0 }, { .steal = 1, .idle = 3 }, 25 },
	{ "no time passed", { .user = 5 }, { .user = 5 }, -1 },
	{ "time went back", { .user = 9, .idle = 9 }, { .user = 5, .idle = 5 }, -1 },
	{ "iowait went back, as it may", { .iowait = 50 }, { .user = 1, .idle = 1 }, 50 },
};

static void percent_is_busy_of_what_passed(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(samples); i++) {
		double is = cpu_percent(&samples[i].before, &samples[i].after);

		check(samples[i].when, samples[i].want < 0
					       ? isnan(is)
					       : fabs(is - samples[i].want) < 1e-9);
	}
}

static void load_averages_are_three_numbers(void **state)
{
	double load[3] = { 7, 7, 7 };

	(void)state;
	assert_false(load_average_read("0.10 0.20\n", load));
	assert_false(load_average_read("", load));
	assert_true(load[0] == 7 && load[2] == 7);
	assert_true(load_average_read("0.10 1.25 20.50 3/1234 5678\n", load));
	assert_true(load[0] == 0.10 && load[1] == 1.25 && load[2] == 20.50);
}

#define MEMINFO                                                                          \
	"MemTotal:        1000 kB\nMemFree:          100 kB\nMemAvailable:     400 kB\n" \
	"Buffers:           50 kB\nCached:           200 kB\nSwapCached:       999 kB\n" \
	"SwapTotal:        500 kB\nSwapFree:         300 kB\nSReclaimable:      30 kB\n"

static const struct {
	const char *when;
	const char *text;
	bool ok;
	struct memory_metrics want;
} memories[] = {
	{ "a usual one", MEMINFO, true,
		{ 1000 * KB, 400 * KB, 600 * KB, 50 * KB, 230 * KB, 60, 500 * KB,
			200 * KB, 300 * KB, 40 } },
	{ "no swap",
		"MemTotal: 1000 kB\nMemFree: 100 kB\nMemAvailable: 1000 kB\n"
		"SwapTotal: 0 kB\nSwapFree: 0 kB\n",
		true, { 1000 * KB, 1000 * KB } },
	{ "no MemAvailable: free and cached",
		"MemTotal: 1000 kB\nMemFree: 100 kB\n"
		"Cached: 200 kB\nSReclaimable: 30 kB\n",
		true, { 1000 * KB, 300 * KB, 700 * KB, 0, 230 * KB, 70 } },
	{ "more available than there is, as in containers",
		"MemTotal: 1000 kB\nMemFree: 100 kB\nMemAvailable: 5000 kB\n", true,
		{ 1000 * KB, 100 * KB, 900 * KB, 0, 0, 90 } },
	{ "more swap free than there is",
		"MemTotal: 1000 kB\nMemFree: 100 kB\nMemAvailable: 500 kB\n"
		"SwapTotal: 10 kB\nSwapFree: 20 kB\n",
		true,
		{ 1000 * KB, 500 * KB, 500 * KB, 0, 0, 50, 10 * KB, 0, 20 * KB, 0 } },
	{ "no MemTotal", "MemFree: 100 kB\nMemAvailable: 100 kB\n", false, { 0 } },
	{ "no MemFree", "MemTotal: 100 kB\nMemAvailable: 100 kB\n", false, { 0 } },
	{ "a longer name", "MemTotalOdd: 5 kB\nMemFree: 1 kB\n", false, { 0 } },
	{ "a name inside a line", "XMemTotal: 5 kB\nMemFree: 1 kB\n", false, { 0 } },
	{ "nothing", "", false, { 0 } },
	{ "no last newline", "MemFree: 0 kB\nMemTotal: 0 kB", true, { 0 } },
};

static void used_memory_is_total_less_available(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(memories); i++) {
		const struct memory_metrics *want = &memories[i].want;
		struct memory_metrics is = { 0 };
		const char *when = memories[i].when;

		check(when, memory_read(memories[i].text, &is) == memories[i].ok);
		check(when, is.total == want->total && is.available == want->available);
		check(when, is.used == want->used && is.buffers == want->buffers);
		check(when, is.cached == want->cached);
		check(when, fabs(is.percent - want->percent) < 1e-9);
		check(when, is.swap_total == want->swap_total);
		check(when, is.swap_used == want->swap_used);
		check(when, is.swap_free == want->swap_free);
		check(when, fabs(is.swap_percent - want->swap_percent) < 1e-9);
	}
}

static bool is_disk(const char *name)
{
	static const char *const disks[] = { "sda", "sdb", "nvme0n1", "cciss/c0d0",
		"dm-0", "md0", "loop0", "mda" };

	for (size_t i = 0; i < COUNT(disks); i++)
		if (strcmp(disks[i], name) == 0)
			return true;
	return false;
}

#define DISK(name) "   8       0 " name " 1 99 2 3 4 99 5 6 0 7 8\n"

static const struct {
	const char *when;
	const char *text;
	int disks; /* summed; -1: not what is expected */
} diskstats[] = {
	{ "one", DISK("sda"), 1 },
	{ "its partitions are in it", DISK("sda") DISK("sda1") DISK("sda2"), 1 },
	{ "several", DISK("sda") DISK("sdb") DISK("nvme0n1") DISK("nvme0n1p1"), 3 },
	{ "what stands on them is not counted twice",
		DISK("sda") DISK("dm-0") DISK("md0") DISK("loop0"), 1 },
	{ "one with a slash", DISK("cciss/c0d0"), 1 },
	{ "one that only begins as md", DISK("mda"), 1 },
	{ "with discards and flushes, as since 5.5",
		"8 0 sda 1 99 2 3 4 99 5 6 0 7 8 9 9 9 9 9 9\n", 1 },
	{ "no last newline", "8 0 sda 1 99 2 3 4 99 5 6 0 7 8", 1 },
	{ "none", "", 0 },
	{ "a line that is too short", "8 0 sda 1 99 2 3 4 99 5\n", -1 },
	{ "a short one before a whole one", "8 0 sda 1 99 2 3 4 99 5\n" DISK("sdb"), -1 },
	{ "no name", "8 0\n", -1 },
	{ "words", "not a table\n", -1 },
};

static void disk_io_is_summed_over_whole_devices(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(diskstats); i++) {
		struct disk_io_metrics is = { .read_count = 77 };
		const char *when = diskstats[i].when;
		uint64_t n = (uint64_t)diskstats[i].disks;

		check(when, disk_io_read(diskstats[i].text, is_disk, &is) ==
				    (diskstats[i].disks >= 0));
		if (diskstats[i].disks < 0) {
			check(when, is.read_count == 77);
			continue;
		}
		check(when, is.read_count == n * 1 && is.write_count == n * 4);
		check(when, is.read_bytes == n * 2 * 512);
		check(when, is.write_bytes == n * 5 * 512);
		check(when, is.read_time_ms == n * 3 && is.write_time_ms == n * 6);
	}
}

static void stacked_devices_are_known_by_name(void **state)
{
	static const char *const stacked[] = { "dm-0", "dm-12", "md0", "md127", "md_d0",
		"loop7", "ram0", "zram0" };
	static const char *const others[] = { "sda", "sdm", "nvme0n1", "vda", "xvda",
		"mmcblk0", "mda", "dm", "ramdisk", "looper" };

	(void)state;
	for (size_t i = 0; i < COUNT(stacked); i++)
		check(stacked[i], disk_is_stacked(stacked[i]));
	for (size_t i = 0; i < COUNT(others); i++)
		check(others[i], !disk_is_stacked(others[i]));
}

static void disk_percent_is_of_what_users_may_have(void **state)
{
	struct disk_usage usage;

	(void)state;
	disk_usage_of(4096, 1000, 400, 300, &usage);
	assert_int_equal(usage.total, 1000 * 4096);
	assert_int_equal(usage.used, 600 * 4096);
	assert_int_equal(usage.free, 300 * 4096);
	assert_true(fabs(usage.percent - 600.0 / 900 * 100) < 1e-9);
	disk_usage_of(4096, 0, 0, 0, &usage); /* as /proc */
	assert_true(usage.percent == 0);
	disk_usage_of(4096, 10, 20, 0, &usage);
	assert_int_equal(usage.used, 0);
	assert_true(usage.percent == 0);
	disk_usage_of(512, 100, 10, 0, &usage); /* only root could write */
	assert_true(usage.percent == 100);
}

#define NET_HEAD                                         \
	"Inter-|   Receive                |  Transmit\n" \
	" face |bytes    packets errs drop|bytes    packets errs\n"
#define NET(name) name " 1 2 3 4 99 99 99 99 5 6 7 8 99 99 99 99\n"

static const struct {
	const char *when;
	const char *text;
	int interfaces; /* -1: not what is expected */
} networks[] = {
	{ "all count, lo too", NET_HEAD NET("    lo:") NET("  eth0:"), 2 },
	{ "no blank after the colon",
		NET_HEAD "eth0:1 2 3 4 99 99 99 99 5 6 7 8 0 0 0 0\n", 1 },
	{ "an alias with a colon", NET_HEAD NET("eth0:1:"), 1 },
	{ "no last newline", NET_HEAD "lo: 1 2 3 4 99 99 99 99 5 6 7 8 0 0 0 0", 1 },
	{ "none", NET_HEAD, 0 },
	{ "too few numbers", NET_HEAD "lo: 1 2 3 4 99 99 99 99 5 6 7\n", -1 },
	{ "too few before a name of digits",
		NET_HEAD "lo: 1 2 3 4 99 99 99 99 5 6 7\n" NET("8:"), -1 },
	{ "no colon", NET_HEAD NET("lo"), -1 },
	{ "one heading", "Inter-|\n", -1 },
	{ "nothing", "", -1 },
};

static void network_io_is_summed_over_all_interfaces(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(networks); i++) {
		struct network_metrics is = { .errin = 77 };
		const char *when = networks[i].when;
		uint64_t n = (uint64_t)networks[i].interfaces;

		check(when, network_read(networks[i].text, &is) ==
				    (networks[i].interfaces >= 0));
		if (networks[i].interfaces < 0) {
			check(when, is.errin == 77);
			continue;
		}
		check(when, is.bytes_recv == n && is.packets_recv == n * 2);
		check(when, is.errin == n * 3 && is.dropin == n * 4);
		check(when, is.bytes_sent == n * 5 && is.packets_sent == n * 6);
		check(when, is.errout == n * 7 && is.dropout == n * 8);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cpu_times_are_the_first_line),
		cmocka_unit_test(percent_is_busy_of_what_passed),
		cmocka_unit_test(load_averages_are_three_numbers),
		cmocka_unit_test(used_memory_is_total_less_available),
		cmocka_unit_test(disk_io_is_summed_over_whole_devices),
		cmocka_unit_test(stacked_devices_are_known_by_name),
		cmocka_unit_test(disk_percent_is_of_what_users_may_have),
		cmocka_unit_test(network_io_is_summed_over_all_interfaces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
