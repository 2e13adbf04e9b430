#include "unit.h"

#include <unistd.h>

#include "config.h"
#include "scratch.h"

static char dir[SCRATCH_SIZE];

static const char *env_name(size_t i)
{
	static char name[100];

	snprintf(name, sizeof(name), "%s%s", CONFIG_ENV_PREFIX, config_keys[i].env);
	return name;
}

static void clear_environment(void)
{
	for (size_t i = 0; i < config_keys_count; i++)
		unsetenv(env_name(i));
	unsetenv(CONFIG_PATH_ENV);
	unsetenv("CREDENTIALS_DIRECTORY");
}

static int make_scratch(void **state)
{
	(void)state;
	clear_environment();
	scratch_make(dir);
	return 0;
}

static int remove_scratch(void **state)
{
	(void)state;
	clear_environment();
	scratch_remove(dir);
	return 0;
}

/* A configuration file with this text. */
static const char *file(const char *text)
{
	return scratch_file(dir, "agent.ini", text, strlen(text));
}

static const char *empty_file(void)
{
	return file("");
}

/* The value at a key as text, "" for none. */
static const char *value_of(const struct config *config, size_t i)
{
	const char *at = (const char *)config + config_keys[i].offset;
	static char text[32];

	switch (config_keys[i].type) {
	case CONFIG_STRING:
	case CONFIG_SECRET:
		return *(char *const *)(const void *)at ? *(char *const *)(const void *)at
							: "";
	case CONFIG_CHOICE:
		return config_keys[i].choices[*(const int *)(const void *)at];
	case CONFIG_BOOL:
		return *(const int *)(const void *)at ? "yes" : "no";
	case CONFIG_INT:
		break;
	}
	snprintf(text, sizeof(text), "%d", *(const int *)(const void *)at);
	return text;
}

/* The manual's table. */
static const struct {
	const char *section, *name, *env, *preset;
} manual[] = {
	{ "database", "host", "DB_HOST", "localhost" },
	{ "database", "port", "DB_PORT", "5432" },
	{ "database", "name", "DB_NAME", "postgres" },
	{ "database", "user", "DB_USER", "bitville_monitor" },
	{ "database", "password", "DB_PASSWORD", "" },
	{ "database", "password_file", "DB_PASSWORD_FILE", "" },
	{ "database", "conninfo", "DB_CONNINFO", "" },
	{ "database", "statement_timeout_ms", "STATEMENT_TIMEOUT_MS", "5000" },
	{ "database", "lock_timeout_ms", "LOCK_TIMEOUT_MS", "100" },
	{ "database", "connection_timeout_s", "CONNECTION_TIMEOUT_S", "30" },
	{ "collection", "interval_s", "COLLECTION_INTERVAL_S", "60" },
	{ "collection", "sources", "SOURCES",
		"pg_stat_activity, pg_stat_statements, pg_locks, system_metrics" },
	{ "collection", "redact", "REDACT", "none" },
	{ "collection", "budget_ms", "BUDGET_MS", "500" },
	{ "collection", "log_path", "LOG_PATH", "/var/log/postgresql" },
	{ "collection", "log_format", "LOG_FORMAT", "auto" },
	{ "collection", "log_line_prefix", "LOG_LINE_PREFIX", "auto" },
	{ "collection", "log_timezone", "LOG_TIMEZONE", "" },
	{ "collection", "batch_max_entries", "BATCH_MAX_ENTRIES", "500" },
	{ "collection", "batch_interval_s", "BATCH_INTERVAL_S", "5" },
	{ "listener", "url", "LISTENER_URL", "https://listener:8443/ingest/postgres" },
	{ "listener", "api_key", "LISTENER_API_KEY", "" },
	{ "listener", "api_key_file", "LISTENER_API_KEY_FILE", "" },
	{ "listener", "project_id", "PROJECT_ID", "default" },
	{ "listener", "timeout_s", "LISTENER_TIMEOUT_S", "5" },
	{ "listener", "ca_file", "LISTENER_CA_FILE", "" },
	{ "listener", "client_cert", "LISTENER_CLIENT_CERT", "" },
	{ "listener", "client_key", "LISTENER_CLIENT_KEY", "" },
	{ "listener", "proxy", "LISTENER_PROXY", "" },
	{ "listener", "allow_plain_http", "LISTENER_ALLOW_PLAIN_HTTP", "no" },
	{ "listener", "compression", "LISTENER_COMPRESSION", "none" },
	{ "listener", "max_in_flight", "LISTENER_MAX_IN_FLIGHT", "4" },
	{ "breaker", "fail_max", "CIRCUIT_BREAKER_FAIL_MAX", "5" },
	{ "breaker", "timeout_s", "CIRCUIT_BREAKER_TIMEOUT_S", "60" },
	{ "buffer", "path", "BUFFER_PATH", "/var/lib/bitville-postgres-agent/buffer" },
	{ "buffer", "max_size_mb", "BUFFER_MAX_SIZE_MB", "100" },
	{ "buffer", "min_free_mb", "BUFFER_MIN_FREE_MB", "512" },
	{ "metrics", "textfile", "METRICS_TEXTFILE", "" },
};

