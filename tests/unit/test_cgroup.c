/* links: collector/cgroup.o collector/mounts.o collector/pressure.o collector/kernel.o */
#include "unit.h"

#include <math.h>

#include "collector/cgroup.h"
#include "tree.h"

static const struct {
	const char *text, *path; /* NULL: none */
} paths[] = {
	{ "0::/system.slice/postgresql@15-main.service\n",
		"/system.slice/postgresql@15-main.service" },
	{ "12:cpu:/x\n1:name=systemd:/y\n0::/z\n", "/z" },
	{ "0::/", "/" },
	{ "0::/../other\n", NULL },
	{ "9:memory:/x\n", NULL },
	{ "10::/x\n", NULL },
	{ "0::\n", NULL },
	{ "", NULL },
};

static void the_path_is_that_of_the_unified_hierarchy(void **state)
{
	char is[64];

	(void)state;
	for (size_t i = 0; i < COUNT(paths); i++) {
		check(paths[i].text, cgroup_path_read(paths[i].text, is, sizeof(is)) ==
					     (paths[i].path != NULL));
		if (paths[i].path)
			check_string(paths[i].text, is, paths[i].path);
	}
	assert_false(cgroup_path_read("0::/longer\n", is, 7));
}

static void a_quota_is_a_number_of_cores(void **state)
{
	double cores = 7;

	(void)state;
	assert_false(cgroup_cpu_max_read("max 100000\n", &cores));
	assert_false(cgroup_cpu_max_read("150000\n", &cores));
	assert_false(cgroup_cpu_max_read("150000 0\n", &cores));
	assert_false(cgroup_cpu_max_read("", &cores));
	assert_true(cores == 7);
	assert_true(cgroup_cpu_max_read("150000 100000\n", &cores));
	assert_true(cores == 1.5);
}

#define DB "cg/system.slice/db.service/"

static void make_group(const struct tree *tree)
{
	tree_text(tree, "proc/77/cgroup", "0::/system.slice/db.service\n");
	tree_text(tree, "cg/cgroup.controllers", "cpu io memory pids\n");
	tree_text(tree, "cg/system.slice/memory.max", "9000\n");
	tree_text(tree, "cg/system.slice/memory.high", "max\n");
	tree_text(tree, "cg/system.slice/cpu.max", "50000 100000\n");
	tree_text(tree, "cg/system.slice/pids.max", "200\n");
	tree_text(tree, DB "memory.max", "max\n");
	tree_text(tree, DB "memory.high", "7000\n");
	tree_text(tree, DB "memory.current", "5000\n");
	tree_text(tree, DB "memory.swap.max", "0\n");
	tree_text(tree, DB "memory.events",
		"low 0\nhigh 1\nmax 2\noom 3\noom_kill 4\noom_group_kill 9\n");
	tree_text(tree, DB "cpu.max", "150000 100000\n");
	tree_text(tree, DB "cpu.stat",
		"usage_usec 12345678\nuser_usec 1\nnr_periods 6\nnr_throttled 7\n"
		"throttled_usec 8999\n");
	tree_text(tree, DB "pids.current", "12\n");
	tree_text(tree, DB "pids.max", "100\n");
	tree_text(tree, DB "io.pressure", "some avg10=1 avg60=2 avg300=3 total=4000\n");
}

static void check_group(const struct tree *tree, const char *mountinfo, const char *want)
{
	struct cgroup cgroup;
	struct buf out, text;
	struct json json;
	bool ok;

	buf_init(&out, 65536);
	buf_init(&text, 65536);
	ok = cgroup_take(&tree->kernel, mountinfo, 77, &text, &cgroup);
	assert_int_equal(ok, want != NULL);
	if (want) {
		json_begin(&json, &out);
		json_object(&json);
		cgroup_write(&json, &cgroup);
		json_end(&json);
		assert_string_equal(out.data, want);
	}
	buf_release(&text);
	buf_release(&out);
}

static void a_limit_is_the_smallest_on_the_way_up(void **state)
{
	char mounts[200], part[200];
	struct tree tree;

	(void)state;
	tree_make(&tree);
	make_group(&tree);
	snprintf(mounts, sizeof(mounts), "1 1 0:29 / %s/cg rw - cgroup2 none rw\n",
		tree.dir);
	check_group(&tree, mounts,
		"{\"cgroup\":{\"path\":\"/system.slice/db.service\",\"memory\":{"
		"\"current\":5000,\"max\":9000,\"high\":7000,\"swap_current\":null,"
		"\"swap_max\":0,\"events\":{\"high\":1,\"max\":2,\"oom\":3,"
		"\"oom_kill\":4}},\"cpu\":{\"max_cores\":0.50,\"usage_ms\":12345,"
		"\"nr_periods\":6,\"nr_throttled\":7,\"throttled_ms\":8},"
		"\"pids\":{\"current\":12,\"max\":100},\"pressure\":{\"io\":{\"some\":{"
		"\"avg10\":1.0,\"avg60\":2.0,\"avg300\":3.0,\"total_ms\":4}}}}}");

	/* Of a part that is mounted, the limits above it can't be seen. */
	tree_text(&tree, "cg/system.slice/cgroup.controllers", "memory\n");
	snprintf(part, sizeof(part),
		"1 1 0:29 /system.slice %s/cg/system.slice rw - cgroup2 none rw\n",
		tree.dir);
	tree_text(&tree, "cg/memory.max", "1\n");
	check_group(&tree, part,
		"{\"cgroup\":{\"path\":\"/system.slice/db.service\",\"memory\":{"
		"\"current\":5000,\"max\":9000,\"high\":7000,\"swap_current\":null,"
		"\"swap_max\":0,\"events\":{\"high\":1,\"max\":2,\"oom\":3,"
		"\"oom_kill\":4}},\"cpu\":{\"max_cores\":0.50,\"usage_ms\":12345,"
		"\"nr_periods\":6,\"nr_throttled\":7,\"throttled_ms\":8},"
		"\"pids\":{\"current\":12,\"max\":100},\"pressure\":{\"io\":{\"some\":{"
		"\"avg10\":1.0,\"avg60\":2.0,\"avg300\":3.0,\"total_ms\":4}}}}}");
	snprintf(part, sizeof(part), "1 1 0:29 /other %s/cg rw - cgroup2 none rw\n",
		tree.dir);
	check_group(&tree, part, NULL);

	/* The root has no files of use; nothing is said where v1 has the controllers. */
	tree_text(&tree, "proc/77/cgroup", "1:memory:/x\n0::/\n");
	tree_text(&tree, "cg/cgroup.controllers", "\n");
	check_group(&tree, mounts, NULL);
	tree_text(&tree, "cg/cgroup.controllers", "hugetlb cpuset\n");
	check_group(&tree, mounts, NULL);
	check_group(&tree, "1 1 0:29 / /sys/fs/cgroup rw - cgroup none rw\n", NULL);
	scratch_remove(tree.dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_path_is_that_of_the_unified_hierarchy),
		cmocka_unit_test(a_quota_is_a_number_of_cores),
		cmocka_unit_test(a_limit_is_the_smallest_on_the_way_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
