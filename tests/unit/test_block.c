/* links: collector/block.o collector/disks.o collector/storage.o collector/mounts.o collector/metrics_disk.o collector/kernel.o */
#include "unit.h"

#include <math.h>
#include <sys/sysmacros.h>

#include "collector/disks.h"
#include "tree.h"

/* A device, with its number in /sys/dev/block where that is not 0. */
static void add_block(const struct tree *tree, const char *place, int minor_of)
{
	const char *name = strrchr(place, '/') + 1;
	char path[200], to[200];

	snprintf(path, sizeof(path), "sys/devices/%s/stat", place);
	tree_text(tree, path, "0\n");
	snprintf(path, sizeof(path), "sys/class/block/%s", name);
	snprintf(to, sizeof(to), "../../devices/%s", place);
	tree_link(tree, path, to);
	if (strncmp(name, "sda1", 4) != 0 && strncmp(name, "nvme0n1p", 8) != 0) {
		snprintf(path, sizeof(path), "sys/block/%s", name);
		snprintf(to, sizeof(to), "../devices/%s", place);
		tree_link(tree, path, to);
	} else {
		snprintf(path, sizeof(path), "sys/devices/%s/partition", place);
		tree_text(tree, path, "1\n");
	}
	if (minor_of) {
		snprintf(path, sizeof(path), "sys/dev/block/8:%d", minor_of);
		snprintf(to, sizeof(to), "../../devices/%s", place);
		tree_link(tree, path, to);
	}
}

static void add_slave(const struct tree *tree, const char *place, const char *slave)
{
	char path[200];

	snprintf(path, sizeof(path), "sys/devices/%s/slaves/%s", place, slave);
	tree_link(tree, path, "anywhere");
}

static void make_machine(struct tree *tree)
{
	char path[PATH_MAX];

	tree_make(tree);
	add_block(tree, "pci/sda", 1);
	add_block(tree, "pci/sda/sda1", 2);
	add_block(tree, "pci/sdb", 3);
	add_block(tree, "pci/cciss!c0d0", 4);
	add_block(tree, "virtual/dm-0", 5); /* on md0 and sda1 */
	add_block(tree, "virtual/md0", 6);  /* on sdb and cciss/c0d0 */
	add_block(tree, "virtual/dm-1", 7); /* on itself, which can't be */
	add_block(tree, "virtual/zram0", 8);
	add_block(tree, "virtual/loop0", 9); /* not in use */
	add_block(tree, "virtual/nvme0n1", 10);
	add_block(tree, "virtual/nvme0n1/nvme0n1p2", 11);
	add_block(tree, "pci/nvme0c0n1", 0);
	add_block(tree, "pci/nvme0c1n1", 0);
	add_block(tree, "pci/nvme0n2", 12);
	add_block(tree, "pci/nvme1c0n1", 0);
	add_block(tree, "virtual/odd0", 13); /* a name of none, but it has slaves */
	add_slave(tree, "virtual/dm-0", "md0");
	add_slave(tree, "virtual/dm-0", "sda1");
	add_slave(tree, "virtual/md0", "sdb");
	add_slave(tree, "virtual/md0", "cciss!c0d0");
	add_slave(tree, "virtual/dm-1", "dm-1");
	add_slave(tree, "virtual/odd0", "sdb");
	mkdir(tree_path(tree, "sys/devices/pci/sdb/slaves", path), 0700);
	tree_text(tree, "sys/fs/btrfs/features/x", "1\n");
	tree_text(tree, "sys/fs/btrfs/11-22/devices/sdb", "1\n");
	tree_text(tree, "sys/fs/btrfs/11-22/devices/sda1", "1\n");
}

static const struct {
	const char *name;
	const char *disks; /* sorted */
	bool is_disk;
} devices[] = {
	{ "sda", "sda", true },
	{ "sda1", "sda", false },
	{ "sdb", "sdb", true },
	{ "cciss/c0d0", "cciss/c0d0", true },
	{ "md0", "cciss/c0d0 sdb", false },
	{ "dm-0", "cciss/c0d0 sda sdb", false },
	{ "dm-1", "", false },
	{ "zram0", "", false },
	{ "loop0", "", false },
	{ "nvme0n1", "nvme0c0n1 nvme0c1n1", false },
	{ "nvme0n1p2", "nvme0c0n1 nvme0c1n1", false },
	{ "nvme0c0n1", "nvme0c0n1", true },
	{ "nvme0n2", "nvme0n2", true },
	{ "odd0", "sdb", false },
	{ "..", "", false },
	{ "", "", false },
};

static int compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void a_device_leads_down_to_its_disks_each_once(void **state)
{
	struct tree tree;

	(void)state;
	make_machine(&tree);
	for (size_t i = 0; i < COUNT(devices); i++) {
		struct block_disks is = { .count = 0 };
		char names[200] = "";

		block_find_disks(&tree.kernel, devices[i].name, &is);
		qsort(is.names, is.count, sizeof(is.names[0]), compare);
		for (size_t k = 0; k < is.count; k++) {
			strcat(names, k ? " " : "");
			strcat(names, is.names[k]);
		}
		check_string(devices[i].name, names, devices[i].disks);
		check(devices[i].name, block_is_disk(&tree.kernel, devices[i].name) ==
					       devices[i].is_disk);
	}
	scratch_remove(tree.dir);
}

static void a_device_is_named_by_its_number(void **state)
{
	struct block_disks disks = { .count = 0 };
	char name[DISK_NAME_SIZE];
	struct tree tree;

	(void)state;
	make_machine(&tree);
	assert_true(block_name(&tree.kernel, 8, 2, name));
	assert_string_equal(name, "sda1");
	assert_true(block_name(&tree.kernel, 8, 4, name));
	assert_string_equal(name, "cciss/c0d0");
	assert_false(block_name(&tree.kernel, 0, 21, name));
	assert_true(block_find_btrfs(&tree.kernel, "sda1", &disks));
	assert_int_equal(disks.count, 2);
	assert_false(block_find_btrfs(&tree.kernel, "cciss/c0d0", &disks));
	assert_int_equal(disks.count, 2);
	scratch_remove(tree.dir);
}