static void keys_names_and_defaults_are_the_manuals(void **state)
{
	struct config config;
	struct err err;

	(void)state;
	assert_int_equal(config_keys_count, COUNT(manual));
	assert_int_equal(config_load(&config, empty_file(), &err), 0);
	for (size_t i = 0; i < COUNT(manual); i++) {
		int at = config_find(manual[i].section, manual[i].name);

		check(manual[i].name, at >= 0);
		check_string(manual[i].name, config_keys[at].env, manual[i].env);
		check_string(
			manual[i].name, value_of(&config, (size_t)at), manual[i].preset);
		check(manual[i].name, !config_is_set(&config, config_keys[at].offset));
		check(manual[i].name, config.line[at] == 0);
	}
	assert_int_equal(config.warnings.len, 0);
	config_release(&config);
}

static void no_two_keys_share_a_name_or_a_place(void **state)
{
	(void)state;
	for (size_t i = 0; i < config_keys_count; i++) {
		assert_int_equal(
			config_find(config_keys[i].section, config_keys[i].name), i);
		for (size_t j = 0; j < i; j++) {
			assert_string_not_equal(config_keys[i].env, config_keys[j].env);
			assert_int_not_equal(
				config_keys[i].offset, config_keys[j].offset);
		}
	}
}

/* Two values that the key takes and that are not its default. */
static const char *sample(size_t i, bool second)
{
	static char text[2][64];
	char *ret = text[second];
	const struct config_key *key = &config_keys[i];

	switch (key->type) {
	case CONFIG_INT:
		snprintf(ret, sizeof(text[0]), "%ld", second ? key->max : key->max - 1);
		break;
	case CONFIG_CHOICE:
		snprintf(ret, sizeof(text[0]), "%s", key->choices[second ? 1 : 2]);
		break;
	case CONFIG_BOOL:
		snprintf(ret, sizeof(text[0]), "%s", second ? "no" : "yes");
		break;
	case CONFIG_STRING:
	case CONFIG_SECRET:
		snprintf(ret, sizeof(text[0]), "%s%zu", second ? "other" : "value", i);
	}
	return ret;
}

/* The certificate and its key belong together. */
static void set_partner(size_t i)
{
	setenv("BITVILLE_PG_LISTENER_CLIENT_CERT", "c", 1);
	setenv("BITVILLE_PG_LISTENER_CLIENT_KEY", "k", 1);
	if (strncmp(config_keys[i].name, "client_", 7) == 0)
		unsetenv(env_name(i));
}

static void every_key_comes_from_the_file_and_the_environment_wins(void **state)
{
	(void)state;
	for (size_t i = 0; i < config_keys_count; i++) {
		const struct config_key *key = &config_keys[i];
		struct config config;
		char text[300], where[300];
		struct err err;

		set_partner(i);
		snprintf(text, sizeof(text), "[%s]\n%s = %s\n", key->section, key->name,
			sample(i, false));
		if (config_load(&config, file(text), &err) < 0)
			fail_msg("%s: %s", key->name, err.msg);
		check_string(key->name, value_of(&config, i), sample(i, false));
		check(key->name, config.origin[i] == CONFIG_FROM_FILE);
		check(key->name, config.line[i] == 2);
		check(key->name, config_is_set(&config, key->offset));
		config_where(&config, key->offset, where, sizeof(where));
		check(where, strstr(where, "agent.ini line 2: ") != NULL);
		check(where, strstr(where, key->name) != NULL);
		config_release(&config);

		setenv(env_name(i), "", 1); /* counts as unset */
		assert_int_equal(config_load(&config, file(text), &err), 0);
		check_string(key->name, value_of(&config, i), sample(i, false));
		config_release(&config);

		setenv(env_name(i), sample(i, true), 1);
		assert_int_equal(config_load(&config, file(text), &err), 0);
		check_string(key->name, value_of(&config, i), sample(i, true));
		check(key->name, config.origin[i] == CONFIG_FROM_ENVIRONMENT);
		config_where(&config, key->offset, where, sizeof(where));
		check_string(key->name, where, env_name(i));
		config_release(&config);
		unsetenv(env_name(i));
	}
}

