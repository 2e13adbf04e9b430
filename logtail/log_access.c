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
/* user_namespaces(7): who has no place in this user name space, as with PrivateUsers=, looks so. */
#define HIDDEN_ID 65534
#define UNIT_GROUP "adm" /* systemd/pg-logtail.service.in */

static bool is_member(gid_t group)
{
	gid_t groups[GROUPS_MAX];
	int count = getgroups(GROUPS_MAX, groups);

	if (group == HIDDEN_ID)
		return false;
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

/* group: a name, "" where it can't be seen from here: then the shell asks for it. */
static void mend_group(const char *group, const char *word, char *ret, size_t size)
{
	char from[SHELL_WORD_SIZE + 32];

	if (strcmp(group, UNIT_GROUP) == 0 && !is_unit()) {
		snprintf(ret, size,
			"sudo pg-logtail --test=unit (the unit is in group %s)", group);
		return;
	}
	if (*group)
		snprintf(from, sizeof(from), "%s", group);
	else
		snprintf(from, sizeof(from), "\"$(stat -c %%G %s)\"", word);
	snprintf(ret, size,
		"printf '[Service]\\nSupplementaryGroups=%%s\\n' %s | sudo install -D -m 644 "
		"/dev/stdin /etc/systemd/system/pg-logtail.service.d/logs.conf; systemctl "
		"daemon-reload; systemctl restart pg-logtail",
		from);
}

void log_access_advice(const char *path, char *ret, size_t size)
{
	char at[PATH_MAX], owner[ACCESS_OWNER_SIZE], group[ACCESS_NAME_SIZE];
	char word[SHELL_WORD_SIZE], mend[SHELL_WORD_SIZE + 320];
	const char *why = "its group may read it, this user is not in it";
	struct stat st;
	mode_t need;

	ret[0] = '\0';
	if (!access_obstacle(path, at, &st))
		return;
	need = S_ISDIR(st.st_mode) ? S_IRGRP | S_IXGRP : S_IRGRP;
	access_owner(&st, owner);
	access_group(st.st_gid, group);
	if (st.st_uid == HIDDEN_ID && st.st_gid == HIDDEN_ID) {
		snprintf(owner, sizeof(owner), "mode %04o, the sandbox hides its owner",
			(unsigned)(st.st_mode & 07777));
		*group = '\0';
	}
	shell_word(at, word, sizeof(word));
	if (geteuid() == 0 || ((st.st_mode & need) == need && is_member(st.st_gid))) {
		why = "its mode allows it, an ACL, SELinux, AppArmor or the sandbox does "
		      "not";
		snprintf(mend, sizeof(mend), "namei -l %s; getfacl %s", word, word);
	} else if ((st.st_mode & need) == need) {
		mend_group(group, word, mend, sizeof(mend));
	} else if (S_ISDIR(st.st_mode)) {
		why = "no group may read it";
		snprintf(mend, sizeof(mend), "chmod g+rx %s", word);
	} else {
		why = "no group may read it";
		snprintf(mend, sizeof(mend),
			"ALTER SYSTEM SET log_file_mode = '0640'; SELECT "
			"pg_reload_conf(), pg_rotate_logfile();");
	}
	if (strcmp(at, path) == 0)
		strcpy(at, S_ISDIR(st.st_mode) ? "the directory" : "the file");
	snprintf(ret, size, "%s (%s): %s" LOG_ACCESS_MEND "%s", at, owner, why, mend);
}