static void a_loop_device_stands_on_its_files_disk(void **state)
{
	struct block_disks disks = { .count = 0 };
	char file[PATH_MAX], number[100];
	struct tree tree;
	struct stat st;

	(void)state;
	make_machine(&tree);
	tree_text(&tree, "image", "x");
	snprintf(file, sizeof(file), "%s/image\n", tree.dir);
	tree_text(&tree, "sys/devices/virtual/loop0/loop/backing_file", file);
	assert_int_equal(stat(tree.dir, &st), 0);
	snprintf(number, sizeof(number), "sys/dev/block/%u:%u", major(st.st_dev),
		minor(st.st_dev));
	tree_link(&tree, number, "../../devices/pci/sda/sda1");
	block_find_disks(&tree.kernel, "loop0", &disks);
	assert_int_equal(disks.count, 1);
	assert_string_equal(disks.names[0], "sda");
	tree_text(&tree, "sys/devices/virtual/loop0/loop/backing_file",
		"/absent (deleted)\n");
	disks.count = 0;
	block_find_disks(&tree.kernel, "loop0", &disks);
	assert_int_equal(disks.count, 0);
	scratch_remove(tree.dir);
}

#define LINE(name, reads) "8 1 " name " " reads " 0 0 0 0 0 0 0 0 0 0\n"

static void the_sum_counts_every_byte_once(void **state)
{
	struct disks disks;
	struct disk_io_metrics sum = { 77 };
	struct tree tree;
	struct buf text;

	(void)state;
	make_machine(&tree);
	buf_init(&text, KERNEL_TEXT_MAX_BYTES);
	assert_false(disks_take(&tree.kernel, &text, &disks, &sum));
	assert_int_equal(sum.read_count, 77);
	tree_text(&tree, "proc/diskstats",
		LINE("sda", "1") LINE("sda1", "10") LINE("sdb", "2") LINE("md0", "20")
			LINE("dm-0", "40") LINE("loop0", "80") LINE("nvme0n1", "100")
				LINE("nvme0c0n1", "4") LINE("nvme0n2", "0")
					LINE("odd0", "200") LINE("cciss/c0d0", "8"));
	assert_true(disks_take(&tree.kernel, &text, &disks, &sum));
	assert_int_equal(sum.read_count, 1 + 2 + 4 + 8);
	assert_int_equal(disks.count, 4); /* without what was never used */
	assert_non_null(disks_get(&disks, "cciss/c0d0"));
	assert_null(disks_get(&disks, "nvme0n2"));
	tree_text(&tree, "proc/diskstats", "odd\n");
	assert_false(disks_take(&tree.kernel, &text, &disks, &sum));
	buf_release(&text);
	scratch_remove(tree.dir);
}

static void a_disk_has_its_rates_and_who_uses_it(void **state)
{
	static const struct storage storage = { .count = 3,
		.places = { { .use = "data_directory", .disks = { { "sda" }, 1 } },
			{ .use = "log", .disks = { { "sdb", "sda" }, 2 } },
			{ .use = "log", .disks = { { "sda" }, 1 } } } };
	static const struct disks now = { .count = 1,
		.list = { { .name = "sda",
			.io = { 20, 40, 6000, 8000, 30, 60 },
			.busy_time_ms = 1500,
			.in_flight = 3 } } };
	static const struct disks before = { .count = 1,
		.list = { { .name = "sda",
			.io = { 10, 20, 1000, 2000, 10, 20 },
			.busy_time_ms = 500 } } };
	static const char counters[] =
		"{\"disk_devices\":{\"sda\":{\"read_count\":20,\"write_count\":40,"
		"\"read_bytes\":6000,\"write_bytes\":8000,\"read_time_ms\":30,"
		"\"write_time_ms\":60,\"flush_count\":null,\"flush_time_ms\":null,"
		"\"busy_time_ms\":1500,\"in_flight\":3,";
	static const char *const rates[] = {
		"\"interval_s\":10.000,\"reads_per_s\":1.0,\"writes_per_s\":2.0,"
		"\"read_bytes_per_s\":500,\"write_bytes_per_s\":600,"
		"\"read_await_ms\":2.000,\"write_await_ms\":2.000,"
		"\"flush_await_ms\":null,\"busy_percent\":10.0,",
		"\"interval_s\":null,\"reads_per_s\":null,\"writes_per_s\":null,"
		"\"read_bytes_per_s\":null,\"write_bytes_per_s\":null,"
		"\"read_await_ms\":null,\"write_await_ms\":null,"
		"\"flush_await_ms\":null,\"busy_percent\":null,",
	};

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct json json;
		struct buf out;
		char want[2000];

		buf_init(&out, 65536);
		json_begin(&json, &out);
		json_object(&json);
		disks_write(&json, &now, i ? NULL : &before, 10, &storage);
		json_end(&json);
		snprintf(want, sizeof(want),
			"%s%s\"used_by\":[\"data_directory\",\"log\"]}}}", counters,
			rates[i]);
		assert_string_equal(out.data, want);
		buf_release(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_device_leads_down_to_its_disks_each_once),
		cmocka_unit_test(a_device_is_named_by_its_number),
		cmocka_unit_test(a_loop_device_stands_on_its_files_disk),
		cmocka_unit_test(the_sum_counts_every_byte_once),
		cmocka_unit_test(a_disk_has_its_rates_and_who_uses_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
