/* links: logtail/logtail.a */
#include "unit.h"

#include "logtail/log_name.h"

static void names_say_whether_they_are_logs(void **state)
{
	static const struct {
		const char *name;
		bool is_log, is_rotated;
		enum log_format format;
	} cases[] = {
		{ "postgresql-15-main.log", true, false, LOG_FORMAT_STDERR },
		{ "postgresql-2026-01-31_000000.log", true, false, LOG_FORMAT_STDERR },
		{ "postgresql-Mon.csv", true, false, LOG_FORMAT_CSVLOG },
		{ "x.json", true, false, LOG_FORMAT_JSONLOG },
		{ "x.csv.log", true, false, LOG_FORMAT_STDERR },
		{ "x.log.1", true, true, LOG_FORMAT_STDERR },
		{ "x.log.0", true, true, LOG_FORMAT_STDERR },
		{ "x.csv.10.gz", true, true, LOG_FORMAT_CSVLOG },
		{ "x.json.2.zst", true, true, LOG_FORMAT_JSONLOG },
		{ "x.log-20260131", true, true, LOG_FORMAT_STDERR },
		{ "x.csv-20260131.gz", true, true, LOG_FORMAT_CSVLOG },
		{ "x.log-2026013123", true, true, LOG_FORMAT_STDERR },
		{ "x.log-20260131-1769817600", true, true, LOG_FORMAT_STDERR },
		{ "x.log-1769817600.zst", true, true, LOG_FORMAT_STDERR },
		{ "x.log-2026-01-31", true, true, LOG_FORMAT_STDERR },
		{ "x.json.2026-01-31", true, true, LOG_FORMAT_JSONLOG },
		{ "x.log.2026-01-31_23:00.gz", true, true, LOG_FORMAT_STDERR },
		{ "x.log.20260131", true, true, LOG_FORMAT_STDERR },
		{ "x.csv.old", true, true, LOG_FORMAT_CSVLOG },
		{ "x.log.old.gz", true, true, LOG_FORMAT_STDERR },
		{ "x.log.20260131.1", true, true, LOG_FORMAT_STDERR },
		{ "x.log.gz", true, true, LOG_FORMAT_STDERR },
		{ "x-20260131.log.gz", true, true, LOG_FORMAT_STDERR },
		{ "x-20260131.log", true, false, LOG_FORMAT_STDERR },
		{ "x.1.log", true, false, LOG_FORMAT_STDERR },
		{ "x.txt", false, false, LOG_FORMAT_STDERR },
		{ "x", false, false, LOG_FORMAT_STDERR },
		{ "", false, false, LOG_FORMAT_STDERR },
		{ ".log", false, false, LOG_FORMAT_STDERR },
		{ ".log.1", false, false, LOG_FORMAT_STDERR },
		{ ".gz", false, false, LOG_FORMAT_STDERR },
		{ "log", false, false, LOG_FORMAT_STDERR },
		{ "x.1", false, false, LOG_FORMAT_STDERR },
		{ "x.gz", false, false, LOG_FORMAT_STDERR },
		{ "x.log.gz.tmp", false, false, LOG_FORMAT_STDERR },
		{ "x.log.lck", false, false, LOG_FORMAT_STDERR },
		{ "x.log.gz.gz", false, false, LOG_FORMAT_STDERR },
		{ "x.log1", false, false, LOG_FORMAT_STDERR },
		{ "x.log.", false, false, LOG_FORMAT_STDERR },
		{ "x.log.a1", false, false, LOG_FORMAT_STDERR },
		{ "x.log-2026013", false, false, LOG_FORMAT_STDERR },
		{ "x.log-2026-1-31", false, false, LOG_FORMAT_STDERR },
		{ "x.log-20260131a", false, false, LOG_FORMAT_STDERR },
		{ "x.log.12345678901x", false, false, LOG_FORMAT_STDERR },
		{ "x.log~", false, false, LOG_FORMAT_STDERR },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct log_name says = log_name_read(cases[i].name);

		check(cases[i].name, says.is_log == cases[i].is_log);
		check(cases[i].name, says.is_rotated == cases[i].is_rotated);
		check(cases[i].name, says.format == cases[i].format);
	}
}

