#include "state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define STATE_MAX_BYTES ((size_t)32 << 20)
#define NAME_SIZE 64

enum { STATE_READ = 1, STATE_ABSENT = 0, STATE_UNREADABLE = -1, STATE_REFUSED = -2 };

/* A shortage says nothing about the file: it must not be put aside for it. */
static bool is_shortage(int number)
{
	return number == EMFILE || number == ENFILE || number == ENOMEM ||
	       number == EINTR || number == ENOSPC || number == EDQUOT;
}

/* STATE_REFUSED: with *err set. */
static int read_one(const struct spool *spool, const char *name, struct json_node **ret,
	struct err *err)
{
	struct json_node *root = NULL;
	struct err why;
	struct buf text;
	int rc = STATE_UNREADABLE;

	buf_init(&text, STATE_MAX_BYTES);
	errno = 0;
	if (spool_read_file(spool->state_fd, name, STATE_MAX_BYTES, &text, &why) < 0) {
		if (why.kind == ERR_RETRY && errno == ENOENT) {
			rc = STATE_ABSENT;
		} else if (is_shortage(errno)) {
			rc = STATE_REFUSED;
			err_set(err, ERR_RETRY, "state: %s", why.msg);
		}
		goto out;
	}
	root = json_read(text.data, text.len);
	if (json_get_number(root, "version", 0) <= 0)
		goto out;
	if (json_get_number(root, "version", 0) > STATE_VERSION) {
		err_set(err, ERR_FATAL,
			"state %s/state/%s was written by a newer version; upgrade this program",
			spool->path, name);
		rc = STATE_REFUSED;
		goto out;
	}
	*ret = root;
	root = NULL;
	rc = STATE_READ;
out:
	json_read_release(root);
	buf_release(&text);
	return rc;
}

int state_load(const struct spool *spool, const char *program, bool keep_aside,
	struct state_file *ret, struct err *err)
{
	char current[NAME_SIZE], previous[NAME_SIZE], bad[NAME_SIZE];
	struct state_file state = { 0 };
	int rc, prev_rc;

	snprintf(current, sizeof(current), "%s.json", program);
	snprintf(previous, sizeof(previous), "%s.json.prev", program);
	snprintf(bad, sizeof(bad), "%s.json.bad", program);
	rc = read_one(spool, current, &state.root, err);
	if (rc == STATE_REFUSED)
		return -1;
	if (rc == STATE_UNREADABLE && keep_aside)
		renameat(spool->state_fd, current, spool->state_fd, bad);
	if (rc != STATE_READ) {
		prev_rc = read_one(spool, previous, &state.root, err);
		if (prev_rc == STATE_REFUSED)
			return -1;
		state.previous = prev_rc == STATE_READ;
		state.lost = !state.previous &&
			     (rc == STATE_UNREADABLE || prev_rc == STATE_UNREADABLE);
	}
	*ret = state;
	return 0;
}

static int write_new(
	const struct spool *spool, const char *name, const struct buf *json, bool durable)
{
	int fd = openat(spool->state_fd, name,
		O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0640);

	if (fd < 0)
		return -1;
	if (buf_write(json, fd) < 0 || (durable && fsync(fd) < 0))
		goto fail;
	return close(fd);
fail:
	close(fd);
	return -1;
}

int state_save(const struct spool *spool, const char *program, const struct buf *json,
	bool durable, struct err *err)
{
	char current[NAME_SIZE], previous[NAME_SIZE], fresh[NAME_SIZE];

	snprintf(current, sizeof(current), "%s.json", program);
	snprintf(previous, sizeof(previous), "%s.json.prev", program);
	snprintf(fresh, sizeof(fresh), "%s.json.tmp", program);
	if (json->failed)
		return err_set(
			err, ERR_RETRY, "write state of %s: out of memory", program);
	unlinkat(spool->state_fd, fresh, 0);
	if (write_new(spool, fresh, json, durable) < 0) {
		err_errno(err, ERR_RETRY, "write %s/state/%s", spool->path, current);
		unlinkat(spool->state_fd, fresh, 0);
		return -1;
	}
	unlinkat(spool->state_fd, previous, 0);
	/*
	 * EEXIST: the older one can't be removed and stays. EPERM, EOPNOTSUPP: a file system without
	 * hard links; then there is no previous copy.
	 */
	if (linkat(spool->state_fd, current, spool->state_fd, previous, 0) < 0 &&
		errno != ENOENT && errno != EEXIST && errno != EPERM &&
		errno != EOPNOTSUPP)
		return err_errno(
			err, ERR_RETRY, "link %s/state/%s", spool->path, previous);
	if (renameat(spool->state_fd, fresh, spool->state_fd, current) < 0)
		return err_errno(
			err, ERR_RETRY, "rename %s/state/%s", spool->path, current);
	if (durable && fsync(spool->state_fd) < 0)
		return err_errno(err, ERR_RETRY, "fsync %s/state", spool->path);
	return 0;
}
