/* links: collector/collector.a */
#include "unit.h"

#include <unistd.h>

#include "collector/params.h"
#include "scratch.h"

static char dir[SCRATCH_SIZE];

static const char *const variables[] = { "PGHOST", "PGHOSTADDR", "PGPORT", "PGDATABASE",
	"PGUSER", "PGPASSWORD", "PGSERVICE", "PGSERVICEFILE", "PGSYSCONFDIR", "PGAPPNAME",
	"PGCLIENTENCODING", "PGSSLMODE", "CREDENTIALS_DIRECTORY" };

static const char services[] = "[here]\nhost=service_host\nport=7777\nuser=service_user\n"
			       "[address]\nhostaddr=10.7.7.7\nsslmode=require\n";

static int make_scratch(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(variables); i++)
		unsetenv(variables[i]);
	for (size_t i = 0; i < config_keys_count; i++) {
		char name[100];

		snprintf(name, sizeof(name), "%s%s", CONFIG_ENV_PREFIX,
			config_keys[i].env);
		unsetenv(name);
	}
	scratch_make(dir);
	setenv("HOME", dir, 1);
	scratch_file(dir, "service.conf", services, sizeof(services) - 1);
	return 0;
}

static int remove_scratch(void **state)
{
	(void)state;
	scratch_remove(dir);
	return 0;
}

/* environment: "NAME=value" with blanks between; @ stands for the scratch directory. */
static void set_environment(const char *text)
{
	char copy[500], *one, *rest;

	for (size_t i = 0; i < COUNT(variables); i++)
		unsetenv(variables[i]);
	snprintf(copy, sizeof(copy), "%s", text);
	for (one = strtok_r(copy, " ", &rest); one; one = strtok_r(NULL, " ", &rest)) {
		char value[300], *equals = strchr(one, '=');

		*equals = '\0';
		snprintf(value, sizeof(value), "%s%s", equals[1] == '@' ? dir : "",
			equals + 1 + (equals[1] == '@'));
		setenv(one, value, 1);
	}
}

static void load(struct config *config, const char *keys)
{
	char text[1000];
	struct err err;

	snprintf(text, sizeof(text), "[database]\n%s", keys);
	if (config_load(
		    config, scratch_file(dir, "agent.ini", text, strlen(text)), &err) < 0)
		fail_msg("%s: %s", keys, err.msg);
}

static const struct {
	const char *when;
	const char *keys, *environment;
	const char *keyword, *want; /* NULL: left to libpq */
} cases[] = {
	{ "our default", "", "", "host", "localhost" },
	{ "our default", "", "", "port", "5432" },
	{ "our default", "", "", "dbname", "postgres" },
	{ "our default", "", "", "user", "bitville_monitor" },
	{ "no password: libpq's own ways", "", "", "password", NULL },
	{ "nobody named an encryption", "", "", "sslmode", NULL },

	{ "the environment wins over defaults", "", "PGHOST=env", "host", "env" },
	{ "the environment wins over defaults", "", "PGPORT=6666", "port", "6666" },
	{ "the environment wins over defaults", "", "PGDATABASE=env", "dbname", "env" },
	{ "the environment wins over defaults", "", "PGUSER=env", "user", "env" },
	{ "the environment wins over defaults", "", "PGPASSWORD=env", "password", "env" },
	{ "what libpq alone knows", "", "PGSSLMODE=require", "sslmode", "require" },

	{ "conninfo wins over the environment", "conninfo = host=conn\n", "PGHOST=env",
		"host", "conn" },
	{ "conninfo wins over the environment", "conninfo = port=7\n", "PGPORT=6666",
		"port", "7" },
	{ "conninfo wins over the environment", "conninfo = user=conn\n", "PGUSER=env",
		"user", "conn" },
	{ "conninfo wins over the environment", "conninfo = password=conn\n",
		"PGPASSWORD=env", "password", "conn" },
	{ "conninfo wins over the environment", "conninfo = sslmode=verify-full\n",
		"PGSSLMODE=disable", "sslmode", "verify-full" },
	{ "a URI is one", "conninfo = postgresql://u:p@uri:7/db\n", "", "host", "uri" },
	{ "a URI is one", "conninfo = postgresql://u:p@uri:7/db\n", "", "password", "p" },
	{ "a URI is one", "conninfo = postgresql://u:p@uri:7/db\n", "", "dbname", "db" },

	{ "our keys win over conninfo", "host = own\nconninfo = host=conn\n",
		"PGHOST=env", "host", "own" },
	{ "our keys win over conninfo", "port = 8\nconninfo = port=7\n", "PGPORT=6666",
		"port", "8" },
	{ "our keys win over conninfo", "name = own\nconninfo = dbname=conn\n", "",
		"dbname", "own" },
	{ "our keys win over conninfo", "user = own\nconninfo = user=conn\n",
		"PGUSER=env", "user", "own" },
	{ "our keys win over conninfo", "password = own\nconninfo = password=conn\n",
		"PGPASSWORD=env", "password", "own" },
	{ "even where they say what is the default", "port = 5432\nconninfo = port=7\n",
		"", "port", "5432" },

	{ "the service file", "", "PGSERVICE=here PGSERVICEFILE=@/service.conf", "host",
		"service_host" },
	{ "wins over the environment", "",
		"PGSERVICE=here PGSERVICEFILE=@/service.conf PGUSER=env", "user",
		"service_user" },
	{ "a service that conninfo names", "conninfo = service=here\n",
		"PGSERVICEFILE=@/service.conf", "port", "7777" },
	{ "conninfo wins over it", "conninfo = service=here port=7\n",
		"PGSERVICEFILE=@/service.conf", "port", "7" },
	{ "our keys, too", "port = 8\nconninfo = service=here\n",
		"PGSERVICEFILE=@/service.conf", "port", "8" },
	{ "what it does not say is ours", "conninfo = service=here\n",
		"PGSERVICEFILE=@/service.conf", "dbname", "postgres" },

	{ "an address alone: no name beside it", "conninfo = hostaddr=10.1.1.1\n", "",
		"host", NULL },
	{ "an address alone", "conninfo = hostaddr=10.1.1.1\n", "", "hostaddr",
		"10.1.1.1" },
	{ "an address outside", "", "PGHOSTADDR=10.2.2.2", "hostaddr", "10.2.2.2" },
	{ "our host beats it", "host = own\n", "PGHOSTADDR=10.2.2.2", "hostaddr", NULL },
	{ "our host beats conninfo's", "host = own\nconninfo = hostaddr=10.1.1.1\n", "",
		"hostaddr", NULL },
	{ "our host beats the service's address",
		"host = own\nconninfo = service=address\n",
		"PGSERVICEFILE=@/service.conf", "hostaddr", NULL },
	{ "nor does libpq read it there once more",
		"host = own\nconninfo = service=address\n",
		"PGSERVICEFILE=@/service.conf", "service", NULL },
	{ "another service is left to libpq", "conninfo = service=here\n",
		"PGSERVICEFILE=@/service.conf", "service", "here" },
	{ "but the rest of the service holds", "host = own\nconninfo = service=address\n",
		"PGSERVICEFILE=@/service.conf", "sslmode", "require" },

	{ "our name is fixed", "conninfo = application_name=x\n", "PGAPPNAME=y",
		"application_name", "bitville-monitor" },
	{ "so is the encoding", "conninfo = client_encoding=latin1\n",
		"PGCLIENTENCODING=utf8", "client_encoding", "SQL_ASCII" },

	{ "a credential when nothing else names one", "", "CREDENTIALS_DIRECTORY=@",
		"password", "credential" },
	{ "conninfo wins over a credential", "conninfo = password=conn\n",
		"CREDENTIALS_DIRECTORY=@", "password", "conn" },
	{ "the environment, too", "", "CREDENTIALS_DIRECTORY=@ PGPASSWORD=env",
		"password", "env" },
};

