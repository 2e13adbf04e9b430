#include "spool_check.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "access.h"
#include "lock.h"
#include "owner.h"
#include "room.h"
#include "service_unit.h"
#include "shell_word.h"
#include "state.h"

#define MEND_SIZE (2 * SHELL_WORD_SIZE + 512)
#define ONE_MORE_BYTES ((uint64_t)1 << 20) /* a payload's room */
#define HALF_PERCENT 50 /* of the cap: above it pg-logtail stops reading */

static void correct_path(
	struct checklist *list, const struct config *config, const char *why)
{
	char where[256], mend[300];

	config_where(config, offsetof(struct config, buffer_path), where, sizeof(where));
	snprintf(mend, sizeof(mend), "correct %s", where);
	checklist_fail(list, mend, "spool %s: %s", config->buffer_path, why);
}

/* at: what may not be used, as errno says. top: the spool, or what hides it. */
static void fail_access(struct checklist *list, const struct spool_user *user,
	const char *at, const struct stat *at_st, const struct stat *top)
{
	char me[ACCESS_NAME_SIZE], owner[ACCESS_OWNER_SIZE], mend[MEND_SIZE];
	char word[SHELL_WORD_SIZE], unit[SERVICE_UNIT_SIZE];
	const char *path = user->config->buffer_path;
	int why = errno;

	access_user(geteuid(), me);
	access_owner(at_st, owner);
	if (why == EROFS) {
		service_unit_name(user->program, user->config->file, unit);
		snprintf(mend, sizeof(mend),
			"systemctl edit %s, there: [Service] ReadWritePaths=%s", unit,
			path);
	} else if (top->st_uid == geteuid() || top->st_uid == 0 ||
		   strcmp(me, AGENT_USER) == 0) {
		/* The agent's, where it is installed: not anybody's who tries. */
		snprintf(mend, sizeof(mend), "chown -R %s: %s",
			getpwnam(AGENT_USER) ? AGENT_USER : me,
			shell_word(path, word, sizeof(word)));
	} else {
		/* Another user's: it is this one who is wrong. Root becomes the owner. */
		config_option(user->config, word, sizeof(word));
		snprintf(mend, sizeof(mend), "sudo %s --test%s", user->program, word);
	}
	checklist_fail(list, mend, "spool %s: user %s may not use %s (%s): %s", path, me,
		at, owner, strerror(why));
}

/* Not there yet: could it be made? parent: the path, which is cut. */
static void check_parent(
	struct checklist *list, const struct spool_user *user, char parent[PATH_MAX])
{
	const char *path = user->config->buffer_path;
	char me[ACCESS_NAME_SIZE], group[ACCESS_NAME_SIZE], owner[ACCESS_OWNER_SIZE];
	char word[SHELL_WORD_SIZE], mend[MEND_SIZE];
	struct stat st;

	while (stat(parent, &st) < 0) {
		char *slash = strrchr(parent, '/');

		if (errno != ENOENT || strcmp(parent, ".") == 0) {
			correct_path(list, user->config, strerror(errno));
			return;
		}
		if (!slash)
			strcpy(parent, ".");
		else
			slash[slash == parent] = '\0';
	}
	access_user(geteuid(), me);
	if (faccessat(AT_FDCWD, parent, W_OK | X_OK, AT_EACCESS) == 0) {
		checklist_ok(list, "spool %s: not there yet, %s can make it in %s", path,
			me, parent);
		return;
	}
	access_group(getegid(), group);
	access_owner(&st, owner);
	snprintf(mend, sizeof(mend), "install -d -o %s -g %s -m 0750 %s", me, group,
		shell_word(path, word, sizeof(word)));
	checklist_fail(list, mend,
		"spool %s: not there, and user %s may not make it in %s (%s)", path, me,
		parent, owner);
}

