#include "unit.h"

#include "buf.h"
#include "unit_command.h"

#define BEGIN "systemd-run|--quiet|--pipe|--wait|--collect|--service-type=exec"

static const struct {
	const char *when, *unit, *text, *want; /* behind BEGIN */
} cases[] = {
	{ "a program alone", "pg-x", "[Service]\nExecStart=/bin/pg-x\n",
		"|--|/bin/pg-x|--test" },
	{ "its words", "pg-x",
		"[Service]\nExecStart = /bin/pg-x  --config \"/a b/c.ini\" 'd e'f ''\n",
		"|--|/bin/pg-x|--config|/a b/c.ini|d ef||--test" },
	{ "how it is started says nothing", "pg-x",
		"[Service]\nExecStart=-+/bin/pg-x $OPTIONS\n",
		"|--|/bin/pg-x|$OPTIONS|--test" },
	{ "settings in order", "pg-x",
		"[Service]\nUser=a\nExecStart=/bin/pg-x\nSystemCallFilter=@x\n"
		"SystemCallFilter=~@y\n User = b \n",
		"|--property=User=a|--property=SystemCallFilter=@x|"
		"--property=SystemCallFilter=~@y|--property=User=b|--|/bin/pg-x|--test" },
	{ "an empty one takes back", "pg-x",
		"[Service]\nCapabilityBoundingSet=\nExecStart=/bin/pg-x\n",
		"|--property=CapabilityBoundingSet=|--|/bin/pg-x|--test" },
	{ "a drop-in has the last word", "pg-x",
		"# /lib/x.service\n[Service]\nExecStart=/bin/old\n\n# /etc/x.conf\n"
		"[Service]\nExecStart=\nExecStart=/bin/new\n",
		"|--|/bin/new|--test" },
	{ "other sections are not of it", "pg-x",
		"[Unit]\nUser=x\n[Service]\nExecStart=/bin/pg-x\n[Install]\nUser=y\n",
		"|--|/bin/pg-x|--test" },
	{ "what is about the service is left out", "pg-x",
		"[Service]\nType=notify\nExecReload=/bin/kill\nRestart=on-failure\n"
		"RestartSec=1\nRestartPreventExitStatus=78 64\nWatchdogSec=60s\n"
		"TimeoutStopSec=15s\nNotifyAccess=all\nStandardOutput=null\n"
		"KillMode=mixed\nSuccessExitStatus=1\nExecStart=/bin/pg-x\nPIDFile=/x\n",
		"|--|/bin/pg-x|--test" },
	{ "comments", "pg-x",
		"[Service]\n# User=a \\\n; User=b\nUser=c\nExecStart=/bin/pg-x\n",
		"|--property=User=c|--|/bin/pg-x|--test" },
	{ "a line that goes on", "pg-x",
		"[Service]\nInaccessiblePaths=-/a \\\n  -/b\nExecStart=/bin/pg-x \\\n-v",
		"|--property=InaccessiblePaths=-/a    -/b|--|/bin/pg-x|-v|--test" },
	{ "an instance's name", "pg-x@main",
		"[Service]\nLoadCredential=k:/etc/b/%i.k\nCPUQuota=25%\nA=%%i %p %N %E %S "
		"%t %y\nExecStart=/bin/pg-x --config /etc/b/%i.ini\n",
		"|--property=LoadCredential=k:/etc/b/main.k|--property=CPUQuota=25%|"
		"--property=A=%i pg-x pg-x@main /etc /var/lib /run %y|--|/bin/pg-x|"
		"--config|/etc/b/main.ini|--test" },
	{ "no instance", "pg-x", "[Service]\nA=%i.%p\nExecStart=/bin/pg-x\n",
		"|--property=A=.pg-x|--|/bin/pg-x|--test" },
	{ "nonsense", "pg-x", "[Service]\nwhat\n\n=\nExecStart=/bin/pg-x\n",
		"|--property==|--|/bin/pg-x|--test" },
};

static const char *joined(const struct unit_command *command)
{
	static char text[4000];

	*text = '\0';
	for (size_t i = 0; i < command->words.count; i++)
		sprintf(text + strlen(text), "%s%s", i > 0 ? "|" : "",
			command->words.list[i]);
	assert_null(command->words.list[command->words.count]);
	return text;
}

