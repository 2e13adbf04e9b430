/*
 * pg_stat_replication: who is sent this server's WAL and how far behind each is, which
 * slots retain WAL, and, on a standby, what it has received and replayed.
 *
 * Distances are from where this server's own WAL ends: what it has written, on a standby
 * what it has received, or replayed where that is from an archive. A position may be read
 * after that end has moved: no distance is below zero.
 */
#include "source.h"

#define SENDERS_MAX 100
#define SLOTS_MAX 100

enum { SENDERS, SLOTS, STANDBY, PARTS };

static const char end_sql[] =
	"WITH wal AS MATERIALIZED (SELECT CASE WHEN pg_catalog.pg_is_in_recovery() "
	"THEN greatest(pg_catalog.pg_last_wal_receive_lsn(), "
	"pg_catalog.pg_last_wal_replay_lsn()) "
	"ELSE pg_catalog.pg_current_wal_lsn() END AS lsn) ";

static const char senders_columns[] =
	"pid, usesysid, usename, application_name, client_addr, client_hostname, client_port, "
	"backend_start, backend_xmin, state, sent_lsn, write_lsn, flush_lsn, replay_lsn, "
	"sync_priority, sync_state, reply_time";

static const char slots_columns[] =
	"slot_name, plugin, slot_type, datoid, database, temporary, active, active_pid, "
	"xmin, catalog_xmin, restart_lsn, confirmed_flush_lsn, wal_status, safe_wal_size, "
	"two_phase, two_phase_at, inactive_since, conflicting, invalidation_reason, "
	"failover, synced";

/* Not conninfo, which may hold a password. */
static const char receiver_columns[] =
	"pid, status, receive_start_lsn, receive_start_tli, received_lsn, written_lsn, "
	"flushed_lsn, received_tli, last_msg_send_time, last_msg_receipt_time, "
	"latest_end_lsn, latest_end_time, slot_name, sender_host, sender_port";

static const char replay_sql[] =
	"SELECT receive_lsn, replay_lsn, pg_catalog.pg_wal_lsn_diff("
	"greatest(receive_lsn, replay_lsn), replay_lsn) AS replay_lag_bytes, "
	"last_xact_replay_timestamp, pg_catalog.date_part('epoch', "
	"pg_catalog.clock_timestamp() - last_xact_replay_timestamp) AS replay_age_s, "
	"is_paused";

static const char recovery_sql[] =
	" FROM (SELECT pg_catalog.pg_last_wal_replay_lsn() AS replay_lsn, "
	"pg_catalog.pg_last_wal_receive_lsn() AS receive_lsn, "
	"pg_catalog.pg_last_xact_replay_timestamp() AS last_xact_replay_timestamp, "
	"CASE WHEN pg_catalog.pg_is_in_recovery() "
	"THEN pg_catalog.pg_is_wal_replay_paused() END AS is_paused) AS recovery "
	"LEFT JOIN pg_catalog.pg_stat_wal_receiver r ON true";

static void add_distance(struct buf *sql, const struct server *server, const char *view,
	const char *column, const char *name)
{
	if (server_has_column(server, view, column))
		buf_addf(sql,
			", pg_catalog.pg_wal_lsn_diff(greatest(wal.lsn, %s), %s) AS %s",
			column, column, name);
}

static void add_seconds(struct buf *sql, const struct server *server, const char *column)
{
	if (server_has_column(server, source_replication.name, column))
		buf_addf(
			sql, ", pg_catalog.date_part('epoch', %s) AS %s", column, column);
}

static bool compose_senders(struct buf *sql, const struct server *server)
{
	static const char view[] = "pg_stat_replication";

	if (!server_has_column(server, view, "replay_lsn"))
		return false;
	buf_addf(sql, "%sSELECT ", end_sql);
	server_columns(sql, server, view, "", senders_columns);
	add_seconds(sql, server, "write_lag");
	add_seconds(sql, server, "flush_lag");
	add_seconds(sql, server, "replay_lag");
	add_distance(sql, server, view, "sent_lsn", "sent_lag_bytes");
	add_distance(sql, server, view, "write_lsn", "write_lag_bytes");
	add_distance(sql, server, view, "flush_lsn", "flush_lag_bytes");
	add_distance(sql, server, view, "replay_lsn", "replay_lag_bytes");
	buf_addf(sql,
		", pg_catalog.count(*) OVER () AS _total "
		"FROM wal CROSS JOIN pg_catalog.%s ORDER BY replay_lsn NULLS FIRST LIMIT %d",
		view, SENDERS_MAX);
	return true;
}

static bool compose_slots(struct buf *sql, const struct server *server)
{
	static const char view[] = "pg_replication_slots";

	if (!server_has_column(server, view, "restart_lsn"))
		return false;
	buf_addf(sql, "%sSELECT ", end_sql);
	server_columns(sql, server, view, "", slots_columns);
	add_distance(sql, server, view, "restart_lsn", "retained_bytes");
	add_distance(
		sql, server, view, "confirmed_flush_lsn", "confirmed_flush_lag_bytes");
	buf_addf(sql,
		", pg_catalog.count(*) OVER () AS _total "
		"FROM wal CROSS JOIN pg_catalog.%s ORDER BY restart_lsn LIMIT %d",
		view, SLOTS_MAX);
	return true;
}

static bool compose_standby(struct buf *sql, const struct server *server)
{
	static const char view[] = "pg_stat_wal_receiver";

	if (!server->in_recovery || !server_has_view(server, view))
		return false;
	buf_addf(sql, "%s, ", replay_sql);
	server_columns(sql, server, view, "r.", receiver_columns);
	buf_adds(sql, recovery_sql);
	return true;
}

static bool compose(struct buf *sql, const struct source_context *context, unsigned part)
{
	if (part == SENDERS)
		return compose_senders(sql, context->server);
	if (part == SLOTS)
		return compose_slots(sql, context->server);
	return compose_standby(sql, context->server);
}

static void write_standby(struct json *json, struct rows *rows, size_t text_max)
{
	json_key(json, "standby");
	if (rows && PQntuples(rows->result) > 0) {
		rows_object(json, rows, 0, text_max);
		json_end(json);
	} else {
		json_null(json);
	}
}

static void write_replication(struct json *json, size_t text_max, void *context)
{
	const struct answer *answer = context;

	rows_list(json, "senders", answer->rows[SENDERS], text_max);
	rows_counts(json, "senders_", answer->rows[SENDERS]);
	rows_list(json, "slots", answer->rows[SLOTS], text_max);
	rows_counts(json, "slots_", answer->rows[SLOTS]);
	write_standby(json, answer->rows[STANDBY], text_max);
}

static int emit(const struct answer *answer, struct sink *sink, struct err *err)
{
	struct answer copy = *answer;
	int count = 0;

	for (unsigned part = 0; part < PARTS; part++)
		count += answer->rows[part] ? PQntuples(answer->rows[part]->result) : 0;
	if (count == 0)
		return 0;
	return sink_payload(
		sink, &answer->meta, JSON_NO_LIMIT, write_replication, &copy, err);
}

const struct source source_replication = {
	.name = "pg_stat_replication",
	.views = "pg_stat_replication, pg_replication_slots, pg_stat_wal_receiver",
	.optional_parts = ~0u,
	.parts = PARTS,
	.compose = compose,
	.emit = emit,
};
