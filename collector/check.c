#include "check.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "access.h"
#include "check_database.h"
#include "check_timer.h"
#include "checklist.h"
#include "clock.h"
#include "shell_word.h"
#include "signals.h"
#include "spool_check.h"
#include "system_metrics.h"

struct check {
	const struct collect_job *job;
	struct checklist list;
	struct patience patience;
};

static void check_spool(struct check *check)
{
	const struct spool_user user = {
		.config = check->job->config, .program = PROGRAM_NAME, .writes = true
	};

	spool_close(spool_check(&check->list, &user));
}

static void check_machine(struct check *check)
{
	static const struct machine_scope scope = { 0, "", "" };
	static const struct cpu_sample no_cpu;
	static const struct machine_sample no_sample;
	struct machine machine;

	system_metrics_take(&scope, &no_cpu, &no_sample, NULL, &machine);
	if (*machine.trouble)
		checklist_fail(&check->list,
			"let the service see all of /proc (ProcSubset=all)",
			"machine: %s", machine.trouble);
	else
		checklist_ok(&check->list, "machine: /proc is readable");
}

/* Without it there is nothing to connect with. */
static void fail_password(struct check *check, const char *why)
{
	const struct config *config = check->job->config;
	const char *file = config->database_password_file;
	char word[SHELL_WORD_SIZE], me[ACCESS_NAME_SIZE];
	char mend[SHELL_WORD_SIZE + ACCESS_NAME_SIZE + 64];

	access_user(geteuid(), me);
	if (!file)
		snprintf(mend, sizeof(mend), "sudoedit %s",
			shell_word(config->file ? config->file : CONFIG_PATH_DEFAULT,
				word, sizeof(word)));
	else if (access(file, F_OK) == 0)
		snprintf(mend, sizeof(mend), "chown %s %s", me,
			shell_word(file, word, sizeof(word)));
	else
		snprintf(mend, sizeof(mend), "install -o %s -m 600 /dev/stdin %s", me,
			shell_word(file, word, sizeof(word)));
	checklist_fail(&check->list, mend, "connect: %s", why);
}

int check_run(const struct collect_job *job, struct err *err)
{
	const struct config *config = job->config;
	struct check check = { .job = job, .patience = { .signal_fd = -1 } };
	struct err why = *err;

	if (signals_open(SIGNALS_STOP_WITHIN_S, &check.patience.signal_fd, err) < 0)
		return -1;
	signals_deadline((unsigned)config->interval_s,
		PROGRAM_NAME ": not done after collection.interval_s; ended\n");
	check.patience.deadline_s = patience_deadline_s(clock_s(), config->interval_s);
	check_spool(&check);
	check_machine(&check);
	check_timer(config, &check.patience, &check.list);
	if (job->params)
		check_database(job, &check.patience, &check.list);
	else
		fail_password(&check, why.msg);
	return checklist_end(&check.list) ? 0 : 1;
}
