/* links: logtail/logtail.a */
#include "unit.h"

#include <grp.h>
#include <limits.h>
#include <sys/time.h>

#include "child.h"
#include "clock.h"
#include "logtail/log_paths.h"
#include "scratch.h"

#define NOBODY 65534

static char dir[SCRATCH_SIZE];
static struct log_paths paths;

static void touch(const char *name)
{
	char path[300], *slash = path;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	while ((slash = strchr(slash + 1, '/'))) {
		*slash = '\0';
		mkdir(path, 0700);
		*slash = '/';
	}
	scratch_file(dir, name, "x", 1);
}

/* The time of NAME, in seconds. */
static void date(const char *name, int s)
{
	struct timeval times[2] = { { .tv_sec = s }, { .tv_sec = s } };
	char path[300];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	assert_int_equal(utimes(path, times), 0);
}

static int start(void **state)
{
	static const char *const names[] = { "pg/a.log", "pg/a.log.1", "pg/a.log.2.gz",
		"pg/a.log-20260131.zst", "pg/a-20260130.log", "pg/a-20260130.log.gz",
		"pg/a.3.log", "pg/b.log", "pg/b.csv", "pg/b.json.old", "pg/notes.txt",
		"pg/notes.txt.1", "pg/.hidden.log", "pg/.hidden.log.1", "pg/core",
		"pg/a.log.gz.tmp", "pg/a.log.lck", "pg/old/z.log", "pg2/c.log",
		"pg2/sub/e.log", "br[ck.log" };

	(void)state;
	scratch_make(dir);
	for (size_t i = 0; i < COUNT(names); i++) {
		touch(names[i]);
		date(names[i], 1000 + (int)i);
	}
	return chdir(dir);
}

static int stop(void **state)
{
	(void)state;
	scratch_remove(dir);
	return chdir("/");
}

static int by_name(const void *x, const void *y)
{
	return strcmp(*(char *const *)x, *(char *const *)y);
}

static const char *without_dir(const char *path)
{
	size_t len = strlen(dir);

	return strncmp(path, dir, len) == 0 && path[len] == '/' ? path + len + 1 : path;
}

/* "pg/a.log: pg/a.log.1:r ...": the files by name, flagged as rotated, named, current. */
static const char *files(void)
{
	static char said[8000];
	char *lines[200];

	assert_true(paths.count < COUNT(lines));
	for (size_t i = 0; i < paths.count; i++) {
		const struct log_path *file = &paths.files[i];

		assert_true(asprintf(&lines[i], "%s:%s%s%s", without_dir(file->path),
				    file->rotated ? "r" : "", file->named ? "n" : "",
				    file->is_current ? "c" : "") > 0);
	}
	if (paths.count > 0)
		qsort(lines, paths.count, sizeof(*lines), by_name);
	said[0] = '\0';
	for (size_t i = 0; i < paths.count; i++) {
		strcat(strcat(said, i > 0 ? " " : ""), lines[i]);
		free(lines[i]);
	}
	return said;
}

static const char *directories(void)
{
	static char said[2000];

	said[0] = '\0';
	if (paths.directories_count > 0)
		qsort(paths.directories, paths.directories_count, sizeof(char *),
			by_name);
	for (size_t i = 0; i < paths.directories_count; i++)
		strcat(strcat(said, i > 0 ? " " : ""), without_dir(paths.directories[i]));
	return said;
}

static const char *complaints(void)
{
	return paths.complaints.len > 0 ? paths.complaints.data : "";
}

#define PG_LOGS                                                                          \
	"pg/a-20260130.log.gz:r pg/a-20260130.log: pg/a.3.log: pg/a.log-20260131.zst:r " \
	"pg/a.log.1:r pg/a.log.2.gz:r pg/a.log: pg/b.csv: pg/b.json.old:r pg/b.log:"
#define A_AND_GENERATIONS                                             \
	"pg/a-20260130.log.gz:rn pg/a-20260130.log:rn pg/a.3.log:rn " \
	"pg/a.log-20260131.zst:rn pg/a.log.1:rn pg/a.log.2.gz:rn pg/a.log:n"