/* Each directory of it: may this user list it and write there? */
static bool check_access(struct checklist *list, const struct spool_user *user)
{
	static const char *const parts[] = { "", "/tmp", "/new", "/rejected", "/state" };
	const char *path = user->config->buffer_path;
	char at[PATH_MAX], part[PATH_MAX + 16], owner[ACCESS_OWNER_SIZE];
	char word[SHELL_WORD_SIZE], mend[MEND_SIZE];
	struct stat top, st;

	if (!access_obstacle(path, at, &top)) {
		if (errno == ENOENT)
			check_parent(list, user, at);
		else
			correct_path(list, user->config, strerror(errno));
		return false;
	}
	if (strcmp(at, path) != 0) {
		errno = EACCES;
		fail_access(list, user, at, &top, &top);
		return false;
	}
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		snprintf(part, sizeof(part), "%s%s", path, parts[i]);
		if (stat(part, &st) < 0)
			continue; /* it is made when it is needed */
		if (!S_ISDIR(st.st_mode)) {
			correct_path(list, user->config, strerror(ENOTDIR));
			return false;
		}
		if (faccessat(AT_FDCWD, part, R_OK | W_OK | X_OK, AT_EACCESS) < 0) {
			fail_access(list, user, part, &st, &top);
			return false;
		}
	}
	access_owner(&top, owner);
	if (top.st_mode & S_IRWXO) {
		snprintf(mend, sizeof(mend), "chmod o-rwx %s",
			shell_word(path, word, sizeof(word)));
		checklist_warn(
			list, mend, "spool %s (%s): writable, for others", path, owner);
	} else {
		checklist_ok(list, "spool %s (%s): writable", path, owner);
	}
	return true;
}

static void check_size(struct checklist *list, const struct spool_user *user,
	const struct spool *spool, struct known_size *ret)
{
	const struct config *config = user->config;
	uint64_t cap = (uint64_t)config->buffer_max_size_mb << 20;
	char mend[MEND_SIZE], option[SHELL_WORD_SIZE], text[96];
	struct err err;

	if (room_update(spool, ret, &err) < 0) {
		checklist_fail(list, "dmesg | tail", "%s", err.msg);
		return;
	}
	config_option(config, option, sizeof(option));
	snprintf(mend, sizeof(mend), "pg-forward --status%s", option);
	snprintf(text, sizeof(text),
		"spool: %" PRIu64 " MiB of %d MiB, %" PRIu64 " payloads wait",
		ret->bytes >> 20, config->buffer_max_size_mb, ret->new_files);
	if (ret->bytes + ONE_MORE_BYTES > 2 * cap && user->writes)
		checklist_fail(list, mend,
			"%s: nothing is written at twice buffer.max_size_mb", text);
	else if (ret->bytes > cap)
		checklist_warn(list, mend,
			"%s: above buffer.max_size_mb, the oldest are evicted", text);
	else if (user->writes && user->is_service &&
		 ret->bytes - ret->apart_bytes > cap / 100 * HALF_PERCENT)
		checklist_warn(
			list, mend, "%s: above half of it the logs are not read", text);
	else
		checklist_ok(list, "%s", text);
}

