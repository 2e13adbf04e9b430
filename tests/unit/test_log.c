#include "unit.h"

#include <sys/stat.h>

#include "child.h"
#include "log.h"

struct scene {
	const char *when;
	bool verbose;
	enum { NO_STREAM, OUR_STREAM, OTHER_STREAM, BROKEN_STREAM } stream;
	enum log_level level;
	const char *message;
	const char *want;
};

static const struct scene scenes[] = {
	{ "an error for people", false, NO_STREAM, LOG_ERROR, "x", "prog: error: x\n" },
	{ "a warning for people", false, NO_STREAM, LOG_WARNING, "x",
		"prog: warning: x\n" },
	{ "a notice for people", false, NO_STREAM, LOG_NOTICE, "x", "prog: x\n" },
	{ "news for people", false, NO_STREAM, LOG_INFO, "x", "prog: x\n" },
	{ "details only on demand", false, NO_STREAM, LOG_DEBUG, "x", "" },
	{ "details on demand", true, NO_STREAM, LOG_DEBUG, "x", "prog: x\n" },
	{ "an error for the journal", false, OUR_STREAM, LOG_ERROR, "x", "<3>x\n" },
	{ "details for the journal", true, OUR_STREAM, LOG_DEBUG, "x", "<7>x\n" },
	{ "another journal stream", false, OTHER_STREAM, LOG_ERROR, "x",
		"prog: error: x\n" },
	{ "a broken journal stream", false, BROKEN_STREAM, LOG_ERROR, "x",
		"prog: error: x\n" },
	{ "no forged lines", false, NO_STREAM, LOG_INFO, "a\nprog: b\r\t\x1b[1m\x7f",
		"prog: a?prog: b???[1m?\n" },
	{ "no forged priorities", false, OUR_STREAM, LOG_INFO, "a\n<0>b", "<6>a?<0>b\n" },
	{ "no commands of eight bits, however written", false, NO_STREAM, LOG_INFO,
		"a\xc2\x9b"
		"31mb\x9b"
		"0m",
		"prog: a?31mb?0m\n" },
	{ "characters above ASCII stay", false, NO_STREAM, LOG_INFO, "\xc3\xa9",
		"prog: \xc3\xa9\n" },
	{ "nothing", false, NO_STREAM, LOG_INFO, "", "prog: \n" },
};

static void log_scene(void *arg)
{
	const struct scene *scene = arg;
	char stream[64] = "nonsense";
	struct stat st;

	fstat(STDERR_FILENO, &st);
	if (scene->stream != BROKEN_STREAM)
		snprintf(stream, sizeof(stream), "%llu:%llu",
			(unsigned long long)st.st_dev,
			(unsigned long long)st.st_ino + (scene->stream == OTHER_STREAM));
	unsetenv("JOURNAL_STREAM");
	if (scene->stream != NO_STREAM)
		setenv("JOURNAL_STREAM", stream, 1);
	log_open("prog", scene->verbose);
	log_line(scene->level, "%s", scene->message);
}

static void lines_suit_their_reader(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(scenes); i++) {
		struct scene scene = scenes[i];
		char said[4096];

		child_run(log_scene, &scene, STDERR_FILENO, said, sizeof(said));
		check_string(scene.when, said, scene.want);
	}
}

static void long_lines_are_cut_and_still_end(void **state)
{
	struct scene scene = { "long", false, NO_STREAM, LOG_INFO, NULL, NULL };
	char message[5000], said[8192];

	(void)state;
	memset(message, 'x', sizeof(message));
	message[sizeof(message) - 1] = '\0';
	scene.message = message;
	child_run(log_scene, &scene, STDERR_FILENO, said, sizeof(said));
	assert_in_range(strlen(said), 1000, 2048);
	assert_ptr_equal(strchr(said, '\n'), said + strlen(said) - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_suit_their_reader),
		cmocka_unit_test(long_lines_are_cut_and_still_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
