#include "owner.h"

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shell_word.h"

/* The spool, or its nearest parent that exists. */
static int nearest_owner(const char *path, uid_t *ret_uid, struct err *err)
{
	char partial[PATH_MAX];
	struct stat st;

	if (snprintf(partial, sizeof(partial), "%s", path) >= (int)sizeof(partial))
		return err_set(err, ERR_CONFIG, "spool: buffer.path is too long");
	while (stat(partial, &st) < 0) {
		char *slash = strrchr(partial, '/');

		if (errno != ENOENT)
			return err_errno(err, ERR_FATAL, "look at spool %s", partial);
		if (!slash)
			strcpy(partial, ".");
		else if (slash == partial)
			partial[1] = '\0';
		else
			*slash = '\0';
	}
	*ret_uid = st.st_uid;
	return 0;
}

int owner_become(const char *spool_path, struct err *err)
{
	char word[SHELL_WORD_SIZE];
	struct passwd *user;
	uid_t uid = 0;

	if (geteuid() != 0)
		return 0;
	if (nearest_owner(spool_path, &uid, err) < 0)
		return -1;
	if (uid == 0)
		return 0;
	shell_word(spool_path, word, sizeof(word));
	errno = 0;
	user = getpwuid(uid);
	if (!user)
		return err_set(err, ERR_FATAL,
			"spool %s belongs to uid %ld, which has no user; mend: install -d -o " AGENT_USER
			" %s && chown -R " AGENT_USER ": %s",
			spool_path, (long)uid, word, word);
	if (initgroups(user->pw_name, user->pw_gid) < 0 || setgid(user->pw_gid) < 0 ||
		setuid(uid) < 0)
		return err_errno(err, ERR_FATAL, "become user %s", user->pw_name);
	/* Libraries look for their files there: root's are not readable any more. */
	if (setenv("HOME", user->pw_dir, 1) < 0)
		return err_errno(err, ERR_FATAL, "become user %s", user->pw_name);
	return 0;
}
