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
	{ "a field not yet known", "cpu  1 2 3 4 5 6 7 8 9 10 11 12\n", true,
		{ 1, 2, 3, 4, 5, 6, 7, 8 } },
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

static const struct {
	const char *when;
	const char *text;
	int want;
} cpuinfos[] = {
	{ "two packages of two cores of two threads",
		"processor\t: 0\nphysical id\t: 0\ncore id\t\t: 0\ncpu cores\t: 2\n\n"
		"processor\t: 1\nphysical id\t: 0\ncpu cores\t: 2\n\n"
		"processor\t: 2\nphysical id\t: 1\ncpu cores\t: 2\n\n"
		"processor\t: 3\nphysical id\t: 1\ncpu cores\t: 2\n",
		4 },
	{ "without core ids, as on ARM", "processor\t: 0\nBogoMIPS\t: 5\n\n", 0 },
	{ "cores of no package", "processor\t: 0\ncpu cores\t: 2\n\n", 0 },
	{ "a package of the processor before", "physical id\t: 0\n\ncpu cores\t: 2\n\n",
		0 },
	{ "a longer name", "physical idx\t: 0\ncpu coresx\t: 2\n", 0 },
	{ "no colon", "physical id\t0\ncpu cores\t2\n", 0 },
	{ "nothing", "", 0 },
};

static void cores_are_summed_over_packages(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cpuinfos); i++)
		check(cpuinfos[i].when,
			cpuinfo_cores(cpuinfos[i].text) == cpuinfos[i].want);
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
	{ "slabs without files",
		"MemTotal: 10 kB\nMemFree: 1 kB\nMemAvailable: 5 kB\nSReclaimable: 3 kB\n",
		true, { 10 * KB, 5 * KB, 5 * KB, 0, 0, 50 } },
	{ "no last newline", "MemFree: 0 kB\nMemTotal: 0 kB", true, { 0 } },
};

#define ESTIMATE                                                                  \
	"MemTotal: 10000 kB\nMemFree: 1000 kB\nBuffers: 10 kB\nCached: 4000 kB\n" \
	"Active(file): 600 kB\nInactive(file): 200 kB\nSReclaimable: 300 kB\n"

static const struct {
	const char *when;
	const char *text;
	uint64_t low_kb; /* UINT64_MAX: not known */
	uint64_t available_kb;
	bool told;
} estimates[] = {
	{ "little is kept back", ESTIMATE, 100, 1000 - 100 + 700 + 200, false },
	{ "at most half of each", ESTIMATE, 900, 1000 - 900 + 400 + 150, false },
	{ "more is kept back than there is", ESTIMATE, 5000, 0, false },
	{ "zero is not believed", ESTIMATE "MemAvailable: 0 kB\n", 100, 1800, false },
	{ "what is told is", ESTIMATE "MemAvailable: 7 kB\n", 100, 7, true },
	{ "no zones", ESTIMATE, UINT64_MAX, 5000, false },
	{ "more free than there is",
		"MemTotal: 10 kB\nMemFree: 20 kB\nMemAvailable: 30 kB\n", 0, 10, true },
};

static void what_is_available_is_estimated_where_it_is_not_told(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(estimates); i++) {
		struct memory_metrics is;
		uint64_t low = estimates[i].low_kb;

		check(estimates[i].when,
			memory_tells_available(estimates[i].text) == estimates[i].told);
		check(estimates[i].when,
			memory_read(estimates[i].text,
				low == UINT64_MAX ? MEMORY_LOW_UNKNOWN : low * KB, &is));
		check(estimates[i].when, is.available == estimates[i].available_kb * KB);
		check(estimates[i].when, is.used == is.total - is.available);
	}
	assert_int_equal(
		zoneinfo_low_pages(
			"Node 0, zone DMA\n  pages free 39\n        min      5\n"
			"        low      12\n        high 9\n\n"
			"Node 0, zone Normal\n        low      30\n        lowx 4\n"),
		42);
}

