#include "event_table.h"

#include "event_more.h"

/* LogChildExit()'s names. */
#define PROCESSES                                                                   \
	"{process=server process|startup process|background writer process|"        \
	"checkpointer process|WAL writer process|WAL receiver process|"             \
	"WAL summarizer process|archiver process|autovacuum launcher process|"      \
	"autovacuum worker process|statistics collector process|io worker process|" \
	"slot sync worker process|system logger process}"
#define WORKER "{process=background worker} \"{worker}\""
#define SIGNALED                                                         \
	" (PID {process_pid:int}) was terminated by signal {signal:int}" \
	": {signal_name}"
#define EXITED " (PID {process_pid:int}) exited with exit code {exit_code:int}"

#define CHECKPOINT_NUMBERS                                                        \
	" complete: wrote {buffers:int} buffers ({buffers_percent:num}%)"         \
	"[, wrote {slru_buffers:int} SLRU buffers]"                               \
	"; {wal_added:int} WAL file(s) added, {wal_removed:int} removed, "        \
	"{wal_recycled:int} recycled; write={write_s:num} s, sync={sync_s:num} s" \
	", total={total_s:num} s; sync files={sync_files:int}"                    \
	", longest={sync_longest_s:num} s, average={sync_average_s:num} s"        \
	"; distance={distance_kb:int} kB, estimate={estimate_kb:int} kB"          \
	"[; lsn={lsn}, redo lsn={redo_lsn}]"

#define CPU                                                     \
	"system usage: CPU: user: {cpu_user_s:num} s, system: " \
	"{cpu_system_s:num} s, elapsed: {elapsed_s:num} s"

/* Of vacuum, and those of them that analyze has. */
#define VACUUM_LINES                                                                       \
	"pages: {pages_removed:int} removed, {pages_remain:int} remain"                    \
	"[, {pages_scanned:int} scanned ({pages_scanned_percent:num}% of total)"           \
	"[, {pages_scanned_eagerly:int} eagerly scanned]]"                                 \
	"[, {pages_pinned:int} skipped due to pins, {pages_skipped_frozen:int} "           \
	"skipped frozen]",                                                                 \
		"tuples: {tuples_removed:int} removed, {tuples_remain:int} remain, "       \
		"{tuples_dead:int} are dead but not yet removable"                         \
		"[, oldest xmin: {oldest_xmin:int}]",                                      \
		"tuples missed: {tuples_missed:int} dead from {pages_missed:int} pages "   \
		"not removed due to cleanup lock contention",                              \
		"removable cutoff: {removable_cutoff:int}, which was "                     \
		"{removable_cutoff_age:int} XIDs old when operation ended",                \
		"new relfrozenxid: {relfrozenxid:int}, which is {} ahead of {}",           \
		"frozen: {pages_frozen:int} pages from table ({}%{} had "                  \
		"{tuples_frozen:int} tuples frozen",                                       \
		"visibility map: {pages_set_visible:int} pages set all-visible, "          \
		"{pages_set_frozen:int} pages set all-frozen ({})",                        \
		"index scan {index_scan=not needed|needed|bypassed by failsafe|bypassed}:" \
		" {pages_with_dead:int} pages from table ({}) {=had|have} "                \
		"{dead_items:int} dead item identifiers[ removed]"
#define ANALYZE_LINES                                                                     \
	"delay time: {delay_ms:num} ms",                                                  \
		"I/O timings: read: {io_read_ms:num} ms, write: {io_write_ms:num} ms",    \
		"avg read rate: {read_mb_per_s:num} MB/s, avg write rate: "               \
		"{write_mb_per_s:num} MB/s",                                              \
		"buffer usage: {buffer_hits:int} hits, {buffer_misses:int} "              \
		"{=misses|reads}, {buffer_dirtied:int} dirtied",                          \
		"WAL usage: {wal_records:int} records, {wal_full_pages:int} full page "   \
		"images, {wal_bytes:int} bytes[, {wal_buffers_full:int} buffers full]{}", \
		CPU

#define LOCK_DETAIL                                                        \
	"{=Processes|Process} holding the lock: {lock_holders:ints}{=.|,}" \
	" Wait queue: {lock_queue:ints}."
#define LOCK_AFTER "{lock_mode} on {lock_object} after {waited_ms:num} ms"

const char *const event_any_detail[] = {
	"parameters: {parameters:params}",
	"Parameters: {parameters:params}",
	"prepare: {prepare_statement:sql}",
	"Prepare: {prepare_statement:sql}",
	NULL,
};

