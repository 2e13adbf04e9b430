/* links: collector/collector.a */
#include "unit.h"

#include "source_case.h"

#define VACUUM_12                                                                  \
	"pg_stat_progress_vacuum pid datid datname relid phase heap_blks_total "   \
	"heap_blks_scanned heap_blks_vacuumed index_vacuum_count max_dead_tuples " \
	"num_dead_tuples \n"
#define VACUUM_18                                                                       \
	"pg_stat_progress_vacuum pid datid datname relid phase heap_blks_total "        \
	"heap_blks_scanned heap_blks_vacuumed index_vacuum_count max_dead_tuple_bytes " \
	"dead_tuple_bytes num_dead_item_ids indexes_total indexes_processed delay_time \n"
#define INDEX_12                                                                        \
	"pg_stat_progress_create_index pid datid datname relid index_relid command "    \
	"phase lockers_total lockers_done current_locker_pid blocks_total blocks_done " \
	"tuples_total tuples_done partitions_total partitions_done \n"
#define BACKUP_13                                                             \
	"pg_stat_progress_basebackup pid phase backup_total backup_streamed " \
	"tablespaces_total tablespaces_streamed \n"
#define COPY_14                                                                       \
	"pg_stat_progress_copy pid datid datname relid command type bytes_processed " \
	"bytes_total tuples_processed tuples_excluded \n"

static const struct {
	const char *when, *columns;
	const char *words[10];
} queries[] = {
	{ "vacuum of 12", VACUUM_12,
		{ "'VACUUM'::text AS command", "p.max_dead_tuples, p.num_dead_tuples",
			"!dead_tuple_bytes", "!delay_time", "!UNION",
			"p.datname = pg_catalog.current_database()", "p.relid",
			"100.0 * p.heap_blks_scanned / nullif(p.heap_blks_total, 0)" } },
	{ "vacuum of 18", VACUUM_18,
		{ "p.max_dead_tuple_bytes, p.dead_tuple_bytes, p.num_dead_item_ids",
			"p.delay_time", "!num_dead_tuples" } },
	{ "an index, by blocks or by tuples", VACUUM_12 INDEX_12,
		{ " UNION ALL ", "p.command", "100.0 * p.blocks_done",
			"100.0 * p.tuples_done / nullif(p.tuples_total, 0)" } },
	{ "a backup has no database", BACKUP_13,
		{ "NULL::pg_catalog.name AS datname", "NULL::pg_catalog.oid AS relid",
			"'BASE_BACKUP'::text" } },
	{ "a copy has no phase", COPY_14,
		{ "NULL::pg_catalog.text AS phase", "p.type, p.bytes_processed",
			"!tuples_skipped" } },
	{ "one without what percent is of", "pg_stat_progress_vacuum pid phase \n",
		{ "coalesce(NULL::numeric)", "(SELECT ) AS c" } },
};

static void each_version_is_asked_for_the_views_it_has(void **state)
{
	char *sql;

	(void)state;
	for (size_t i = 0; i < COUNT(queries); i++) {
		sql = case_sql(&source_progress, queries[i].columns, false, 0);
		case_check(queries[i].when, sql, queries[i].words);
		free(sql);
	}
	sql = case_sql(&source_progress, "pg_stat_activity pid \n", false, 0);
	check_string("no such view", sql, "");
	free(sql);
}

static const struct result_column columns[] = { { "view", 25 }, { "pid", 23 },
	{ "percent", 1700 }, { "counters", 114 }, { "_total", 20 } };

static void counters_are_an_object_of_their_own(void **state)
{
	static const char *const texts[] = { "pg_stat_progress_vacuum", "12", "33.3",
		"{\"heap_blks_total\":9007199254740993}", "2", "pg_stat_progress_copy",
		"13", NULL, "{\"type\":\"FILE\"", "2" };
	PGresult *const result[] = { case_result(columns, COUNT(columns), texts, 2) };
	char *data = case_data(&source_progress, result);

	(void)state;
	check_string("two", data,
		"\"progress\":[{\"view\":\"pg_stat_progress_vacuum\",\"pid\":12,"
		"\"percent\":33.3,\"counters\":{\"heap_blks_total\":9007199254740993}},"
		"{\"view\":\"pg_stat_progress_copy\",\"pid\":13,\"percent\":null,"
		"\"counters\":null}],\"count\":2,\"total\":2");
	free(data);
	PQclear(result[0]);
}

static void nothing_is_not_sent(void **state)
{
	PGresult *const none[] = { NULL };
	PGresult *const empty[] = { result_make(columns, COUNT(columns)) };
	char *data;

	(void)state;
	data = case_data(&source_progress, none);
	check_string("not measured", data, "");
	free(data);
	data = case_data(&source_progress, empty);
	check_string("empty", data, "");
	free(data);
	PQclear(empty[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_version_is_asked_for_the_views_it_has),
		cmocka_unit_test(counters_are_an_object_of_their_own),
		cmocka_unit_test(nothing_is_not_sent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
