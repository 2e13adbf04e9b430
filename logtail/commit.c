#include "commit.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "spool_name.h"
#include "state.h"

#define STATE_WRITE_MAX_BYTES ((size_t)32 << 20)

int commit_open(struct commit *commit, const struct spool *spool,
	const struct config *config, struct err *err)
{
	*commit = (struct commit){ .spool = spool, .limits = room_limits(config) };
	commit->limits.reserve_bytes = 0;
	commit->codec = zstd_codec_new();
	if (!commit->codec)
		return err_set(err, ERR_RETRY, "out of memory");
	spool_batch_init(&commit->files, spool, commit->codec);
	spool_batch_defer(&commit->files);
	return 0;
}

void commit_close(struct commit *commit)
{
	if (!commit->codec)
		return;
	if (commit->saved)
		spool_batch_leave(&commit->files);
	else
		spool_batch_release(&commit->files);
	zstd_codec_free(commit->codec);
	commit->codec = NULL;
}

bool commit_is_full(const struct commit *commit)
{
	return commit->files.count + BATCH_GROUPS_MAX + 4 > SPOOL_BATCH_MAX;
}

static int add_json(struct commit *commit, struct err *err)
{
	uint64_t before = commit->files.bytes;

	if (spool_check_room(commit->spool, &commit->limits, commit->size.bytes,
		    commit->json.len, err) < 0 ||
		spool_batch_add(&commit->files, LOG_SOURCE, commit->json.s,
			commit->json.len, err) < 0)
		return -1;
	commit->size.bytes += commit->files.bytes - before;
	return 0;
}

int commit_add(struct commit *commit, struct batch *batch,
	const struct payload_meta *meta, struct err *err)
{
	while (commit->json.s || batch_next_payload(batch, meta, &commit->json)) {
		if (!commit->json.s)
			return err_set(
				err, ERR_FATAL, "a payload does not fit into its limit");
		if (add_json(commit, err) < 0)
			return -1;
		commit->json.s = NULL;
	}
	batch_clear(batch, false);
	return 0;
}

void commit_write_names(const struct commit *commit, struct json *json)
{
	json_key(json, "payloads");
	json_array(json);
	for (size_t i = 0; i < commit->files.count; i++)
		json_string(json, commit->files.files[i].name);
	json_end(json);
}

static int save(struct commit *commit, const char *program, commit_state_writer *write,
	void *context, struct err *err)
{
	struct buf state;
	int rc;

	if (commit->files.count > 0 && spool_batch_sync(&commit->files, err) < 0)
		return -1;
	buf_init(&state, STATE_WRITE_MAX_BYTES);
	write(context, &state);
	/* From here on the state may name the files, even if it could not be synced. */
	commit->saved = commit->files.count > 0;
	rc = state_save(commit->spool, program, &state, true, err);
	buf_release(&state);
	return rc;
}

int commit_finish(struct commit *commit, const char *program, commit_state_writer *write,
	void *context, struct err *err)
{
	size_t count = commit->files.count;

	if (save(commit, program, write, context, err) < 0 ||
		spool_batch_publish(&commit->files, err) < 0)
		return -1;
	commit->payloads += count;
	commit->files.bytes = 0;
	commit->saved = false;
	return 0;
}

int commit_publish(struct commit *commit, struct err *err)
{
	if (spool_batch_sync(&commit->files, err) < 0 ||
		spool_batch_publish(&commit->files, err) < 0)
		return -1;
	commit->files.bytes = 0;
	return 0;
}

static int publish_left_over(const struct spool *spool, const char *name, struct err *err)
{
	struct stat st;

	if (!spool_name_is_valid(name) ||
		fstatat(spool->tmp_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
		!S_ISREG(st.st_mode))
		return 0;
	if (spool_rename(spool->tmp_fd, name, spool->new_fd, name) < 0 && errno != EEXIST)
		return err_errno(
			err, ERR_RETRY, "rename %s/tmp/%s into new/", spool->path, name);
	return 1;
}

int commit_roll_forward(
	const struct spool *spool, const struct json_node *root, struct err *err)
{
	const struct json_node *node = json_child(json_get(root, "payloads"));
	bool any = node != NULL;
	int count = 0, rc;

	for (; node; node = json_next(node)) {
		const char *name = json_node_string(node);

		rc = name ? publish_left_over(spool, name, err) : 0;
		if (rc < 0)
			return -1;
		count += rc;
	}
	/* Those of them that the run before renamed may not be durable there, either. */
	if (any && fsync(spool->new_fd) < 0)
		return err_errno(err, ERR_RETRY, "fsync %s/new", spool->path);
	return count;
}