static void check_disk(struct checklist *list, const struct spool_user *user,
	const struct spool *spool, const struct known_size *size)
{
	uint64_t min_free = (uint64_t)user->config->buffer_min_free_mb << 20, free_bytes;
	char mend[MEND_SIZE], word[SHELL_WORD_SIZE];
	bool reserve =
		!user->is_service && size->bytes + ONE_MORE_BYTES <= SPOOL_RESERVE_BYTES;
	struct statvfs fs;

	if (fstatvfs(spool->dir_fd, &fs) < 0) {
		checklist_fail(list, "dmesg | tail", "file system of the spool: %s",
			strerror(errno));
		return;
	}
	shell_word(spool->path, word, sizeof(word));
	free_bytes = (uint64_t)fs.f_bavail * fs.f_frsize;
	snprintf(mend, sizeof(mend), "make room (df %s) or lower buffer.min_free_mb",
		word);
	if (fs.f_files > 0 && fs.f_favail == 0) {
		snprintf(mend, sizeof(mend), "remove files (df -i %s)", word);
		checklist_fail(list, mend, "file system of the spool: no inode is free");
	} else if (free_bytes >= min_free + ONE_MORE_BYTES) {
		checklist_ok(list,
			"file system of the spool: %" PRIu64
			" MiB free, %d stay so (buffer.min_free_mb)",
			free_bytes >> 20, user->config->buffer_min_free_mb);
	} else if (user->writes && !reserve) {
		checklist_fail(list, mend,
			"file system of the spool: %" PRIu64
			" MiB free, buffer.min_free_mb keeps %d: nothing is written",
			free_bytes >> 20, user->config->buffer_min_free_mb);
	} else {
		checklist_warn(list, mend,
			"file system of the spool: %" PRIu64
			" MiB free, buffer.min_free_mb keeps %d: writers stop",
			free_bytes >> 20, user->config->buffer_min_free_mb);
	}
}

/* A newer program's state ends each run. */
static void check_state(
	struct checklist *list, const struct spool_user *user, const struct spool *spool)
{
	struct state_file state = { 0 };
	char mend[MEND_SIZE], word[SHELL_WORD_SIZE], path[PATH_MAX + 64];
	struct err err;

	snprintf(path, sizeof(path), "%s/state/%s.json", spool->path, user->program);
	shell_word(path, word, sizeof(word));
	if (state_load(spool, user->program, false, &state, &err) < 0) {
		snprintf(mend, sizeof(mend),
			"install the newer version again, or begin anew: rm %s %s.prev",
			word, word);
		checklist_fail(list, err.kind == ERR_FATAL ? mend : NULL, "%s", err.msg);
		return;
	}
	snprintf(mend, sizeof(mend), "ls -l %s; the next run puts it aside", word);
	if (state.lost)
		checklist_warn(list, mend, "state %s: unreadable; begins anew", path);
	else if (state.previous)
		checklist_warn(
			list, mend, "state %s: unreadable; the one before is used", path);
	else
		checklist_ok(list, "state %s: %s", path,
			state.root ? "readable" : "none yet, the first run makes it");
	json_read_release(state.root);
}

static void check_holder(
	struct checklist *list, const struct spool_user *user, const struct spool *spool)
{
	char unit[SERVICE_UNIT_SIZE], mend[SERVICE_UNIT_SIZE + 32], who[32] = "";
	long pid = lock_holder(spool, user->program);

	if (pid > 0)
		snprintf(who, sizeof(who), ", pid %ld", pid);
	if (pid != 0) {
		checklist_ok(list, "%s is %s%s", user->program,
			user->is_service ? "running" : "at work just now", who);
	} else if (user->is_service) {
		service_unit_name(user->program, user->config->file, unit);
		snprintf(mend, sizeof(mend), "systemctl enable --now %s", unit);
		checklist_warn(list, mend, "%s is not running", user->program);
	}
}

struct spool *spool_check(struct checklist *list, const struct spool_user *user)
{
	char mend[MEND_SIZE], word[SHELL_WORD_SIZE];
	struct known_size size = { 0 };
	struct spool *spool = NULL;
	struct err err;

	if (!check_access(list, user))
		return NULL;
	if (spool_open(user->config->buffer_path, false, &spool, &err) < 0) {
		/* What of it is not there yet the first run makes. */
		if (errno != ENOENT) {
			snprintf(mend, sizeof(mend), "ls -l %s",
				shell_word(
					user->config->buffer_path, word, sizeof(word)));
			checklist_fail(list, mend, "%s", err.msg);
		}
		return NULL;
	}
	check_size(list, user, spool, &size);
	check_disk(list, user, spool, &size);
	check_state(list, user, spool);
	check_holder(list, user, spool);
	return spool;
}