static void a_list_names_files_directories_and_globs(void **state)
{
	static const struct {
		const char *list;
		const char *files, *directories;
		const char *complaints; /* a part, or "" for none */
	} cases[] = {
		{ "pg", PG_LOGS, "pg", "" },
		{ " pg/ ,\n", PG_LOGS, "pg", "" },
		{ "pg,pg", PG_LOGS, "pg", "" },
		{ "pg/a.log", A_AND_GENERATIONS, "pg", "" },
		{ "pg/b.csv, pg2", "pg/b.csv:n pg2/c.log:", "pg pg2", "" },
		{ "pg/a.log.1", "pg/a.log.1:rn", "pg", "" },
		{ "pg/notes.txt", "pg/notes.txt.1:rn pg/notes.txt:n", "pg", "" },
		{ "pg/.hidden.log", "pg/.hidden.log.1:rn pg/.hidden.log:n", "pg", "" },
		{ "br[ck.log", "br[ck.log:n", ".", "" },
		{ "./br[ck.log", "./br[ck.log:n", ".", "" },
		{ "pg/b.*", "pg/b.csv: pg/b.json.old:r pg/b.log:", "pg", "" },
		{ "pg/[b].log", "pg/b.log:", "pg", "" },
		{ "pg/?.log",
			"pg/a-20260130.log.gz:r pg/a-20260130.log:r pg/a.3.log:r "
			"pg/a.log-20260131.zst:r pg/a.log.1:r pg/a.log.2.gz:r pg/a.log: "
			"pg/b.log:",
			"pg", "" },
		{ "pg/a*.log",
			"pg/a-20260130.log.gz:r pg/a-20260130.log: pg/a.3.log: "
			"pg/a.log-20260131.zst:r pg/a.log.1:r pg/a.log.2.gz:r pg/a.log:",
			"pg", "" },
		{ "pg/n*", "pg/notes.txt.1:r pg/notes.txt:", "pg", "" },
		{ "pg/c*", "", "pg", "log_path pg/c*: no log there" },
		{ "pg/.*", "", "pg", "log_path pg/.*: no log there" },
		{ "pg/a\\.log",
			"pg/a-20260130.log.gz:r pg/a-20260130.log:r pg/a.3.log:r "
			"pg/a.log-20260131.zst:r pg/a.log.1:r pg/a.log.2.gz:r pg/a.log:",
			"pg", "" },
		{ "pg?", "pg2/c.log:", ". pg2", "" },
		{ "p*2/c.log", "pg2/c.log:n", "pg2", "" },
		{ "p*/b.log", "pg/b.log:n", "pg pg2", "" },
		{ "*/old/", "pg/old/z.log:", "pg/old", "" },
		{ "p*/[os]*", "pg/old/z.log: pg2/sub/e.log:", "pg pg/old pg2 pg2/sub",
			"" },
		{ "pg*/", PG_LOGS " pg2/c.log:", "pg pg2", "" },
		{ "pg/a.log,pg/*.log,pg",
			A_AND_GENERATIONS " pg/b.csv: pg/b.json.old:r pg/b.log:", "pg",
			"" },
		{ "pg/gone.log", "", "pg",
			"log_path pg/gone.log: no log there; of a directory *.log, *.csv and "
			"*.json are read\n" },
		{ "gone/x.log", "", "", "read gone: No such file or directory\n" },
		{ "gone/x*.log", "", "", "read gone: No such file or directory\n" },
		{ "gone/*/x.log", "", "", "read gone: No such file or directory\n" },
		{ "pg/*/gone.log", "", "pg/old", "log_path pg/*/gone.log: no log there" },
		{ "pg/b.csv/", "", "", "read pg/b.csv: Not a directory\n" },
		{ "gone\n/x,pg2", "pg2/c.log:", "pg2", "read gone?: No such file" },
		{ "pg/b.csv,pg/gone", "pg/b.csv:n", "pg", "log_path pg/gone: no log" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct err err;

		if (log_paths_find(cases[i].list, &paths, &err) < 0)
			fail_msg("%s: %s", cases[i].list, err.msg);
		check_string(cases[i].list, files(), cases[i].files);
		check_string(cases[i].list, directories(), cases[i].directories);
		if (*cases[i].complaints ? !strstr(complaints(), cases[i].complaints)
					 : *complaints() != '\0')
			fail_msg("%s: complaints: %s", cases[i].list, complaints());
		log_paths_release(&paths);
	}
}

static void an_operand_is_what_it_names_and_no_more(void **state)
{
	static const struct {
		const char *operand;
		const char *files;
	} cases[] = {
		{ "pg/a.log", "pg/a.log:n" },
		{ "pg/a.log.*", "pg/a.log.1:r pg/a.log.2.gz:r" },
		{ "pg", PG_LOGS },
		{ "co,mma .log", "co,mma .log:n" },
	};

	(void)state;
	touch("co,mma .log");
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(
			log_paths_find_operand(cases[i].operand, &paths, NULL), 0);
		check_string(cases[i].operand, files(), cases[i].files);
		log_paths_release(&paths);
	}
}

