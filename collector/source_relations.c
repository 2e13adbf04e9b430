/*
 * pg_stat_user_tables, pg_stat_user_indexes: of the database asked, the relations that
 * stand out, by the views' own columns.
 *
 * A database may have very many. Which ones stand out is asked of the functions behind the
 * views, in one pass over pg_class whose results stay in arrays (some 30 bytes a relation):
 * sorted or kept as rows they would make temporary files. The views are then asked for
 * those alone. Sizes are those of the last VACUUM or ANALYZE (pg_class): what measures a
 * file takes a lock.
 */
#include "source.h"

#define TOP 50 /* of each ranking */
#define RANKINGS_MAX 4
#define EVERY_S 600

/* What the views mean by "user": other schemas than these. */
#define USER_SQL                                                                  \
	"NOT IN (SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname IN " \
	"('pg_catalog', 'information_schema') OR n.nspname LIKE 'pg\\_toast%%')"

struct relations {
	const struct source *source;
	const char *list;
	const char *id;      /* the view's column for the relation itself */
	const char *columns; /* of the view, those that are known */
	const char *more;    /* others, of pg_class c and pg_index i */
	const char *kinds;   /* pg_class.relkind */
	const char *rankings
		[RANKINGS_MAX]; /* each takes the first TOP; SQL over pg_class c */
	const char *order;      /* of what is sent */
};

static const struct relations tables = {
	.source = &source_user_tables,
	.list = "tables",
	.id = "relid",
	.columns =
		"relid, schemaname, relname, seq_scan, last_seq_scan, seq_tup_read, "
		"idx_scan, last_idx_scan, idx_tup_fetch, n_tup_ins, n_tup_upd, n_tup_del, "
		"n_tup_hot_upd, n_tup_newpage_upd, n_live_tup, n_dead_tup, "
		"n_mod_since_analyze, n_ins_since_vacuum, last_vacuum, last_autovacuum, "
		"last_analyze, last_autoanalyze, vacuum_count, autovacuum_count, "
		"analyze_count, autoanalyze_count, total_vacuum_time, "
		"total_autovacuum_time, total_analyze_time, total_autoanalyze_time",
	.more = "pg_catalog.age(nullif(c.relfrozenxid, '0')) AS relfrozenxid_age, "
		"pg_catalog.mxid_age(nullif(c.relminmxid, '0')) AS relminmxid_age",
	.kinds = "'r', 'm'",
	.rankings = { "c.relpages", "pg_catalog.pg_stat_get_dead_tuples(c.oid)",
		"pg_catalog.pg_stat_get_tuples_returned(c.oid)",
		"pg_catalog.pg_stat_get_tuples_fetched(c.oid)" },
	.order = "s.n_dead_tup DESC NULLS LAST, c.relpages DESC, s.relid",
};

static const struct relations indexes = {
	.source = &source_user_indexes,
	.list = "indexes",
	.id = "indexrelid",
	.columns = "relid, indexrelid, schemaname, relname, indexrelname, idx_scan, "
		   "last_idx_scan, idx_tup_read, idx_tup_fetch",
	.more = "i.indisunique, i.indisprimary, i.indisvalid",
	.kinds = "'i'",
	.rankings = { "CASE WHEN pg_catalog.pg_stat_get_numscans(c.oid) = 0 "
		      "THEN c.relpages END",
		"pg_catalog.pg_stat_get_numscans(c.oid)" },
	.order = "s.idx_scan <> 0, CASE WHEN s.idx_scan = 0 THEN c.relpages "
		 "ELSE s.idx_scan END DESC, s.indexrelid",
};