static void an_empty_value_in_the_file_leaves_the_default(void **state)
{
	(void)state;
	for (size_t i = 0; i < config_keys_count; i++) {
		const struct config_key *key = &config_keys[i];
		struct config config, empty;
		char text[300];
		struct err err;
		int rc;

		snprintf(text, sizeof(text), "[%s]\n%s =\n", key->section, key->name);
		rc = config_load(&config, file(text), &err);
		if (key->type != CONFIG_SECRET &&
			(key->type != CONFIG_STRING || key->max)) {
			check(key->name, rc == -1 && err.kind == ERR_CONFIG);
			continue;
		}
		check(key->name, rc == 0 && config.origin[i] == CONFIG_FROM_DEFAULT);
		assert_int_equal(config_load(&empty, empty_file(), &err), 0);
		check_string(key->name, value_of(&config, i), value_of(&empty, i));
		config_release(&config);
		config_release(&empty);
	}
}

static void a_number_out_of_range_is_refused_by_name(void **state)
{
	static const char *const nonsense[] = { "x", "5x", "", "1.5", "0x10",
		"99999999999999999999", "-99999999999999999999", "2147483648", "1 2" };

	(void)state;
	for (size_t i = 0; i < config_keys_count; i++) {
		const struct config_key *key = &config_keys[i];
		struct config config = { 0 };
		char text[32];
		struct err err;

		if (key->type != CONFIG_INT)
			continue;
		buf_init(&config.warnings, 1000);
		for (size_t j = 0; j < COUNT(nonsense); j++) {
			err.kind = ERR_OK;
			check(nonsense[j],
				config_set(&config, i, nonsense[j], "HERE", &err) == -1);
			check(nonsense[j], err.kind == ERR_CONFIG);
			check(err.msg, strstr(err.msg, "HERE: ") == err.msg);
		}
		snprintf(text, sizeof(text), "%ld", key->min - 1);
		check(key->name, config_set(&config, i, text, "HERE", &err) == -1);
		snprintf(text, sizeof(text), "%ld", key->max + 1);
		check(key->name, config_set(&config, i, text, "HERE", &err) == -1);
		check_string(key->name, value_of(&config, i), "0"); /* untouched */
		snprintf(text, sizeof(text), "%ld", key->max);
		check(key->name, config_set(&config, i, text, "HERE", &err) == 0);
		check_string(key->name, value_of(&config, i), text);
		snprintf(text, sizeof(text), "%ld", key->min);
		check(key->name, config_set(&config, i, text, "HERE", &err) == 0);
		if (!key->raised_to)
			check_string(key->name, value_of(&config, i), text);
		buf_release(&config.warnings);
	}
}

