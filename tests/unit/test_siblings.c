/* links: logtail/logtail.a */
#include "unit.h"

#include "logtail/siblings.h"

#define S ((int64_t)1000000)

static void the_stem_is_what_the_formats_and_generations_of_a_log_share(void **state)
{
	static const struct {
		const char *path, *want;
	} cases[] = {
		{ "/l/postgresql.log", "/l/postgresql" },
		{ "/l/postgresql.csv", "/l/postgresql" },
		{ "/l/postgresql.json", "/l/postgresql" },
		{ "/l/postgresql.log.1", "/l/postgresql" },
		{ "/l/postgresql.csv.12.gz", "/l/postgresql" },
		{ "/l/postgresql.log-20260131.zst", "/l/postgresql" },
		{ "/l/postgresql.log.old", "/l/postgresql" },
		{ "/l/postgresql-2026-01-31_120000.log", "/l/postgresql" },
		{ "/l/postgresql-2026-02-01_000007.csv", "/l/postgresql" },
		{ "/l/postgresql-Mon.log", "/l/postgresql" },
		{ "/l/postgresql-Tue.json", "/l/postgresql" },
		{ "/l/postgresql-Monday.log", "/l/postgresql" },
		{ "/l/pg-January-31.log", "/l/pg" },
		{ "/l/Monitor.log", "/l/Monitor" },
		{ "/l/a.logger", "/l/a.logger" },
		{ "/l/a.log1", "/l/a.log" },
		/* Directories are as they are. */
		{ "/l/15/main.log/a.csv", "/l/15/main.log/a" },
		{ "/l/16/main.log/a.csv", "/l/16/main.log/a" },
		{ "a7.log", "a" },
		{ "/l/2026-pg.log", "/l/#-pg" },
		{ "/l/20260131.log", "/l/" },
		{ "", "" },
	};
	char stem[256];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		siblings_stem(cases[i].path, stem, sizeof(stem));
		check_string(cases[i].path, stem, cases[i].want);
	}
	siblings_stem("/long/path/to/a.log", stem, 9);
	assert_string_equal(stem, "to/a");
}

#define ALL SIBLING_ALL
#define STRAY SIBLING_STRAY
#define NONE SIBLING_NONE
#define ERR LOG_FORMAT_STDERR
#define CSV LOG_FORMAT_CSVLOG
#define JSON LOG_FORMAT_JSONLOG
#define BIT(format) (1u << (format))

