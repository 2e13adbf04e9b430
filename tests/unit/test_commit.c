/* links: -Wl,--wrap=fsync -Wl,--wrap=write -Wl,--wrap=renameat -Wl,--wrap=renameat2 -Wl,--wrap=linkat -Wl,--wrap=unlinkat logtail/logtail.a */
#include "unit.h"

#include <errno.h>
#include <sys/wait.h>

#include "entry_case.h"
#include "json_read.h"
#include "logtail/commit.h"
#include "scratch.h"
#include "state.h"

#define PROGRAM "pg-logtail"
#define ENTRIES 12 /* in all, EACH a payload, COMMIT a commit */
#define EACH 2
#define COMMIT 6

int __real_fsync(int fd);
int __wrap_fsync(int fd);
ssize_t __real_write(int fd, const void *data, size_t len);
ssize_t __wrap_write(int fd, const void *data, size_t len);
int __real_renameat(int from_fd, const char *from, int to_fd, const char *to);
int __wrap_renameat(int from_fd, const char *from, int to_fd, const char *to);
int __real_renameat2(
	int from_fd, const char *from, int to_fd, const char *to, unsigned flags);
int __wrap_renameat2(
	int from_fd, const char *from, int to_fd, const char *to, unsigned flags);
int __real_linkat(int from_fd, const char *from, int to_fd, const char *to, int flags);
int __wrap_linkat(int from_fd, const char *from, int to_fd, const char *to, int flags);
int __real_unlinkat(int fd, const char *name, int flags);
int __wrap_unlinkat(int fd, const char *name, int flags);

/* What happens at the system call of this number, counted from 1. */
static enum { NOTHING, DIE, FAIL, FAIL_FROM } mishap;
static unsigned mishap_at, calls;
static bool armed;
static char order[200]; /* f: fsync, s: the state's rename, p: a payload's */

static void note(char what)
{
	size_t len = strlen(order);

	if (armed && len + 1 < sizeof(order)) {
		order[len] = what;
		order[len + 1] = '\0';
	}
}

static bool goes_wrong(void)
{
	if (!armed)
		return false;
	calls++;
	if (mishap == DIE && calls == mishap_at)
		_exit(0);
	if ((mishap == FAIL && calls == mishap_at) ||
		(mishap == FAIL_FROM && calls >= mishap_at)) {
		errno = EIO;
		return true;
	}
	return false;
}

int __wrap_fsync(int fd)
{
	note('f');
	return goes_wrong() ? -1 : __real_fsync(fd);
}

ssize_t __wrap_write(int fd, const void *data, size_t len)
{
	return goes_wrong() ? -1 : __real_write(fd, data, len);
}

int __wrap_renameat(int from_fd, const char *from, int to_fd, const char *to)
{
	note('s');
	return goes_wrong() ? -1 : __real_renameat(from_fd, from, to_fd, to);
}

int __wrap_renameat2(
	int from_fd, const char *from, int to_fd, const char *to, unsigned flags)
{
	note('p');
	return goes_wrong() ? -1 : __real_renameat2(from_fd, from, to_fd, to, flags);
}

int __wrap_linkat(int from_fd, const char *from, int to_fd, const char *to, int flags)
{
	return goes_wrong() ? -1 : __real_linkat(from_fd, from, to_fd, to, flags);
}

int __wrap_unlinkat(int fd, const char *name, int flags)
{
	return goes_wrong() ? -1 : __real_unlinkat(fd, name, flags);
}

static char dir[SCRATCH_SIZE];
static struct spool *spool;
static const struct config config = { .buffer_max_size_mb = 100 };
static const struct payload_meta meta = {
	.project = "p", .source = LOG_SOURCE, .host = "h"
};

static int start(void **state)
{
	(void)state;
	armed = false;
	mishap = NOTHING;
	scratch_make(dir);
	return spool_open(dir, true, &spool, NULL);
}