static const struct {
	const char *when, *text;
	const char *message; /* NULL: accepted */
	const char *warning;
} files[] = {
	{ "a short timeout is raised", "[database]\nstatement_timeout_ms = 999\n", NULL,
		"statement_timeout_ms: 999 is too small, using 1000\n" },
	{ "no timeout is raised", "[database]\nstatement_timeout_ms = 0\n", NULL,
		"statement_timeout_ms: 0 is too small, using 1000\n" },
	{ "1000 is not too short", "[database]\nstatement_timeout_ms = 1000\n", NULL,
		"" },
	{ "no port", "[database]\nport = 65536\n",
		"line 2: database.port: 65536 is out of range; give 1 to 65535", NULL },
	{ "an unknown choice", "[collection]\nredact = all\n",
		"line 2: collection.redact: \"all\" is not one of none, literals, statements",
		NULL },
	{ "an unknown truth", "[listener]\nallow_plain_http = maybe\n",
		"line 2: listener.allow_plain_http: \"maybe\" is neither yes nor no",
		NULL },
	{ "a project of 50 characters",
		"[listener]\nproject_id = \xc3\xa9"
		"2345678901234567890123456789012345678901234567890\n",
		NULL, "" },
	{ "a project of 51 characters",
		"[listener]\nproject_id = 123456789012345678901234567890123456789012345678901\n",
		"line 2: listener.project_id: 51 characters; give 1 to 50", NULL },
	{ "control characters", "[database]\nhost = a\x1b[1m\n",
		"line 2: database.host: control characters are not allowed in a value",
		NULL },
	{ "a certificate alone", "[listener]\nclient_cert = c\n",
		"listener.client_cert and listener.client_key belong together; set both",
		NULL },
	{ "a password twice", "[database]\npassword = a\npassword_file = b\n",
		"database.password and database.password_file are both set; remove one",
		NULL },
	{ "a key twice", "[listener]\napi_key = a\napi_key_file = b\n",
		"listener.api_key and listener.api_key_file are both set; remove one",
		NULL },
};

static void values_are_checked_and_raised(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(files); i++) {
		struct config config;
		struct err err = { 0 };
		int rc = config_load(&config, file(files[i].text), &err);

		if (files[i].message) {
			check(files[i].when, rc == -1 && err.kind == ERR_CONFIG);
			if (!strstr(err.msg, files[i].message))
				fail_msg("%s: %s", files[i].when, err.msg);
			continue;
		}
		if (rc < 0)
			fail_msg("%s: %s", files[i].when, err.msg);
		if (*files[i].warning)
			check(files[i].when,
				config.warnings.data &&
					strstr(config.warnings.data, files[i].warning));
		else
			check(files[i].when, config.warnings.len == 0);
		config_release(&config);
	}
}

static void yes_and_no_have_many_words(void **state)
{
	static const struct {
		const char *word;
		int value;
	} words[] = { { "yes", 1 }, { "TRUE", 1 }, { "on", 1 }, { "1", 1 }, { "No", 0 },
		{ "false", 0 }, { "OFF", 0 }, { "0", 0 } };
	int at = config_find("listener", "allow_plain_http");
	struct config config = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT(words); i++) {
		config.allow_plain_http = !words[i].value;
		assert_int_equal(
			config_set(&config, (size_t)at, words[i].word, "", NULL), 0);
		assert_int_equal(config.allow_plain_http, words[i].value);
	}
}

static void a_mistake_in_the_environment_names_its_variable(void **state)
{
	struct config config;
	struct err err;

	(void)state;
	setenv("BITVILLE_PG_DB_PORT", "many", 1);
	assert_int_equal(config_load(&config, empty_file(), &err), -1);
	assert_int_equal(err.kind, ERR_CONFIG);
	assert_string_equal(err.msg,
		"BITVILLE_PG_DB_PORT: \"many\" is not a whole number from 1 to 65535");
}

static void a_secret_is_never_part_of_a_message(void **state)
{
	struct config config;
	struct err err;

	(void)state;
	for (size_t i = 0; i < config_keys_count; i++) {
		if (config_keys[i].type != CONFIG_SECRET)
			continue;
		setenv(env_name(i), "s3cret\x01", 1);
		assert_int_equal(config_load(&config, empty_file(), &err), -1);
		check(err.msg, strstr(err.msg, "s3cret") == NULL);
		check(err.msg, strstr(err.msg, config_keys[i].env) != NULL);
		unsetenv(env_name(i));
	}
}

static void the_file_named_wins_over_the_environments(void **state)
{
	struct config config;
	char named[300];
	struct err err;

	(void)state;
	strcpy(named, scratch_file(dir, "b.ini", "[database]\nhost = b\n", 20));
	setenv(CONFIG_PATH_ENV, file("[database]\nhost = a\n"), 1);
	assert_int_equal(config_load(&config, NULL, &err), 0);
	assert_string_equal(config.database_host, "a");
	assert_string_equal(config.file, getenv(CONFIG_PATH_ENV));
	config_release(&config);
	assert_int_equal(config_load(&config, named, &err), 0);
	assert_string_equal(config.database_host, "b");
	config_release(&config);
}