static void paths_may_be_absolute(void **state)
{
	char list[300], path[300];

	(void)state;
	snprintf(list, sizeof(list), "%s/pg2,%s/pg/b.csv,%s/../%s/pg2/c.log", dir, dir,
		dir, strrchr(dir, '/'));
	assert_int_equal(log_paths_find(list, &paths, NULL), 0);
	assert_int_equal(paths.count, 2);
	snprintf(path, sizeof(path), "%s/pg/b.csv", dir);
	assert_string_equal(paths.files[0].path, path);
	log_paths_release(&paths);
	/* Of the root as well; it holds no logs that the test knows. */
	assert_int_equal(log_paths_find("/", &paths, NULL), 0);
	assert_int_equal(paths.directories_count, 1);
	assert_string_equal(paths.directories[0], "/");
	log_paths_release(&paths);
	assert_int_equal(log_paths_find("/no-such-log-1", &paths, NULL), 0);
	assert_string_equal(paths.directories[0], "/");
	log_paths_release(&paths);
}

static void a_list_of_nothing_is_wrong(void **state)
{
	static char text[PATH_MAX + 2];
	struct err err = { 0 };

	(void)state;
	assert_int_equal(log_paths_find(" , \t,", &paths, &err), -1);
	assert_int_equal(err.kind, ERR_CONFIG);
	err.kind = ERR_OK;
	memset(text, 'x', sizeof(text) - 1);
	assert_int_equal(log_paths_find(text, &paths, &err), -1);
	assert_int_equal(err.kind, ERR_CONFIG);
	err.kind = ERR_OK;
	text[NAME_MAX + 1] = '\0';
	assert_int_equal(log_paths_find(text, &paths, &err), -1);
	assert_int_equal(err.kind, ERR_CONFIG);
	text[NAME_MAX] = '\0';
	assert_int_equal(log_paths_find(text, &paths, &err), 0);
	log_paths_release(&paths);
}

static void files_come_by_age_with_what_stat_says(void **state)
{
	struct stat st;

	(void)state;
	date("pg/b.log", 1);
	date("pg/a.log.1", 1);
	date("pg/b.json.old", 2);
	date("pg/b.csv", 3000);
	scratch_file(dir, "pg/a.log", "12345", 5);
	date("pg/a.log", 2000);
	assert_int_equal(log_paths_find("pg", &paths, NULL), 0);
	assert_string_equal(paths.files[0].path, "pg/a.log.1");
	assert_string_equal(paths.files[1].path, "pg/b.log");
	assert_string_equal(paths.files[2].path, "pg/b.json.old");
	assert_int_equal(paths.files[2].format, LOG_FORMAT_JSONLOG);
	assert_string_equal(paths.files[paths.count - 1].path, "pg/b.csv");
	assert_int_equal(paths.files[paths.count - 1].format, LOG_FORMAT_CSVLOG);
	assert_string_equal(paths.files[paths.count - 2].path, "pg/a.log");
	assert_int_equal(paths.files[paths.count - 2].format, LOG_FORMAT_STDERR);
	assert_int_equal(paths.files[paths.count - 2].size, 5);
	assert_int_equal(paths.files[paths.count - 2].mtime.tv_sec, 2000);
	assert_int_equal(stat("pg/a.log", &st), 0);
	assert_true(paths.files[paths.count - 2].ino == st.st_ino);
	assert_true(paths.files[paths.count - 2].dev == st.st_dev);
	log_paths_release(&paths);
}

