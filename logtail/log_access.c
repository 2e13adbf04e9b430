#include "log_access.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "access.h"
#include "shell_word.h"

#define GROUPS_MAX 256
#define UNIT_GROUP "adm" /* systemd/pg-logtail.service.in */

static bool is_member(gid_t group)
{
	gid_t groups[GROUPS_MAX];
	int count = getgroups(GROUPS_MAX, groups);

	for (int i = 0; i < count; i++)
		if (groups[i] == group)
			return true;
	return getegid() == group;
}

/* The unit's groups are not ours: what it may read only it can tell. */
static bool is_unit(void)
{
	const char *pid = getenv("SYSTEMD_EXEC_PID");

	return pid && strtol(pid, NULL, 10) == (long)getpid();
}

static void mend_group(const char *group, char *ret, size_t size)
{
	if (strcmp(group, UNIT_GROUP) == 0 && !is_unit())
		snprintf(ret, size,
			"sudo pg-logtail --test=unit (the unit is in group %s)", group);
	else
		snprintf(ret, size,
			"printf '[Service]\\nSupplementaryGroups=%s\\n' | sudo install -D "
			"-m 644 /dev/stdin /etc/systemd/system/pg-logtail.service.d/"
			"logs.conf; systemctl daemon-reload; systemctl restart "
			"pg-logtail",
			group);
}

void log_access_advice(const char *path, char *ret, size_t size)
{
	char at[PATH_MAX], owner[ACCESS_OWNER_SIZE], group[ACCESS_NAME_SIZE];
	char word[SHELL_WORD_SIZE], mend[SHELL_WORD_SIZE + 128];
	const char *why = "its group may read it, this user is not in it";
	struct stat st;
	mode_t need;

	ret[0] = '\0';
	if (!access_obstacle(path, at, &st))
		return;
	need = S_ISDIR(st.st_mode) ? S_IRGRP | S_IXGRP : S_IRGRP;
	access_owner(&st, owner);
	access_group(st.st_gid, group);
	shell_word(at, word, sizeof(word));
	if (geteuid() == 0 || ((st.st_mode & need) == need && is_member(st.st_gid))) {
		why = "its mode allows it, an ACL, SELinux, AppArmor or the sandbox does "
		      "not";
		snprintf(mend, sizeof(mend), "namei -l %s; getfacl %s", word, word);
	} else if ((st.st_mode & need) == need) {
		mend_group(group, mend, sizeof(mend));
	} else if (S_ISDIR(st.st_mode)) {
		why = "no group may read it";
		snprintf(mend, sizeof(mend), "chmod g+rx %s", word);
	} else {
		why = "no group may read it";
		snprintf(mend, sizeof(mend),
			"ALTER SYSTEM SET log_file_mode = '0640'; SELECT "
			"pg_reload_conf(), pg_rotate_logfile();");
	}
	snprintf(ret, size, "%s%s (%s): %s" LOG_ACCESS_MEND "%s",
		S_ISDIR(st.st_mode) ? "directory " : "", at, owner, why, mend);
}
