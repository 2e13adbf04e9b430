/* links: collector/collector.a */
#include "unit.h"

#include "source_case.h"

#define TABLES_12                                                                      \
	"pg_stat_user_tables relid schemaname relname seq_scan seq_tup_read idx_scan " \
	"idx_tup_fetch n_tup_ins n_tup_upd n_tup_del n_tup_hot_upd n_live_tup "        \
	"n_dead_tup n_mod_since_analyze last_vacuum last_autovacuum last_analyze "     \
	"last_autoanalyze vacuum_count autovacuum_count analyze_count "                \
	"autoanalyze_count "
#define TABLES_18                                                                     \
	TABLES_12 "last_seq_scan last_idx_scan n_tup_newpage_upd n_ins_since_vacuum " \
		  "total_vacuum_time total_autovacuum_time total_analyze_time "       \
		  "total_autoanalyze_time "
#define INDEXES_12                                                               \
	"pg_stat_user_indexes relid indexrelid schemaname relname indexrelname " \
	"idx_scan idx_tup_read idx_tup_fetch "

static const struct {
	const char *when;
	const struct source *source;
	const char *columns;
	const char *words[8];
} queries[] = {
	{ "tables of 12", &source_user_tables, TABLES_12 "\n",
		{ "s.relid, s.schemaname, s.relname, s.seq_scan, s.seq_tup_read",
			"!last_seq_scan", "!n_ins_since", "!total_vacuum_time",
			"pg_stat_get_dead_tuples(c.oid)", "IN ('r', 'm')",
			"!relation_size" } },
	{ "tables of 18", &source_user_tables, TABLES_18 "\n",
		{ "s.seq_scan, s.last_seq_scan", "s.n_ins_since_vacuum",
			"s.total_autoanalyze_time", "pg\\_toast%" } },
	{ "indexes of 12", &source_user_indexes, INDEXES_12 "\n",
		{ "s.indexrelname, s.idx_scan, s.idx_tup_read", "!last_idx_scan",
			"i.indisunique", "IN ('i')" } },
	{ "indexes of 16", &source_user_indexes, INDEXES_12 "last_idx_scan \n",
		{ "s.idx_scan, s.last_idx_scan" } },
};

static void each_version_is_asked_for_the_columns_it_has(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(queries); i++) {
		char *sql = case_sql(queries[i].source, queries[i].columns, false, 0);

		case_check(queries[i].when, sql, queries[i].words);
		assert_int_equal(queries[i].source->every_s, 600);
		free(sql);
		sql = case_sql(queries[i].source, "", false, 0);
		check_string(queries[i].when, sql, "");
		free(sql);
	}
}

static const struct result_column columns[] = { { "relname", 19 }, { "reltuples", 700 },
	{ "_block_size", 23 }, { "_total", 20 } };

static void a_list_says_of_how_many_it_is(void **state)
{
	static const char *const texts[] = { "a", "1e+06", "8192", "20000" };
	PGresult *const some[] = { case_result(columns, COUNT(columns), texts, 1) };
	PGresult *const none[] = { case_result(columns, COUNT(columns), texts, 0) };
	PGresult *const failed[] = { NULL };
	const struct {
		const struct source *source;
		PGresult *const *results;
		const char *want;
	} lists[] = {
		{ &source_user_tables, some,
			"\"tables\":[{\"relname\":\"a\",\"reltuples\":1e+06}],"
			"\"count\":1,\"total\":20000,\"block_size\":8192" },
		{ &source_user_indexes, some,
			"\"indexes\":[{\"relname\":\"a\",\"reltuples\":1e+06}],"
			"\"count\":1,\"total\":20000,\"block_size\":8192" },
		{ &source_user_tables, none, "" },
		{ &source_user_indexes, failed, "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(lists); i++) {
		char *data = case_data(lists[i].source, lists[i].results);

		check_string(lists[i].source->name, data, lists[i].want);
		free(data);
	}
	PQclear(some[0]);
	PQclear(none[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_version_is_asked_for_the_columns_it_has),
		cmocka_unit_test(a_list_says_of_how_many_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
