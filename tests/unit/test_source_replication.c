/* links: collector/collector.a */
#include "unit.h"

#include "source_case.h"

#define SENDERS_12                                                                     \
	"pg_stat_replication pid usesysid usename application_name client_addr "       \
	"client_hostname client_port backend_start backend_xmin state sent_lsn "       \
	"write_lsn flush_lsn replay_lsn write_lag flush_lag replay_lag sync_priority " \
	"sync_state reply_time \n"
#define SLOTS_12                                                                     \
	"pg_replication_slots slot_name plugin slot_type datoid database temporary " \
	"active active_pid xmin catalog_xmin restart_lsn confirmed_flush_lsn "
#define RECEIVER_12                                                            \
	"pg_stat_wal_receiver pid status receive_start_lsn receive_start_tli " \
	"received_lsn received_tli last_msg_send_time last_msg_receipt_time "  \
	"latest_end_lsn latest_end_time slot_name sender_host sender_port conninfo \n"
#define RECEIVER_13                                                                   \
	"pg_stat_wal_receiver pid status receive_start_lsn receive_start_tli "        \
	"written_lsn flushed_lsn received_tli last_msg_send_time "                    \
	"last_msg_receipt_time latest_end_lsn latest_end_time slot_name sender_host " \
	"sender_port conninfo \n"
#define OF_12 SENDERS_12 SLOTS_12 "\n" RECEIVER_12
#define OF_13 SENDERS_12 SLOTS_12 "wal_status safe_wal_size \n" RECEIVER_13
#define OF_17                                                        \
	SENDERS_12 SLOTS_12                                          \
		"wal_status safe_wal_size two_phase inactive_since " \
		"conflicting invalidation_reason failover synced \n" RECEIVER_13

enum { SENDERS, SLOTS, STANDBY };

static const struct {
	const char *when, *columns;
	bool in_recovery;
	unsigned part;
	const char *words[8];
} queries[] = {
	{ "senders", OF_12, false, SENDERS,
		{ "pid, usesysid, usename",
			"date_part('epoch', replay_lag) AS replay_lag",
			"AS replay_lag_bytes", "AS sent_lag_bytes", "reply_time" } },
	{ "slots of 12", OF_12, false, SLOTS,
		{ "confirmed_flush_lsn", "AS retained_bytes", "!wal_status", "!safe_",
			"!two_phase" } },
	{ "slots of 13", OF_13, false, SLOTS,
		{ "wal_status, safe_wal_size", "!two_phase", "!inactive_since" } },
	{ "slots of 17", OF_17, false, SLOTS,
		{ "two_phase, inactive_since, conflicting, invalidation_reason",
			"failover, synced", "!two_phase_at" } },
	{ "a receiver of 12", OF_12, true, STANDBY,
		{ "r.received_lsn", "!r.written_lsn", "r.sender_port", "is_paused",
			"!conninfo" } },
	{ "a receiver of 13", OF_13, true, STANDBY,
		{ "r.written_lsn, r.flushed_lsn", "!received_lsn", "!conninfo" } },
	{ "senders without a column", "pg_stat_replication pid replay_lsn \n", false,
		SENDERS, { "SELECT pid, replay_lsn, ", "!sent_lsn", "!write_lag" } },
};

static void each_version_is_asked_for_the_columns_it_has(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(queries); i++) {
		char *sql = case_sql(&source_replication, queries[i].columns,
			queries[i].in_recovery, queries[i].part);

		check(queries[i].when, *sql);
		case_check(queries[i].when, sql, queries[i].words);
		free(sql);
	}
}

static const struct {
	const char *when, *columns;
	bool in_recovery;
	unsigned part;
} unasked[] = {
	{ "a primary has received nothing", OF_17, false, STANDBY },
	{ "no view of receivers", SENDERS_12, true, STANDBY },
	{ "no view of senders", "", false, SENDERS },
	{ "no view of slots", "", false, SLOTS },
};

static void what_is_not_there_is_not_asked(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(unasked); i++) {
		char *sql = case_sql(&source_replication, unasked[i].columns,
			unasked[i].in_recovery, unasked[i].part);

		check_string(unasked[i].when, sql, "");
		free(sql);
	}
}

static const struct result_column sender[] = { { "pid", 23 }, { "replay_lag", 701 },
	{ "replay_lag_bytes", 1700 }, { "_total", 20 } };
static const struct result_column slot[] = { { "slot_name", 19 }, { "xmin", 28 },
	{ "retained_bytes", 1700 }, { "_total", 20 } };
static const struct result_column standby[] = { { "is_paused", 16 }, { "pid", 23 } };

static const struct {
	const char *when;
	int senders, slots, standby; /* rows, -1: not measured */
	const char *want;
} answers[] = {
	{ "nothing is not sent", 0, 0, -1, "" },
	{ "nothing measured is not sent", -1, -1, -1, "" },
	{ "a slot alone", 0, 1, -1,
		"\"senders\":[],\"senders_count\":0,\"senders_total\":0,\"slots\":"
		"[{\"slot_name\":\"s\",\"xmin\":7,\"retained_bytes\":16777216}],"
		"\"slots_count\":1,\"slots_total\":9,\"standby\":null" },
	{ "not measured is not nothing", -1, 1, -1,
		"\"senders\":null,\"senders_count\":null,\"senders_total\":null,\"slots\":"
		"[{\"slot_name\":\"s\",\"xmin\":7,\"retained_bytes\":16777216}],"
		"\"slots_count\":1,\"slots_total\":9,\"standby\":null" },
	{ "a standby with one of its own", 1, 0, 1,
		"\"senders\":[{\"pid\":12,\"replay_lag\":0.25,\"replay_lag_bytes\":99}],"
		"\"senders_count\":1,\"senders_total\":1,\"slots\":[],\"slots_count\":0,"
		"\"slots_total\":0,\"standby\":{\"is_paused\":false,\"pid\":null}" },
};

static PGresult *rows_of(const struct result_column *columns, size_t count,
	const char *const *texts, int rows)
{
	return rows < 0 ? NULL : case_result(columns, count, texts, rows);
}

static void what_there_is_is_sent(void **state)
{
	static const char *const sender_texts[] = { "12", "0.25", "99", "1" };
	static const char *const slot_texts[] = { "s", "7", "16777216", "9" };
	static const char *const standby_texts[] = { "f", NULL };

	(void)state;
	for (size_t i = 0; i < COUNT(answers); i++) {
		PGresult *const results[] = {
			rows_of(sender, COUNT(sender), sender_texts, answers[i].senders),
			rows_of(slot, COUNT(slot), slot_texts, answers[i].slots),
			rows_of(standby, COUNT(standby), standby_texts,
				answers[i].standby),
		};
		char *data = case_data(&source_replication, results);

		check_string(answers[i].when, data, answers[i].want);
		free(data);
		for (size_t part = 0; part < COUNT(results); part++)
			PQclear(results[part]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_version_is_asked_for_the_columns_it_has),
		cmocka_unit_test(what_is_not_there_is_not_asked),
		cmocka_unit_test(what_there_is_is_sent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