static void a_hard_link_is_the_same_file(void **state)
{
	(void)state;
	assert_int_equal(link("pg2/c.log", "pg2/c.log.1"), 0);
	assert_int_equal(link("pg2/c.log", "pg2/b.log"), 0);
	assert_int_equal(log_paths_find("pg2/c.log.1,pg2", &paths, NULL), 0);
	assert_string_equal(files(), "pg2/b.log:n");
	log_paths_release(&paths);
}

static void only_regular_files_are_listed(void **state)
{
	static const char *const lists[] = { "x", "x/*.log", "x/*" };

	(void)state;
	touch("x/real.log");
	assert_int_equal(symlink("real.log", "x/link.log"), 0);
	assert_int_equal(symlink("../pg2", "x/dir"), 0);
	assert_int_equal(mkfifo("x/fifo.log", 0600), 0);
	assert_int_equal(mkdir("x/dir.log", 0700), 0);
	alarm(10);
	for (size_t i = 0; i < COUNT(lists); i++) {
		assert_int_equal(log_paths_find(lists[i], &paths, NULL), 0);
		check_string(lists[i], files(), "x/real.log:");
		check_string(lists[i], complaints(), "");
		log_paths_release(&paths);
	}
	assert_int_equal(log_paths_find("x/*/z.log", &paths, NULL), 0);
	assert_non_null(strstr(complaints(), "x/*/z.log: no log"));
	assert_ptr_equal(strchr(complaints(), '\n') + 1, strchr(complaints(), '\0'));
	log_paths_release(&paths);
	/* A directory has no generations. */
	touch("x/sub/s.log");
	touch("x/sub.1/s.log");
	assert_int_equal(log_paths_find("x/[s]ub", &paths, NULL), 0);
	assert_string_equal(files(), "x/sub/s.log:");
	log_paths_release(&paths);
	/* Named, they are worth a word; a link to a directory is one. */
	assert_int_equal(log_paths_find("x/link.log,x/fifo.log,x/dir", &paths, NULL), 0);
	assert_string_equal(files(), "x/dir/c.log:");
	assert_string_equal(complaints(),
		"x/link.log: a link; links are not followed: name the file\n"
		"x/fifo.log: not a regular file\n");
	log_paths_release(&paths);
	alarm(0);
}

static void logs_of_foreign_compressors_are_complained_of(void **state)
{
	static const struct {
		const char *list;
		bool want;
	} cases[] = { { "x", true }, { "x/a.log", true }, { "x/a*", true },
		{ "x/b.log", false }, { "x/b*", false }, { "y", false } };

	(void)state;
	touch("x/a.log");
	touch("x/a.log.2.xz");
	touch("x/b.log");
	touch("y/a.log");
	touch("y/notes.xz");
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(log_paths_find(cases[i].list, &paths, NULL), 0);
		assert_int_equal(paths.count, cases[i].want && i == 0 ? 2 : 1);
		check_string(cases[i].list, complaints(),
			cases[i].want ? "x: logs compressed as .xz can't be read after a "
					"downtime; let logrotate use gzip or zstd\n"
				      : "");
		log_paths_release(&paths);
	}
}

/* What each file's server writes; of all the same. */
static unsigned written(void)
{
	assert_true(paths.count > 0);
	for (size_t i = 1; i < paths.count; i++)
		assert_int_equal(paths.files[i].written, paths.files[0].written);
	return paths.files[0].written;
}