static int stop(void **state)
{
	(void)state;
	armed = false;
	spool_close(spool);
	scratch_remove(dir);
	return 0;
}

/* A run of the program: entry n is the log's n-th; the state holds how many are committed. */
struct run {
	struct commit commit;
	struct batch batch;
	struct entry_writer writer;
	struct event_table *events;
	struct log_clock clock;
	unsigned position;
};

static void run_open(struct run *run)
{
	assert_non_null(run->events = event_table_new());
	assert_int_equal(log_clock_init(&run->clock, "UTC", NULL), 0);
	entry_writer_init(&run->writer, REDACT_NONE, &run->clock, run->events);
	assert_int_equal(batch_init(&run->batch, NULL), 0);
	assert_int_equal(commit_open(&run->commit, spool, &config, NULL), 0);
}

static void run_close(struct run *run)
{
	commit_close(&run->commit);
	batch_release(&run->batch);
	entry_writer_release(&run->writer);
	event_table_free(run->events);
}

static void write_state(void *context, struct buf *out)
{
	struct run *run = context;
	struct json json;

	json_begin(&json, out);
	json_object(&json);
	json_key(&json, "version");
	json_int(&json, STATE_VERSION);
	json_key(&json, "position");
	json_uint(&json, run->position);
	commit_write_names(&run->commit, &json);
	json_end(&json);
	buf_addc(out, '\n');
}

static void add_entries(struct run *run, unsigned from, unsigned to)
{
	for (unsigned n = from; n < to; n++) {
		struct entry entry = { .level = LEVEL_LOG };
		char message[16];

		snprintf(message, sizeof(message), "%u", n);
		entry.text[ENTRY_MESSAGE] = text_of(message);
		/* Each a log of its own: so each makes a payload. */
		assert_int_equal(batch_add(&run->batch, &run->writer, &entry, n % EACH,
					 "/l/a.log", 1),
			0);
	}
}

/* From the position to the end; tries: of each step. False: given up. */
static bool run_on(struct run *run, int tries)
{
	struct err err;

	while (run->position < ENTRIES) {
		unsigned to = run->position + COMMIT;
		int rc = -1;

		for (unsigned n = run->position; n < to; n += EACH) {
			add_entries(run, n, n + EACH);
			rc = -1;
			for (int i = 0; rc < 0 && i < tries; i++)
				rc = commit_add(&run->commit, &run->batch, &meta, &err);
			if (rc < 0) {
				assert_int_equal(err.kind, ERR_RETRY);
				return false;
			}
			assert_int_equal(run->batch.count, 0);
		}
		run->position = to;
		rc = -1;
		for (int i = 0; rc < 0 && i < tries; i++)
			rc = commit_finish(&run->commit, PROGRAM, write_state, run, &err);
		if (rc < 0) {
			assert_int_equal(err.kind, ERR_RETRY);
			return false;
		}
		batch_clear(&run->batch, true);
	}
	return true;
}

static bool is_log(const char *source)
{
	return strcmp(source, LOG_SOURCE) == 0;
}

/* What the next start does; returns the position. */
static unsigned recover(void)
{
	struct state_file state;
	unsigned position;

	assert_int_equal(state_load(spool, PROGRAM, true, &state, NULL), 0);
	assert_false(state.previous || state.lost);
	assert_true(commit_roll_forward(spool, state.root, NULL) >= 0);
	assert_int_equal(commit_roll_forward(spool, state.root, NULL), 0);
	position = state.root ? (unsigned)json_get_count(state.root, "position") : 0;
	json_read_release(state.root);
	spool_remove_debris(spool, is_log);
	return position;
}

