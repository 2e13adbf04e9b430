/*
 * A /proc and a /sys of the test's own, below a scratch directory.
 */
#ifndef TESTS_TREE_H
#define TESTS_TREE_H

#include <limits.h>

#include "collector/kernel.h"
#include "scratch.h"

struct tree {
	char dir[SCRATCH_SIZE], proc[SCRATCH_SIZE + 8], sys[SCRATCH_SIZE + 8];
	struct kernel kernel;
};

static inline void tree_make(struct tree *tree)
{
	scratch_make(tree->dir);
	snprintf(tree->proc, sizeof(tree->proc), "%s/proc", tree->dir);
	snprintf(tree->sys, sizeof(tree->sys), "%s/sys", tree->dir);
	tree->kernel = (struct kernel){ tree->proc, tree->sys };
}

/* Below dir, with the directories it needs. */
static inline const char *tree_path(
	const struct tree *tree, const char *name, char ret[PATH_MAX])
{
	snprintf(ret, PATH_MAX, "%s/%s", tree->dir, name);
	for (char *slash = ret + strlen(tree->dir); (slash = strchr(slash + 1, '/'));) {
		*slash = '\0';
		mkdir(ret, 0700);
		*slash = '/';
	}
	return ret;
}

static inline void tree_add(
	const struct tree *tree, const char *name, const void *data, size_t len)
{
	char path[PATH_MAX];
	int fd = open(tree_path(tree, name, path), O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0 || write(fd, data, len) != (ssize_t)len)
		abort();
	close(fd);
}

static inline void tree_text(const struct tree *tree, const char *name, const char *text)
{
	tree_add(tree, name, text, strlen(text));
}

static inline void tree_link(const struct tree *tree, const char *name, const char *to)
{
	char path[PATH_MAX];

	if (symlink(to, tree_path(tree, name, path)) < 0)
		abort();
}

#endif
