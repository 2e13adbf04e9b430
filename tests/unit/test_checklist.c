#include "unit.h"

#include <pty.h>

#include "checklist.h"
#include "child.h"

static void print_all(void *arg)
{
	static char long_mend[10000];
	struct checklist list = { 0 };

	(void)arg;
	checklist_ok(&list, "spool %s", "/x");
	checklist_warn(&list, "do that", "may be better");
	checklist_fail(&list, NULL, "broken\nok    forged\xc2\x9b");
	checklist_fail(&list, "mend\x1b[2J\nFAIL  it", "%d", 7);
	checklist_warn(&list, "SELECT 1;\n  SELECT '\x1b';\n", "two lines");
	printf("%d\n", checklist_end(&list));
	memset(long_mend, 'x', sizeof(long_mend) - 1);
	checklist_fail(&list, long_mend, "%s", long_mend);
	list = (struct checklist){ .passed = 1, .warned = 1 };
	printf("%d\n", checklist_end(&list));
}

static void each_check_is_a_line_with_its_mend(void **state)
{
	char said[20000], *end;

	(void)state;
	assert_int_equal(
		child_run(print_all, NULL, STDOUT_FILENO, said, sizeof(said)), 0);
	end = strstr(said, "FAIL  xxx");
	assert_non_null(end);
	assert_true(strlen(end) > 4096 && strlen(end) < 6000);
	assert_string_equal(strrchr(end, 'x'), "x\n1 ok, 1 warn, 0 FAIL\n1\n");
	*end = '\0';
	assert_string_equal(said, "ok    spool /x\n"
				  "warn  may be better\n"
				  "      mend: do that\n"
				  "FAIL  broken?ok    forged?\n"
				  "FAIL  7\n"
				  "      mend: mend?[2J\n"
				  "            FAIL  it\n"
				  "warn  two lines\n"
				  "      mend: SELECT 1;\n"
				  "              SELECT '?';\n"
				  "1 ok, 2 warn, 2 FAIL\n"
				  "0\n");
}

static const struct {
	const char *when;
	bool terminal;
	const char *term, *no_color; /* NULL: not set */
	bool want;
} cases[] = {
	{ "a terminal", true, "xterm", NULL, true },
	{ "NO_COLOR empty", true, "xterm", "", true },
	{ "NO_COLOR set", true, "xterm", "1", false },
	{ "NO_COLOR set to anything", true, "xterm", "0", false },
	{ "a dumb terminal", true, "dumb", NULL, false },
	{ "TERM empty", true, "", NULL, false },
	{ "TERM not set", true, NULL, NULL, false },
	{ "a pipe", false, "xterm", NULL, false },
};

static void set(const char *name, const char *value)
{
	if (value)
		setenv(name, value, 1);
	else
		unsetenv(name);
}

/* As in case *arg; "terminal" is ours, so that nothing is read of it before it is all there. */
static void print_one(void *arg)
{
	const size_t i = *(const size_t *)arg;
	struct checklist list = { 0 };
	char said[200] = "";
	int ours, theirs, out = dup(STDOUT_FILENO);

	set("TERM", cases[i].term);
	set("NO_COLOR", cases[i].no_color);
	if (cases[i].terminal) {
		if (openpty(&ours, &theirs, NULL, NULL, NULL) < 0)
			_exit(1);
		dup2(theirs, STDOUT_FILENO);
	}
	checklist_fail(&list, NULL, "x");
	if (cases[i].terminal && read(ours, said, sizeof(said) - 1) > 0)
		dprintf(out, "%s", said);
}

static void colours_are_for_terminals_that_want_them(void **state)
{
	char said[200];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		check(cases[i].when,
			child_run(print_one, &i, STDOUT_FILENO, said, sizeof(said)) == 0);
		said[strcspn(said, "\r\n")] = '\0';
		check_string(cases[i].when, said,
			cases[i].want ? "\033[1;31mFAIL\033[m  x" : "FAIL  x");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_check_is_a_line_with_its_mend),
		cmocka_unit_test(colours_are_for_terminals_that_want_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
