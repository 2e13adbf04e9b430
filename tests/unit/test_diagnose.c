/* links: collector/collector.a */
#include "unit.h"

#include "collector/diagnose.h"

static const struct diagnose_context context = { .role = "monitor",
	.database = "app",
	.schema = "ext",
	.password_place = "/etc/db_password",
	.statement_timeout_ms = 5000 };

#define MEND_HBA(line)                                                     \
	"put before the other lines of pg_hba.conf (SHOW hba_file): " line \
	" scram-sha-256, then "                                            \
	"SELECT pg_reload_conf()"
#define MEND_ADDRESS                                                               \
	"start PostgreSQL (sudo systemctl start postgresql), or correct host and " \
	"port in [database] (pg_lsclusters has Debian's)"

/* cause NULL: the message itself. */
static const struct {
	enum trouble_kind kind;
	const char *sqlstate;
	const char *message;
	const char *cause;
	const char *mend;
} cases[] = {
	{ TROUBLE_CONNECT, "28P01", "password authentication failed for user \"monitor\"",
		NULL,
		"sudo -u postgres psql -f setup.sql makes the role, if it is not there; "
		"\\password monitor in psql, and the same into /etc/db_password" },
	{ TROUBLE_CONNECT, "28000",
		"no pg_hba.conf entry for host \"10.1.2.3\", user \"monitor\", database "
		"\"app\", no encryption",
		NULL, MEND_HBA("host app monitor 10.1.2.3/32") },
	{ TROUBLE_CONNECT, "28000",
		"pg_hba.conf rejects connection for host \"fe80::1\", user \"monitor\"",
		NULL, MEND_HBA("host app monitor fe80::1/128") },
	{ TROUBLE_CONNECT, "28000",
		"no pg_hba.conf entry for host \"[local]\", user \"monitor\"", NULL,
		MEND_HBA("local app monitor") },
	{ TROUBLE_CONNECT, "28000",
		"kein pg_hba.conf-Eintrag f\u00fcr Host \u00bb::1\u00ab", NULL,
		MEND_HBA("host app monitor ADDRESS/32") },
	{ TROUBLE_CONNECT, "28000", "role \"monitor\" is not permitted to log in", NULL,
		"ALTER ROLE monitor LOGIN;" },
	{ TROUBLE_CONNECT, "28000", "Peer authentication failed for user \"monitor\"",
		NULL,
		"host = localhost in [database], with a password; or put before the other "
		"lines of pg_hba.conf (SHOW hba_file): local app monitor scram-sha-256, then "
		"SELECT pg_reload_conf()" },
	{ TROUBLE_CONNECT, "28000", "role \"monitor\" does not exist", NULL,
		"create the role (CREATE ROLE monitor LOGIN; GRANT pg_read_all_stats TO "
		"monitor;) and allow it in pg_hba.conf for database app" },
	{ TROUBLE_CONNECT, "3D000", "database \"app\" does not exist", NULL,
		"name in [database] has to be one of: psql -l" },
	{ TROUBLE_CONNECT, "42501", "permission denied for database \"app\"", NULL,
		"GRANT CONNECT ON DATABASE app TO monitor;" },
	{ TROUBLE_CONNECT, "53300", "too many connections for role \"monitor\"", NULL,
		"ALTER ROLE monitor CONNECTION LIMIT 3;" },
	{ TROUBLE_CONNECT, "53300", "too many connections for database \"app\"", NULL,
		"ALTER DATABASE app CONNECTION LIMIT -1;" },
	{ TROUBLE_CONNECT, "53300", "sorry, too many clients already", NULL,
		"find who has them: SELECT usename, application_name, state, count(*) FROM "
		"pg_stat_activity GROUP BY 1, 2, 3 ORDER BY 4 DESC; or raise "
		"max_connections; from 16 on reserved_connections keeps some" },
	{ TROUBLE_CONNECT, "57P03", "the database system is starting up", NULL,
		"wait until the server takes connections; its log says what it does" },
	{ TROUBLE_CONNECT, "", "fe_sendauth: no password supplied", NULL,
		"put the password of role monitor into /etc/db_password" },
	{ TROUBLE_CONNECT, "",
		"connection to server at \"x\", port 5432 failed: Connection refused",
		NULL, MEND_ADDRESS },
	{ TROUBLE_CONNECT, "",
		"connection to server on socket \"/run/x\" failed: No such file or directory",
		NULL, MEND_ADDRESS },
	{ TROUBLE_CONNECT, "",
		"could not translate host name \"pg.service.consul\" to address: Name not known",
		NULL, "correct database.host or the machine's name resolution" },
	{ TROUBLE_CONNECT, "", "definition of service \"x\" not found", NULL,
		"correct the service's name (PGSERVICE, or service in database.conninfo) or "
		"the service file" },
	{ TROUBLE_CONNECT, "", "syntax error in service file \"/x\", line 3", NULL,
		"correct the service's name (PGSERVICE, or service in database.conninfo) or "
		"the service file" },
	{ TROUBLE_CONNECT, "",
		"connection to server at \"pg.service.consul\" (10.0.0.1) failed: timed out",
		NULL, "check database.host, database.port and the server's log" },
	{ TROUBLE_CONNECT, "", "SSL error: certificate verify failed", NULL,
		"correct sslmode, sslrootcert and sslcert in database.conninfo" },
	{ TROUBLE_CONNECT, "", "server does not support SSL, but SSL was required", NULL,
		"correct sslmode in database.conninfo, or ssl in postgresql.conf" },
	{ TROUBLE_CONNECT, "", "something else", NULL,
		"check database.host, database.port and the server's log" },
	{ TROUBLE_CONNECT, "08P01", "no such thing", NULL,
		"check database.host, database.port and the server's log" },

	{ TROUBLE_SQL, "55000",
		"pg_stat_statements must be loaded via shared_preload_libraries",
		"pg_stat_statements is not loaded by the server",
		"add pg_stat_statements to shared_preload_libraries and restart PostgreSQL" },
	{ TROUBLE_SQL, "55000", "recovery is in progress", NULL, "see the server's log" },
	{ TROUBLE_SQL, "42501", "permission denied for schema ext", NULL,
		"GRANT USAGE ON SCHEMA ext TO monitor" },
	{ TROUBLE_SQL, "42501", "permission denied for view x", NULL,
		"GRANT what the message names TO monitor" },
	{ TROUBLE_SQL, "22021", "invalid byte sequence for encoding \"UTF8\": 0xff",
		"statement texts can't be read: one has bytes that are invalid in the "
		"encoding of database app",
		"SELECT pg_stat_statements_reset(), or let database.name be one with the "
		"encoding of those bytes" },
	{ TROUBLE_SQL, "57014", "canceling statement due to statement timeout", NULL,
		"if nobody cancelled it: find what slows the server, or raise "
		"database.statement_timeout_ms (5000 ms)" },
	{ TROUBLE_SQL, "55P03", "canceling statement due to lock timeout", NULL,
		"another session locks a system catalog; find it in pg_locks" },
	{ TROUBLE_SQL, "40001", "canceling statement due to conflict with recovery", NULL,
		"raise max_standby_streaming_delay or turn on hot_standby_feedback" },
	{ TROUBLE_SQL, "42703", "column \"x\" does not exist", NULL,
		"ALTER EXTENSION pg_stat_statements UPDATE, or update this program: "
		"a column it expects is not there" },
	{ TROUBLE_SQL, "42883", "function x does not exist", NULL,
		"ALTER EXTENSION pg_stat_statements UPDATE, or update this program: "
		"a function it expects is not there" },
	{ TROUBLE_SQL, "53200", "out of memory", NULL,
		"the server lacks memory, disk space or connections; see its log" },
	{ TROUBLE_SQL, "57P01", "terminating connection due to administrator command",
		NULL, "the server ended the connection; its log says why" },
	{ TROUBLE_SQL, "XX000", "odd", NULL, "see the server's log" },

	{ TROUBLE_LOST, "", "server closed the connection unexpectedly", NULL,
		"the server's log says why it ended the connection" },
	{ TROUBLE_DEADLINE, "", "no answer from the server within 3.0 s", NULL,
		"find what slows the server, or raise collection.interval_s" },
	{ TROUBLE_STOPPED, "", "", "stopped by a signal before it was answered", "" },
	{ TROUBLE_VERSION, "", "server version 11.5 is too old", NULL,
		"update PostgreSQL to 12 or newer and its extensions "
		"(ALTER EXTENSION pg_stat_statements UPDATE)" },
	{ TROUBLE_PRIVILEGE, "", "",
		"role monitor is not a member of pg_read_all_stats, so that other sessions' "
		"data is hidden",
		"GRANT pg_read_all_stats TO monitor" },
	{ TROUBLE_EXTENSION, "", "",
		"extension pg_stat_statements is not installed in database app",
		"in database app: CREATE EXTENSION pg_stat_statements" },
	{ TROUBLE_NONE, "", "whatever", NULL, "" },
};