static void the_best_is_read_and_of_stderr_what_only_it_has(void **state)
{
	static const struct {
		const char *when;
		enum log_format forced;
		struct {
			struct sibling file;
			enum sibling_reads want;
			int64_t from_us;
		} files[4];
	} cases[] = {
		{ "one alone", LOG_FORMAT_AUTO,
			{ { { "/l/a.log", ERR, 10 * S, 90 * S }, ALL, 0 } } },
		{ "all three", LOG_FORMAT_AUTO,
			{ { { "/l/a.log", ERR, 10 * S, 90 * S }, STRAY, 0 },
				{ { "/l/a.csv", CSV, 10 * S, 90 * S }, NONE, 0 },
				{ { "/l/a.json", JSON, 10 * S, 90 * S }, ALL, 0 } } },
		{ "csvlog and stderr", LOG_FORMAT_AUTO,
			{ { { "/l/a.csv", CSV, 10 * S, 90 * S }, ALL, 0 },
				{ { "/l/a.log", ERR, 10 * S, 90 * S }, STRAY, 0 } } },
		{ "csvlog and jsonlog", LOG_FORMAT_AUTO,
			{ { { "/l/a.csv", CSV, 10 * S, 90 * S }, NONE, 0 },
				{ { "/l/a.json", JSON, 10 * S, 90 * S }, ALL, 0 } } },
		{ "two of one format", LOG_FORMAT_AUTO,
			{ { { "/l/a1.log", ERR, 10 * S, 90 * S }, ALL, 0 },
				{ { "/l/a2.log", ERR, 10 * S, 90 * S }, ALL, 0 } } },
		{ "other directories, other logs", LOG_FORMAT_AUTO,
			{ { { "/l/a.log", ERR, 10 * S, 90 * S }, ALL, 0 },
				{ { "/m/a.json", JSON, 10 * S, 90 * S }, ALL, 0 },
				{ { "/l/b.json", JSON, 10 * S, 90 * S }, ALL, 0 } } },
		{ "rotated by size, each at times of its own", LOG_FORMAT_AUTO,
			{ { { "/l/a-120000.log", ERR, 10 * S, 50 * S }, STRAY, 0 },
				{ { "/l/a-120040.log", ERR, 50 * S, 90 * S }, STRAY, 0 },
				{ { "/l/a-120000.json", JSON, 10 * S, 30 * S }, ALL, 0 },
				{ { "/l/a-120020.json", JSON, 30 * S, 90 * S }, ALL,
					0 } } },
		{ "times that do not overlap", LOG_FORMAT_AUTO,
			{ { { "/l/a-1.log", ERR, 10 * S, 20 * S }, ALL, 0 },
				{ { "/l/a-2.json", JSON, 30 * S, 90 * S }, ALL, 0 },
				{ { "/l/a-3.log", ERR, 100 * S, 110 * S }, ALL, 0 } } },
		{ "the second between the last write and the next entry is no gap",
			LOG_FORMAT_AUTO,
			{ { { "/l/a-1.log", ERR, 10 * S, 20 * S }, STRAY, 22 * S },
				{ { "/l/a-2.json", JSON, 22 * S, 90 * S }, ALL, 0 } } },
		{ "the other format was turned on later", LOG_FORMAT_AUTO,
			{ { { "/l/a.log", ERR, 10 * S, 90 * S }, STRAY, 50 * S },
				{ { "/l/a.json", JSON, 50 * S, 90 * S }, ALL, 0 } } },
		{ "begun a moment before the other: nothing is from before",
			LOG_FORMAT_AUTO,
			{ { { "/l/a.log", ERR, 10 * S, 90 * S }, STRAY, 0 },
				{ { "/l/a.json", JSON, 11 * S, 90 * S }, ALL, 0 } } },
		{ "csvlog, then jsonlog too", LOG_FORMAT_AUTO,
			{ { { "/l/a.log", ERR, 10 * S, 90 * S }, STRAY, 30 * S },
				{ { "/l/a.csv", CSV, 30 * S, 90 * S }, NONE, 50 * S },
				{ { "/l/a.json", JSON, 50 * S, 90 * S }, ALL, 0 } } },
		{ "a stderr file that tells no time", LOG_FORMAT_AUTO,
			{ { { "/l/a.log", ERR, 0, 90 * S }, STRAY, 0 },
				{ { "/l/a.json", JSON, 50 * S, 90 * S }, ALL, 0 } } },
		{ "a named file is read alone", LOG_FORMAT_AUTO,
			{ { { "/l/a.log", ERR, 10 * S, 90 * S, .named = true }, ALL, 0 },
				{ { "/l/a.json", JSON, 10 * S, 90 * S }, ALL, 0 } } },
		{ "and stands for nobody", LOG_FORMAT_AUTO,
			{ { { "/l/a.log", ERR, 10 * S, 90 * S }, ALL, 0 },
				{ { "/l/a.json", JSON, 10 * S, 90 * S, .named = true },
					ALL, 0 } } },
		{ "the server writes stderr, and the better one no more", LOG_FORMAT_AUTO,
			{ { { "/l/a.log", ERR, 10 * S, 90 * S, .current = true,
				    .written = BIT(ERR) },
				  ALL, 0 },
				{ { "/l/a.json", JSON, 10 * S, 30 * S,
					  .written = BIT(ERR) },
					ALL, 0 } } },
		{ "the server writes both", LOG_FORMAT_AUTO,
			{ { { "/l/a.log", ERR, 10 * S, 90 * S, .current = true,
				    .written = BIT(ERR) | BIT(JSON) },
				  STRAY, 0 },
				{ { "/l/a.json", JSON, 10 * S, 90 * S, .current = true,
					  .written = BIT(ERR) | BIT(JSON) },
					ALL, 0 } } },
		{ "both, of which the better was rotated in between", LOG_FORMAT_AUTO,
			{ { { "/l/a-1.log", ERR, 22 * S, 90 * S, .current = true,
				    .written = BIT(ERR) | BIT(JSON) },
				  STRAY, 0 },
				{ { "/l/a-1.json", JSON, 21 * S, 50 * S,
					  .written = BIT(ERR) | BIT(JSON) },
					ALL, 0 },
				{ { "/l/a-2.json", JSON, 50 * S, 90 * S, .current = true,
					  .written = BIT(ERR) | BIT(JSON) },
					ALL, 0 } } },
		{ "and its newest was not found yet", LOG_FORMAT_AUTO,
			{ { { "/l/a-1.log", ERR, 22 * S, 90 * S, .current = true,
				    .written = BIT(ERR) | BIT(JSON) },
				  STRAY, 0 },
				{ { "/l/a-1.json", JSON, 21 * S, 50 * S,
					  .written = BIT(ERR) | BIT(JSON) },
					ALL, 0 } } },
		{ "generations that are not written to any more", LOG_FORMAT_AUTO,
			{ { { "/l/a.log.1", ERR, 10 * S, 90 * S, .written = BIT(ERR) },
				  STRAY, 0 },
				{ { "/l/a.json.1", JSON, 10 * S, 90 * S,
					  .written = BIT(ERR) },
					ALL, 0 } } },
		{ "stderr is asked for", ERR,
			{ { { "/l/a.log", ERR, 10 * S, 90 * S }, ALL, 0 },
				{ { "/l/a.csv", CSV, 10 * S, 90 * S }, NONE, 0 },
				{ { "/l/a.json", JSON, 10 * S, 90 * S }, NONE, 0 } } },
		{ "csvlog is asked for", CSV,
			{ { { "/l/a.log", ERR, 10 * S, 90 * S }, STRAY, 0 },
				{ { "/l/a.csv", CSV, 10 * S, 90 * S }, ALL, 0 },
				{ { "/l/a.json", JSON, 10 * S, 90 * S }, NONE, 0 } } },
		{ "what is asked for is not there", CSV,
			{ { { "/l/a.log", ERR, 10 * S, 90 * S }, ALL, 0 },
				{ { "/l/b.csv", CSV, 10 * S, 90 * S }, ALL, 0 } } },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct sibling files[4];
		size_t count = 0;

		for (; count < 4 && cases[i].files[count].file.path; count++)
			files[count] = cases[i].files[count].file;
		/* In any order. */
		for (size_t turn = 0; turn < count; turn++) {
			struct sibling first;

			for (size_t j = 0; j < count; j++)
				files[j].role = (struct sibling_role){ NONE, 77 };
			siblings_choose(files, count, cases[i].forced);
			for (size_t j = 0; j < count; j++) {
				size_t of = (j + turn) % count;

				check(cases[i].when,
					files[j].role.reads == cases[i].files[of].want);
				check(cases[i].when, files[j].role.from_us ==
							     cases[i].files[of].from_us);
			}
			first = files[0];
			memmove(files, files + 1, (count - 1) * sizeof(files[0]));
			files[count - 1] = first;
		}
	}
	siblings_choose(NULL, 0, LOG_FORMAT_AUTO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			the_stem_is_what_the_formats_and_generations_of_a_log_share),
		cmocka_unit_test(the_best_is_read_and_of_stderr_what_only_it_has),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