/* Of those that begin with the same byte the first is tried first: the frequent ones
 * lead. */
const struct event_class event_classes[] = {
	/* What was run */
	{ "statement", "a simple query: log_statement, or with duration_ms its duration",
		LOGGED | TIMED(LOGGED), .message = ANY("statement: {statement:sql}") },
	{ "execute",
		"a prepared statement ran; `prepared`, `portal`: where they have names",
		LOGGED | TIMED(LOGGED),
		.message = ANY("execute <unnamed>: {statement:sql}",
			"execute <unnamed>/{portal}: {statement:sql}",
			"execute fetch from <unnamed>[/{portal}]: {statement:sql}",
			"execute fetch from {prepared}[/{portal}]: {statement:sql}",
			"execute {prepared}[/{portal}]: {statement:sql}") },
	{ "bind", "a prepared statement got its parameters and its plan", TIMED(LOGGED),
		.message = ANY("bind <unnamed>: {statement:sql}",
			"bind <unnamed>/{portal}: {statement:sql}",
			"bind {prepared}[/{portal}]: {statement:sql}") },
	{ "parse", "a statement was prepared by the protocol", TIMED(LOGGED),
		.message = ANY("parse <unnamed>: {statement:sql}",
			"parse {prepared}: {statement:sql}") },
	{ "fastpath", "a function called by the protocol", LOGGED | TIMED(LOGGED),
		.message = ANY("fastpath function call: \"{function_name}\" "
			       "(OID {function_oid:int})") },
	{ "plan", "auto_explain; of a plan as text also `statement` and `parameters`",
		TIMED(TOLD), .message = ANY("plan:\n{}"), .more = event_more_plan },
	{ "duration", "log_duration: how long a statement took that is not logged itself",
		LOGGED, .message = ANY("duration: {duration_ms:num} ms") },
	{ "audit", "a record of pgaudit", TOLD,
		.message =
			ANY("AUDIT: {audit_type=SESSION|OBJECT},{audit_record:opaque}") },
	{ "replication_command",
		"a standby or another client of the replication protocol", TOLD,
		.message =
			ANY("received replication command: {replication_command:sql}") },

	/* Locks */
	{ "lock_wait", "log_lock_waits: a process waits longer than deadlock_timeout",
		LOGGED,
		.message = ANY("process {lock_pid:int} still waiting for " LOCK_AFTER),
		.detail = ANY(LOCK_DETAIL) },
	{ "lock_acquired", "log_lock_waits: the wait is over", LOGGED,
		.message = ANY("process {lock_pid:int} acquired " LOCK_AFTER) },
	{ "lock_deadlock_avoided", "log_lock_waits: waiters were put into another order",
		LOGGED,
		.message =
			ANY("process {lock_pid:int} avoided deadlock for {lock_mode} on "
			    "{lock_object} by rearranging queue order after "
			    "{waited_ms:num} ms"),
		.detail = ANY(LOCK_DETAIL) },
	{ "lock_deadlock", "log_lock_waits: this wait is part of a deadlock", LOGGED,
		.message = ANY(
			"process {lock_pid:int} detected deadlock while waiting for " LOCK_AFTER),
		.detail = ANY(LOCK_DETAIL) },
	{ "lock_failed", "log_lock_waits, log_lock_failures: the lock was not had",
		LOGGED,
		.message = ANY("process {lock_pid:int} failed to acquire " LOCK_AFTER,
			"process {lock_pid:int} could not obtain {lock_mode} on {lock_object}"),
		.detail = ANY(LOCK_DETAIL) },
	{ "lock_not_available", "NOWAIT, and the lock was taken", FAILED,
		.message = ANY("could not obtain lock on row in relation \"{relation}\"",
			"could not obtain lock on relation \"{relation}\"") },
	{ "deadlock",
		"a deadlock was ended by this error; deadlock_sql_1 is run by the first of "
		"deadlock_pids, and so on",
		FAILED, .message = ANY("deadlock detected"),
		.detail = ANY(
			"Process {lock_pid:int} waits for {lock_mode} on {lock_object}; "
			"blocked by process {blocked_by_pid:int}.{}"),
		.more = event_more_deadlock },
	{ "recovery_conflict", "log_recovery_conflict_waits: replay waits for queries",
		LOGGED,
		.message = ANY("recovery {conflict_state=still|finished} waiting after "
			       "{waited_ms:num} ms: {conflict}"),
		.detail = ANY(
			"{=Conflicting processes|Conflicting process}: {lock_holders:ints}.") },

	/* Cancelled, ended */
	{ "statement_canceled", "by a user, a time-out or recovery", FAILED,
		.message = ANY("canceling statement due to {cancel_cause}") },
	{ "authentication_timeout", "a client did not log in in time", FAILED,
		.message = ANY("canceling authentication due to timeout") },
	{ "autovacuum_canceled", "somebody else needed the table", FAILED,
		.message = ANY("canceling autovacuum task") },
	{ "sync_wait_canceled", "a commit no longer waits for its standby",
		AT(WARNING) | FAILED,
		.message = ANY(
			"canceling wait for synchronous replication due to {cancel_cause}",
			"canceling the wait for synchronous replication and terminating "
			"connection due to {cancel_cause}") },
	{ "connection_terminated", "the server ended a session", AT(WARNING) | FAILED,
		.message = ANY("terminating connection due to {terminate_cause}",
			"terminating connection because of {terminate_cause}",
			"terminating connection because {terminate_cause}") },
	{ "worker_terminated", "the server ended one of its own workers", FAILED,
		.message = ANY("terminating autovacuum process due to {terminate_cause}",
			"terminating parallel worker due to {terminate_cause}",
			"terminating background worker \"{worker}\" due to {terminate_cause}",
			"terminating logical replication worker due to {terminate_cause}") },
	{ "process_terminated",
		"a process of the server died of a signal: memory, a crash", WARNED,
		.message = ANY(PROCESSES SIGNALED, WORKER SIGNALED),
		.detail = ANY("Failed process was running: {statement:sql}") },
	{ "process_exited", "a process of the server ended by itself", WARNED,
		.message = ANY(PROCESSES EXITED, WORKER EXITED),
		.detail = ANY("Failed process was running: {statement:sql}") },
	{ "server_crash", "all sessions are ended because a process died", LOGGED,
		.message = ANY("terminating any other active server processes") },
	{ "server_restart", "recovery begins after a crash", LOGGED,
		.message = ANY("all server processes terminated; reinitializing") },

	/* Checkpoints, vacuum, temporary files */
	{ "checkpoint_complete", "log_checkpoints: what it wrote, and how long it took",
		LOGGED, .message = ANY("checkpoint" CHECKPOINT_NUMBERS) },
	{ "restartpoint_complete", "the same on a standby", LOGGED,
		.message = ANY("restartpoint" CHECKPOINT_NUMBERS) },
	{ "checkpoint_starting", "log_checkpoints: one begins, and why", LOGGED,
		.message = ANY("checkpoint starting: {checkpoint_cause}") },
	{ "restartpoint_starting", "the same on a standby", LOGGED,
		.message = ANY("restartpoint starting: {checkpoint_cause}") },
	{ "checkpoints_too_frequent", "checkpoint_warning: max_wal_size is small", WARNED,
		.message = ANY("checkpoints are occurring too frequently "
			       "({apart_s:int} second[s] apart)") },
	{ "autovacuum", "log_autovacuum_min_duration: a table was vacuumed", TOLD,
		.message = ANY("automatic [{vacuum_mode=aggressive} ]vacuum "
			       "[{vacuum_cause=to prevent wraparound} ]"
			       "of table \"{relation}\": index scans: {index_scans:int}"),
		.lines = ANY(VACUUM_LINES, ANALYZE_LINES) },
	{ "vacuum", "VACUUM (VERBOSE): a table was vacuumed", TOLD,
		.message = ANY("finished [{vacuum_mode=aggressive} ]vacuuming "
			       "[{vacuum_cause=to prevent wraparound} ]"
			       "\"{relation}\": index scans: {index_scans:int}"),
		.lines = ANY(VACUUM_LINES, ANALYZE_LINES) },
	{ "autoanalyze", "log_autovacuum_min_duration: a table was analyzed", TOLD,
		.message = ANY("automatic analyze of table \"{relation}\" " CPU,
			"automatic analyze of table \"{relation}\""),
		.lines = ANY(ANALYZE_LINES) },
	{ "analyze", "ANALYZE (VERBOSE), PostgreSQL 18: a table was analyzed", TOLD,
		.message = ANY("finished analyzing table \"{relation}\""),
		.lines = ANY(ANALYZE_LINES) },
	{ "vacuum_failsafe", "vacuum hurries: wraparound is near", AT(WARNING),
		.message =
			ANY("bypassing nonessential maintenance of table \"{relation}\" "
			    "as a failsafe after {index_scans:int} index scans") },
	{ "temporary_file", "log_temp_files: one was removed", LOGGED,
		.message = ANY("temporary file: path \"{temporary_path}\", size "
			       "{temporary_bytes:int}") },

	/* Connections */
	{ "connection_received", "log_connections: somebody is at the door", LOGGED,
		.message = ANY(
			"connection received: host={client_host}[ port={client_port:int}]") },
	{ "connection_authenticated", "log_connections: who it is to the method", LOGGED,
		.message =
			ANY("connection authenticated: {=identity|user}=\"{identity}\" "
			    "method={auth_method} ({hba_file}:{hba_line:int})") },
	{ "connection_authorized", "log_connections: the session begins", LOGGED,
		.message = ANY(
			"{=connection|replication connection} authorized: user={login_user}"
			"[ database={login_database}]"
			"[ application_name={login_application}]"
			"[ SSL enabled (protocol={tls_protocol}, cipher={tls_cipher}, "
			"bits={tls_bits:int}[, compression={}])]"
			"[ GSS ({gss})]") },
	{ "connection_ready", "log_connections, PostgreSQL 18: how long it took", LOGGED,
		.message = ANY(
			"connection ready: setup total={setup_ms:num} ms, "
			"fork={fork_ms:num} ms, authentication={authentication_ms:num} ms") },
	{ "disconnection", "log_disconnections; session_ms is session_time as a number",
		LOGGED,
		.message = ANY(
			"disconnection: session time: {session_time} user={login_user} "
			"database={login_database} host={client_host}"
			"[ port={client_port:int}]"),
		.more = event_more_session_ms },
	{ "connection_lost", "the client is gone", WARNED | FAILED,
		.message = ANY("could not receive data from client: {os_error}",
			"could not send data to client: {os_error}",
			"connection to client lost",
			"unexpected EOF on client connection[ with an open transaction]",
			"unexpected EOF on standby connection") },
	{ "connection_invalid", "what came is not PostgreSQL's protocol, or no TLS",
		WARNED | FAILED,
		.message = ANY("incomplete startup packet",
			"invalid length of startup packet",
			"unsupported frontend protocol {protocol}: server supports {}",
			"could not accept SSL connection: {tls_error}") },
	{ "connection_refused", "the server takes no connections now", FAILED,
		.message = ANY("the database system is {server_state}") },
	{ "too_many_connections", "a limit of connections is reached", FAILED,
		.message = ANY("sorry, too many clients already",
			"remaining connection slots are reserved for {reserved_for}",
			"too many connections for role \"{login_user}\"",
			"too many connections for database \"{login_database}\"",
			"number of requested standby connections exceeds {}") },
	{ "hba_rejected",
		"pg_hba.conf has no line for this client, or one that rejects it", FAILED,
		.message = ANY(
			"no pg_hba.conf entry for [replication connection from ]host "
			"\"{client_host}\", user \"{login_user}\"[, database \"{login_database}\"]"
			"[, {encryption}]",
			"pg_hba.conf rejects [replication ]connection for host "
			"\"{client_host}\", user \"{login_user}\"[, database \"{login_database}\"]"
			"[, {encryption}]") },
	{ "authentication_failure", "somebody could not log in", AT(FATAL),
		.message = ANY(
			"{auth_method=password|Peer|Ident|LDAP|GSSAPI|SSPI|PAM|BSD|RADIUS|\"trust\"|"
			"certificate|OAuth bearer} authentication failed for user \"{login_user}\"",
			"{auth_method=certificate} authentication failed for user "
			"\"{login_user}\": {auth_error}",
			"authentication failed for user \"{login_user}\": {auth_error}",
			"role \"{login_user}\" does not exist",
			"role \"{login_user}\" is not permitted to log in",
			"database \"{login_database}\" does not exist",
			"database \"{login_database}\" is not currently accepting connections",
			"permission denied for database \"{login_database}\"") },

	/* The server's life */
	{ "server_starting", "the first message of a server", LOGGED,
		.message = ANY(
			"starting PostgreSQL {server_version} on {server_platform}") },
	{ "server_listening", "where the server takes connections", LOGGED,
		.message = ANY(
			"listening on {=IPv4|IPv6} address \"{listen_address}\", port "
			"{listen_port:int}",
			"listening on Unix socket \"{listen_address}\"") },
	{ "server_ready", "connections are taken from now on", LOGGED,
		.message = ANY("database system is ready to accept "
			       "[{server_state=read-only|read only} ]connections") },
	{ "server_was_down", "it was stopped as it should be", LOGGED,
		.message =
			ANY("database system was shut down [in recovery ]at {last_up}") },
	{ "server_was_interrupted", "it was not: it crashed, or the machine did", LOGGED,
		.message = ANY(
			"database system was interrupted; last known up at {last_up}",
			"database system was interrupted while in recovery at [log time ]{last_up}",
			"database system shutdown was interrupted; last known up at {last_up}",
			"database system was not properly shut down; automatic recovery in "
			"progress") },
	{ "redo_started", "recovery reads WAL", LOGGED,
		.message = ANY("redo starts at {lsn}") },
	{ "redo_progress", "log_startup_progress_interval: how far recovery is", LOGGED,
		.message = ANY("redo in progress, elapsed time: {elapsed_s:num} s, "
			       "current LSN: {lsn}") },
	{ "redo_done", "recovery has read all WAL", LOGGED,
		.message = ANY("redo done at {lsn} " CPU, "redo done at {lsn}") },
	{ "recovery_consistent", "a standby or a restored backup may be read now", LOGGED,
		.message = ANY("consistent recovery state reached at {lsn}") },
	{ "promotion", "a standby becomes a primary", LOGGED,
		.message = ANY("received promote request",
			"selected new timeline ID: {timeline:int}",
			"archive recovery complete") },
	{ "shutdown_requested", "somebody stops the server, and how", LOGGED,
		.message = ANY(
			"received {shutdown_mode=fast|smart|immediate} shutdown request") },
	{ "server_shutting_down", "the last checkpoint begins", LOGGED,
		.message = ANY("shutting down") },
	{ "server_down", "the last message of a server", LOGGED,
		.message = ANY("database system is shut down") },
	{ "config_reload", "configuration files are read again", LOGGED,
		.message = ANY("received SIGHUP, reloading configuration files") },
	{ "config_changed", "a setting is another after a reload", LOGGED,
		.message = ANY(
			"parameter \"{parameter}\" changed to \"{parameter_value}\"",
			"parameter \"{parameter}\" removed from configuration file, reset to "
			"default") },
	{ "config_needs_restart", "a changed setting is not in force", LOGGED | FAILED,
		.message = ANY(
			"parameter \"{parameter}\" cannot be changed without restarting "
			"the server") },
	{ "config_error", "a configuration file is not in force, or only in part",
		LOGGED | FAILED,
		.message = ANY(
			"configuration file \"{config_file}\" contains errors[; {}]") },

	/* WAL: archive, replication */
	{ "archive_failed", "archive_command failed on a WAL file", WARNED | FAILED,
		.message = ANY("archive command failed with exit code {exit_code:int}",
			"archive command was terminated by signal {signal:int}: {signal_name}",
			"archiving write-ahead log file \"{wal_file}\" failed too many times, {}"),
		.detail = ANY("The failed archive command was: {archive_command}") },
	{ "replication_started", "a standby receives WAL", LOGGED,
		.message = ANY("started streaming WAL from primary at {lsn} on timeline "
			       "{timeline:int}") },
	{ "replication_failed", "the connection between primary and standby is broken",
		WARNED | FAILED,
		.message = ANY(
			"could not receive data from WAL stream: {replication_error}",
			"could not send data to WAL stream: {replication_error}",
			"could not connect to the primary server: {replication_error}",
			"could not connect to the publisher: {replication_error}",
			"could not start WAL streaming: {replication_error}",
			"replication terminated by primary server",
			"terminating walsender process {=due to|after} {replication_error}",
			"terminating walreceiver [process ]due to {replication_error}") },
	{ "replication_slot_lost", "WAL or rows it needs are removed", WARNED,
		.message = ANY("invalidating obsolete replication slot \"{slot}\"",
			"invalidating slot \"{slot}\" because {slot_cause}",
			"terminating process {process_pid:int} to release replication slot "
			"\"{slot}\"") },
	{ "wal_missing", "a standby asked for WAL that is removed", WARNED | FAILED,
		.message = ANY(
			"requested WAL segment {wal_file} has already been removed") },
};

const size_t event_class_count = sizeof(event_classes) / sizeof(event_classes[0]);