static struct trouble trouble_of(
	enum trouble_kind kind, const char *sqlstate, const char *message)
{
	struct trouble trouble = { .kind = kind };

	strcpy(trouble.sqlstate, sqlstate);
	snprintf(trouble.message, sizeof(trouble.message), "%s", message);
	return trouble;
}

static void each_trouble_has_its_cause_and_mend(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct trouble trouble =
			trouble_of(cases[i].kind, cases[i].sqlstate, cases[i].message);
		const char *cause = cases[i].cause ? cases[i].cause : cases[i].message;
		struct diagnosis is;
		char both[1000];

		diagnose(&trouble, &context, &is);
		check_string(cause, is.cause, cause);
		check_string(cause, is.mend, cases[i].mend);
		snprintf(both, sizeof(both), "%s%s%s", cause,
			*cases[i].mend ? "; mend: " : "", cases[i].mend);
		check_string(cause, is.both, both);
	}
}

static void names_that_the_server_did_not_quote_are_quoted(void **state)
{
	const struct diagnose_context raw = {
		.role = "it's \"me\"", .database = "db", .raw = true
	};
	struct trouble trouble = trouble_of(TROUBLE_CONNECT, "42501", "denied");
	struct diagnosis is;

	(void)state;
	diagnose(&trouble, &raw, &is);
	assert_string_equal(
		is.mend, "GRANT CONNECT ON DATABASE \"db\" TO \"it's \"\"me\"\"\";");
}

