/* links: collector/collector.a */
#include "unit.h"

#include "child.h"
#include "collector/check_database.h"
#include "result.h"

struct part {
	struct database_check *check;
	void (*run)(struct database_check *check);
};

static void run(void *argument)
{
	const struct part *part = argument;

	part->run(part->check);
}

/* What a part prints. */
static void check_said(struct database_check *check,
	void (*part)(struct database_check *), const char *said)
{
	struct config config = { .file = (char *)"/x.ini" };
	struct collect_job job = { .config = &config, .sources = check->job->sources };
	const struct params none = { 0 };
	struct checklist list = { 0 };
	struct part running = { check, part };
	char is[2000];

	job.params = &none;
	check->job = &job;
	check->list = &list;
	buf_init(&check->mend, 4096);
	child_run(run, &running, STDOUT_FILENO, is, sizeof(is));
	check_string(said, is, said);
	buf_release(&check->mend);
}

static const struct collect_job no_job;

#define NTP \
	"      mend: sudo timedatectl set-ntp true   # on that of the two that is wrong\n"

static void a_server_elsewhere_has_the_time_of_this_machine(void **state)
{
	static const struct {
		double now_s, known_s;
		bool is_local;
		const char *said;
	} cases[] = {
		{ 1e9 + 3, 1e9, false, "ok    clock: the server's is this machine's\n" },
		{ 1e9 - 5, 1e9, false, "ok    clock: the server's is this machine's\n" },
		{ 1e9 + 7, 1e9, false,
			"warn  clock: the server's is 7 s ahead of this machine's\n" NTP },
		{ 1e9 - 7, 1e9, false,
			"warn  clock: the server's is 7 s behind this machine's\n" NTP },
		{ 1e9 + 7, 1e9, true, "" },
		{ 0, 1e9, false, "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		static struct database_check check;

		check = (struct database_check){ .job = &no_job,
			.is_local = cases[i].is_local };
		check.server.now_s = cases[i].now_s;
		check.server.wall_known_s = cases[i].known_s;
		check_said(&check, check_clock, cases[i].said);
	}
}

static void a_version_that_is_not_known_is_told(void **state)
{
	static const struct {
		int version;
		const char *text;
		bool in_recovery;
		const char *said;
	} cases[] = {
		{ 110022, "11.22", false,
			"FAIL  server: version 11.22 is too old\n"
			"      mend: update PostgreSQL to 12 or newer\n" },
		{ 190000, "19.0", false,
			"warn  server: version 19.0 is newer than this program knows\n"
			"      mend: update this program\n" },
		{ 120004, "12.4", false, "ok    server: version 12.4\n" },
		{ 180006, "18.6", true, "ok    server: version 18.6, a standby\n" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		static struct database_check check;

		check = (struct database_check){ .job = &no_job };
		check.server.version = cases[i].version;
		check.server.in_recovery = cases[i].in_recovery;
		strcpy(check.server.version_text, cases[i].text);
		strcpy(check.server.system_identifier, "1");
		check_said(&check, check_server, cases[i].said);
	}
}

/* As check_role_sql has them, and the settings of a server of 16 or newer. */
static const struct {
	const char *row[9];
	const char *most, *kept;
	const char *said; /* after the lines about privileges and rights */
} roles[] = {
	{ { "f", "f", "f", "f", "f", "3", "f", NULL, "90" }, "100", NULL,
		"ok    connections: 7 of 100 are free\n" },
	{ { "f", "f", "f", "f", "f", "3", "f", NULL, "93" }, "100", NULL,
		"warn  connections: 4 of 100 are free: a run may find none; who has them:\n"
		"      mend: SELECT usename, application_name, state, count(*) FROM "
		"pg_stat_activity GROUP BY 1, 2, 3 ORDER BY 4 DESC;\n" },
	{ { "f", "f", "f", "f", "f", "3", "f", "t", "99" }, "100", "0",
		"warn  connections: 0 of 100 are free: a run may find none; who has them:\n"
		"      mend: SELECT usename, application_name, state, count(*) FROM "
		"pg_stat_activity GROUP BY 1, 2, 3 ORDER BY 4 DESC;\n"
		"            ALTER SYSTEM SET reserved_connections = 3;\n"
		"            -- then restart the server\n" },
	{ { "f", "f", "f", "f", "f", "3", "f", "t", "50" }, "100", "0",
		"ok    connections: 47 of 100 are free; reserved_connections is 0: none is "
		"kept\n" },
	{ { "f", "f", "f", "f", "f", "-1", "f", "t", "97" }, "100", "5",
		"ok    connections: 0 of 100 are free, others are kept for the role\n" },
	{ { "f", "f", "f", "f", "f", "3", "f", "f", "20" }, "100", "5",
		"warn  role m: may not use the connections that reserved_connections (5) "
		"keeps\n"
		"      mend: GRANT pg_use_reserved_connections TO m;\n"
		"ok    connections: 72 of 100 are free\n" },
	{ { "f", "f", "f", "f", "f", "1", "f", NULL, "20" }, "100", NULL,
		"warn  role m: connection limit 1: --test and --print can't work beside a "
		"run\n"
		"      mend: ALTER ROLE m CONNECTION LIMIT 3;\n"
		"ok    connections: 77 of 100 are free\n" },
};

static PGresult *settings_of(const char *most, const char *kept)
{
	static const struct result_column columns[] = { { "name", 25 }, { "setting", 25 },
		{ "source", 25 }, { "pending_restart", 16 } };
	const char *const rows[][2] = { { "max_connections", most },
		{ "superuser_reserved_connections", "3" },
		{ "reserved_connections", kept } };
	PGresult *result = result_make(columns, COUNT(columns));

	for (int row = 0; row < (kept ? 3 : 2); row++) {
		result_set(result, row, 0, rows[row][0]);
		result_set(result, row, 1, rows[row][1]);
		result_set(result, row, 2, "configuration file");
		result_set(result, row, 3, "f");
	}
	return result;
}

static void a_role_finds_a_connection_or_a_mend(void **state)
{
	static const struct result_column columns[] = { { "a", 16 }, { "b", 16 },
		{ "c", 16 }, { "d", 16 }, { "e", 16 }, { "f", 23 }, { "g", 16 },
		{ "h", 16 }, { "i", 20 } };

	(void)state;
	for (size_t i = 0; i < COUNT(roles); i++) {
		static struct database_check check;
		PGresult *row = result_make(columns, COUNT(columns));
		PGresult *settings = settings_of(roles[i].most, roles[i].kept);
		char said[2000];

		for (int column = 0; column < 9; column++)
			result_set(row, 0, column, roles[i].row[column]);
		check = (struct database_check){ .job = &no_job,
			.settings = { settings } };
		check.facts[FACT_ROLE].result = row;
		check.server.reads_all_stats = true;
		strcpy(check.role, "m");
		snprintf(said, sizeof(said),
			"ok    privileges: role m reads all statistics\n"
			"ok    role m: has no rights that it does not need\n%s",
			roles[i].said);
		check_said(&check, check_role, said);
		PQclear(row);
		PQclear(settings);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_server_elsewhere_has_the_time_of_this_machine),
		cmocka_unit_test(a_version_that_is_not_known_is_told),
		cmocka_unit_test(a_role_finds_a_connection_or_a_mend),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
