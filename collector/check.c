#include "check.h"

#include <stdio.h>
#include <string.h>

#include "check_database.h"
#include "check_timer.h"
#include "checklist.h"
#include "clock.h"
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

int check_run(const struct collect_job *job, struct err *err)
{
	const struct config *config = job->config;
	struct check check = { .job = job, .patience = { .signal_fd = -1 } };

	if (signals_open(SIGNALS_STOP_WITHIN_S, &check.patience.signal_fd, err) < 0)
		return -1;
	signals_deadline((unsigned)config->interval_s,
		PROGRAM_NAME ": not done after collection.interval_s; ended\n");
	check.patience.deadline_s = patience_deadline_s(clock_s(), config->interval_s);
	check_spool(&check);
	check_machine(&check);
	check_timer(config, &check.patience, &check.list);
	check_database(job, &check.patience, &check.list);
	return checklist_end(&check.list) ? 0 : 1;
}