static void some_files_nobody_means(void **state)
{
	static const struct {
		const char *name;
		bool want;
	} cases[] = { { ".x.log", true }, { ".", true }, { "core", true },
		{ "core.123", true }, { "core.log", false }, { "corelog", false },
		{ "score", false }, { "x.log.gz.tmp", true }, { "x.log.lck", true },
		{ "x.log.lock", true }, { ".x.log.swp", true }, { "x.log~", true },
		{ "postmaster.pid", true }, { "x.tmp.log", false }, { "x.log", false },
		{ "tmp", false } };

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		check(cases[i].name, log_name_is_foreign(cases[i].name) == cases[i].want);
}

static void some_compressors_are_not_ours(void **state)
{
	(void)state;
	assert_string_equal(log_name_unreadable("x.log.1.xz"), ".xz");
	assert_string_equal(log_name_unreadable("x.log.bz2"), ".bz2");
	assert_null(log_name_unreadable("x.log.gz"));
	assert_null(log_name_unreadable("x.log.zst"));
	assert_null(log_name_unreadable("x.xz.log"));
	assert_null(log_name_unreadable(".xz"));
}

static void a_generation_tells_whose_it_may_be(void **state)
{
	static const struct {
		const char *name;
		size_t appended;
		const char *want; /* with a blank after each */
	} cases[] = {
		{ "x.log", 0, "" },
		{ "x", 0, "" },
		{ "", 0, "" },
		{ "x.log.1", 1, "x.log " },
		{ "x.1", 1, "x " },
		{ ".1", 0, "" },
		{ "x.log.old", 1, "x.log " },
		{ "x.log.gz", 1, "x.log " },
		{ "x.log.1.gz", 2, "x.log.1 x.log " },
		{ "x.log-20260131.zst", 2, "x.log-20260131 x.log " },
		{ "x-20260131", 1, "x " },
		{ "x-20260131.log", 0, "x.log " },
		{ "x-20260131.log.gz", 1, "x-20260131.log x.log " },
		{ "x-2026-01-31_235959.csv", 0, "x.csv " },
		{ "x.1.json", 0, "x.json " },
		{ "-20260131.log", 0, "" },
		{ "x-15-main.log", 0, "" },
		{ "x-12345678-main.log", 0, "" },
		{ "x.a.1.2.3.4.5.6.7.8.9.log", 0, "x.a.1.2.3.4.5.6.7.8.log " },
		{ "x.1.2.3.4.5.6.7.8.9", 7,
			"x.1.2.3.4.5.6.7.8 x.1.2.3.4.5.6.7 x.1.2.3.4.5.6 x.1.2.3.4.5 "
			"x.1.2.3.4 x.1.2.3 x.1.2 " },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct log_name_bases bases;
		char said[1000] = "";

		log_name_bases(cases[i].name, &bases);
		for (size_t b = 0; b < bases.count; b++) {
			strcat(said, bases.name[b]);
			strcat(said, " ");
		}
		check_string(cases[i].name, said, cases[i].want);
		check(cases[i].name, bases.appended == cases[i].appended);
	}
}

static void the_longest_name_fits(void **state)
{
	struct log_name_bases bases;
	char name[NAME_MAX + 1];

	(void)state;
	memset(name, '1', NAME_MAX);
	name[NAME_MAX] = '\0';
	memcpy(name + NAME_MAX - 7, ".log.gz", 7);
	log_name_bases(name, &bases);
	assert_int_equal(bases.count, 1);
	assert_true(log_name_read(name).is_rotated);
	memset(name, '.', NAME_MAX);
	log_name_bases(name, &bases);
	assert_int_equal(bases.count, 0);
	/* A date all the way. */
	memset(name + 1, '-', NAME_MAX - 1);
	memcpy(name + 2, "20260131", 8);
	log_name_bases(name, &bases);
	assert_int_equal(bases.count, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_say_whether_they_are_logs),
		cmocka_unit_test(some_files_nobody_means),
		cmocka_unit_test(some_compressors_are_not_ours),
		cmocka_unit_test(a_generation_tells_whose_it_may_be),
		cmocka_unit_test(the_longest_name_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
