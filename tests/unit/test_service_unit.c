#include "unit.h"

#include "service_unit.h"

static const struct {
	const char *config_path;
	bool want;
	const char *name, *secret;
} cases[] = {
	{ NULL, true, "pg-forward", "/etc/bitville/api_key" },
	{ "/etc/bitville/postgres-agent.ini", true, "pg-forward",
		"/etc/bitville/api_key" },
	{ "/etc/bitville/second.ini", true, "pg-forward@second",
		"/etc/bitville/second.api_key" },
	{ "/etc/bitville/15-main.x_y.ini", true, "pg-forward@15-main.x_y",
		"/etc/bitville/15-main.x_y.api_key" },
	{ "/etc/bitville/.ini", false, "pg-forward", "/etc/bitville/api_key" },
	{ "/etc/bitville/second.conf", false, "pg-forward", "/etc/bitville/api_key" },
	{ "/etc/bitville/a/b.ini", false, "pg-forward", "/etc/bitville/api_key" },
	{ "/etc/bitville/a b.ini", false, "pg-forward", "/etc/bitville/api_key" },
	{ "/etc/bitville/a$b.ini", false, "pg-forward", "/etc/bitville/api_key" },
	{ "/home/x/postgres-agent.ini", false, "pg-forward", "/etc/bitville/api_key" },
	{ "second.ini", false, "pg-forward", "/etc/bitville/api_key" },
};

static void a_configuration_has_its_unit_and_that_its_secret(void **state)
{
	char name[SERVICE_UNIT_SIZE];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *when =
			cases[i].config_path ? cases[i].config_path : "the default";

		check(when, service_unit_name("pg-forward", cases[i].config_path, name) ==
				    cases[i].want);
		check_string(when, name, cases[i].name);
		service_unit_secret("api_key", cases[i].config_path, name);
		check_string(when, name, cases[i].secret);
	}
}

static void a_name_too_long_is_none(void **state)
{
	char path[2 * SERVICE_UNIT_SIZE] = "/etc/bitville/", name[SERVICE_UNIT_SIZE];

	(void)state;
	memset(path + strlen(path), 'x', SERVICE_UNIT_SIZE);
	strcat(path, ".ini");
	assert_false(service_unit_name("pg-forward", path, name));
	assert_string_equal(name, "pg-forward");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_configuration_has_its_unit_and_that_its_secret),
		cmocka_unit_test(a_name_too_long_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
