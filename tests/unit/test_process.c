/* links: collector/process.o collector/kernel.o */
#include "unit.h"

#include "collector/process.h"

/* The fields from ppid on, and as many as Linux 6 has. */
#define REST                                                                         \
	" S 7 10 10 0 -1 4194560 1 2 3 4 11 12 13 14 20 0 1 0 5555 99 -1 0 1 2 3 4 " \
	"5 0 0 0 0 0 0 0 0 0\n"

static const struct {
	const char *text;
	bool ok;
	const char *name;
} stats[] = {
	{ "42 (postgres)" REST, true, "postgres" },
	{ "42 (a) S 1 (b)" REST, true, "a) S 1 (b" },
	{ "42 ()" REST, true, "" },
	{ "42 (postgres) S 7 10 10 0 -1 4194560 1 2 3 4 11 12 13 14 20 0 1 0 5555", true,
		"postgres" },
	{ "42 (postgres) S 7 10 10 0 -1 4194560 1 2 3 4 11 12 13 14 20 0 1 0\n5555",
		false, NULL },
	{ "42 (postgres) S 7 10 10 0 -1 4194560 1 2 3 4 11 12 x 14 20 0 1 0 5555", false,
		NULL },
	{ "42 (postgres) S", false, NULL },
	{ "42 (postgres)", false, NULL },
	{ "42 postgres S 7", false, NULL },
	{ ")(" REST, false, NULL },
	{ "(postgres)" REST, false, NULL },
	{ "99999999999 (postgres)" REST, false, NULL },
	{ "", false, NULL },
};

static void a_stat_has_times_also_of_children_that_ended(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(stats); i++) {
		struct process_stat is = { 0 };

		check(stats[i].text,
			process_stat_read(stats[i].text, &is) == stats[i].ok);
		if (!stats[i].ok)
			continue;
		check_string(stats[i].text, is.name, stats[i].name);
		check(stats[i].text, is.pid == 42 && is.ppid == 7);
		check(stats[i].text, is.ticks == 11 + 12 + 13 + 14);
		check(stats[i].text, is.started == 5555);
	}
}

static void memory_is_private_and_shared_pages(void **state)
{
	uint64_t own = 7, shared = 7;

	(void)state;
	assert_false(process_memory_read("100 50\n", &own, &shared));
	assert_true(own == 7 && shared == 7);
	assert_true(process_memory_read("100 50 20 1 0 2 0\n", &own, &shared));
	assert_true(own == 30 && shared == 20);
	assert_true(process_memory_read("100 20 50 1 0 2 0\n", &own, &shared));
	assert_true(own == 0 && shared == 50);
}

static const struct {
	const char *cmdline; /* "|" for NUL */
	const char *directory;
	int port;
} arguments[] = {
	{ "postgres|-D|/data|", "/data", 0 },
	{ "postgres|-D/data|-p5433|", "/data", 5433 },
	{ "/usr/lib/postgresql/15/bin/postgres|-D|/var/lib/postgresql/15/main|-c|"
	  "config_file=/etc/postgresql/15/main/postgresql.conf|",
		"/var/lib/postgresql/15/main", 0 },
	{ "postgres|-c|port=5434|-c|data_directory=/d|", "/d", 5434 },
	{ "postgres|-cport = 5434|", "", 5434 },
	{ "postgres|--port=5435|--data-directory=/d|", "/d", 5435 },
	{ "postgres|-p|1|-p|2|", "", 2 },
	{ "postgres|-D|relative|", "", 0 },
	{ "postgres|-p|70000|", "", 0 },
	{ "postgres|-p|x|-c|port|", "", 0 },
	{ "postgres|-c|portx=1|-c|xport=2|", "", 0 },
	{ "postgres|/x|port=7|", "", 0 },
	{ "postgres|-p|", "", 0 },
	{ "postgres|-p|54", "", 0 },
	{ "-p|5|", "", 0 },
	{ "postgres: checkpointer |||", "", 0 },
	{ "postgres|-||", "", 0 },
	{ "", "", 0 },
};

static void a_command_line_names_directory_and_port(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(arguments); i++) {
		struct process_arguments is;
		size_t len = strlen(arguments[i].cmdline);
		char text[300];

		strcpy(text, arguments[i].cmdline);
		for (size_t at = 0; at < len; at++)
			if (text[at] == '|')
				text[at] = '\0';
		process_arguments_read(text, len, &is);
		check_string(
			arguments[i].cmdline, is.data_directory, arguments[i].directory);
		check(arguments[i].cmdline, is.port == arguments[i].port);
	}
}

static const struct {
	const char *title;
	bool is;
} titles[] = {
	{ "postgres: monitor shop 127.0.0.1(4711) idle", true },
	{ "postgres: monitor shop [local] idle", true },
	{ "postgres: 15/main: monitor shop [local] SELECT", true },
	{ "postgres: monitor shop2 [local] idle", false },
	{ "postgres: xmonitor shop [local] idle", false },
	{ "postgres: checkpointer ", false },
	{ "pgbouncer: monitor shop [local] idle", false },
	{ "", false },
};

static void a_session_is_known_by_its_title(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(titles); i++) {
		const char *title = titles[i].title;

		check(title, process_is_session(title, strlen(title) + 1, "monitor",
				     "shop") == titles[i].is);
		check(title,
			!process_is_session(title, strlen(title), "monitor", "shop"));
	}
}

static void a_server_is_known_by_its_program(void **state)
{
	(void)state;
	assert_true(process_is_server("postgres") && process_is_server("postmaster"));
	assert_false(process_is_server("postgres_export") || process_is_server(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stat_has_times_also_of_children_that_ended),
		cmocka_unit_test(memory_is_private_and_shared_pages),
		cmocka_unit_test(a_command_line_names_directory_and_port),
		cmocka_unit_test(a_session_is_known_by_its_title),
		cmocka_unit_test(a_server_is_known_by_its_program),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
