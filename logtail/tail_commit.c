#include "tail.h"

#include <math.h>
#include <stdio.h>

#include "clock.h"
#include "log.h"
#include "reading.h"

/* A commit costs several fsyncs: with little in it at most one a second. */
#define COMMIT_EACH_S 1.0
/* With a backlog a commit has so much in it, or takes so long. */
#define COMMIT_BYTES ((uint64_t)2 << 20)
/* An entry with a correlation id waits for others so long. */
#define ID_WAIT_S 0.5
#define RETRY_S 1.0

static struct payload_meta meta_of(const struct tail *tail)
{
	return (struct payload_meta){ .correlation_id = "",
		.project = tail->config->project_id,
		.source = LOG_SOURCE,
		.host = tail->host };
}

static int print_batch(struct tail *tail, struct err *err)
{
	struct payload_meta meta = meta_of(tail);
	struct slice json;

	while (batch_next_payload(&tail->batch, &meta, &json)) {
		if (!json.s)
			return err_set(
				err, ERR_FATAL, "a payload does not fit into its limit");
		fwrite(json.s, 1, json.len, stdout);
	}
	batch_clear(&tail->batch, true);
	if (fflush(stdout) != 0)
		return err_errno(err, ERR_FATAL, "write to standard output");
	return 0;
}

/* Entries into tmp/. */
static int add(struct tail *tail, struct err *err)
{
	struct payload_meta meta = meta_of(tail);

	if (tail->batch.count == 0)
		return 0;
	if (tail->job->print)
		return print_batch(tail, err);
	if (tail->commit.files.count == 0)
		tail->finish_since_s = tail->now_s;
	return commit_add(&tail->commit, &tail->batch, &meta, err);
}

static bool is_safe(const struct tail *tail)
{
	for (size_t i = 0; i < tail->follow.count; i++)
		if (!reading_is_safe(tail->follow.list[i]))
			return false;
	return true;
}

/* Positions, then payloads. Once begun, nothing is read until it is done. */
static int finish(struct tail *tail, struct err *err)
{
	int rc;

	if (tail->job->print)
		return 0;
	tail->finishing = true;
	if (tail->job->files_count > 0)
		rc = commit_publish(&tail->commit, err);
	else
		rc = commit_finish(
			&tail->commit, LOGTAIL_PROGRAM, tail_write_state, tail, err);
	if (rc < 0)
		return -1;
	tail->finishing = false;
	tail->dirty = false;
	batch_clear(&tail->batch, true);
	tail->committed_s = tail->now_s;
	tail->save_at_s = tail->now_s + tail->config->batch_interval_s;
	return 0;
}

static bool is_due(const struct tail *tail)
{
	const struct batch *batch = &tail->batch;

	if (batch->count == 0)
		return false;
	if (tail->now_s >= batch->first_s + tail->config->batch_interval_s)
		return true;
	if (batch->id_s > 0 && tail->now_s >= batch->id_s + ID_WAIT_S)
		return true;
	return batch->count >= (size_t)tail->config->batch_max_entries && !tail->more &&
	       tail->now_s >= tail->committed_s + COMMIT_EACH_S;
}

static bool is_commit_due(const struct tail *tail)
{
	return tail->commit.files.count > 0 &&
	       (commit_is_full(&tail->commit) ||
		       tail->commit.files.bytes >= COMMIT_BYTES ||
		       tail->now_s >= tail->finish_since_s + COMMIT_EACH_S);
}

static void failed(struct tail *tail, const struct err *err)
{
	tail->retry_at_s = tail->now_s + RETRY_S;
	tail->blocked = true;
	if (!tail->told_blocked)
		log_line(LOG_ERROR, "%s; the logs wait to be read", err->msg);
	tail->told_blocked = true;
	snprintf(tail->last_error, sizeof(tail->last_error), "%s", err->msg);
	/* What could not be written has left the batch: no position may be saved any more. */
	if (err->kind == ERR_FATAL)
		tail->stop = tail->unsound = true;
}

static void worked(struct tail *tail)
{
	if (tail->told_blocked)
		log_line(LOG_NOTICE, "writing to the spool works again");
	tail->told_blocked = false;
	tail->blocked = false;
}

/* all: also what could wait. */
static bool commit(struct tail *tail, bool all)
{
	bool begun = tail->finishing || tail->commit.json.s;
	bool due = is_due(tail);
	struct err err;

	/* What was begun is done before anything else: the state must not run ahead of it. */
	if (tail->finishing && finish(tail, &err) < 0)
		goto fail;
	if ((all || due || begun || batch_is_full(&tail->batch)) && add(tail, &err) < 0)
		goto fail;
	if ((all || due || is_commit_due(tail)) &&
		(tail->commit.files.count > 0 || (all && tail->dirty))) {
		if (tail->batch.count > 0 && add(tail, &err) < 0)
			goto fail;
		if (!is_safe(tail))
			return false;
		if (finish(tail, &err) < 0)
			goto fail;
	}
	if (begun || due || all)
		worked(tail);
	return true;
fail:
	failed(tail, &err);
	return false;
}

void tail_commit(struct tail *tail)
{
	if (tail->retry_at_s > tail->now_s)
		return;
	commit(tail, false);
}

bool tail_commit_all(struct tail *tail)
{
	return commit(tail, true);
}
