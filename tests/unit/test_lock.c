#include "unit.h"

#include <signal.h>
#include <sys/wait.h>

#include "child.h"
#include "lock.h"
#include "scratch.h"

static char dir[SCRATCH_SIZE];
static struct spool *spool;

static int make_spool(void **state)
{
	(void)state;
	umask(022);
	scratch_make(dir);
	return spool_open(dir, true, &spool, NULL);
}

static int remove_spool(void **state)
{
	(void)state;
	spool_close(spool);
	scratch_remove(dir);
	return 0;
}

static void a_second_taker_is_told_who_holds_it(void **state)
{
	struct err err;
	char want[200];
	int fd, other = -7;

	(void)state;
	assert_int_equal(lock_holder(spool, "prog"), 0);
	assert_int_equal(lock_take(spool, "prog", &fd, &err), 0);
	assert_int_equal(lock_holder(spool, "prog"), getpid());
	assert_int_equal(lock_take(spool, "prog", &other, &err), -1);
	assert_int_equal(other, -7);
	assert_int_equal(err.kind, ERR_FATAL);
	snprintf(want, sizeof(want),
		"another prog (pid %d) is at work on spool %s; only one may run",
		(int)getpid(), dir);
	assert_string_equal(err.msg, want);
	assert_int_equal(lock_holder(spool, "prog"), getpid());

	assert_int_equal(lock_take(spool, "other", &other, &err), 0); /* its own lock */
	close(other);
	close(fd);
	assert_int_equal(lock_holder(spool, "prog"), 0);
	assert_int_equal(lock_take(spool, "prog", &fd, &err), 0);
	close(fd);
}

static void asking_takes_nothing(void **state)
{
	int fd;

	(void)state;
	assert_int_equal(lock_take(spool, "prog", &fd, NULL), 0);
	close(fd);
	for (int i = 0; i < 3; i++)
		assert_int_equal(lock_holder(spool, "prog"), 0);
	assert_int_equal(lock_take(spool, "prog", &fd, NULL), 0);
	close(fd);
}

static void the_lock_dies_with_its_process(void **state)
{
	int fds[2], status, fd;
	char byte;
	pid_t pid;
	struct err err;

	(void)state;
	assert_int_equal(pipe(fds), 0);
	pid = fork();
	if (pid == 0) {
		lock_take(spool, "prog", &fd, NULL);
		if (write(fds[1], "x", 1) == 1)
			pause();
		_exit(1);
	}
	assert_int_equal(read(fds[0], &byte, 1), 1);
	assert_int_equal(lock_holder(spool, "prog"), pid);
	assert_int_equal(lock_take(spool, "prog", &fd, &err), -1);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	assert_int_equal(lock_holder(spool, "prog"), 0); /* its pid still stands there */
	assert_int_equal(lock_take(spool, "prog", &fd, &err), 0);
	assert_int_equal(lock_holder(spool, "prog"), getpid());
	close(fd);
	close(fds[0]);
	close(fds[1]);
}

static void a_longer_pid_leaves_no_digits_behind(void **state)
{
	char path[100];
	int fd;

	(void)state;
	snprintf(path, sizeof(path), "%s/state", dir);
	scratch_file(path, "prog.lock", "99999999999999\n", 15);
	assert_int_equal(lock_take(spool, "prog", &fd, NULL), 0);
	assert_int_equal(lock_holder(spool, "prog"), getpid());
	close(fd);
}

static void a_link_is_not_followed(void **state)
{
	struct err err;
	int fd;

	(void)state;
	assert_int_equal(symlinkat("elsewhere", spool->state_fd, "prog.lock"), 0);
	assert_int_equal(lock_take(spool, "prog", &fd, &err), -1);
	assert_int_equal(err.kind, ERR_FATAL);
	assert_int_equal(faccessat(spool->state_fd, "elsewhere", F_OK, 0), -1);
}

/* The directory's group may read the spool, and ask. */
static void ask_as_reader(void *arg)
{
	(void)arg;
	if (setgid(65534) < 0 || setuid(65534) < 0)
		_exit(9);
	printf("%ld", lock_holder(spool, "prog"));
}

static void who_may_only_read_may_ask(void **state)
{
	char said[50], want[50];
	int fd;

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(lock_take(spool, "prog", &fd, NULL), 0);
	assert_int_equal(fchmod(fd, 0644), 0);
	assert_int_equal(fchmod(spool->state_fd, 0755), 0);
	assert_int_equal(child_run(ask_as_reader, NULL, 1, said, sizeof(said)), 0);
	snprintf(want, sizeof(want), "%d", (int)getpid());
	assert_string_equal(said, want);
	close(fd);
}

#define LOCK_TEST(f) cmocka_unit_test_setup_teardown(f, make_spool, remove_spool)

int main(void)
{
	const struct CMUnitTest tests[] = {
		LOCK_TEST(a_second_taker_is_told_who_holds_it),
		LOCK_TEST(asking_takes_nothing),
		LOCK_TEST(the_lock_dies_with_its_process),
		LOCK_TEST(a_longer_pid_leaves_no_digits_behind),
		LOCK_TEST(a_link_is_not_followed),
		LOCK_TEST(who_may_only_read_may_ask),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
