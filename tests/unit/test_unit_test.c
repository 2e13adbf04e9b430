#include "unit.h"

#include "child.h"
#include "config.h"
#include "scratch.h"
#include "unit_test.h"

#define NOBODY 65534
#define CAT                                                             \
	"#!/bin/sh\nprintf '[Service]\\nUser=x\\nEnvironment=WHO=me\\n" \
	"ExecStart=/bin/%s\\n' \"$3\"\n"
#define RUN "#!/bin/sh\nfor word; do printf '%s|' \"$word\"; done\nprintf \"$WHO\"\nexit "

static char dir[SCRATCH_SIZE];

static int make_dir(void **state)
{
	(void)state;
	scratch_make(dir);
	setenv("PATH", dir, 1);
	unsetenv(CONFIG_PATH_ENV);
	unsetenv("TERM");
	unsetenv("NO_COLOR");
	return chmod(dir, 0755);
}

static int remove_dir(void **state)
{
	(void)state;
	scratch_remove(dir);
	return 0;
}

static void script(const char *name, const char *text)
{
	assert_int_equal(chmod(scratch_file(dir, name, text, strlen(text)), 0755), 0);
}

struct asked {
	const char *config_path;
	char **argv;
	bool as_nobody;
};

static void ask(void *arg)
{
	const struct asked *asked = arg;
	struct err err = { 0 };
	int status = -1;

	if (asked->as_nobody && setuid(NOBODY) < 0)
		_exit(1);
	if (unit_test_run("pg-x", asked->config_path, asked->argv, &status, &err) < 0)
		printf("%d: %s", err.kind, err.msg);
	else
		printf("%d", status);
}

static void the_unit_runs_the_program_with_our_words(void **state)
{
	static const struct {
		const char *config_path;
		char *argv[6];
		const char *unit, *words;
	} cases[] = {
		{ NULL, { (char *)"pg-x", (char *)"--test=unit" }, "pg-x", "--test|" },
		{ "/etc/bitville/b.ini",
			{ (char *)"pg-x", (char *)"--te=unit", (char *)"-v",
				(char *)"--config", (char *)"/etc/bitville/b.ini" },
			"pg-x@b", "--test|-v|--config|/etc/bitville/b.ini|" },
	};
	char said[1000], want[1000];

	(void)state;
	if (geteuid() != 0)
		skip();
	script("systemctl", CAT);
	script("systemd-run", RUN "7\n");
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct asked asked = { cases[i].config_path, (char **)cases[i].argv };

		assert_int_equal(child_run(ask, &asked, 1, said, sizeof(said)), 0);
		snprintf(want, sizeof(want),
			"--quiet|--pipe|--wait|--collect|--service-type=exec|"
			"--property=User=x|--setenv=WHO|--|/bin/%s.service|%sme7",
			cases[i].unit, cases[i].words);
		check_string(cases[i].unit, said, want);
	}
	setenv(CONFIG_PATH_ENV, "/etc/bitville/c.ini", 1);
	assert_int_equal(child_run(ask, &(struct asked){ NULL, (char **)cases[0].argv },
				 1, said, sizeof(said)),
		0);
	assert_non_null(strstr(said, "|/bin/pg-x@c.service|"));
}

static void what_is_in_the_way_is_told_with_its_mend(void **state)
{
	static const struct {
		const char *systemctl, *systemd_run;
		struct asked asked;
		const char *want;
	} cases[] = {
		{ CAT, RUN "0\n", { .as_nobody = true },
			"3: --test=unit starts a program as systemd would; mend: sudo pg-x "
			"--test=unit" },
		{ CAT, RUN "0\n", { .config_path = "/x/y.ini" },
			"3: no unit reads /x/y.ini; mend: put it into "
			"/etc/bitville/NAME.ini, for pg-x@NAME, or use --test" },
		{ NULL, RUN "0\n", { 0 },
			"3: systemd does not run here; mend: use --test, as the user that "
			"pg-x will run as" },
		{ CAT, NULL, { 0 }, "3: systemd-run: not found; mend: " },
		{ CAT, "#!/bin/sh\nexit 226\n", { 0 },
			"3: unit pg-x: systemd can't make its surroundings (exit status "
			"226, systemd.exec(5)); mend: journalctl -n 20" },
		{ "#!/bin/sh\nexit 0\n", RUN "0\n", { 0 },
			"3: unit pg-x has no ExecStart=" },
	};
	char *argv[] = { (char *)"pg-x", (char *)"--test=unit", NULL };
	char said[1000];

	(void)state;
	if (geteuid() != 0)
		skip();
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct asked asked = cases[i].asked;

		asked.argv = argv;
		scratch_remove(dir);
		assert_int_equal(mkdir(dir, 0755), 0);
		if (cases[i].systemctl)
			script("systemctl", cases[i].systemctl);
		if (cases[i].systemd_run)
			script("systemd-run", cases[i].systemd_run);
		assert_int_equal(child_run(ask, &asked, 1, said, sizeof(said)), 0);
		if (strncmp(said, cases[i].want, strlen(cases[i].want)) != 0)
			fail_msg("%s: %s", cases[i].want, said);
	}
}

static void a_unit_that_is_not_there_is_told(void **state)
{
	char *argv[] = { (char *)"pg-x", (char *)"--test=unit", NULL };
	char said[1000];

	(void)state;
	if (geteuid() != 0)
		skip();
	script("systemctl", "#!/bin/sh\necho \"No files found for $3.\" >&2\nexit 1\n");
	assert_int_equal(
		child_run(ask, &(struct asked){ .argv = argv }, 1, said, sizeof(said)),
		0);
	if (access("/run/systemd/system", F_OK) == 0)
		assert_non_null(strstr(said, "unit pg-x.service: not installed; mend: "));
	else
		assert_non_null(strstr(said, "systemd does not run here"));
}

#define DIR_TEST(f) cmocka_unit_test_setup_teardown(f, make_dir, remove_dir)

int main(void)
{
	const struct CMUnitTest tests[] = {
		DIR_TEST(the_unit_runs_the_program_with_our_words),
		DIR_TEST(what_is_in_the_way_is_told_with_its_mend),
		DIR_TEST(a_unit_that_is_not_there_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
