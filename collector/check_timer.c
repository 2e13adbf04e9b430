#include "check_timer.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "service_unit.h"
#include "timer_schedule.h"

#define SYSTEMCTL "/usr/bin/systemctl"
#define BOOTED "/run/systemd/system" /* sd_booted(3) */
#define ANSWER_MAX_BYTES ((size_t)64 << 10)
#define LIMIT_S 3
#define MEND_BYTES ((size_t)4096)

/* No shell. Signals are blocked here, as they arrive by a descriptor. */
static pid_t start(char *const argv[], int out)
{
	static char *const environment[] = { (char *)"LC_ALL=C.UTF-8",
		(char *)"SYSTEMD_COLORS=0", NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none;
	pid_t pid = -1;

	sigemptyset(&none);
	if (posix_spawn_file_actions_init(&actions) != 0)
		return -1;
	if (posix_spawnattr_init(&attributes) != 0) {
		posix_spawn_file_actions_destroy(&actions);
		return -1;
	}
	if (posix_spawnattr_setsigmask(&attributes, &none) != 0 ||
		posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK) != 0 ||
		posix_spawn_file_actions_addopen(
			&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0) != 0 ||
		posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO) != 0 ||
		posix_spawn_file_actions_addopen(
			&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0) != 0 ||
		posix_spawn(&pid, argv[0], &actions, &attributes, argv, environment) != 0)
		pid = -1;
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return pid;
}

/* To its end; -1 when that does not come in time. */
static int read_all(int fd, double until_s, struct patience *patience, struct buf *ret)
{
	char text[4096];
	ssize_t n;

	do {
		if (patience_wait(patience, fd, POLLIN, until_s) != WAITED_READY)
			return -1;
		n = read(fd, text, sizeof(text));
		if (n > 0)
			buf_add(ret, text, (size_t)n);
	} while (n > 0 || (n < 0 && errno == EINTR));
	return n == 0 && !ret->failed && ret->len > 0 ? 0 : -1;
}

int timer_ask(const char *program, const char *unit, double limit_s,
	struct patience *patience, struct buf *ret)
{
	char timer[300], service[300];
	const char *const argv[] = { program, "show", "--property=" TIMER_PROPERTIES,
		"--", timer, service, NULL };
	int fds[2], rc, status = 0;
	pid_t pid;

	snprintf(timer, sizeof(timer), "%s.timer", unit);
	snprintf(service, sizeof(service), "%s.service", unit);
	if (pipe2(fds, O_CLOEXEC) < 0)
		return -1;
	pid = start((char *const *)(uintptr_t)argv, fds[1]);
	close(fds[1]);
	rc = pid < 0 ? -1 : read_all(fds[0], clock_s() + limit_s, patience, ret);
	close(fds[0]);
	if (pid < 0)
		return -1;
	if (rc < 0)
		kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return rc == 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1;
}

/* Each line for itself, as the mend is indented: no here-document. */
static void mend_interval(const char *unit, int interval_s, struct buf *mend)
{
	struct buf lines;

	buf_init(&lines, MEND_BYTES);
	timer_schedule_write(interval_s, &lines);
	buf_addf(mend,
		"sudo install -d /etc/systemd/system/%s.timer.d\n"
		"printf '[Timer]\\nOnCalendar=\\n",
		unit);
	for (const char *at = lines.data ? lines.data : ""; *at; at++)
		if (*at == '\n')
			buf_adds(mend, "\\n");
		else
			buf_addc(mend, *at);
	buf_addf(mend,
		"' | sudo tee /etc/systemd/system/%s.timer.d/interval.conf\n"
		"sudo systemctl daemon-reload\nsudo systemctl restart %s.timer\n",
		unit, unit);
	buf_release(&lines);
}

void timer_judge(
	const char *show, const char *unit, int interval_s, struct checklist *list)
{
	struct timer_schedule is;
	char command[400];
	struct buf mend;
	bool good = true;

	timer_schedule_read(show, &is);
	if (!is.is_loaded)
		return;
	buf_init(&mend, MEND_BYTES);
	if (!is.is_active) {
		good = false;
		snprintf(command, sizeof(command), "sudo systemctl enable --now %s.timer",
			unit);
		checklist_warn(list, command, "timer: %s.timer is not running", unit);
	}
	if (is.period_s > 0 && fabs(is.period_s - interval_s) > 0.5) {
		good = false;
		mend_interval(unit, interval_s, &mend);
		checklist_warn(list, mend.failed ? NULL : mend.data,
			"timer: %s.timer runs it every %g s, collection.interval_s is %d",
			unit, is.period_s, interval_s);
	}
	if (*is.result && strcmp(is.result, "success") != 0) {
		good = false;
		snprintf(
			command, sizeof(command), "journalctl -u %s.service -n 20", unit);
		checklist_warn(list, command, "timer: the last run, %s, failed: %s",
			is.finished_at, is.result);
	}
	if (good)
		checklist_ok(list, "timer: %s.timer is running%s%s%s", unit,
			*is.result ? "; the last run, " : "; no run yet", is.finished_at,
			*is.result ? ", succeeded" : "");
	buf_release(&mend);
}

void check_timer(
	const struct config *config, struct patience *patience, struct checklist *list)
{
	struct buf show;
	char unit[SERVICE_UNIT_SIZE];

	if (access(BOOTED, F_OK) < 0 || !config->file ||
		!service_unit_name("pg-collect", config->file, unit))
		return;
	buf_init(&show, ANSWER_MAX_BYTES);
	if (timer_ask(SYSTEMCTL, unit, LIMIT_S, patience, &show) == 0)
		timer_judge(show.data, unit, config->interval_s, list);
	buf_release(&show);
}