static void a_unit_becomes_a_command(void **state)
{
	static char *const arguments[] = { (char *)"--test", NULL };
	static const char *const none[] = { NULL };
	char want[2000];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct unit_command command;
		struct err err;

		if (unit_command_make(&command, cases[i].unit, cases[i].text, none,
			    arguments, &err) < 0)
			fail_msg("%s: %s", cases[i].when, err.msg);
		snprintf(want, sizeof(want), BEGIN "%s", cases[i].want);
		check_string(cases[i].when, joined(&command), want);
		unit_command_release(&command);
	}
}

static void own_words_and_environment_are_handed_on(void **state)
{
	static char *const arguments[] = { (char *)"--test", (char *)"a $b", (char *)"",
		NULL };
	static const char *const names[] = { "UNIT_TEST_A", "UNIT_TEST_B", NULL };
	struct unit_command command;

	(void)state;
	unsetenv("UNIT_TEST_A");
	setenv("UNIT_TEST_B", "x y", 1);
	assert_int_equal(
		unit_command_make(&command, "pg-x", "[Service]\nExecStart=/bin/pg-x\n",
			names, arguments, NULL),
		0);
	assert_string_equal(joined(&command),
		BEGIN "|--setenv=UNIT_TEST_B|--|/bin/pg-x|--test|a $$b|");
	unit_command_release(&command);
}

static void the_units_environment_stays_off_the_command_line(void **state)
{
	static const char text[] =
		"[Service]\nEnvironment=A=gone\nEnvironment=\n"
		"Environment=\"B=mArKeR x\" C=%i\nExecStart=/bin/pg-x\n"
		"SetCredential=k:\\n\nSetCredential=l:\n"
		"LoadCredential=k:/etc/k\n";
	static char *const arguments[] = { NULL };
	static const char *const none[] = { NULL };
	struct unit_command command;
	struct err err;

	(void)state;
	assert_int_equal(
		unit_command_make(&command, "pg-x@y", text, none, arguments, NULL), 0);
	assert_string_equal(joined(&command),
		BEGIN "|--property=SetCredential=k:\\n|--property=SetCredential=l:|"
		      "--property=LoadCredential=k:/etc/k|--setenv=B|--setenv=C|--|"
		      "/bin/pg-x");
	assert_int_equal(command.environment.count, 2);
	assert_string_equal(command.environment.list[0], "B=mArKeR x");
	assert_string_equal(command.environment.list[1], "C=y");
	assert_null(command.environment.list[2]);
	unit_command_release(&command);
	assert_int_equal(unit_command_make(&command, "pg-x",
				 "[Service]\nSetCredential=k:mArKeR\nExecStart=/x\n",
				 none, arguments, &err),
		-1);
	assert_null(strstr(err.msg, "mArKeR"));
	assert_non_null(strstr(err.msg, "mend: put it into a file of root's"));
}

static void what_starts_nothing_is_refused(void **state)
{
	static const char *const texts[] = { "", "[Service]\n", "[Service]\nExecStart=\n",
		"ExecStart=/bin/x\n", "[Unit]\nExecStart=/bin/x\n" };
	static char *const arguments[] = { NULL };
	static const char *const none[] = { NULL };
	struct unit_command command = { 0 };
	struct buf text;
	struct err err;

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		check(texts[i], unit_command_make(&command, "pg-x", texts[i], none,
					arguments, &err) < 0);
		check_string(texts[i], err.msg, "unit pg-x has no ExecStart=");
	}
	buf_init(&text, (size_t)1 << 20);
	buf_adds(&text, "[Service]\nExecStart=/bin/x\n");
	for (int i = 0; i < 2000; i++)
		buf_adds(&text, "A=b\n");
	assert_int_equal(
		unit_command_make(&command, "pg-x", text.data, none, arguments, &err),
		-1);
	assert_string_equal(err.msg, "unit pg-x: too long, or out of memory");
	assert_int_equal(command.words.count, 0);
	buf_release(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_unit_becomes_a_command),
		cmocka_unit_test(own_words_and_environment_are_handed_on),
		cmocka_unit_test(the_units_environment_stays_off_the_command_line),
		cmocka_unit_test(what_starts_nothing_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
