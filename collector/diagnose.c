#include "diagnose.h"

#include <stdio.h>
#include <string.h>

/*
 * The first line that matches wins. sqlstate: a prefix ("" matches all). word: part of
 * the message. {message}, {role}, {database}, {schema}, {password}, {hba} and {timeout} are
 * filled in; cause NULL is {message}.
 */
struct rule {
	enum trouble_kind kind;
	const char *sqlstate;
	const char *word;
	const char *cause;
	const char *mend;
};

#define MEND_SERVICE                                                                      \
	"correct the service's name (PGSERVICE, or service in database.conninfo) or the " \
	"service file"

#define MEND_ADDRESS                                                               \
	"start PostgreSQL (sudo systemctl start postgresql), or correct host and " \
	"port in [database] (pg_lsclusters has Debian's)"

static const struct rule rules[] = {
	/* Also for a role that is not there: the server does not tell which. */
	{ TROUBLE_CONNECT, "28P01", "", NULL,
		"sudo -u postgres psql -f setup.sql makes the role, if it is not there; "
		"\\password {role} in psql, and the same into {password}" },
	{ TROUBLE_CONNECT, "28", "pg_hba.conf", NULL,
		"put before the other lines of pg_hba.conf (SHOW hba_file): {hba}, then "
		"SELECT pg_reload_conf()" },
	{ TROUBLE_CONNECT, "28", "not permitted to log in", NULL,
		"ALTER ROLE {role} LOGIN;" },
	{ TROUBLE_CONNECT, "28", "Peer authentication", NULL,
		"host = localhost in [database], with a password; or put before the "
		"other lines of pg_hba.conf (SHOW hba_file): local {database} {role} scram-sha-256, then "
		"SELECT pg_reload_conf()" },
	{ TROUBLE_CONNECT, "28", "", NULL,
		"create the role (CREATE ROLE {role} LOGIN; GRANT pg_read_all_stats TO "
		"{role};) and allow it in pg_hba.conf for database {database}" },
	{ TROUBLE_CONNECT, "3D", "", NULL,
		"name in [database] has to be one of: psql -l" },
	{ TROUBLE_CONNECT, "42501", "", NULL,
		"GRANT CONNECT ON DATABASE {database} TO {role};" },
	{ TROUBLE_CONNECT, "53300", "for role", NULL,
		"ALTER ROLE {role} CONNECTION LIMIT 3;" },
	{ TROUBLE_CONNECT, "53300", "for database", NULL,
		"ALTER DATABASE {database} CONNECTION LIMIT -1;" },
	{ TROUBLE_CONNECT, "53300", "", NULL,
		"find who has them: SELECT usename, application_name, state, count(*) FROM "
		"pg_stat_activity GROUP BY 1, 2, 3 ORDER BY 4 DESC; or raise "
		"max_connections; from 16 on reserved_connections keeps some" },
	{ TROUBLE_CONNECT, "57P", "", NULL,
		"wait until the server takes connections; its log says what it does" },
	{ TROUBLE_CONNECT, "", "no password supplied", NULL,
		"put the password of role {role} into {password}" },
	{ TROUBLE_CONNECT, "", "Connection refused", NULL, MEND_ADDRESS },
	{ TROUBLE_CONNECT, "", "No such file or directory", NULL, MEND_ADDRESS },
	{ TROUBLE_CONNECT, "", "translate host name", NULL,
		"correct database.host or the machine's name resolution" },
	/* The word alone may stand in a host's name. */
	{ TROUBLE_CONNECT, "", "definition of service", NULL, MEND_SERVICE },
	{ TROUBLE_CONNECT, "", "service file", NULL, MEND_SERVICE },
	{ TROUBLE_CONNECT, "", "certificate", NULL,
		"correct sslmode, sslrootcert and sslcert in database.conninfo" },
	{ TROUBLE_CONNECT, "", "SSL", NULL,
		"correct sslmode in database.conninfo, or ssl in postgresql.conf" },
	{ TROUBLE_CONNECT, "", "", NULL,
		"check database.host, database.port and the server's log" },

	{ TROUBLE_SQL, "55000", "shared_preload_libraries",
		"pg_stat_statements is not loaded by the server",
		"add pg_stat_statements to shared_preload_libraries and restart PostgreSQL" },
	{ TROUBLE_SQL, "42501", "schema", NULL,
		"GRANT USAGE ON SCHEMA {schema} TO {role}" },
	{ TROUBLE_SQL, "42501", "", NULL, "GRANT what the message names TO {role}" },
	{ TROUBLE_SQL, "22021", "",
		"statement texts can't be read: one has bytes that are invalid in the "
		"encoding of database {database}",
		"SELECT pg_stat_statements_reset(), or let database.name be one with the "
		"encoding of those bytes" },
	{ TROUBLE_SQL, "57014", "", NULL,
		"if nobody cancelled it: find what slows the server, or raise "
		"database.statement_timeout_ms ({timeout} ms)" },
	{ TROUBLE_SQL, "55P03", "", NULL,
		"another session locks a system catalog; find it in pg_locks" },
	{ TROUBLE_SQL, "40001", "", NULL,
		"raise max_standby_streaming_delay or turn on hot_standby_feedback" },
	{ TROUBLE_SQL, "42703", "", NULL,
		"ALTER EXTENSION pg_stat_statements UPDATE, or update this program: "
		"a column it expects is not there" },
	{ TROUBLE_SQL, "42883", "", NULL,
		"ALTER EXTENSION pg_stat_statements UPDATE, or update this program: "
		"a function it expects is not there" },
	{ TROUBLE_SQL, "53", "", NULL,
		"the server lacks memory, disk space or connections; see its log" },
	{ TROUBLE_SQL, "57P", "", NULL,
		"the server ended the connection; its log says why" },
	{ TROUBLE_SQL, "", "", NULL, "see the server's log" },

	{ TROUBLE_LOST, "", "", NULL,
		"the server's log says why it ended the connection" },
	{ TROUBLE_DEADLINE, "", "", NULL,
		"find what slows the server, or raise collection.interval_s" },
	{ TROUBLE_STOPPED, "", "", "stopped by a signal before it was answered", "" },
	{ TROUBLE_BUDGET, "", "", "shed: {message} (collection.budget_ms)",
		"see system_metrics' collection for what is slow; raise collection.budget_ms "
		"or take sources out of collection.sources" },
	{ TROUBLE_VERSION, "", "", NULL,
		"update PostgreSQL to 12 or newer and its extensions "
		"(ALTER EXTENSION pg_stat_statements UPDATE)" },
	{ TROUBLE_PRIVILEGE, "", "",
		"role {role} is not a member of pg_read_all_stats, so that other sessions' "
		"data is hidden",
		"GRANT pg_read_all_stats TO {role}" },
	{ TROUBLE_EXTENSION, "", "",
		"extension pg_stat_statements is not installed in database {database}",
		"in database {database}: CREATE EXTENSION pg_stat_statements" },
};