static void what_the_server_has_open_is_marked(void **state)
{
	static const struct {
		const char *when;
		const char *place;
		const char *text;
		const char *list, *files;
		const char *complaints;
		bool csvlog; /* is written, too */
	} cases[] = {
		{ "the data directory is the parent", "data/current_logfiles",
			"stderr log/b.log\ncsvlog log/b.csv\n", "data/log",
			"data/log/a.log: data/log/b.csv:c data/log/b.log:c", "", true },
		{ "the data directory itself", "data/log/current_logfiles",
			"stderr a.log\n", "data/log",
			"data/log/a.log:c data/log/b.csv: data/log/b.log:", "" },
		{ "a glob", "data/current_logfiles", "stderr log/b.log\n", "d*/log/a*",
			"data/log/a.log:", "" },
		{ "a file", "data/current_logfiles", "stderr log/b.log\n",
			"data/log/b.log", "data/log/b.log:nc", "" },
		{ "over a link", "data/current_logfiles", "stderr link/b.log\n",
			"data/link",
			"data/link/a.log: data/link/b.csv: data/link/b.log:c", "" },
		{ "by a link", "data/current_logfiles", "stderr log/link.log\n",
			"data/log",
			"data/log/a.log: data/log/b.csv: data/log/b.log:", "" },
		{ "an odd name", "data/current_logfiles", "stderr log/server\n",
			"data/log", "data/log/a.log: data/log/b.csv: data/log/b.log:",
			"the server writes data/log/server, which log_path does not "
			"name; add it\n" },
		{ "a file that is gone", "data/current_logfiles", "stderr log/gone\n",
			"data/log",
			"data/log/a.log: data/log/b.csv: data/log/b.log:", "" },
	};

	(void)state;
	touch("data/log/a.log");
	touch("data/log/b.log");
	touch("data/log/b.csv");
	touch("data/log/server");
	assert_int_equal(symlink("a.log", "data/log/link.log"), 0);
	assert_int_equal(symlink("log", "data/link"), 0);
	assert_int_equal(log_paths_find("data/log", &paths, NULL), 0);
	assert_int_equal(written(), 0);
	log_paths_release(&paths);
	for (size_t i = 0; i < COUNT(cases); i++) {
		scratch_file(dir, cases[i].place, cases[i].text, strlen(cases[i].text));
		assert_int_equal(log_paths_find(cases[i].list, &paths, NULL), 0);
		check(cases[i].when, written() == (1u << LOG_FORMAT_STDERR |
							  (unsigned)cases[i].csvlog
								  << LOG_FORMAT_CSVLOG));
		check_string(cases[i].when, files(), cases[i].files);
		check_string(cases[i].when, complaints(), cases[i].complaints);
		log_paths_release(&paths);
		assert_int_equal(unlink(cases[i].place), 0);
	}
	/* The current directory's parent, and a relative path's. */
	scratch_file(dir, "data/current_logfiles", "stderr log/b.log\n", 17);
	assert_int_equal(chdir("data/log"), 0);
	assert_int_equal(log_paths_find("b.*", &paths, NULL), 0);
	assert_string_equal(files(), "b.csv: b.log:c");
	assert_int_equal(written(), 1u << LOG_FORMAT_STDERR);
	log_paths_release(&paths);
	assert_int_equal(chdir(".."), 0);
	assert_int_equal(log_paths_find("log/b.log", &paths, NULL), 0);
	assert_string_equal(files(), "log/b.log:nc");
	assert_int_equal(written(), 1u << LOG_FORMAT_STDERR);
	log_paths_release(&paths);
}

static void what_one_server_writes_says_nothing_of_another(void **state)
{
	(void)state;
	touch("one/log/a.log");
	touch("other/log/a.log");
	scratch_file(dir, "one/current_logfiles", "jsonlog log/a.json\n", 19);
	assert_int_equal(log_paths_find("one/log, other/log", &paths, NULL), 0);
	assert_int_equal(paths.count, 2);
	for (size_t i = 0; i < paths.count; i++)
		assert_int_equal(paths.files[i].written,
			strstr(paths.files[i].path, "one/") ? 1u << LOG_FORMAT_JSONLOG
							    : 0);
	log_paths_release(&paths);
}

