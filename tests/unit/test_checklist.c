#include "unit.h"

#include "checklist.h"
#include "child.h"

static void print_all(void *arg)
{
	struct checklist list = { 0 };

	(void)arg;
	checklist_ok(&list, "spool %s", "/x");
	checklist_warn(&list, "do that", "may be better");
	checklist_fail(&list, NULL, "broken\nok    forged\xc2\x9b");
	checklist_fail(&list, "mend it", "%d", 7);
	checklist_warn(&list, "SELECT 1;\n  SELECT '\x1b';\n", "two lines");
	printf("%u %u\n", list.failed, list.warned);
}

static void each_check_is_a_line_with_its_mend(void **state)
{
	char said[1000];

	(void)state;
	assert_int_equal(
		child_run(print_all, NULL, STDOUT_FILENO, said, sizeof(said)), 0);
	assert_string_equal(said, "ok    spool /x\n"
				  "warn  may be better\n"
				  "      mend: do that\n"
				  "FAIL  broken?ok    forged?\n"
				  "FAIL  7\n"
				  "      mend: mend it\n"
				  "warn  two lines\n"
				  "      mend: SELECT 1;\n"
				  "              SELECT '?';\n"
				  "2 2\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_check_is_a_line_with_its_mend),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