/* One row: all user relations' ids, and what they rank by, in arrays. */
static void add_arrays(struct buf *sql, const struct relations *of)
{
	buf_adds(sql, "SELECT pg_catalog.count(*) AS total, "
		      "pg_catalog.array_agg(c.oid) AS ids");
	for (int i = 0; i < RANKINGS_MAX && of->rankings[i]; i++)
		buf_addf(sql, ", pg_catalog.array_agg(%s) AS by_%d", of->rankings[i], i);
	buf_addf(sql,
		" FROM pg_catalog.pg_class c WHERE c.relkind IN (%s) "
		"AND c.relnamespace " USER_SQL,
		of->kinds);
}

static void add_first(struct buf *sql, const struct relations *of)
{
	for (int i = 0; i < RANKINGS_MAX && of->rankings[i]; i++)
		buf_addf(sql,
			"%s(SELECT id FROM (SELECT pg_catalog.unnest(a.ids) AS id, "
			"pg_catalog.unnest(a.by_%d) AS rank) AS r "
			"WHERE rank > 0 ORDER BY rank DESC LIMIT %d)",
			i ? " UNION " : "", i, TOP);
}

static bool compose_relations(
	struct buf *sql, const struct server *server, const struct relations *of)
{
	const char *view = of->source->name;

	if (!server_has_view(server, view))
		return false;
	buf_adds(sql,
		"WITH top AS MATERIALIZED (SELECT pg_catalog.array_agg(t.id) AS ids, "
		"pg_catalog.max(a.total) AS total FROM (");
	add_arrays(sql, of);
	buf_adds(sql, ") AS a CROSS JOIN LATERAL (");
	add_first(sql, of);
	buf_adds(sql, ") AS t) SELECT ");
	server_columns(sql, server, view, "s.", of->columns);
	buf_addf(sql,
		", c.relpages, c.reltuples, %s, (SELECT total FROM top) AS _total, "
		"pg_catalog.current_setting('block_size')::int4 AS _block_size "
		"FROM pg_catalog.%s s JOIN pg_catalog.pg_class c ON c.oid = s.%s "
		"LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid "
		"WHERE s.%s = ANY((SELECT ids FROM top)::oid[]) ORDER BY %s",
		of->more, view, of->id, of->id, of->order);
	return true;
}

static bool compose_tables(
	struct buf *sql, const struct source_context *context, unsigned part)
{
	(void)part;
	return compose_relations(sql, context->server, &tables);
}

static bool compose_indexes(
	struct buf *sql, const struct source_context *context, unsigned part)
{
	(void)part;
	return compose_relations(sql, context->server, &indexes);
}

struct list {
	const struct relations *of;
	struct rows *rows;
};

static void write_list(struct json *json, size_t text_max, void *context)
{
	const struct list *list = context;

	rows_list(json, list->of->list, list->rows, text_max);
	rows_counts(json, "", list->rows);
	rows_member(json, list->rows, 0, "_block_size", text_max);
}

static int emit_relations(const struct answer *answer, const struct relations *of,
	struct sink *sink, struct err *err)
{
	struct list list = { of, answer->rows[0] };

	if (!list.rows || PQntuples(list.rows->result) == 0)
		return 0;
	return sink_payload(sink, &answer->meta, JSON_NO_LIMIT, write_list, &list, err);
}

static int emit_tables(const struct answer *answer, struct sink *sink, struct err *err)
{
	return emit_relations(answer, &tables, sink, err);
}

static int emit_indexes(const struct answer *answer, struct sink *sink, struct err *err)
{
	return emit_relations(answer, &indexes, sink, err);
}

const struct source source_user_tables = {
	.name = "pg_stat_user_tables",
	.views = "pg_stat_user_tables",
	.optional_parts = ~0u,
	.every_s = EVERY_S,
	.parts = 1,
	.compose = compose_tables,
	.emit = emit_tables,
};

const struct source source_user_indexes = {
	.name = "pg_stat_user_indexes",
	.views = "pg_stat_user_indexes",
	.optional_parts = ~0u,
	.every_s = EVERY_S,
	.parts = 1,
	.compose = compose_indexes,
	.emit = emit_indexes,
};