static void print_complaints(void *list)
{
	if (setgroups(0, NULL) < 0 || setgid(NOBODY) < 0 || setuid(NOBODY) < 0)
		_exit(1);
	if (log_paths_find(list, &paths, NULL) < 0)
		_exit(1);
	printf("%zu %s", paths.count, complaints());
	log_paths_release(&paths);
}

static void what_may_not_be_read_is_said_with_its_mending(void **state)
{
#define ADVICE(subject)                                                         \
	"Permission denied; " subject " (root:54321 0750): its group may read " \
	"it, this user is not in it; mend: printf "
	static const struct {
		const char *list;
		const char *want;
	} cases[] = {
		{ "pg", "0 read pg: " ADVICE("the directory") },
		{ "pg/*.log", "0 read pg: " ADVICE("the directory") },
		{ "pg/*/x.log", "0 read pg: " ADVICE("the directory") },
		{ "pg/a.log", "0 read pg/a.log: " ADVICE("pg") },
		{ "pg, pg2", "1 read pg: " ADVICE("the directory") },
	};
	char said[2000];

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(chmod(dir, 0755), 0);
	assert_int_equal(chmod("pg2", 0755), 0);
	assert_int_equal(chown("pg", 0, 54321), 0);
	assert_int_equal(chmod("pg", 0750), 0);
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(child_run(print_complaints, (void *)cases[i].list, 1,
					 said, sizeof(said)),
			0);
		if (strncmp(said, cases[i].want, strlen(cases[i].want)) != 0)
			fail_msg("%s: %s", cases[i].list, said);
	}
}

static void ten_thousand_files_are_listed_at_once(void **state)
{
	static const char *const lists[] = { "many", "many/p*.log", "many/p1.log" };
	int fd;

	(void)state;
	assert_int_equal(mkdir("many", 0700), 0);
	assert_int_equal(chdir("many"), 0);
	for (int i = 0; i < 10000; i++) {
		char name[100];

		snprintf(name, sizeof(name), "p%d.log", i);
		fd = open(name, O_WRONLY | O_CREAT, 0600);
		close(fd);
	}
	assert_int_equal(chdir(".."), 0);
	for (size_t i = 0; i < COUNT(lists); i++) {
		double best = 10;

		for (int again = 0; again < 5; again++) {
			double start_s = clock_s();

			assert_int_equal(log_paths_find(lists[i], &paths, NULL), 0);
			if (clock_s() - start_s < best)
				best = clock_s() - start_s;
			assert_int_equal(paths.count, i < 2 ? 10000 : 1);
			log_paths_release(&paths);
		}
		print_message("%s: %.1f ms\n", lists[i], best * 1000);
		/* It takes a twentieth of that; the machine may be busy. */
		assert_true(best < 0.5);
	}
}

#define PATHS_TEST(f) cmocka_unit_test_setup_teardown(f, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		PATHS_TEST(a_list_names_files_directories_and_globs),
		PATHS_TEST(an_operand_is_what_it_names_and_no_more),
		PATHS_TEST(paths_may_be_absolute),
		PATHS_TEST(a_list_of_nothing_is_wrong),
		PATHS_TEST(files_come_by_age_with_what_stat_says),
		PATHS_TEST(a_hard_link_is_the_same_file),
		PATHS_TEST(only_regular_files_are_listed),
		PATHS_TEST(logs_of_foreign_compressors_are_complained_of),
		PATHS_TEST(what_the_server_has_open_is_marked),
		PATHS_TEST(what_one_server_writes_says_nothing_of_another),
		PATHS_TEST(what_may_not_be_read_is_said_with_its_mending),
		PATHS_TEST(ten_thousand_files_are_listed_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
