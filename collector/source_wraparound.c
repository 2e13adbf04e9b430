/*
 * pg_wraparound: how old each database's oldest transaction and multixact ids are, and who
 * keeps VACUUM from making them younger.
 *
 * What holds the horizon: the snapshot or transaction of a backend, a replication slot, a
 * prepared transaction, a standby that feeds its own back. VACUUM itself does not, nobody
 * waits for its snapshot. age() looks at the next id and takes none.
 */
#include "source.h"

#define DATABASES_MAX 100
#define HOLDERS_MAX 10 /* of each kind */

enum { DATABASES, BACKENDS, SLOTS, PREPARED, STANDBYS, PARTS };

/* Ids are compared modulo 2^32: none must get older than half of that. */
static const char databases_sql[] =
	"SELECT datname, datallowconn, "
	"pg_catalog.age(datfrozenxid) AS datfrozenxid_age, "
	"pg_catalog.round(100.0 * pg_catalog.age(datfrozenxid) / 2147483648, 2) "
	"AS datfrozenxid_percent, pg_catalog.mxid_age(datminmxid) AS datminmxid_age, "
	"pg_catalog.round(100.0 * pg_catalog.mxid_age(datminmxid) / 2147483648, 2) "
	"AS datminmxid_percent, "
	"pg_catalog.current_setting('autovacuum_freeze_max_age')::int4 "
	"AS _autovacuum_freeze_max_age, "
	"pg_catalog.current_setting('autovacuum_multixact_freeze_max_age')::int4 "
	"AS _autovacuum_multixact_freeze_max_age, "
	"greatest(pg_catalog.age(datfrozenxid), pg_catalog.mxid_age(datminmxid)) AS _age, "
	"pg_catalog.count(*) OVER () AS _total FROM pg_catalog.pg_database "
	"ORDER BY _age DESC, datname";

static const char backends_sql[] =
	"SELECT pid, usename, datname, application_name, backend_type, state, backend_start, "
	"xact_start, pg_catalog.age(backend_xmin) AS backend_xmin_age, "
	"pg_catalog.age(backend_xid) AS backend_xid_age, "
	"greatest(pg_catalog.age(backend_xmin), pg_catalog.age(backend_xid)) AS age, "
	"pg_catalog.count(*) OVER () AS _total FROM pg_catalog.pg_stat_activity "
	"WHERE coalesce(backend_xmin, backend_xid) IS NOT NULL "
	"AND backend_type <> 'walsender' AND pid <> pg_catalog.pg_backend_pid() "
	"AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_progress_vacuum v "
	"WHERE v.pid = pg_stat_activity.pid) ORDER BY age DESC, pid";

static const char slots_sql[] =
	"SELECT slot_name, slot_type, database, active, active_pid, "
	"pg_catalog.age(xmin) AS xmin_age, pg_catalog.age(catalog_xmin) AS catalog_xmin_age, "
	"greatest(pg_catalog.age(xmin), pg_catalog.age(catalog_xmin)) AS age, "
	"pg_catalog.count(*) OVER () AS _total FROM pg_catalog.pg_replication_slots "
	"WHERE coalesce(xmin, catalog_xmin) IS NOT NULL ORDER BY age DESC, slot_name";

static const char prepared_sql[] =
	"SELECT gid, owner, database, prepared, pg_catalog.age(transaction) AS age, "
	"pg_catalog.count(*) OVER () AS _total FROM pg_catalog.pg_prepared_xacts "
	"ORDER BY age DESC, gid";

static const char standbys_sql[] =
	"SELECT pid, usename, application_name, client_addr, state, backend_start, "
	"pg_catalog.age(backend_xmin) AS age, pg_catalog.count(*) OVER () AS _total "
	"FROM pg_catalog.pg_stat_replication WHERE backend_xmin IS NOT NULL "
	"ORDER BY age DESC, pid";

static const struct {
	const char *list, *prefix, *sql;
	const char *holder; /* one of them as the horizon's; NULL: they hold nothing */
	int max;
} parts[PARTS] = {
	[DATABASES] = { "databases", "databases_", databases_sql, NULL, DATABASES_MAX },
	[BACKENDS] = { "backends", "backends_", backends_sql, "backend", HOLDERS_MAX },
	[SLOTS] = { "slots", "slots_", slots_sql, "slot", HOLDERS_MAX },
	[PREPARED] = { "prepared", "prepared_", prepared_sql, "prepared", HOLDERS_MAX },
	[STANDBYS] = { "standbys", "standbys_", standbys_sql, "standby", HOLDERS_MAX },
};

static bool compose(struct buf *sql, const struct source_context *context, unsigned part)
{
	(void)context;
	buf_addf(sql, "%s LIMIT %d", parts[part].sql, parts[part].max);
	return true;
}

/* The part whose first row is the oldest holder of all; -1 where there is none, or where
 * one that was not measured may be older. */
static int find_horizon(const struct answer *answer)
{
	double oldest = -1;
	int found = -1;

	for (int part = 0; part < PARTS; part++) {
		const struct rows *rows = answer->rows[part];
		double age;

		if (!parts[part].holder)
			continue;
		if (!rows)
			return -1;
		if (PQntuples(rows->result) == 0)
			continue;
		age = rows_number(rows, 0, rows_column(rows, "age"));
		if (age > oldest) {
			oldest = age;
			found = part;
		}
	}
	return found;
}

static void write_horizon(struct json *json, const struct answer *answer, size_t text_max)
{
	int part = find_horizon(answer);

	json_key(json, "horizon");
	if (part < 0) {
		json_null(json);
		return;
	}
	rows_object(json, answer->rows[part], 0, text_max);
	json_key(json, "holder");
	json_string(json, parts[part].holder);
	json_end(json);
}

static void write_wraparound(struct json *json, size_t text_max, void *context)
{
	const struct answer *answer = context;

	write_horizon(json, answer, text_max);
	for (int part = 0; part < PARTS; part++) {
		rows_list(json, parts[part].list, answer->rows[part], text_max);
		rows_counts(json, parts[part].prefix, answer->rows[part]);
	}
	rows_member(
		json, answer->rows[DATABASES], 0, "_autovacuum_freeze_max_age", text_max);
	rows_member(json, answer->rows[DATABASES], 0,
		"_autovacuum_multixact_freeze_max_age", text_max);
}

static int emit(const struct answer *answer, struct sink *sink, struct err *err)
{
	struct answer copy = *answer;

	if (!answer->rows[DATABASES])
		return 0;
	return sink_payload(
		sink, &answer->meta, JSON_NO_LIMIT, write_wraparound, &copy, err);
}

const struct source source_wraparound = {
	.name = "pg_wraparound",
	.views = "pg_stat_activity",
	.optional_parts = ~0u,
	.parts = PARTS,
	.compose = compose,
	.emit = emit,
};