static void only_the_default_file_may_be_absent(void **state)
{
	char absent[200];
	struct config config;
	struct err err = { 0 };

	(void)state;
	snprintf(absent, sizeof(absent), "%s/absent.ini", dir);
	assert_int_equal(config_load(&config, absent, &err), -1);
	assert_int_equal(err.kind, ERR_CONFIG);
	assert_non_null(strstr(err.msg, absent));
	setenv(CONFIG_PATH_ENV, absent, 1);
	assert_int_equal(config_load(&config, NULL, &err), -1);
	assert_int_equal(err.kind, ERR_CONFIG);
	setenv(CONFIG_PATH_ENV, "", 1);
	if (access(CONFIG_PATH_DEFAULT, F_OK) == 0)
		return; /* a machine with an agent of its own */
	assert_int_equal(config_load(&config, NULL, &err), 0);
	assert_null(config.file);
	config_release(&config);
}

static void the_environments_secret_wins_over_the_files_other_form(void **state)
{
	struct config config;
	struct err err;

	(void)state;
	setenv("BITVILLE_PG_DB_PASSWORD", "env", 1);
	setenv("BITVILLE_PG_LISTENER_API_KEY_FILE", "envfile", 1);
	assert_int_equal(
		config_load(&config,
			file("[database]\npassword_file = f\n[listener]\napi_key = k\n"),
			&err),
		0);
	assert_string_equal(config.database_password, "env");
	assert_null(config.database_password_file);
	assert_false(
		config_is_set(&config, offsetof(struct config, database_password_file)));
	assert_null(config.listener_api_key);
	assert_string_equal(config.listener_api_key_file, "envfile");
	config_release(&config);
}

static void a_failed_load_leaves_the_old_configuration(void **state)
{
	struct config config;
	struct err err;

	(void)state;
	assert_int_equal(config_load(&config, file("[database]\nhost = a\n"), &err), 0);
	assert_int_equal(config_load(&config, file("[database]\nport = x\n"), &err), -1);
	assert_string_equal(config.database_host, "a");
	config_release(&config);
	config_release(&config);
}

static void whatever_has_no_place_is_unknown(void **state)
{
	struct config config = { 0 };
	char where[10];

	(void)state;
	assert_int_equal(config_find("database", "hosts"), -1);
	assert_int_equal(config_find("listener", "host"), -1);
	assert_false(config_is_set(&config, offsetof(struct config, warnings)));
	config_where(&config, offsetof(struct config, warnings), where, sizeof(where));
	assert_string_equal(where, "?");
	config_where(
		&config, offsetof(struct config, database_host), where, sizeof(where));
	assert_string_equal(where, "database.");
}

static void a_command_is_told_which_file_was_read(void **state)
{
	static const struct {
		const char *file, *want;
	} cases[] = {
		{ NULL, "" },
		{ CONFIG_PATH_DEFAULT, "" },
		{ "/etc/bitville/second.ini", " --config /etc/bitville/second.ini" },
		{ "/my files/x.ini", " --config '/my files/x.ini'" },
	};
	char said[100];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct config config = { .file = (char *)cases[i].file };

		config_option(&config, said, sizeof(said));
		check_string(cases[i].want, said, cases[i].want);
	}
}

#define CONFIG_TEST(f) cmocka_unit_test_setup_teardown(f, make_scratch, remove_scratch)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CONFIG_TEST(keys_names_and_defaults_are_the_manuals),
		CONFIG_TEST(no_two_keys_share_a_name_or_a_place),
		CONFIG_TEST(every_key_comes_from_the_file_and_the_environment_wins),
		CONFIG_TEST(an_empty_value_in_the_file_leaves_the_default),
		CONFIG_TEST(a_number_out_of_range_is_refused_by_name),
		CONFIG_TEST(values_are_checked_and_raised),
		CONFIG_TEST(yes_and_no_have_many_words),
		CONFIG_TEST(a_mistake_in_the_environment_names_its_variable),
		CONFIG_TEST(a_secret_is_never_part_of_a_message),
		CONFIG_TEST(the_file_named_wins_over_the_environments),
		CONFIG_TEST(only_the_default_file_may_be_absent),
		CONFIG_TEST(the_environments_secret_wins_over_the_files_other_form),
		CONFIG_TEST(a_failed_load_leaves_the_old_configuration),
		cmocka_unit_test(a_command_is_told_which_file_was_read),
		CONFIG_TEST(whatever_has_no_place_is_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
