/* links: collector/postmaster.o collector/process.o collector/kernel.o */
#include "unit.h"

#include "collector/postmaster.h"
#include "tree.h"

static const struct {
	const char *host, *port;
	int want;
} addresses[] = {
	{ NULL, "5432", 5432 },
	{ "", "5432", 5432 },
	{ "/var/run/postgresql", "5433", 5433 },
	{ "@abstract", "5432", 5432 },
	{ "localhost", "5432", 5432 },
	{ "127.0.0.1", "5432,5433", 5432 },
	{ "::1", "5432", 5432 },
	{ "localhost,db2", "5432", 5432 },
	{ "db2,localhost", "5432", 0 },
	{ "localhost.example.com", "5432", 0 },
	{ "10.0.0.1", "5432", 0 },
	{ "localhost", NULL, 0 },
	{ "localhost", "", 0 },
	{ "localhost", "99999", 0 },
};

static void a_server_is_here_when_its_address_says_so(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(addresses); i++)
		check(addresses[i].host ? addresses[i].host : "NULL",
			postmaster_local_port(addresses[i].host, addresses[i].port) ==
				addresses[i].want);
}

static const struct {
	const char *when;
	int ports[3]; /* of so many candidates, -1 ends */
	int want;     /* place, -1 for none */
} choices[] = {
	{ "none there", { -1 }, -1 },
	{ "the one of that port", { 5432, 5433, -1 }, 1 },
	{ "it wins over an unknown one", { 0, 5433, -1 }, 1 },
	{ "the only unknown one", { 5432, 0, -1 }, 1 },
	{ "the only one at all", { 0, -1 }, 0 },
	{ "two unknown ones: no guess", { 0, 0, -1 }, -1 },
	{ "two of the same port: no guess", { 5433, 5433, -1 }, -1 },
	{ "another port", { 5432, -1 }, -1 },
};

static void the_postmaster_is_chosen_by_port_and_never_guessed(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(choices); i++) {
		struct postmaster_candidate candidates[3];
		const struct postmaster_candidate *is;
		size_t count = 0;

		for (; count < 3 && choices[i].ports[count] >= 0; count++)
			candidates[count].port = choices[i].ports[count];
		is = postmaster_choose(candidates, count, 5433);
		check(choices[i].when,
			choices[i].want < 0 ? !is : is == &candidates[choices[i].want]);
	}
}

static void the_port_stands_in_the_fourth_line_of_postmaster_pid(void **state)
{
	(void)state;
	assert_int_equal(postmaster_pid_port("77\n/data\n1700\n5433\n/tmp\n", 77), 5433);
	assert_int_equal(postmaster_pid_port("77\n/data\n1700\n5433", 77), 5433);
	assert_int_equal(postmaster_pid_port("78\n/data\n1700\n5433\n", 77), 0);
	assert_int_equal(postmaster_pid_port("77\n/data\n1700\n", 77), 0);
	assert_int_equal(postmaster_pid_port("77\n/data\n1700\nx\n", 77), 0);
	assert_int_equal(postmaster_pid_port("77\n/data\n1700\n99999\n", 77), 0);
	assert_int_equal(postmaster_pid_port("", 77), 0);
}

static void add_process(const struct tree *tree, int pid, int ppid, const char *name,
	int ticks, const char *cmdline)
{
	char path[64], text[300];

	snprintf(path, sizeof(path), "proc/%d/stat", pid);
	snprintf(text, sizeof(text),
		"%d (%s) S %d 1 1 0 -1 0 1 2 3 4 %d 1 0 0 20 0 1 0 %d 9 9\n", pid, name,
		ppid, ticks - 1, 1000 + pid);
	tree_text(tree, path, text);
	snprintf(path, sizeof(path), "proc/%d/statm", pid);
	snprintf(text, sizeof(text), "999 %d %d 1 0 1 0\n", 2 * pid, pid);
	tree_text(tree, path, text);
	snprintf(path, sizeof(path), "proc/%d/cmdline", pid);
	tree_add(tree, path, cmdline, strlen(cmdline) + 1);
}

static void make_servers(const struct tree *tree)
{
	add_process(tree, 1, 0, "systemd", 7, "init");
	add_process(tree, 20, 1, "postgres", 100, "/usr/bin/postgres");
	add_process(tree, 21, 20, "postgres", 10, "postgres: checkpointer ");
	add_process(tree, 22, 20, "postgres", 5, "postgres: monitor shop [local] idle");
	add_process(tree, 30, 1, "postgres", 50, "/usr/bin/postgres");
	add_process(tree, 31, 30, "postgres", 1, "postgres: checkpointer ");
	add_process(tree, 40, 1, "postgres", 1, "/usr/bin/postgres"); /* of an initdb */
	tree_text(tree, "proc/20/task/20/children", "21 22 23 ");
	tree_text(tree, "proc/22/status",
		"Name:\tpostgres\nRssAnon:\t1 kB\nRssFile:\t3 kB\nRssShmem:\t5 kB\n"
		"HugetlbPages:\t2048 kB\n");
	tree_text(tree, "data/postmaster.pid", "20\n/data\n1700\n5432\n");
	tree_link(tree, "proc/20/cwd", "../../data");
}

