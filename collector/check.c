#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "check_database.h"
#include "check_timer.h"
#include "checklist.h"
#include "clock.h"
#include "lock.h"
#include "room.h"
#include "signals.h"
#include "spool_size.h"
#include "state.h"
#include "system_metrics.h"

struct check {
	const struct collect_job *job;
	struct checklist list;
	struct patience patience;
};

/* The nearest parent that exists, into parent, which holds the path. */
static void cut_to_existing(char *parent)
{
	while (access(parent, F_OK) < 0 && errno == ENOENT) {
		char *slash = strrchr(parent, '/');

		if (!slash) {
			strcpy(parent, ".");
			return;
		}
		slash[slash == parent] = '\0';
	}
}

/* Not there yet: could it be made? */
static void check_parent(struct check *check, const char *path, const char *why)
{
	char parent[4096], mend[4352];

	snprintf(parent, sizeof(parent), "%s", path);
	cut_to_existing(parent);
	if (strcmp(parent, path) != 0 && access(parent, W_OK | X_OK) == 0) {
		checklist_ok(&check->list, "spool %s: not there yet; %s is writable",
			path, parent);
		return;
	}
	snprintf(mend, sizeof(mend),
		"install -d -o USER -m 0750 %s (USER: who runs this program)", path);
	checklist_fail(&check->list, mend, "%s", why);
}

/* A newer program's state ends each run. */
static void check_state(struct check *check, const struct spool *spool)
{
	struct state_file state = { 0 };
	struct err err;

	if (state_load(spool, PROGRAM_NAME, false, &state, &err) < 0)
		checklist_fail(&check->list, NULL, "%s", err.msg);
	json_read_release(state.root);
}

static void check_spool(struct check *check)
{
	const struct config *config = check->job->config;
	struct spool_limits limits = room_limits(config);
	struct known_size size = { 0 };
	struct spool *spool = NULL;
	struct err err;
	long holder;

	if (spool_open(config->buffer_path, false, &spool, &err) < 0) {
		check_parent(check, config->buffer_path, err.msg);
		return;
	}
	if (faccessat(spool->tmp_fd, ".", W_OK | X_OK, AT_EACCESS) < 0 ||
		faccessat(spool->new_fd, ".", W_OK | X_OK, AT_EACCESS) < 0 ||
		faccessat(spool->state_fd, ".", W_OK | X_OK, AT_EACCESS) < 0)
		checklist_fail(&check->list, "chown -R it to who runs this program",
			"spool %s: not writable: %s", spool->path, strerror(errno));
	else
		checklist_ok(&check->list, "spool %s: writable", spool->path);
	if (room_update(spool, &size, &err) < 0 ||
		spool_check_room(spool, &limits, size.bytes, 1 << 20, &err) < 0)
		checklist_fail(&check->list, NULL, "%s", err.msg);
	else
		checklist_ok(&check->list, "spool: %" PRIu64 " MiB of %d MiB used",
			size.bytes >> 20, config->buffer_max_size_mb);
	check_state(check, spool);
	holder = lock_holder(spool, PROGRAM_NAME);
	if (holder > 0)
		checklist_warn(&check->list, NULL, "a %s (pid %ld) is at work just now",
			PROGRAM_NAME, holder);
	spool_close(spool);
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
	return check.list.failed > 0 ? 1 : 0;
}
