/*
 * pg_server: what the server is, and the extensions of the database that is asked, whenever
 * that changes.
 *
 * The timeline is read off the name of the WAL file that is written to, or is the one
 * that a standby receives: pg_control_checkpoint() knows it only after a checkpoint. What
 * the role may not read is null. pg_conf_load_time() is not asked: each session behind a
 * pooler has one of its own.
 */
#include "source.h"

#define EXTENSIONS_MAX 200

enum { INSTANCE, EXTENSIONS, PARTS };

/* What pg_settings says, in one pass; it leaves out what is not readable. */
static const struct {
	const char *name, *type;
} settings[] = {
	{ "server_version_num", "int4" },
	{ "cluster_name", "text" },
	{ "data_directory", "text" },
	{ "data_checksums", "text" },
	{ "wal_level", "text" },
	{ "wal_segment_size", "int8" },
	{ "block_size", "int4" },
	{ "max_connections", "int4" },
	{ "shared_preload_libraries", "text" },
	{ "server_encoding", "text" },
};

static const char instance_sql[] =
	"SELECT pg_catalog.version(), pg_catalog.current_database(), "
	"pg_catalog.pg_postmaster_start_time(), "
	"pg_catalog.pg_is_in_recovery(), CASE WHEN pg_catalog.pg_is_in_recovery() "
	"THEN (SELECT received_tli FROM pg_catalog.pg_stat_wal_receiver LIMIT 1) "
	"ELSE ('x' || pg_catalog.substr(pg_catalog.pg_walfile_name("
	"pg_catalog.pg_current_wal_lsn()), 1, 8))::bit(32)::int4 END AS timeline_id";

static const char extensions_sql[] =
	"SELECT x.extname, x.extversion, n.nspname, pg_catalog.count(*) OVER () AS _total "
	"FROM pg_catalog.pg_extension x "
	"JOIN pg_catalog.pg_namespace n ON n.oid = x.extnamespace "
	"ORDER BY x.extname LIMIT %d";

static bool compose(struct buf *sql, const struct source_context *context, unsigned part)
{
	(void)context;
	if (part == EXTENSIONS) {
		buf_addf(sql, extensions_sql, EXTENSIONS_MAX);
		return true;
	}
	buf_adds(sql, instance_sql);
	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
		buf_addf(sql,
			", pg_catalog.max(setting) FILTER (WHERE name = '%s')::%s AS %s",
			settings[i].name, settings[i].type, settings[i].name);
	buf_adds(sql, " FROM pg_catalog.pg_settings");
	return true;
}

static void write_server(struct json *json, size_t text_max, void *context)
{
	const struct answer *answer = context;

	json_key(json, "instance");
	rows_object(json, answer->rows[INSTANCE], 0, text_max);
	json_end(json);
	rows_list(json, "extensions", answer->rows[EXTENSIONS], text_max);
	rows_counts(json, "", answer->rows[EXTENSIONS]);
}

static int emit(const struct answer *answer, struct sink *sink, struct err *err)
{
	struct answer copy = *answer;

	if (!answer->rows[INSTANCE] || PQntuples(answer->rows[INSTANCE]->result) == 0)
		return 0;
	return sink_payload(sink, &answer->meta, JSON_NO_LIMIT, write_server, &copy, err);
}

const struct source source_server = {
	.name = "pg_server",
	.views = "pg_stat_wal_receiver",
	.on_change = true,
	.parts = PARTS,
	.optional_parts = ~0u,
	.compose = compose,
	.emit = emit,
};