static void count_payload(const char *name, unsigned counts[ENTRIES])
{
	struct zstd_codec *codec = zstd_codec_new();
	const struct json_node *node;
	struct json_node *root;
	struct buf frame, json;

	buf_init(&frame, 1 << 20);
	buf_init(&json, 1 << 20);
	assert_int_equal(spool_read_file(spool->new_fd, name, 1 << 20, &frame, NULL), 0);
	assert_int_equal(
		zstd_frame_decompress(codec, frame.data, frame.len, 1 << 20, &json, NULL),
		0);
	assert_non_null(root = json_read(json.data, json.len));
	node = json_child(json_get(json_get(root, "data"), "entries"));
	for (; node; node = json_next(node)) {
		unsigned n = (unsigned)atoi(json_get_string(node, "message", "99"));

		assert_true(n < ENTRIES);
		counts[n]++;
	}
	json_read_release(root);
	buf_release(&frame);
	buf_release(&json);
	zstd_codec_free(codec);
}

static unsigned files_in(int dir_fd, unsigned counts[ENTRIES])
{
	DIR *entries = spool_list(dir_fd);
	struct dirent *entry;
	unsigned files = 0;

	while ((entry = readdir(entries))) {
		if (entry->d_name[0] == '.')
			continue;
		files++;
		if (counts)
			count_payload(entry->d_name, counts);
	}
	closedir(entries);
	return files;
}

/* Exactly the entries before the position are there, once each. */
static void check_committed(const char *when, unsigned position)
{
	unsigned counts[ENTRIES] = { 0 };

	files_in(spool->new_fd, counts);
	for (unsigned n = 0; n < ENTRIES; n++)
		if (counts[n] != (n < position))
			fail_msg("%s at call %u: entry %u is there %u times, position %u",
				when, mishap_at, n, counts[n], position);
	if (files_in(spool->tmp_fd, NULL) != 0)
		fail_msg("%s at call %u: debris", when, mishap_at);
}

static unsigned calls_of_a_whole_run(void)
{
	struct run run = { 0 };

	calls = 0;
	armed = true;
	mishap = NOTHING;
	run_open(&run);
	assert_true(run_on(&run, 1));
	run_close(&run);
	armed = false;
	check_committed("whole", ENTRIES);
	return calls;
}

static void clean_spool(void)
{
	stop(NULL);
	assert_int_equal(start(NULL), 0);
}

static void finish_after(const char *when, unsigned position)
{
	struct run run = { .position = position };

	run_open(&run);
	assert_true(run_on(&run, 1));
	run_close(&run);
	check_committed(when, ENTRIES);
}

/* Payloads and tmp/, the state and state/, the payloads' names and new/. */
static void each_step_is_durable_before_the_next(void **state)
{
	(void)state;
	order[0] = '\0';
	calls_of_a_whole_run();
	assert_string_equal(order, "ffffffffsfppppppf"
				   "ffffffffsfppppppf");
}

