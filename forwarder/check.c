#include "check.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "access.h"
#include "check_listener.h"
#include "checklist.h"
#include "clock.h"
#include "forward_state.h"
#include "listener.h"
#include "lock.h"
#include "service_unit.h"
#include "shell_word.h"
#include "spool_check.h"
#include "state.h"

#define BACKLOG_OLD_S 900
#define MEND_SIZE (2 * SHELL_WORD_SIZE + 256)

static void check_breaker(struct checklist *list, const struct forward_state *state,
	const char *how, bool running)
{
	if (state->degraded[0])
		checklist_warn(list, how, "degraded: %s", state->degraded);
	if (!running || state->wall_breaker_since_us == 0)
		return;
	if (state->breaker == BREAKER_CLOSED)
		checklist_ok(list, "breaker: closed");
	else
		checklist_warn(list, how, "breaker: %s, %u failures in a row: %s",
			breaker_state_name(state->breaker), state->failures,
			state->error);
}

static void check_backlog(struct checklist *list, const struct forward_state *state,
	const char *how, const struct spool *spool)
{
	const struct spool_size *size = &state->size;
	char mend[MEND_SIZE], word[SHELL_WORD_SIZE];
	int64_t age_s = 0;

	if (size->oldest[0])
		age_s = (clock_wall_us() - spool_name_wall_us(size->oldest)) / 1000000;
	if (age_s > BACKLOG_OLD_S)
		checklist_warn(list, how,
			"backlog: %" PRIu64 " payloads, the oldest of %" PRId64
			" minutes ago",
			size->new_files, age_s / 60);
	else
		checklist_ok(list, "backlog: %" PRIu64 " payloads", size->new_files);
	if (size->rejected_files == 0)
		return;
	snprintf(mend, sizeof(mend),
		"%s; why: tail %s/rejected/*.reason; again: pg-forward --retry-rejected",
		how, shell_word(spool->path, word, sizeof(word)));
	checklist_warn(
		list, mend, "rejected: %" PRIu64 " payloads", size->rejected_files);
}

/* What the service last said of itself; without one the spool is counted here. */
static void check_service(
	struct checklist *list, const struct config *config, const struct spool *spool)
{
	char how[MEND_SIZE], option[SHELL_WORD_SIZE];
	struct forward_state state;
	struct state_file file;
	struct err err;
	bool running = lock_holder(spool, FORWARD_PROGRAM) != 0;

	if (state_load(spool, FORWARD_PROGRAM, false, &file, &err) < 0)
		return; /* spool_check() has told it */
	forward_state_read(file.root, 0, &state);
	if ((!running || !file.root) && spool_measure(spool, &state.size, &err) < 0) {
		checklist_fail(list, "dmesg | tail", "%s", err.msg);
		goto out;
	}
	config_option(config, option, sizeof(option));
	snprintf(how, sizeof(how), "pg-forward --status%s", option);
	check_breaker(list, &state, how, running);
	check_backlog(list, &state, how, spool);
	for (size_t i = 0; i < state.holds.count; i++)
		if (holds_has(&state.holds, state.holds.list[i].source))
			checklist_warn(list, how, "held: %s, after %u refusals in a row",
				state.holds.list[i].source, state.holds.list[i].refusals);
out:
	json_read_release(file.root);
}

/* Which file it is to be edited in. */
static void fail_config(
	struct checklist *list, const struct config *config, const char *why)
{
	char mend[MEND_SIZE], word[SHELL_WORD_SIZE];

	snprintf(mend, sizeof(mend), "sudoedit %s",
		shell_word(config->file ? config->file : CONFIG_PATH_DEFAULT, word,
			sizeof(word)));
	checklist_fail(list, mend, "%s", why);
}

static void check_key_file(struct checklist *list, const char *path, const char *why)
{
	char mend[MEND_SIZE], word[SHELL_WORD_SIZE], owner[ACCESS_OWNER_SIZE] = "";
	char me[ACCESS_NAME_SIZE], group[ACCESS_NAME_SIZE];
	struct stat st;

	shell_word(path, word, sizeof(word));
	access_user(geteuid(), me);
	access_group(getegid(), group);
	if (stat(path, &st) == 0)
		access_owner(&st, owner);
	if (!why && st.st_mode & S_IRWXO) {
		snprintf(mend, sizeof(mend), "chmod o-rwx %s", word);
		checklist_warn(list, mend, "API key: from %s (%s), readable by others",
			path, owner);
	} else if (!why) {
		checklist_ok(list, "API key: from %s (%s)", path, owner);
	} else if (*owner && access(path, R_OK) < 0) {
		snprintf(mend, sizeof(mend), "chgrp %s %s && chmod 640 %s", group, word,
			word);
		checklist_fail(list, mend, "API key: user %s may not read %s (%s)", me,
			path, owner);
	} else {
		snprintf(mend, sizeof(mend), "install -o %s -m 600 /dev/stdin %s", me,
			word);
		checklist_fail(list, mend, "API key: %s", why);
	}
}

/* *ret_key is for config_secret_free(); NULL after a line that says why. */
static void check_key(struct checklist *list, const struct config *config, char **ret_key)
{
	char where[256], path[SERVICE_UNIT_SIZE], mend[MEND_SIZE];
	struct err err;
	int rc = config_api_key(config, ret_key, &err);

	if (!config->listener_api_key && config->listener_api_key_file) {
		check_key_file(
			list, config->listener_api_key_file, rc < 0 ? err.msg : NULL);
	} else if (rc < 0) {
		fail_config(list, config, err.msg);
	} else if (!*ret_key) {
		listener_key_mend(config, mend, sizeof(mend));
		checklist_fail(list, mend, "API key: there is none");
	} else if (config->listener_api_key) {
		config_where(config, offsetof(struct config, listener_api_key), where,
			sizeof(where));
		checklist_ok(list, "API key: from %s", where);
	} else {
		service_unit_secret("api_key", config->file, path);
		checklist_ok(list, "API key: the unit's credential (%s)", path);
	}
	if (rc < 0)
		*ret_key = NULL;
}

static void check_way(struct checklist *list, const struct config *config)
{
	char *key = NULL;
	struct err err;
	bool fit = listener_check(config, &err) == 0;

	if (!fit)
		fail_config(list, config, err.msg);
	check_key(list, config, &key);
	if (fit)
		check_listener(list, config, key);
	config_secret_free(key);
}

int check_all(const struct config *config)
{
	const struct spool_user user = {
		.config = config, .program = FORWARD_PROGRAM, .is_service = true
	};
	struct checklist list = { 0 };
	struct spool *spool;

	checklist_ok(&list, "configuration: %s",
		config->file ? config->file : "defaults, no file");
	spool = spool_check(&list, &user);
	if (spool)
		check_service(&list, config, spool);
	spool_close(spool);
	check_way(&list, config);
	return checklist_end(&list) ? 0 : -1;
}