static void a_session_leads_to_its_postmaster_and_all_its_processes(void **state)
{
	struct postmaster_id id = { 0 };
	const struct postmaster_id none = { 0 };
	struct postmaster postmaster;
	long page = sysconf(_SC_PAGESIZE);
	struct tree tree;
	struct buf text;

	(void)state;
	tree_make(&tree);
	make_servers(&tree);
	buf_init(&text, 65536);
	assert_false(postmaster_find(&tree.kernel, 5432, &none, &text, &postmaster));
	assert_false(postmaster_of_session(&tree.kernel, 22, "x", "shop", 5432, &id));
	assert_false(
		postmaster_of_session(&tree.kernel, 23, "monitor", "shop", 5432, &id));
	assert_true(
		postmaster_of_session(&tree.kernel, 22, "monitor", "shop", 5432, &id));
	assert_true(id.pid == 20 && id.started == 1020 && id.port == 5432);

	assert_true(postmaster_find(&tree.kernel, 5432, &id, &text, &postmaster));
	assert_int_equal(postmaster.id.pid, 20);
	assert_int_equal(postmaster.processes, 0);
	postmaster_take(&tree.kernel, &text, &postmaster);
	assert_int_equal(postmaster.processes, 4); /* one has just ended */
	assert_true(postmaster.is_added_up);
	assert_true(postmaster.has_shared);
	assert_int_equal(postmaster.ticks, 115);
	assert_int_equal(postmaster.private_bytes, (20 + 21 + 22) * page);
	assert_int_equal(postmaster.shared_file_bytes, 3 * 1024);
	assert_int_equal(postmaster.shared_memory_bytes, 5 * 1024);
	assert_int_equal(postmaster.hugetlb_bytes, 2048 * 1024);

	assert_true(postmaster_find(&tree.kernel, 0, &id, &text, &postmaster));
	assert_false(postmaster_find(&tree.kernel, 0, &none, &text, &postmaster));
	assert_false(postmaster_find(&tree.kernel, 5433, &id, &text, &postmaster));
	id.started++; /* another process of this number */
	assert_false(postmaster_find(&tree.kernel, 5432, &id, &text, &postmaster));
	buf_release(&text);
	scratch_remove(tree.dir);
}

static void without_a_session_the_port_leads_to_it(void **state)
{
	const struct postmaster_id none = { 0 };
	struct postmaster postmaster;
	char path[PATH_MAX], data[PATH_MAX];
	struct tree tree;
	struct buf text;

	(void)state;
	tree_make(&tree);
	make_servers(&tree);
	buf_init(&text, 65536);
	snprintf(path, sizeof(path), "%s/proc/20/cwd", tree.dir);
	snprintf(data, sizeof(data), "%s/data", tree.dir);
	assert_int_equal(unlink(path), 0);
	tree_link(&tree, "proc/20/cwd", data);
	assert_true(postmaster_find(&tree.kernel, 5432, &none, &text, &postmaster));
	assert_int_equal(postmaster.id.pid, 20);
	assert_int_equal(postmaster.id.started, 1020);
	assert_string_equal(postmaster.data_directory, data);
	assert_true(postmaster.is_readable);
	/* The other one tells none: it may be that. */
	assert_true(postmaster_find(&tree.kernel, 5433, &none, &text, &postmaster));
	assert_int_equal(postmaster.id.pid, 30);
	assert_false(postmaster.is_readable);
	tree_add(&tree, "proc/30/cmdline",
		"postgres\0-p\0"
		"5434\0-D\0/d",
		23);
	assert_false(postmaster_find(&tree.kernel, 5433, &none, &text, &postmaster));
	assert_true(postmaster_find(&tree.kernel, 5434, &none, &text, &postmaster));
	assert_string_equal(postmaster.data_directory, "/d");
	buf_release(&text);
	scratch_remove(tree.dir);
}

static void without_a_list_of_children_nothing_is_added_up(void **state)
{
	struct postmaster postmaster = { .id = { 20, 1020, 5432 } };
	char children[7 * (POSTMASTER_PROCESSES_MAX + 2)] = "";
	struct tree tree;
	struct buf text;

	(void)state;
	tree_make(&tree);
	add_process(&tree, 20, 1, "postgres", 100, "postgres");
	buf_init(&text, 65536);
	postmaster_take(&tree.kernel, &text, &postmaster);
	assert_true(postmaster.processes == 0 && !postmaster.is_added_up);
	for (int i = 0; i <= POSTMASTER_PROCESSES_MAX; i++)
		strcat(children, "99999 ");
	tree_text(&tree, "proc/20/task/20/children", children);
	postmaster_take(&tree.kernel, &text, &postmaster);
	assert_int_equal(postmaster.processes, POSTMASTER_PROCESSES_MAX + 2);
	assert_false(postmaster.is_added_up);
	children[6 * POSTMASTER_PROCESSES_MAX] = '\0';
	tree_text(&tree, "proc/20/task/20/children", children);
	postmaster_take(&tree.kernel, &text, &postmaster);
	assert_int_equal(postmaster.processes, POSTMASTER_PROCESSES_MAX + 1);
	assert_true(postmaster.is_added_up);
	assert_false(postmaster.has_shared);
	buf_release(&text);
	scratch_remove(tree.dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_server_is_here_when_its_address_says_so),
		cmocka_unit_test(the_postmaster_is_chosen_by_port_and_never_guessed),
		cmocka_unit_test(the_port_stands_in_the_fourth_line_of_postmaster_pid),
		cmocka_unit_test(a_session_leads_to_its_postmaster_and_all_its_processes),
		cmocka_unit_test(without_a_session_the_port_leads_to_it),
		cmocka_unit_test(without_a_list_of_children_nothing_is_added_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