static void a_crash_at_any_moment_neither_loses_nor_doubles(void **state)
{
	unsigned all = calls_of_a_whole_run(), position = 0, before = 0;

	(void)state;
	assert_in_range(all, 20, 500);
	for (mishap_at = 1; mishap_at <= all; mishap_at++) {
		int status;
		pid_t pid;

		clean_spool();
		fflush(NULL);
		pid = fork();
		if (pid == 0) {
			struct run run = { 0 };

			mishap = DIE;
			calls = 0;
			run_open(&run);
			armed = true;
			run_on(&run, 1);
			_exit(1);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
		position = recover();
		assert_true(position >= before);
		before = position;
		check_committed("crash", position);
		finish_after("crash", position);
	}
	assert_int_equal(position, ENTRIES);
}

static void a_failure_of_any_step_is_tried_again(void **state)
{
	unsigned all = calls_of_a_whole_run();

	(void)state;
	for (mishap_at = 1; mishap_at <= all; mishap_at++) {
		struct run run = { 0 };

		clean_spool();
		run_open(&run);
		mishap = FAIL;
		calls = 0;
		armed = true;
		if (!run_on(&run, 2))
			fail_msg("call %u: given up", mishap_at);
		armed = false;
		assert_int_equal(run.commit.payloads, ENTRIES);
		run_close(&run);
		assert_int_equal(recover(), ENTRIES);
		check_committed("failure", ENTRIES);
	}
}

static void a_disk_that_fails_for_good_leaves_what_the_next_run_needs(void **state)
{
	unsigned all = calls_of_a_whole_run();

	(void)state;
	for (mishap_at = 1; mishap_at <= all; mishap_at++) {
		struct run run = { 0 };
		unsigned position;

		clean_spool();
		run_open(&run);
		mishap = FAIL_FROM;
		calls = 0;
		armed = true;
		assert_false(run_on(&run, 2));
		/* The disk works again by the time it is closed. */
		armed = mishap_at % 2;
		run_close(&run);
		armed = false;
		position = recover();
		check_committed("disk", position);
		finish_after("disk", position);
	}
}

static void what_no_state_names_is_removed_at_the_end(void **state)
{
	struct run run = { 0 };

	(void)state;
	run_open(&run);
	add_entries(&run, 0, 2);
	assert_int_equal(commit_add(&run.commit, &run.batch, &meta, NULL), 0);
	assert_int_equal(files_in(spool->tmp_fd, NULL), 2);
	assert_int_equal(files_in(spool->new_fd, NULL), 0);
	run_close(&run);
	assert_int_equal(files_in(spool->tmp_fd, NULL), 0);
	/* Nor by the state of a commit before. */
	run = (struct run){ .position = 2 };
	run_open(&run);
	for (int i = 0; i < 2; i++) {
		add_entries(&run, 0, 2);
		assert_int_equal(commit_add(&run.commit, &run.batch, &meta, NULL), 0);
		if (i == 0)
			assert_int_equal(commit_finish(&run.commit, PROGRAM, write_state,
						 &run, NULL),
				0);
	}
	run_close(&run);
	assert_int_equal(files_in(spool->tmp_fd, NULL), 0);
	assert_int_equal(files_in(spool->new_fd, NULL), 2);
	commit_close(&(struct commit){ 0 });
}

static void what_a_state_names_stays_for_the_next_run(void **state)
{
	struct run run = { 0 };
	struct err err;

	(void)state;
	run_open(&run);
	add_entries(&run, 0, 2);
	assert_int_equal(commit_add(&run.commit, &run.batch, &meta, NULL), 0);
	run.position = 2;
	/* Somebody's file is in the way. */
	assert_int_equal(linkat(spool->tmp_fd, run.commit.files.files[0].name,
				 spool->new_fd, run.commit.files.files[0].name, 0),
		0);
	assert_int_equal(
		commit_finish(&run.commit, PROGRAM, write_state, &run, &err), -1);
	assert_int_equal(err.kind, ERR_RETRY);
	assert_int_equal(unlinkat(spool->new_fd, run.commit.files.files[0].name, 0), 0);
	run_close(&run);
	assert_int_equal(files_in(spool->tmp_fd, NULL), 2);
	assert_int_equal(recover(), 2);
	check_committed("left", 2);
}

static void a_payload_that_had_no_room_comes_first_when_there_is(void **state)
{
	struct run run = { 0 };
	unsigned counts[ENTRIES] = { 0 };
	struct err err;

	(void)state;
	run_open(&run);
	add_entries(&run, 0, 2);
	run.commit.size.bytes = UINT64_C(1) << 40; /* the spool is full */
	for (int i = 0; i < 3; i++) {
		assert_int_equal(commit_add(&run.commit, &run.batch, &meta, &err), -1);
		assert_int_equal(err.kind, ERR_RETRY);
		assert_non_null(run.commit.json.s);
		assert_int_equal(run.batch.count, 2);
	}
	run.commit.size.bytes = 0;
	assert_int_equal(commit_add(&run.commit, &run.batch, &meta, &err), 0);
	assert_null(run.commit.json.s);
	assert_true(run.commit.size.bytes > 0);
	assert_int_equal(commit_publish(&run.commit, &err), 0);
	assert_int_equal(files_in(spool->new_fd, counts), 2);
	assert_true(counts[0] == 1 && counts[1] == 1);
	run_close(&run);
}

static void a_state_without_payloads_is_saved_too(void **state)
{
	struct run run = { .position = 7 };

	(void)state;
	run_open(&run);
	assert_int_equal(commit_finish(&run.commit, PROGRAM, write_state, &run, NULL), 0);
	run_close(&run);
	assert_int_equal(recover(), 7);
}

static void a_commit_is_full_while_a_batch_still_fits(void **state)
{
	struct run run = { 0 };
	unsigned added = 0;

	(void)state;
	run_open(&run);
	while (!commit_is_full(&run.commit)) {
		add_entries(&run, 0, 1);
		assert_int_equal(commit_add(&run.commit, &run.batch, &meta, NULL), 0);
		added++;
	}
	assert_in_range(added, 10, SPOOL_BATCH_MAX - BATCH_GROUPS_MAX);
	for (unsigned log = 0; log < BATCH_GROUPS_MAX; log++) {
		struct entry entry = { .level = LEVEL_LOG };

		entry.text[ENTRY_MESSAGE] = text_of("1");
		assert_int_equal(
			batch_add(&run.batch, &run.writer, &entry, log, "/l/a.log", 1),
			0);
	}
	assert_int_equal(commit_add(&run.commit, &run.batch, &meta, NULL), 0);
	run_close(&run);
}

static void only_names_of_the_scheme_are_rolled_forward(void **state)
{
	static const char text[] =
		"{\"payloads\":[\"../state/x\",7,\"x\",null,"
		"\"20260131T000000.000000Z-pg_log-1-000000.json.zst\","
		"\"20260131T000000.000000Z-pg_log-1-000001.json.zst\","
		"\"20260131T000000.000000Z-pg_log-1-000002.json.zst\"]}";
	struct json_node *root = json_read(text, strlen(text));
	char path[200];

	(void)state;
	snprintf(path, sizeof(path), "%s/tmp", dir);
	scratch_file(path, "x", "x", 1);
	scratch_file(path, "20260131T000000.000000Z-pg_log-1-000001.json.zst", "x", 1);
	assert_int_equal(symlinkat("x", spool->tmp_fd,
				 "20260131T000000.000000Z-pg_log-1-000002.json.zst"),
		0);
	assert_int_equal(commit_roll_forward(spool, root, NULL), 1);
	assert_int_equal(files_in(spool->new_fd, NULL), 1);
	assert_int_equal(files_in(spool->tmp_fd, NULL), 2);
	/* Published by the run before, perhaps not durably: made so, even if nothing is left. */
	mishap = FAIL;
	mishap_at = 1;
	calls = 0;
	armed = true;
	assert_int_equal(commit_roll_forward(spool, root, NULL), -1);
	armed = false;
	json_read_release(root);
	assert_int_equal(commit_roll_forward(spool, NULL, NULL), 0);
}

#define COMMIT_TEST(f) cmocka_unit_test_setup_teardown(f, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		COMMIT_TEST(each_step_is_durable_before_the_next),
		COMMIT_TEST(a_crash_at_any_moment_neither_loses_nor_doubles),
		COMMIT_TEST(a_failure_of_any_step_is_tried_again),
		COMMIT_TEST(a_disk_that_fails_for_good_leaves_what_the_next_run_needs),
		COMMIT_TEST(what_no_state_names_is_removed_at_the_end),
		COMMIT_TEST(what_a_state_names_stays_for_the_next_run),
		COMMIT_TEST(a_payload_that_had_no_room_comes_first_when_there_is),
		COMMIT_TEST(a_state_without_payloads_is_saved_too),
		COMMIT_TEST(a_commit_is_full_while_a_batch_still_fits),
		COMMIT_TEST(only_names_of_the_scheme_are_rolled_forward),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
