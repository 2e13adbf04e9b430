/* links: collector/collector.a */
#include "unit.h"

#include <sys/stat.h>

#include "child.h"
#include "clock.h"
#include "collector/check_timer.h"
#include "scratch.h"

struct judged {
	const char *show;
	int interval_s;
};

static void judge(void *argument)
{
	const struct judged *judged = argument;
	struct checklist list = { 0 };

	timer_judge(judged->show, "pg-collect@b", judged->interval_s, &list);
}

#define TIMER(state)                           \
	"LoadState=loaded\nActiveState=" state \
	"\nTimersCalendar={ OnCalendar=*-*-* *:*:00 ; next_elapse=n/a }\n\n"
#define RAN(result)      \
	"Result=" result \
	"\nExecMainExitTimestamp=Sat 2026-11-21 12:00:01 UTC\nLoadState=loaded\n"

static const struct {
	struct judged judged;
	const char *said;
} cases[] = {
	{ { TIMER("active") RAN("success"), 60 },
		"ok    timer: pg-collect@b.timer is running; the last run, "
		"Sat 2026-11-21 12:00:01 UTC, succeeded\n" },
	{ { TIMER("active") "Result=success\nExecMainExitTimestamp=\n", 60 },
		"ok    timer: pg-collect@b.timer is running; no run yet\n" },
	{ { "LoadState=not-found\nActiveState=inactive\n\nLoadState=not-found\n", 60 },
		"" },
	{ { TIMER("inactive") RAN("exit-code"), 60 },
		"warn  timer: pg-collect@b.timer is not running\n"
		"      mend: sudo systemctl enable --now pg-collect@b.timer\n"
		"warn  timer: the last run, Sat 2026-11-21 12:00:01 UTC, failed: exit-code\n"
		"      mend: journalctl -u pg-collect@b.service -n 20\n" },
	{ { TIMER("active") RAN("success"), 300 },
		"warn  timer: pg-collect@b.timer runs it every 60 s, "
		"collection.interval_s is 300\n"
		"      mend: sudo install -d /etc/systemd/system/pg-collect@b.timer.d\n"
		"            printf '[Timer]\\nOnCalendar=\\nOnCalendar=*:0/5\\n' | "
		"sudo tee /etc/systemd/system/pg-collect@b.timer.d/interval.conf\n"
		"            sudo systemctl daemon-reload\n"
		"            sudo systemctl restart pg-collect@b.timer\n" },
};

static void what_systemd_says_is_a_line_with_its_mend(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char said[2000];

		child_run(judge, (void *)(uintptr_t)&cases[i].judged, STDOUT_FILENO, said,
			sizeof(said));
		check_string(cases[i].said, said, cases[i].said);
	}
}

static const struct {
	const char *script;
	double limit_s;
	const char *answer; /* NULL: none */
} scripts[] = {
	{ "echo \"$@\"; echo noise >&2; cat; echo \"$LC_ALL ${HOME-none}\"", 60,
		"show --property=Id,LoadState,ActiveState,TimersCalendar,TimersMonotonic,"
		"Result,ExecMainExitTimestamp -- u.timer u.service\nC.UTF-8 none\n" },
	{ "echo x; exit 1", 60, NULL },
	{ "exit 0", 60, NULL },
	{ "echo x; exec sleep 1000", 0.1, NULL },
};

static void a_program_that_fails_or_hangs_is_no_answer(void **state)
{
	struct patience patience = { .deadline_s = clock_s() + 600, .signal_fd = -1 };
	char directory[SCRATCH_SIZE];
	struct buf answer;
	const char *path;

	(void)state;
	scratch_make(directory);
	for (size_t i = 0; i < COUNT(scripts); i++) {
		bool answered;

		buf_init(&answer, 4096);
		buf_addf(&answer, "#!/bin/sh\n%s\n", scripts[i].script);
		path = scratch_file(directory, "script", answer.data, answer.len);
		chmod(path, 0755);
		buf_clear(&answer);
		answered =
			timer_ask(path, "u", scripts[i].limit_s, &patience, &answer) == 0;
		check(scripts[i].script, answered == (scripts[i].answer != NULL));
		if (answered)
			check_string(scripts[i].script, answer.data, scripts[i].answer);
		buf_release(&answer);
	}
	buf_init(&answer, 4096);
	scratch_remove(directory);
	assert_int_equal(
		timer_ask("/nowhere/systemctl", "u", 60, &patience, &answer), -1);
	buf_release(&answer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_systemd_says_is_a_line_with_its_mend),
		cmocka_unit_test(a_program_that_fails_or_hangs_is_no_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
