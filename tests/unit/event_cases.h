/*
 * Messages of each class, and what event_find() makes of them. Most are a real server's,
 * of PostgreSQL 15; the others were put together from the message catalogues and the
 * documentation of 12 to 18.
 *
 * `want` is the name and the values, each "|", a letter of the kind (i n t s p l o, in
 * the order of enum event_value_kind), a blank, its name, "=", its text.
 */
#ifndef TESTS_EVENT_CASES_H
#define TESTS_EVENT_CASES_H

#include "logtail/entry.h"

struct event_case {
	enum level level;
	const char *message, *detail, *context; /* NULL: none */
	const char *want;
	const char *sql; /* what stands where SQL begins; NULL: there is none */
	bool opaque;
};

static const struct event_case event_cases[] = {
	{ LEVEL_LOG, "duration: 0.087 ms  statement: set lock_timeout=0",
		.want = "statement|s statement=set lock_timeout=0|n duration_ms=0.087",
		.sql = "set lock" },
	{ LEVEL_LOG, "statement: select 42", .want = "statement|s statement=select 42",
		.sql = "select 4" },
	{ LEVEL_LOG, "statement: execute p(4)",
		.detail = "prepare: prepare p(int) as select $1+1",
		.want = "statement|s statement=execute p(4)|s prepare_statement=prepare "
			"p(int) as select $1+1",
		.sql = "execute " },
	{ LEVEL_LOG,
		"duration: 0.039 ms  execute <unnamed>: select b, 'it''s' "
		"from t where a = $1",
		.detail = "parameters: $1 = '5'",
		.want = "execute|s statement=select b, 'it''s' "
			"from t where a = $1|p parameters=$1 = '5'|n duration_ms=0.039",
		.sql = "select b" },
	{ LEVEL_LOG, "duration: 0.038 ms  execute P_0: select a/b::text",
		.detail = "Parameters: $1 = '5', $2 = NULL",
		.want = "execute|t prepared=P_0|s statement=select "
			"a/b::text|p parameters=$1 = '5', $2 = NULL|n duration_ms=0.038",
		.sql = "select a" },
	{ LEVEL_LOG, "duration: 0.1 ms  execute <unnamed>/C_2: select 1",
		.want = "execute|t portal=C_2|s statement=select "
			"1|n duration_ms=0.1",
		.sql = "select 1" },
	{ LEVEL_LOG, "duration: 0.1 ms  execute S_1/C_2: select 1",
		.want = "execute|t prepared=S_1|t portal=C_2|"
			"s statement=select 1|n duration_ms=0.1",
		.sql = "select 1" },
	{ LEVEL_LOG, "execute fetch from S_1/C_2: select a / b",
		.want = "execute|t prepared=S_1|t portal=C_2|s statement=select "
			"a / b",
		.sql = "select a" },
	{ LEVEL_LOG,
		"duration: 0.1 ms  execute fetch from <unnamed>/C_3: select "
		"1",
		.want = "execute|t portal=C_3|s statement=select "
			"1|n duration_ms=0.1",
		.sql = "select 1" },
	{ LEVEL_LOG, "duration: 0.310 ms  bind P_0: select 1",
		.want = "bind|t prepared=P_0|s statement=select "
			"1|n duration_ms=0.310",
		.sql = "select 1" },
	{ LEVEL_LOG, "duration: 0.310 ms  bind <unnamed>/C_1: select 1",
		.want = "bind|t portal=C_1|s statement=select "
			"1|n duration_ms=0.310",
		.sql = "select 1" },
	{ LEVEL_LOG, "duration: 0.292 ms  bind <unnamed>: select 1",
		.want = "bind|s statement=select 1|n duration_ms=0.292",
		.sql = "select 1" },
	{ LEVEL_LOG, "duration: 0.497 ms  parse P_0: select b",
		.want = "parse|t prepared=P_0|s statement=select "
			"b|n duration_ms=0.497",
		.sql = "select b" },
	{ LEVEL_LOG, "duration: 0.448 ms  parse <unnamed>: select b",
		.want = "parse|s statement=select b|n duration_ms=0.448",
		.sql = "select b" },
	{ LEVEL_LOG, "duration: 0.018 ms", .want = "duration|n duration_ms=0.018" },
	{ LEVEL_LOG, "duration: 7 ms", .want = "duration|n duration_ms=7" },
	{ LEVEL_LOG, "fastpath function call: \"lo_open\" (OID 952)",
		.want = "fastpath|t function_name=lo_open|i function_oid=952" },
	{ LEVEL_LOG,
		"duration: 1.5 ms  fastpath function call: \"lo_open\" (OID "
		"952)",
		.want = "fastpath|t function_name=lo_open|i "
			"function_oid=952|n duration_ms=1.5" },
	{ LEVEL_LOG,
		"duration: 0.037 ms  plan:\n"
		"Query Text: select 1\n"
		" where b='x'\n"
		"Aggregate  (cost=319.28..319.29 rows=1 width=8)\n"
		"  Filter: (b = 'x'::text)",
		.want = "plan|s statement=select 1\n"
			" where b='x'|s plan=Query Text: select 1\n"
			" where b='x'\n"
			"Aggregate  (cost=319.28..319.29 rows=1 width=8)\n"
			"  Filter: (b = 'x'::text)|n duration_ms=0.037",
		.sql = "Query Te" },
	{ LEVEL_NOTICE,
		"duration: 0.037 ms  plan:\n"
		"Query Text: select $1\n"
		"Query Parameters: $1 = 'x'\n"
		"Result  (cost=0.00..0.01 rows=1 width=4)",
		.want = "plan|s statement=select $1|p parameters=$1 "
			"= 'x'|s plan=Query Text: select $1\n"
			"Query Parameters: $1 = 'x'\n"
			"Result  (cost=0.00..0.01 rows=1 width=4)|n duration_ms=0.037",
		.sql = "Query Te" },
	{ LEVEL_LOG,
		"duration: 0.9 ms  plan:\n"
		"{\n"
		"  \"Query Text\": \"select 1\"\n"
		"}",
		.want = "plan|o plan={\n"
			"  \"Query Text\": \"select 1\"\n"
			"}|n duration_ms=0.9",
		.sql = "{\n"
		       "  \"Que",
		.opaque = true },
	{ LEVEL_LOG,
		"duration: 0.9 ms  plan:\n"
		"Query Text: \"select 1\"\n"
		"Plan:\n"
		"  Node Type: \"Result\"",
		.want = "plan|o plan=Query Text: \"select 1\"\n"
			"Plan:\n"
			"  Node Type: \"Result\"|n duration_ms=0.9",
		.sql = "Query Te", .opaque = true },
	{ LEVEL_LOG, "AUDIT: SESSION,1,1,READ,SELECT,,,select 1,<not logged>",
		.want = "audit|t audit_type=SESSION|o audit_record=1,1,READ,SELECT,,,select "
			"1,<not logged>",
		.sql = "1,1,READ", .opaque = true },
	{ LEVEL_LOG, "received replication command: IDENTIFY_SYSTEM",
		.want = "replication_command|s replication_command=IDENTIFY_SYSTEM",
		.sql = "IDENTIFY" },
	{ LEVEL_LOG,
		"process 2220 still waiting for ShareLock on transaction "
		"746 after 200.122 ms",
		.detail = "Process holding the lock: 2173. Wait queue: 2220, 2221.",
		.want = "lock_wait|i lock_pid=2220|t lock_mode=ShareLock|t lock_object=transaction "
			"746|n waited_ms=200.122|l lock_holders=2173|l lock_queue=2220, "
			"2221" },
	{ LEVEL_LOG,
		"process 2220 acquired ShareLock on transaction 746 after "
		"500.108 ms",
		.want = "lock_acquired|i lock_pid=2220|t lock_mode=ShareLock|t "
			"lock_object=transaction 746|n waited_ms=500.108" },
	{ LEVEL_LOG,
		"process 11 avoided deadlock for AccessExclusiveLock on "
		"relation 16384 of database 5 by rearranging queue order "
		"after 1000.1 ms",
		.detail = "Processes holding the lock: 1, 2. Wait queue: 3.",
		.want = "lock_deadlock_avoided|i lock_pid=11|t lock_mode=AccessExclusiveLock|"
			"t lock_object=relation 16384 of database 5|n waited_ms=1000.1|"
			"l lock_holders=1, 2|l lock_queue=3" },
	{ LEVEL_LOG,
		"process 2220 detected deadlock while waiting for ShareLock "
		"on transaction 749 after 200.130 ms",
		.detail = "Process holding the lock: 2173. Wait queue: .",
		.want = "lock_deadlock|i lock_pid=2220|t lock_mode=ShareLock|t "
			"lock_object=transaction 749|n waited_ms=200.130|l lock_holders=2173" },
	{ LEVEL_LOG,
		"process 11 failed to acquire ShareLock on tuple (0,1) "
		"of relation 16385 of database 5 after 5.000 ms",
		.want = "lock_failed|i lock_pid=11|t lock_mode=ShareLock|t lock_object=tuple "
			"(0,1) of relation 16385 of database 5|n waited_ms=5.000" },
	{ LEVEL_LOG,
		"process 11 could not obtain ShareLock on relation 16385 "
		"of database 5",
		.detail = "Process holding the lock: 7, Wait queue: .",
		.want = "lock_failed|i lock_pid=11|t lock_mode=ShareLock|t lock_object=relation "
			"16385 of database 5|l lock_holders=7" },
	{ LEVEL_ERROR, "could not obtain lock on row in relation \"t\"",
		.want = "lock_not_available|t relation=t" },
	{ LEVEL_ERROR, "deadlock detected",
		.detail = "Process 2220 waits for ShareLock on transaction 749; "
			  "blocked by process 2173.\n"
			  "Process 2173 waits for ShareLock on transaction 750; "
			  "blocked by process 2220.\n"
			  "Process 2220: update t set b='1'\n"
			  " where a=3\n"
			  "Process 2173: update t set b='1' where a=4",
		.context = "while updating tuple (108,22) in relation \"t\"",
		.want = "deadlock|l deadlock_pids=2220, 2173|s deadlock_sql_1=update "
			"t set b='1'\n"
			" where a=3|s deadlock_sql_2=update t set b='1' where "
			"a=4|i lock_pid=2220|t lock_mode=ShareLock|t lock_object=transaction "
			"749|i blocked_by_pid=2173" },
	{ LEVEL_LOG,
		"recovery still waiting after 1023.456 ms: recovery conflict "
		"on lock",
		.detail = "Conflicting process: 42.",
		.want = "recovery_conflict|t conflict_state=still|n waited_ms=1023.456|"
			"t conflict=recovery conflict on lock|l lock_holders=42" },
	{ LEVEL_ERROR, "canceling statement due to statement timeout",
		.want = "statement_canceled|t cancel_cause=statement timeout" },
	{ LEVEL_FATAL, "canceling authentication due to timeout",
		.want = "authentication_timeout" },
	{ LEVEL_ERROR, "canceling autovacuum task", .want = "autovacuum_canceled" },
	{ LEVEL_WARNING,
		"canceling wait for synchronous replication due to user "
		"request",
		.want = "sync_wait_canceled|t cancel_cause=user request" },
	{ LEVEL_FATAL, "terminating connection due to idle-in-transaction timeout",
		.want = "connection_terminated|t terminate_cause=idle-in-transaction "
			"timeout" },
	{ LEVEL_WARNING,
		"terminating connection because of crash of another server "
		"process",
		.want = "connection_terminated|t terminate_cause=crash of another "
			"server process" },
	{ LEVEL_FATAL, "terminating autovacuum process due to administrator command",
		.want = "worker_terminated|t terminate_cause=administrator command" },
	{ LEVEL_FATAL,
		"terminating background worker \"parallel worker\" due to "
		"administrator command",
		.want = "worker_terminated|t worker=parallel worker|t terminate_cause=administrator "
			"command" },
	{ LEVEL_LOG,
		"server process (PID 2275) was terminated by signal 9: "
		"Killed",
		.detail = "Failed process was running: select pg_sleep(30)",
		.want = "process_terminated|t process=server process|i process_pid=2275|"
			"i signal=9|t signal_name=Killed|s statement=select pg_sleep(30)" },
	{ LEVEL_LOG,
		"background worker \"logical replication launcher\" (PID "
		"2283) exited with exit code 1",
		.want = "process_exited|t process=background worker|t worker=logical "
			"replication launcher|i process_pid=2283|i exit_code=1" },
	{ LEVEL_LOG, "terminating any other active server processes",
		.want = "server_crash" },
	{ LEVEL_LOG, "all server processes terminated; reinitializing",
		.want = "server_restart" },
	{ LEVEL_LOG,
		"checkpoint complete: wrote 1338 buffers (8.2%); 0 WAL "
		"file(s) added, 1 removed, 2 recycled; write=0.238 s, "
		"sync=0.001 s, total=0.241 s; sync files=3, longest=0.004 "
		"s, average=0.005 s; distance=22132 kB, estimate=22133 "
		"kB",
		.want = "checkpoint_complete|i buffers=1338|n buffers_percent=8.2|"
			"i wal_added=0|i wal_removed=1|i wal_recycled=2|n write_s=0.238|"
			"n sync_s=0.001|n total_s=0.241|i sync_files=3|n sync_longest_s=0.004|"
			"n sync_average_s=0.005|i distance_kb=22132|i estimate_kb=22133" },
	{ LEVEL_LOG,
		"checkpoint complete: wrote 1338 buffers (8.2%), wrote "
		"3 SLRU buffers; 0 WAL file(s) added, 1 removed, 2 recycled; "
		"write=0.238 s, sync=0.001 s, total=0.241 s; sync files=3, "
		"longest=0.004 s, average=0.005 s; distance=22132 kB, "
		"estimate=22133 kB; lsn=0/A000028, redo lsn=0/9FFFFD0",
		.want = "checkpoint_complete|i buffers=1338|n buffers_percent=8.2|"
			"i slru_buffers=3|i wal_added=0|i wal_removed=1|i wal_recycled=2|"
			"n write_s=0.238|n sync_s=0.001|n total_s=0.241|i sync_files=3|"
			"n sync_longest_s=0.004|n sync_average_s=0.005|i distance_kb=22132|"
			"i estimate_kb=22133|t lsn=0/A000028|t redo_lsn=0/9FFFFD0" },
	{ LEVEL_LOG,
		"restartpoint complete: wrote 1338 buffers (8.2%); 0 WAL "
		"file(s) added, 1 removed, 2 recycled; write=0.238 s, "
		"sync=0.001 s, total=0.241 s; sync files=3, longest=0.004 "
		"s, average=0.005 s; distance=22132 kB, estimate=22133 "
		"kB; lsn=0/A000028, redo lsn=0/9FFFFD0",
		.want = "restartpoint_complete|i buffers=1338|n buffers_percent=8.2|"
			"i wal_added=0|i wal_removed=1|i wal_recycled=2|n write_s=0.238|"
			"n sync_s=0.001|n total_s=0.241|i sync_files=3|n sync_longest_s=0.004|"
			"n sync_average_s=0.005|i distance_kb=22132|i estimate_kb=22133|"
			"t lsn=0/A000028|t redo_lsn=0/9FFFFD0" },
	{ LEVEL_LOG, "checkpoint starting: immediate force wait",
		.want = "checkpoint_starting|t checkpoint_cause=immediate force "
			"wait" },
	{ LEVEL_LOG, "restartpoint starting: time",
		.want = "restartpoint_starting|t checkpoint_cause=time" },
	{ LEVEL_LOG, "checkpoints are occurring too frequently (1 second apart)",
		.want = "checkpoints_too_frequent|i apart_s=1" },
	{ LEVEL_LOG,
		"checkpoints are occurring too frequently (12 seconds "
		"apart)",
		.want = "checkpoints_too_frequent|i apart_s=12" },
	{ LEVEL_LOG,
		"automatic vacuum of table \"postgres.public.t\": index "
		"scans: 1\n"
		"pages: 0 removed, 125 remain, 124 scanned (99.20% of "
		"total)\n"
		"tuples: 3 removed, 9999 remain, 1 are dead but not yet "
		"removable\n"
		"removable cutoff: 745, which was 2 XIDs old when operation "
		"ended\n"
		"new relfrozenxid: 727, which is 1 XIDs ahead of previous "
		"value\n"
		"index scan needed: 73 pages from table (58.40% of total) "
		"had 13002 dead item identifiers removed\n"
		"index \"t_pkey\": pages: 66 in total, 26 newly deleted, "
		"26 currently deleted, 0 reusable\n"
		"I/O timings: read: 0.051 ms, write: 0.000 ms\n"
		"avg read rate: 1.246 MB/s, avg write rate: 2.493 MB/s\n"
		"buffer usage: 627 hits, 2 misses, 4 dirtied\n"
		"WAL usage: 300 records, 1 full page images, 86624 bytes\n"
		"system usage: CPU: user: 0.01 s, system: 0.02 s, elapsed: "
		"0.03 s",
		.want = "autovacuum|t relation=postgres.public.t|i index_scans=1|"
			"i pages_removed=0|i pages_remain=125|i pages_scanned=124|"
			"n pages_scanned_percent=99.20|i tuples_removed=3|i tuples_remain=9999|"
			"i tuples_dead=1|i removable_cutoff=745|i removable_cutoff_age=2|"
			"i relfrozenxid=727|t index_scan=needed|i pages_with_dead=73|"
			"i dead_items=13002|n io_read_ms=0.051|n io_write_ms=0.000|"
			"n read_mb_per_s=1.246|n write_mb_per_s=2.493|i buffer_hits=627|"
			"i buffer_misses=2|i buffer_dirtied=4|i wal_records=300|"
			"i wal_full_pages=1|i wal_bytes=86624|n cpu_user_s=0.01|"
			"n cpu_system_s=0.02|n elapsed_s=0.03" },
	{ LEVEL_LOG,
		"automatic aggressive vacuum to prevent wraparound of "
		"table \"postgres.public.t\": index scans: 0\n"
		"pages: 0 removed, 5 remain, 1 skipped due to pins, 2 "
		"skipped frozen\n"
		"tuples: 1 removed, 2 remain, 3 are dead but not yet removable, "
		"oldest xmin: 512\n"
		"buffer usage: 10 hits, 11 misses, 12 dirtied\n"
		"avg read rate: 0.000 MB/s, avg write rate: 0.000 MB/s\n"
		"system usage: CPU: user: 0.00 s, system: 0.00 s, elapsed: "
		"0.00 s",
		.want = "autovacuum|t vacuum_mode=aggressive|t vacuum_cause=to "
			"prevent wraparound|t relation=postgres.public.t|i index_scans=0|"
			"i pages_removed=0|i pages_remain=5|i pages_pinned=1|i "
			"pages_skipped_frozen=2|i tuples_removed=1|i tuples_remain=2|"
			"i tuples_dead=3|i oldest_xmin=512|i buffer_hits=10|i "
			"buffer_misses=11|i buffer_dirtied=12|n read_mb_per_s=0.000|"
			"n write_mb_per_s=0.000|n cpu_user_s=0.00|n cpu_system_s=0.00|"
			"n elapsed_s=0.00" },
	{ LEVEL_LOG,
		"automatic vacuum of table \"a.b.c\": index scans: 0\n"
		"pages: 0 removed, 9 remain, 9 scanned (100.00% of total), "
		"2 eagerly scanned\n"
		"tuples missed: 5 dead from 6 pages not removed due to "
		"cleanup lock contention\n"
		"frozen: 3 pages from table (33.33% of total) had 7 tuples "
		"frozen\n"
		"visibility map: 4 pages set all-visible, 3 pages set "
		"all-frozen (0 were all-visible)\n"
		"index scan bypassed by failsafe: 1 pages from table (11.11% "
		"of total) have 8 dead item identifiers\n"
		"delay time: 1.250 ms\n"
		"buffer usage: 1 hits, 2 reads, 3 dirtied\n"
		"WAL usage: 1 records, 2 full page images, 3 bytes, 4 "
		"buffers full",
		.want = "autovacuum|t relation=a.b.c|i index_scans=0|i pages_removed=0|"
			"i pages_remain=9|i pages_scanned=9|n pages_scanned_percent=100.00|"
			"i pages_scanned_eagerly=2|i tuples_missed=5|i pages_missed=6|"
			"i pages_frozen=3|i tuples_frozen=7|i pages_set_visible=4|"
			"i pages_set_frozen=3|t index_scan=bypassed by failsafe|"
			"i pages_with_dead=1|i dead_items=8|n delay_ms=1.250|i "
			"buffer_hits=1|i buffer_misses=2|i buffer_dirtied=3|i "
			"wal_records=1|i wal_full_pages=2|i wal_bytes=3|i wal_buffers_full=4" },
	{ LEVEL_INFO,
		"finished vacuuming \"postgres.public.t\": index scans: "
		"0\n"
		"pages: 0 removed, 125 remain, 17 scanned (13.60% of total)\n"
		"index scan not needed: 0 pages from table (0.00% of total) "
		"had 0 dead item identifiers removed",
		.want = "vacuum|t relation=postgres.public.t|i index_scans=0|i "
			"pages_removed=0|i pages_remain=125|i pages_scanned=17|"
			"n pages_scanned_percent=13.60|t index_scan=not needed|"
			"i pages_with_dead=0|i dead_items=0" },
	{ LEVEL_LOG,
		"automatic analyze of table \"postgres.public.t\"\n"
		"I/O timings: read: 0.079 ms, write: 0.000 ms\n"
		"system usage: CPU: user: 0.00 s, system: 0.00 s, elapsed: "
		"0.01 s",
		.want = "autoanalyze|t relation=postgres.public.t|n io_read_ms=0.079|"
			"n io_write_ms=0.000|n cpu_user_s=0.00|n cpu_system_s=0.00|"
			"n elapsed_s=0.01" },
	{ LEVEL_LOG,
		"automatic analyze of table \"postgres.public.t\" system "
		"usage: CPU: user: 0.05 s, system: 0.00 s, elapsed: 0.09 "
		"s",
		.want = "autoanalyze|t relation=postgres.public.t|n cpu_user_s=0.05|"
			"n cpu_system_s=0.00|n elapsed_s=0.09" },
	{ LEVEL_INFO,
		"finished analyzing table \"postgres.public.t\"\n"
		"buffer usage: 1 hits, 2 reads, 3 dirtied",
		.want = "analyze|t relation=postgres.public.t|i buffer_hits=1|"
			"i buffer_misses=2|i buffer_dirtied=3" },
	{ LEVEL_WARNING,
		"bypassing nonessential maintenance of table \"a.b.c\" as "
		"a failsafe after 1 index scans",
		.want = "vacuum_failsafe|t relation=a.b.c|i index_scans=1" },
	{ LEVEL_LOG,
		"temporary file: path \"base/pgsql_tmp/pgsql_tmp2173.0\", "
		"size 280000",
		.want = "temporary_file|t temporary_path=base/pgsql_tmp/pgsql_tmp2173.0|"
			"i temporary_bytes=280000" },
	{ LEVEL_LOG, "connection received: host=127.0.0.1 port=39738",
		.want = "connection_received|t client_host=127.0.0.1|i client_port=39738" },
	{ LEVEL_LOG, "connection received: host=[local]",
		.want = "connection_received|t client_host=[local]" },
	{ LEVEL_LOG,
		"connection authenticated: identity=\"pw\" method=scram-sha-256 "
		"(/etc/pg_hba.conf:91)",
		.want = "connection_authenticated|t identity=pw|t auth_method=scram-sha-256|"
			"t hba_file=/etc/pg_hba.conf|i hba_line=91" },
	{ LEVEL_LOG,
		"connection authenticated: user=\"pw\" method=trust (/etc/pg_hba.conf:91)",
		.want = "connection_authenticated|t identity=pw|t auth_method=trust|"
			"t hba_file=/etc/pg_hba.conf|i hba_line=91" },
	{ LEVEL_LOG, "connection authorized: user=postgres database=postgres",
		.want = "connection_authorized|t login_user=postgres|t login_database=postgres" },
	{ LEVEL_LOG,
		"connection authorized: user=u database=d application_name=an "
		"app SSL enabled (protocol=TLSv1.3, cipher=TLS_AES_256_GCM_SHA384, "
		"bits=256)",
		.want = "connection_authorized|t login_user=u|t login_database=d|"
			"t login_application=an app|t tls_protocol=TLSv1.3|t tls_cipher=TLS_AES_256_GCM_SHA384|"
			"i tls_bits=256" },
	{ LEVEL_LOG,
		"connection authorized: user=u database=d SSL enabled "
		"(protocol=TLSv1.3, cipher=X, bits=256, compression=off)",
		.want = "connection_authorized|t login_user=u|t login_database=d|"
			"t tls_protocol=TLSv1.3|t tls_cipher=X|i tls_bits=256" },
	{ LEVEL_LOG,
		"replication connection authorized: user=r application_name=walreceiver "
		"GSS (authenticated=yes, encrypted=no)",
		.want = "connection_authorized|t login_user=r|t login_application=walreceiver|"
			"t gss=authenticated=yes, encrypted=no" },
	{ LEVEL_LOG,
		"connection ready: setup total=9.668 ms, fork=0.475 ms, "
		"authentication=3.408 ms",
		.want = "connection_ready|n setup_ms=9.668|n fork_ms=0.475|n authentication_ms=3.408" },
	{ LEVEL_LOG,
		"disconnection: session time: 1:02:03.004 user=postgres "
		"database=postgres host=[local]",
		.want = "disconnection|t session_time=1:02:03.004|t login_user=postgres|"
			"t login_database=postgres|t client_host=[local]|i session_ms=3723004" },
	{ LEVEL_LOG,
		"disconnection: session time: 0:00:01.712 user=a database=b "
		"host=10.0.0.1 port=5000",
		.want = "disconnection|t session_time=0:00:01.712|t login_user=a|"
			"t login_database=b|t client_host=10.0.0.1|i client_port=5000|"
			"i session_ms=1712" },
	{ LEVEL_LOG, "disconnection: session time: 0:00:01.712x user=a database=b host=c",
		.want = "disconnection|t session_time=0:00:01.712x|t login_user=a|"
			"t login_database=b|t client_host=c" },
	{ LEVEL_LOG,
		"could not receive data from client: Connection reset "
		"by peer",
		.want = "connection_lost|t os_error=Connection reset by peer" },
	{ LEVEL_LOG, "unexpected EOF on client connection with an open transaction",
		.want = "connection_lost" },
	{ LEVEL_FATAL, "connection to client lost", .want = "connection_lost" },
	{ LEVEL_LOG, "incomplete startup packet", .want = "connection_invalid" },
	{ LEVEL_FATAL,
		"unsupported frontend protocol 0.16: server supports 3.0 "
		"to 3.0",
		.want = "connection_invalid|t protocol=0.16" },
	{ LEVEL_LOG, "could not accept SSL connection: EOF detected",
		.want = "connection_invalid|t tls_error=EOF detected" },
	{ LEVEL_FATAL, "the database system is starting up",
		.want = "connection_refused|t server_state=starting up" },
	{ LEVEL_FATAL, "sorry, too many clients already",
		.want = "too_many_connections" },
	{ LEVEL_FATAL,
		"remaining connection slots are reserved for non-replication "
		"superuser connections",
		.want = "too_many_connections|t reserved_for=non-replication superuser "
			"connections" },
	{ LEVEL_FATAL, "too many connections for role \"limited\"",
		.want = "too_many_connections|t login_user=limited" },
	{ LEVEL_FATAL,
		"no pg_hba.conf entry for host \"10.0.0.1\", user \"u\", database "
		"\"d\", no encryption",
		.want = "hba_rejected|t client_host=10.0.0.1|t login_user=u|t "
			"login_database=d|t encryption=no encryption" },
	{ LEVEL_FATAL,
		"no pg_hba.conf entry for replication connection from "
		"host \"10.0.0.1\", user \"u\", SSL off",
		.want = "hba_rejected|t client_host=10.0.0.1|t login_user=u|t "
			"encryption=SSL off" },
	{ LEVEL_FATAL,
		"pg_hba.conf rejects connection for host \"10.0.0.1\", user "
		"\"u\", database \"d\"",
		.want = "hba_rejected|t client_host=10.0.0.1|t login_user=u|t "
			"login_database=d" },
	{ LEVEL_FATAL, "password authentication failed for user \"p\"w\"",
		.want = "authentication_failure|t auth_method=password|t login_user=p\"w" },
	{ LEVEL_FATAL, "Peer authentication failed for user \"p\"",
		.want = "authentication_failure|t auth_method=Peer|t login_user=p" },
	{ LEVEL_FATAL,
		"certificate authentication failed for user \"p\": client "
		"certificate contains no user name",
		.want = "authentication_failure|t auth_method=certificate|t login_user=p|"
			"t auth_error=client certificate contains no user name" },
	{ LEVEL_FATAL, "authentication failed for user \"p\": host rejected",
		.want = "authentication_failure|t login_user=p|t auth_error=host "
			"rejected" },
	{ LEVEL_FATAL, "role \"nobodyhere\" does not exist",
		.want = "authentication_failure|t login_user=nobodyhere" },
	{ LEVEL_FATAL, "database \"nodb\" does not exist",
		.want = "authentication_failure|t login_database=nodb" },
	{ LEVEL_LOG,
		"starting PostgreSQL 15.18 (Debian 15.18-0+deb12u1) on "
		"x86_64-pc-linux-gnu, compiled by gcc (Debian 12.2.0-14+deb12u1) "
		"12.2.0, 64-bit",
		.want = "server_starting|t server_version=15.18 (Debian 15.18-0+deb12u1)|"
			"t server_platform=x86_64-pc-linux-gnu, compiled by gcc "
			"(Debian 12.2.0-14+deb12u1) 12.2.0, 64-bit" },
	{ LEVEL_LOG, "listening on IPv4 address \"127.0.0.1\", port 34813",
		.want = "server_listening|t listen_address=127.0.0.1|i listen_port=34813" },
	{ LEVEL_LOG, "listening on Unix socket \"/run/postgresql/.s.PGSQL.5432\"",
		.want = "server_listening|t listen_address=/run/postgresql/.s.PGSQL.5432" },
	{ LEVEL_LOG, "database system is ready to accept connections",
		.want = "server_ready" },
	{ LEVEL_LOG, "database system is ready to accept read-only connections",
		.want = "server_ready|t server_state=read-only" },
	{ LEVEL_LOG,
		"database system was shut down at 2026-11-21 02:41:24 "
		"UTC",
		.want = "server_was_down|t last_up=2026-11-21 02:41:24 UTC" },
	{ LEVEL_LOG,
		"database system was interrupted; last known up at 2026-11-21 "
		"02:41:42 UTC",
		.want = "server_was_interrupted|t last_up=2026-11-21 02:41:42 "
			"UTC" },
	{ LEVEL_LOG,
		"database system was not properly shut down; automatic "
		"recovery in progress",
		.want = "server_was_interrupted" },
	{ LEVEL_LOG, "redo starts at 0/5B76120", .want = "redo_started|t lsn=0/5B76120" },
	{ LEVEL_LOG,
		"redo in progress, elapsed time: 0.01 s, current LSN: "
		"0/5ED6498",
		.want = "redo_progress|n elapsed_s=0.01|t lsn=0/5ED6498" },
	{ LEVEL_LOG,
		"redo done at 0/8003668 system usage: CPU: user: 0.01 "
		"s, system: 0.03 s, elapsed: 0.04 s",
		.want = "redo_done|t lsn=0/8003668|n cpu_user_s=0.01|n cpu_system_s=0.03|"
			"n elapsed_s=0.04" },
	{ LEVEL_LOG, "redo done at 0/8003668", .want = "redo_done|t lsn=0/8003668" },
	{ LEVEL_LOG, "consistent recovery state reached at 0/8003668",
		.want = "recovery_consistent|t lsn=0/8003668" },
	{ LEVEL_LOG, "selected new timeline ID: 2", .want = "promotion|i timeline=2" },
	{ LEVEL_LOG, "received fast shutdown request",
		.want = "shutdown_requested|t shutdown_mode=fast" },
	{ LEVEL_LOG, "shutting down", .want = "server_shutting_down" },
	{ LEVEL_LOG, "database system is shut down", .want = "server_down" },
	{ LEVEL_LOG, "received SIGHUP, reloading configuration files",
		.want = "config_reload" },
	{ LEVEL_LOG, "parameter \"work_mem\" changed to \"1MB\"",
		.want = "config_changed|t parameter=work_mem|t parameter_value=1MB" },
	{ LEVEL_LOG,
		"parameter \"max_connections\" cannot be changed without "
		"restarting the server",
		.want = "config_needs_restart|t parameter=max_connections" },
	{ LEVEL_LOG,
		"configuration file \"/etc/p.conf\" contains errors; unaffected "
		"changes were applied",
		.want = "config_error|t config_file=/etc/p.conf" },
	{ LEVEL_LOG, "archive command failed with exit code 1",
		.detail = "The failed archive command was: false",
		.want = "archive_failed|i exit_code=1|t archive_command=false" },
	{ LEVEL_FATAL, "archive command was terminated by signal 9: Killed",
		.detail = "The failed archive command was: cp",
		.want = "archive_failed|i signal=9|t signal_name=Killed|t archive_command=cp" },
	{ LEVEL_WARNING,
		"archiving write-ahead log file \"000000010000000000000001\" "
		"failed too many times, will try again later",
		.want = "archive_failed|t wal_file=000000010000000000000001" },
	{ LEVEL_LOG,
		"started streaming WAL from primary at 0/3000000 on timeline "
		"1",
		.want = "replication_started|t lsn=0/3000000|i timeline=1" },
	{ LEVEL_FATAL,
		"could not receive data from WAL stream: server closed "
		"the connection unexpectedly",
		.want = "replication_failed|t replication_error=server closed "
			"the connection unexpectedly" },
	{ LEVEL_FATAL, "terminating walreceiver due to timeout",
		.want = "replication_failed|t replication_error=timeout" },
	{ LEVEL_LOG, "invalidating obsolete replication slot \"s\"",
		.want = "replication_slot_lost|t slot=s" },
	{ LEVEL_ERROR,
		"requested WAL segment 000000010000000000000001 has already "
		"been removed",
		.want = "wal_missing|t wal_file=000000010000000000000001" },
	{ LEVEL_ERROR,
		"could not extend file \"base/5/16384\": No space left on "
		"device",
		.want = "disk_full|t file_path=base/5/16384" },
	{ LEVEL_PANIC,
		"could not write to file \"pg_wal/xlogtemp.42\": No space "
		"left on device",
		.want = "disk_full|t file_path=pg_wal/xlogtemp.42" },
	{ LEVEL_LOG,
		"could not write temporary statistics file \"a\": No space left on device",
		.want = "disk_full|t failed_action=write temporary statistics file \"a\"" },
	{ LEVEL_ERROR, "could not write to temporary file: No space left on device",
		.want = "disk_full|t failed_action=write to temporary file" },
	{ LEVEL_PANIC,
		"could not fsync file \"pg_wal/000000010000000000000001\": "
		"Input/output error",
		.want = "io_error|t file_path=pg_wal/000000010000000000000001|"
			"t os_error=Input/output error" },
	{ LEVEL_ERROR,
		"could not read block 3 in file \"base/5/16384\": Input/output "
		"error",
		.want = "io_error|i block=3|t file_path=base/5/16384|t os_error=Input/output "
			"error" },
	{ LEVEL_ERROR, "out of memory",
		.detail =
			"Failed on request of size 1048576 in memory context \"ExprContext\".",
		.want = "out_of_memory|i request_bytes=1048576|t memory_context=ExprContext" },
	{ LEVEL_LOG,
		"could not fork new process for connection: Cannot allocate "
		"memory",
		.want = "out_of_memory|t os_error=Cannot allocate memory" },
	{ LEVEL_ERROR, "invalid page in block 7 of relation base/5/16384",
		.want = "invalid_page|i block=7|t relation_path=base/5/16384" },
	{ LEVEL_WARNING,
		"invalid page in block 7 of relation base/5/16384; zeroing "
		"out page",
		.want = "invalid_page|i block=7|t relation_path=base/5/16384" },
	{ LEVEL_WARNING,
		"page verification failed, calculated checksum 20919 but "
		"expected 0",
		.want = "checksum_failure" },
	{ LEVEL_WARNING, "database \"d\" must be vacuumed within 10985967 transactions",
		.want = "wraparound_warning|t frozen_database=d|i transactions_left=10985967" },
	{ LEVEL_WARNING,
		"database \"d\" must be vacuumed before 99 more MultiXactIds "
		"are used",
		.want = "wraparound_warning|t frozen_database=d|i multixacts_left=99" },
	{ LEVEL_WARNING,
		"database with OID 5 must be vacuumed before 1 more MultiXactId "
		"is used",
		.want = "wraparound_warning|i frozen_database_oid=5|i multixacts_left=1" },
	{ LEVEL_ERROR,
		"database is not accepting commands to avoid wraparound "
		"data loss in database \"d\"",
		.want = "wraparound_stop|t frozen_database=d" },
	{ LEVEL_ERROR,
		"database is not accepting commands that assign new transaction "
		"IDs to avoid wraparound data loss in database \"d\"",
		.want = "wraparound_stop|t frozen_database=d" },
	{ LEVEL_ERROR, "syntax error at or near \"selec\" at character 1",
		.want = "syntax_error|o near=selec", .sql = "selec\" a", .opaque = true },
	{ LEVEL_ERROR, "syntax error at end of input at character 20",
		.want = "syntax_error" },
	{ LEVEL_ERROR,
		"unterminated quoted string at or near \"'abc\" at character "
		"8",
		.want = "syntax_error|t unterminated=quoted string|o near='abc",
		.sql = "'abc\" at", .opaque = true },
	{ LEVEL_ERROR, "relation \"nope\" does not exist at character 15",
		.want = "undefined_table|t relation=nope" },
	{ LEVEL_ERROR, "relation \"nope\" does not exist",
		.want = "undefined_table|t relation=nope" },
	{ LEVEL_ERROR, "column \"a\" of relation \"r\" does not exist",
		.want = "undefined_column|t column=a|t relation=r" },
	{ LEVEL_ERROR, "column \"nope\" does not exist at character 8",
		.want = "undefined_column|t column=nope" },
	{ LEVEL_ERROR, "column t.x does not exist",
		.want = "undefined_column|t column=t.x" },
	{ LEVEL_ERROR, "function nofn(integer) does not exist at character 8",
		.want = "undefined_function|t function=nofn(integer)" },
	{ LEVEL_ERROR, "operator does not exist: integer = text",
		.want = "undefined_function|t operator=integer = text" },
	{ LEVEL_ERROR, "role \"nobodyhere\" does not exist",
		.want = "undefined_object|t object_kind=role|t object=nobodyhere" },
	{ LEVEL_ERROR, "unrecognized configuration parameter \"nope\"",
		.want = "undefined_object|t parameter=nope" },
	{ LEVEL_ERROR, "duplicate key value violates unique constraint \"t_pkey\"",
		.detail = "Key (a)=(1) already exists.",
		.want = "unique_violation|t constraint=t_pkey" },
	{ LEVEL_ERROR,
		"insert or update on table \"t\" violates foreign key constraint "
		"\"t_d_fkey\"",
		.want = "foreign_key_violation|t relation=t|t constraint=t_d_fkey" },
	{ LEVEL_ERROR,
		"update or delete on table \"t\" violates foreign key constraint "
		"\"t_d_fkey\" on table \"u\"",
		.want = "foreign_key_violation|t relation=t|t constraint=t_d_fkey|"
			"t referencing_relation=u" },
	{ LEVEL_ERROR,
		"update or delete on table \"t\" violates RESTRICT setting "
		"of foreign key constraint \"t_d_fkey\" on table \"u\"",
		.want = "foreign_key_violation|t relation=t|t constraint=t_d_fkey|"
			"t referencing_relation=u" },
	{ LEVEL_ERROR,
		"null value in column \"b\" of relation \"t\" violates not-null "
		"constraint",
		.want = "not_null_violation|t column=b|t relation=t" },
	{ LEVEL_ERROR, "null value in column \"b\" violates not-null constraint",
		.want = "not_null_violation|t column=b" },
	{ LEVEL_ERROR,
		"new row for relation \"t\" violates check constraint \"t_c_check\"",
		.want = "check_violation|t relation=t|t constraint=t_c_check" },
	{ LEVEL_ERROR, "conflicting key value violates exclusion constraint \"x\"",
		.want = "exclusion_violation|t constraint=x" },
	{ LEVEL_ERROR, "could not serialize access due to concurrent update",
		.want = "serialization_failure|t serialization_cause=concurrent "
			"update" },
	{ LEVEL_ERROR, "permission denied for table t",
		.want = "insufficient_privilege|t object_kind=table|t object=t" },
	{ LEVEL_ERROR, "permission denied to set role \"postgres\"",
		.want = "insufficient_privilege|t denied_action=set role \"postgres\"" },
	{ LEVEL_ERROR, "must be owner of table t",
		.want = "insufficient_privilege|t object=table t" },
	{ LEVEL_ERROR, "division by zero",
		.context = "unnamed portal with parameters: $1 = '5'",
		.want = "division_by_zero|p parameters=$1 = '5'" },
	{ LEVEL_ERROR, "division by zero",
		.context = "PL/pgSQL function f(integer) line 3 at RETURN\n"
			   "portal \"c 1\" with parameters: $1 = 'a\n"
			   "b'",
		.want = "division_by_zero|p parameters=$1 = 'a\n"
			"b'" },
	{ LEVEL_ERROR,
		"current transaction is aborted, commands ignored until "
		"end of transaction block",
		.want = "in_failed_sql_transaction" },
	{ LEVEL_ERROR, "cannot execute INSERT in a read-only transaction",
		.want = "read_only_sql_transaction|t command=INSERT" },
	{ LEVEL_ERROR,
		"invalid input syntax for type integer: \"x\" at character "
		"8",
		.want = "invalid_text_representation|t data_type=integer|o input=\"x\"",
		.sql = "\"x\" at c", .opaque = true },
	{ LEVEL_ERROR, "value \"99999999999\" is out of range for type integer",
		.want = "value_out_of_range|o input=99999999999|t data_type=integer",
		.sql = "99999999", .opaque = true },
	{ LEVEL_ERROR, "value too long for type character varying(3)",
		.want = "value_out_of_range|t data_type=character varying(3)" },
	{ LEVEL_LOG, "something else", .detail = "parameters: $1 = NULL",
		.want = "|p parameters=$1 = NULL" },
};

#endif