static void used_memory_is_total_less_available(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(memories); i++) {
		const struct memory_metrics *want = &memories[i].want;
		struct memory_metrics is = { 0 };
		const char *when = memories[i].when;

		check(when, memory_read(memories[i].text, MEMORY_LOW_UNKNOWN, &is) ==
				    memories[i].ok);
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

#define DISK(name) "   8       0 " name " 1 99 2 3 4 99 5 6 7 8 9\n"

static const struct {
	const char *when;
	const char *text;
	int devices; /* -1: not what is expected */
	bool flushes;
} diskstats[] = {
	{ "one", DISK("sda"), 1, false },
	{ "several", DISK("sda") DISK("sda1") DISK("dm-0"), 3, false },
	{ "one with a slash", DISK("cciss/c0d0"), 1, false },
	{ "with discards, as since 4.18", "8 0 sda 1 99 2 3 4 99 5 6 7 8 9 10 11 12 13\n",
		1, false },
	{ "with flushes, as since 5.5",
		"8 0 sda 1 99 2 3 4 99 5 6 7 8 9 10 11 12 13 14 15\n", 1, true },
	{ "with what is not known yet",
		"8 0 sda 1 99 2 3 4 99 5 6 7 8 9 10 11 12 13 14 15 16 17\n", 1, true },
	{ "no last newline", "8 0 sda 1 99 2 3 4 99 5 6 7 8 9", 1, false },
	{ "none", "", 0, false },
	{ "a line that is too short", "8 0 sda 1 99 2 3 4 99 5\n", -1, false },
	{ "a short one after a whole one", DISK("sdb") "8 0 sda 1 99 2 3 4 99 5\n", -1,
		false },
	{ "a name with a quote", DISK("s\"a"), -1, false },
	{ "a name that leads away", DISK("../sda"), -1, false },
	{ "a name that is too long", DISK("sda4567890123456789012345678901234"), -1,
		false },
	{ "no name", "8 0\n", -1, false },
	{ "words", "not a table\n", -1, false },
};

static void count_device(void *context, const struct disk_device *device)
{
	struct disk_device *last = context;
	unsigned count = last->major;

	*last = *device;
	assert_int_equal(device->major, 8);
	last->major = count + 1;
}

static void a_line_of_diskstats_is_a_device(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(diskstats); i++) {
		struct disk_device is = { 0 };
		const char *when = diskstats[i].when;
		int devices = diskstats[i].devices;

		check(when, disk_devices_read(diskstats[i].text, count_device, &is) ==
				    (devices >= 0));
		check(when, is.major == (unsigned)(devices > 0 ? devices : 0));
		if (devices <= 0)
			continue;
		check(when, is.io.read_count == 1 && is.io.write_count == 4);
		check(when, is.io.read_bytes == 1024 && is.io.write_bytes == 2560);
		check(when, is.io.read_time_ms == 3 && is.io.write_time_ms == 6);
		check(when, is.in_flight == 7 && is.busy_time_ms == 8);
		check(when, is.has_flushes == diskstats[i].flushes);
		if (is.has_flushes)
			check(when, is.flush_count == 14 && is.flush_time_ms == 15);
	}
}

static void a_sum_is_of_each_field(void **state)
{
	struct disk_io_metrics sum = { 1, 2, 3, 4, 5, 6 };
	const struct disk_io_metrics more = { 10, 20, 30, 40, 50, 60 };
	const struct disk_io_metrics want = { 11, 22, 33, 44, 55, 66 };

	(void)state;
	disk_io_add(&sum, &more);
	assert_memory_equal(&sum, &want, sizeof(want));
}

static void rates_are_what_came_since_the_last_sample(void **state)
{
	const struct disk_device before = { .io = { 100, 200, 3000, 4000, 50, 60 },
		.busy_time_ms = 1000,
		.has_flushes = true,
		.flush_count = 5,
		.flush_time_ms = 7 };
	struct disk_device after = { .io = { 120, 200, 7000, 4000, 90, 60 },
		.busy_time_ms = 2500,
		.has_flushes = true,
		.flush_count = 9,
		.flush_time_ms = 17 };
	struct disk_rates is;

	(void)state;
	assert_true(disk_rates_of(&before, &after, 10, &is));
	assert_true(is.interval_s == 10 && is.reads_per_s == 2 && is.writes_per_s == 0);
	assert_true(is.read_bytes_per_s == 400 && is.write_bytes_per_s == 0);
	assert_true(is.read_await_ms == 2 && isnan(is.write_await_ms));
	assert_true(is.flush_await_ms == 2.5 && is.busy_percent == 15);
	assert_true(disk_rates_of(&before, &after, 1, &is));
	assert_true(is.busy_percent == 100); /* the clocks are not the same */
	after.has_flushes = false;
	assert_true(disk_rates_of(&before, &after, 10, &is) && isnan(is.flush_await_ms));
	assert_false(disk_rates_of(&before, &after, 0, &is));
	assert_false(disk_rates_of(&before, &after, -1, &is));
	after.io.read_count = 99; /* another device of this name */
	assert_false(disk_rates_of(&before, &after, 10, &is));
}

static void stacked_devices_are_known_by_name(void **state)
{
	static const char *const stacked[] = { "dm-0", "dm-12", "md0", "md127", "md_d0",
		"loop7", "ram0", "zram0", "zd16", "bcache0", "drbd1" };
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
	{ "numbers not known yet",
		NET_HEAD "lo: 1 2 3 4 99 99 99 99 5 6 7 8 99 99 99 99 99 99\n", 1 },
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
		cmocka_unit_test(cores_are_summed_over_packages),
		cmocka_unit_test(what_is_available_is_estimated_where_it_is_not_told),
		cmocka_unit_test(used_memory_is_total_less_available),
		cmocka_unit_test(a_line_of_diskstats_is_a_device),
		cmocka_unit_test(a_sum_is_of_each_field),
		cmocka_unit_test(rates_are_what_came_since_the_last_sample),
		cmocka_unit_test(stacked_devices_are_known_by_name),
		cmocka_unit_test(disk_percent_is_of_what_users_may_have),
		cmocka_unit_test(network_io_is_summed_over_all_interfaces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
