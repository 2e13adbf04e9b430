/* links: collector/cpu_cores.o collector/metrics_cpu.o collector/kernel.o */
#include "unit.h"

#include "collector/cpu_cores.h"
#include "tree.h"

struct cpu_file {
	const char *name, *text;
};

#define CPU "sys/devices/system/cpu/cpu"

static const struct {
	const char *when;
	struct cpu_file files[6];
	int want;
} machines[] = {
	{ "two cores of two threads",
		{ { CPU "0/topology/core_cpus_list", "0,2\n" },
			{ CPU "1/topology/core_cpus_list", "1,3\n" },
			{ CPU "2/topology/core_cpus_list", "0,2\n" },
			{ CPU "3/topology/core_cpus_list", "1,3\n" } },
		2 },
	{ "siblings as a range, and a number that is missing",
		{ { CPU "0/topology/core_cpus_list", "0-1\n" },
			{ CPU "1/topology/core_cpus_list", "0-1\n" },
			{ CPU "12/topology/core_cpus_list", "12\n" } },
		2 },
	{ "one is offline",
		{ { CPU "0/topology/core_cpus_list", "0\n" }, { CPU "1/online", "0\n" } },
		1 },
	{ "the file's name before Linux 5.2",
		{ { CPU "0/topology/thread_siblings_list", "0-1\n" },
			{ CPU "1/topology/thread_siblings_list", "0-1\n" } },
		1 },
	{ "other directories are none",
		{ { CPU "0/topology/core_cpus_list", "0\n" },
			{ CPU "freq/topology/core_cpus_list", "0\n" },
			{ CPU "0x/topology/core_cpus_list", "0\n" } },
		1 },
	{ "no topology: by package",
		{ { "proc/cpuinfo", "physical id\t: 0\ncpu cores\t: 3\n" },
			{ CPU "0/online", "1\n" } },
		3 },
	{ "no core ids at all",
		{ { "proc/cpuinfo", "processor\t: 0\n" }, { CPU "0/online", "1\n" } },
		0 },
	{ "no /sys", { { "proc/cpuinfo", "physical id: 0\ncpu cores: 2\n" } }, 2 },
};

static void threads_that_are_siblings_are_one_core(void **state)
{
	struct buf text;

	(void)state;
	buf_init(&text, KERNEL_TEXT_MAX_BYTES);
	for (size_t i = 0; i < COUNT(machines); i++) {
		struct tree tree;

		tree_make(&tree);
		for (const struct cpu_file *file = machines[i].files; file->name; file++)
			tree_text(&tree, file->name, file->text);
		check(machines[i].when,
			cpu_cores_count(&tree.kernel, &text) == machines[i].want);
		scratch_remove(tree.dir);
	}
	buf_release(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(threads_that_are_siblings_are_one_core),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