#define VALUE_SIZE 200

/* What may stand in place of {name}. */
struct values {
	char role[VALUE_SIZE], database[VALUE_SIZE], hba[2 * VALUE_SIZE + 80],
		timeout[16];
};

/* As SQL and pg_hba.conf take any name. */
static void quote(const char *name, char ret[VALUE_SIZE])
{
	size_t n = 0;

	ret[n++] = '"';
	for (; *name && n + 4 < VALUE_SIZE; name++) {
		if (*name == '"')
			ret[n++] = '"';
		ret[n++] = *name;
	}
	ret[n++] = '"';
	ret[n] = '\0';
}

static void name_of(const char *name, bool raw, char ret[VALUE_SIZE])
{
	if (name && raw)
		quote(name, ret);
	else
		snprintf(ret, VALUE_SIZE, "%s", name ? name : "?");
}

/* The line that lets us in; the address is what the server saw, in its message. */
static void hba_of(const struct trouble *trouble, struct values *filled)
{
	const char *from = strstr(trouble->message, "host \"");
	size_t len = from ? strcspn(from + 6, "\"") : 0;
	char host[8] = "host", address[64] = " ADDRESS/32";

	if (len > 0 && from[6] == '[') {
		strcpy(host, "local");
		*address = '\0';
	} else if (len > 0) {
		snprintf(address, sizeof(address), " %.*s/%d", (int)(len < 48 ? len : 48),
			from + 6, memchr(from + 6, ':', len) ? 128 : 32);
	}
	snprintf(filled->hba, sizeof(filled->hba), "%s %s %s%s scram-sha-256", host,
		filled->database, filled->role, address);
}

static const char *value_of(const char *name, size_t len, const struct trouble *trouble,
	const struct diagnose_context *context, const struct values *filled)
{
	const struct {
		const char *name, *value;
	} values[] = { { "message", trouble->message }, { "role", filled->role },
		{ "database", filled->database }, { "schema", context->schema },
		{ "password", context->password_place }, { "hba", filled->hba },
		{ "timeout", filled->timeout } };

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		if (strlen(values[i].name) == len &&
			memcmp(values[i].name, name, len) == 0)
			return values[i].value ? values[i].value : "?";
	return "?";
}

static void fill(char *ret, size_t size, const char *text, const struct trouble *trouble,
	const struct diagnose_context *context)
{
	struct values filled = { .role = "" };
	size_t n = 0;

	name_of(context->role, context->raw, filled.role);
	name_of(context->database, context->raw, filled.database);
	hba_of(trouble, &filled);
	snprintf(filled.timeout, sizeof(filled.timeout), "%d",
		context->statement_timeout_ms);
	while (*text && n + 1 < size) {
		const char *end = *text == '{' ? strchr(text, '}') : NULL, *value;
		int len;

		if (!end) {
			ret[n++] = *text++;
			continue;
		}
		value = value_of(
			text + 1, (size_t)(end - text - 1), trouble, context, &filled);
		len = snprintf(ret + n, size - n, "%s", value);
		n += (size_t)len < size - n ? (size_t)len : size - n - 1;
		text = end + 1;
	}
	ret[n] = '\0';
}

static bool matches(const struct rule *rule, const struct trouble *trouble)
{
	return rule->kind == trouble->kind &&
	       strncmp(rule->sqlstate, trouble->sqlstate, strlen(rule->sqlstate)) == 0 &&
	       strstr(trouble->message, rule->word);
}

void diagnose(const struct trouble *trouble, const struct diagnose_context *context,
	struct diagnosis *ret)
{
	static const struct rule unknown = { .mend = "" };
	const struct rule *rule = &unknown;

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]) && rule == &unknown; i++)
		if (matches(&rules[i], trouble))
			rule = &rules[i];
	fill(ret->cause, sizeof(ret->cause), rule->cause ? rule->cause : "{message}",
		trouble, context);
	fill(ret->mend, sizeof(ret->mend), rule->mend, trouble, context);
	snprintf(ret->both, sizeof(ret->both), "%s%s%s", ret->cause,
		*ret->mend ? "; mend: " : "", ret->mend);
}