static void names_that_are_not_known_are_question_marks(void **state)
{
	static const struct diagnose_context none;
	struct trouble trouble = trouble_of(TROUBLE_SQL, "42501", "denied for schema x");
	struct diagnosis is;

	(void)state;
	diagnose(&trouble, &none, &is);
	assert_string_equal(is.mend, "GRANT USAGE ON SCHEMA ? TO ?");
}

static void braces_of_a_message_stay_as_they_are(void **state)
{
	struct trouble trouble = trouble_of(TROUBLE_SQL, "XX000", "a {role} b {schema");
	struct diagnosis is;

	(void)state;
	diagnose(&trouble, &context, &is);
	assert_string_equal(is.cause, "a {role} b {schema");
}

static void what_is_too_long_is_cut(void **state)
{
	char name[1000];
	struct diagnose_context wordy = { .role = name, .database = name };
	struct trouble trouble = trouble_of(TROUBLE_CONNECT, "28000", "");
	struct diagnosis is;

	(void)state;
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	diagnose(&trouble, &wordy, &is);
	assert_int_equal(strlen(is.mend), sizeof(is.mend) - 1);
	assert_true(strlen(is.both) < sizeof(is.both));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_trouble_has_its_cause_and_mend),
		cmocka_unit_test(names_that_the_server_did_not_quote_are_quoted),
		cmocka_unit_test(names_that_are_not_known_are_question_marks),
		cmocka_unit_test(braces_of_a_message_stay_as_they_are),
		cmocka_unit_test(what_is_too_long_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
