/* links: collector/collector.a */
#include "unit.h"

#include "json_read.h"
#include "source_case.h"

enum { DATABASES, BACKENDS, SLOTS, PREPARED, STANDBYS, PARTS };

static const struct result_column database[] = { { "datname", 19 },
	{ "_autovacuum_freeze_max_age", 23 }, { "_total", 20 } };
static const struct result_column holder[] = { { "name", 25 }, { "age", 23 },
	{ "_total", 20 } };

static const struct {
	const char *when;
	const char *ages[PARTS]; /* of the first holder; NULL: none, "-": not measured */
	const char *holder, *name; /* of the horizon; NULL: there is none */
} horizons[] = {
	{ "nobody", { 0 }, NULL, NULL },
	{ "a backend", { 0, "5", NULL, NULL, NULL }, "backend", "1" },
	{ "the oldest of all", { 0, "5", "100", "99", "7" }, "slot", "2" },
	{ "as numbers", { 0, "9", NULL, "10", "8" }, "prepared", "3" },
	{ "a standby of age 0", { 0, NULL, NULL, NULL, "0" }, "standby", "4" },
	{ "of two as old the first", { 0, "3", "3", NULL, NULL }, "backend", "1" },
	{ "who was not asked may be older", { 0, "5", "-", NULL, NULL }, NULL, NULL },
};

static PGresult *holder_of(int part, const char *age)
{
	char name[2] = { (char)('0' + part), '\0' };
	const char *const texts[] = { name, age, "1", "second", "0", "1" };

	if (age && *age == '-')
		return NULL;
	return case_result(holder, COUNT(holder), texts, age ? 2 : 0);
}

static void the_horizon_is_the_oldest_holders(void **state)
{
	static const char *const texts[] = { "postgres", "200000000", "4" };

	(void)state;
	for (size_t i = 0; i < COUNT(horizons); i++) {
		PGresult *results[PARTS] = { case_result(
			database, COUNT(database), texts, 1) };
		const struct json_node *horizon;
		struct json_node *root;
		struct buf whole;
		char *data;

		for (int part = BACKENDS; part < PARTS; part++)
			results[part] = holder_of(part, horizons[i].ages[part]);
		data = case_data(&source_wraparound, results);
		buf_init(&whole, CASE_ROOM);
		buf_addf(&whole, "{%s}", data);
		root = json_read(whole.data, whole.len);
		check(horizons[i].when, root);
		horizon = json_get(root, "horizon");
		if (horizons[i].holder) {
			check_string(horizons[i].when,
				json_get_string(horizon, "holder", "?"),
				horizons[i].holder);
			check_string(horizons[i].when,
				json_get_string(horizon, "name", "?"), horizons[i].name);
		} else {
			check(horizons[i].when, strstr(data, "\"horizon\":null"));
		}
		assert_int_equal(json_get_count(root, "databases_total"), 4);
		assert_int_equal(
			json_get_count(root, "autovacuum_freeze_max_age"), 200000000);
		json_read_release(root);
		buf_release(&whole);
		free(data);
		for (int part = 0; part < PARTS; part++)
			PQclear(results[part]);
	}
}

static const struct {
	unsigned part;
	const char *words[6];
} queries[] = {
	{ DATABASES, { "age(datfrozenxid)", "mxid_age(datminmxid)", "LIMIT 100" } },
	{ BACKENDS, { "pg_stat_progress_vacuum", "backend_type <> 'walsender'",
			    "pg_backend_pid()", "ORDER BY age DESC, pid LIMIT 10" } },
	{ SLOTS, { "age(catalog_xmin)", "age(xmin)", "LIMIT 10" } },
	{ PREPARED, { "pg_prepared_xacts", "gid, owner, database, prepared" } },
	{ STANDBYS, { "pg_stat_replication", "age(backend_xmin) AS age" } },
};

static void each_holder_is_asked_for(void **state)
{
	(void)state;
	assert_int_equal(source_wraparound.parts, PARTS);
	for (size_t i = 0; i < COUNT(queries); i++) {
		char *sql = case_sql(&source_wraparound, "", false, queries[i].part);

		case_check(sql, sql, queries[i].words);
		free(sql);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_horizon_is_the_oldest_holders),
		cmocka_unit_test(each_holder_is_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
