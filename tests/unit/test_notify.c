#include "unit.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "clock.h"
#include "notify.h"
#include "scratch.h"

static char dir[SCRATCH_SIZE];
static int service = -1;

/* Listens where $NOTIFY_SOCKET will point: a path, or "@name" for an abstract socket. */
static void listen_at(const char *name)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	size_t len = strlen(name);

	memcpy(at.sun_path, name, len);
	if (*name == '@')
		at.sun_path[0] = '\0';
	service = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	assert_int_equal(
		bind(service, (struct sockaddr *)&at,
			(socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)),
		0);
	setenv("NOTIFY_SOCKET", name, 1);
}

static const char *heard(void)
{
	static char text[256];
	ssize_t n = recv(service, text, sizeof(text) - 1, 0);

	if (n < 0)
		return NULL;
	text[n] = '\0';
	return text;
}

static int make_scratch(void **state)
{
	(void)state;
	scratch_make(dir);
	return 0;
}

static int remove_scratch(void **state)
{
	(void)state;
	if (service >= 0)
		close(service);
	service = -1;
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
	scratch_remove(dir);
	return 0;
}

static void messages_arrive_at_a_path(void **state)
{
	char path[100];

	(void)state;
	snprintf(path, sizeof(path), "%s/notify", dir);
	listen_at(path);
	notify_send("READY=1\nSTATUS=all is well");
	assert_string_equal(heard(), "READY=1\nSTATUS=all is well");
	assert_null(heard());
}

static void messages_arrive_at_an_abstract_socket(void **state)
{
	char name[100];

	(void)state;
	snprintf(name, sizeof(name), "@unit-notify-%d", (int)getpid());
	listen_at(name);
	notify_send("WATCHDOG=1");
	assert_string_equal(heard(), "WATCHDOG=1");
}

static void reloading_tells_the_time(void **state)
{
	unsigned long long usec = 0;
	char path[100];
	const char *text;

	(void)state;
	snprintf(path, sizeof(path), "%s/notify", dir);
	listen_at(path);
	notify_reloading();
	text = heard();
	assert_non_null(text);
	assert_int_equal(sscanf(text, "RELOADING=1\nMONOTONIC_USEC=%llu", &usec), 1);
	assert_true(clock_s() - (double)usec / 1e6 < 5);
	assert_true(clock_s() >= (double)usec / 1e6);
}

static void without_a_listener_nothing_happens(void **state)
{
	char longest[200];
	const char *const nowhere[] = { "", "/", "relative", "/nonexistent/socket",
		longest };
	int fd = dup(0);

	(void)state;
	memset(longest, 'x', sizeof(longest));
	longest[0] = '/';
	longest[sizeof(longest) - 1] = '\0';
	close(fd);
	unsetenv("NOTIFY_SOCKET");
	notify_send("READY=1");
	for (size_t i = 0; i < COUNT(nowhere); i++) {
		setenv("NOTIFY_SOCKET", nowhere[i], 1);
		notify_send("READY=1");
	}
	assert_int_equal(dup(0), fd); /* no descriptor was left open */
	close(fd);
}

static void a_full_listener_blocks_nobody(void **state)
{
	char path[100];

	(void)state;
	snprintf(path, sizeof(path), "%s/notify", dir);
	listen_at(path);
	for (int i = 0; i < 5000; i++)
		notify_send("WATCHDOG=1");
	assert_string_equal(heard(), "WATCHDOG=1");
}

static void the_watchdog_is_fed_at_half_its_time_by_its_process_only(void **state)
{
	char own[32], other[32];
	const struct {
		const char *usec, *pid;
		double want;
	} cases[] = {
		{ NULL, NULL, 0 },
		{ "30000000", NULL, 15 },
		{ "30000000", own, 15 },
		{ "30000000", other, 0 },
		{ "30000000", "", 0 },
		{ "0", own, 0 },
		{ "-5", own, 0 },
		{ "x", own, 0 },
	};

	(void)state;
	snprintf(own, sizeof(own), "%d", (int)getpid());
	snprintf(other, sizeof(other), "%d", (int)getpid() + 1);
	for (size_t i = 0; i < COUNT(cases); i++) {
		unsetenv("WATCHDOG_USEC");
		unsetenv("WATCHDOG_PID");
		if (cases[i].usec)
			setenv("WATCHDOG_USEC", cases[i].usec, 1);
		if (cases[i].pid)
			setenv("WATCHDOG_PID", cases[i].pid, 1);
		assert_true(notify_watchdog_s() == cases[i].want);
	}
}

#define NOTIFY_TEST(f) cmocka_unit_test_setup_teardown(f, make_scratch, remove_scratch)

int main(void)
{
	const struct CMUnitTest tests[] = {
		NOTIFY_TEST(messages_arrive_at_a_path),
		NOTIFY_TEST(messages_arrive_at_an_abstract_socket),
		NOTIFY_TEST(reloading_tells_the_time),
		NOTIFY_TEST(without_a_listener_nothing_happens),
		NOTIFY_TEST(a_full_listener_blocks_nobody),
		NOTIFY_TEST(the_watchdog_is_fed_at_half_its_time_by_its_process_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