static void what_is_said_closer_to_us_wins(void **state)
{
	(void)state;
	scratch_file(dir, "db_password", "credential\n", 11);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct config config;
		struct params params;
		struct err err;
		const char *is;

		load(&config, cases[i].keys);
		set_environment(cases[i].environment);
		if (params_build(&params, &config, &err) < 0)
			fail_msg("%s: %s", cases[i].when, err.msg);
		is = params_get(&params, cases[i].keyword);
		if (cases[i].want)
			check_string(cases[i].when, is, cases[i].want);
		else
			check(cases[i].when, !is);
		check(cases[i].when, !params.keywords[params.count]);
		params_release(&params);
		config_release(&config);
	}
}

static void an_address_that_was_beaten_is_not_found_by_libpq_either(void **state)
{
	struct config config;
	struct params params;

	(void)state;
	load(&config, "host = own\n");
	set_environment("PGHOSTADDR=10.2.2.2");
	assert_int_equal(params_build(&params, &config, NULL), 0);
	assert_null(getenv("PGHOSTADDR"));
	assert_null(getenv("PGUSER"));
	params_release(&params);
	config_release(&config);
}

static void a_conninfo_that_cannot_be_read_is_never_quoted(void **state)
{
	static const char *const texts[] = { "host=x password=hunter2 oops",
		"postgresql://u:hunter2@[x", "passwort=hunter2", "password='hunter2" };

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct config config;
		struct params params = { 0 };
		struct err err;
		char keys[200];

		snprintf(keys, sizeof(keys), "conninfo = %s\n", texts[i]);
		load(&config, keys);
		set_environment("");
		check(texts[i], params_build(&params, &config, &err) == -1);
		check(texts[i], err.kind == ERR_CONFIG);
		check(texts[i], strstr(err.msg, "database.conninfo") != NULL);
		check(texts[i], !strstr(err.msg, "hunter2"));
		check(texts[i], !params.keywords);
		config_release(&config);
	}
}

static void messages_become_one_line_without_secrets(void **state)
{
	char text[] = "FATAL:  no\n\tgood: own1 conn2 env3 \n";
	char blank[] = "\n ";
	struct config config;
	struct params params;

	(void)state;
	load(&config, "password = own1\nconninfo = host=x password=conn2\n");
	set_environment("PGPASSWORD=env3");
	assert_int_equal(params_build(&params, &config, NULL), 0);
	params_scrub(&params, text);
	assert_string_equal(text, "FATAL: no good: **** ***** ****");
	params_scrub(&params, blank);
	assert_string_equal(blank, "");
	params_release(&params);
	config_release(&config);
}

#define PARAMS_TEST(f) cmocka_unit_test_setup_teardown(f, make_scratch, remove_scratch)

int main(void)
{
	const struct CMUnitTest tests[] = {
		PARAMS_TEST(what_is_said_closer_to_us_wins),
		PARAMS_TEST(an_address_that_was_beaten_is_not_found_by_libpq_either),
		PARAMS_TEST(a_conninfo_that_cannot_be_read_is_never_quoted),
		PARAMS_TEST(messages_become_one_line_without_secrets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
