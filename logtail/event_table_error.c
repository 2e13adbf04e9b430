#include "event_table.h"

/* As in event_table.c: of those that begin with the same byte the first is tried
 * first. */
const struct event_class event_error_classes[] = {
	/* Disk, memory, damage */
	{ "disk_full", "no room for a file", TOLD | FAILED,
		.message = ANY(
			"could not write to file \"{file_path}\": No space left on device",
			"could not extend file \"{file_path}\": No space left on device",
			"could not extend file \"{file_path}\": wrote only {} of {} bytes at "
			"block {}",
			"could not {failed_action}: No space left on device") },
	{ "io_error", "a file could not be read, written or synced", WARNED | FAILED,
		.message = ANY("could not fsync file \"{file_path}\": {os_error}",
			"could not read block {block:int} in file \"{file_path}\": {os_error}",
			"could not write block {block:int} in file \"{file_path}\": {os_error}",
			"could not extend file \"{file_path}\": {os_error}",
			"could not write to file \"{file_path}\": {os_error}",
			"could not {failed_action}: {os_error=Input/output error}") },
	{ "out_of_memory", "in one process; the request is in DETAIL", WARNED | FAILED,
		.message = ANY("out of memory",
			"could not fork new process for connection: {os_error}",
			"could not resize shared memory segment \"{}\" to {request_bytes:int} "
			"bytes: {os_error}",
			"out of shared memory"),
		.detail = ANY(
			"Failed on request of size {request_bytes:int}[ in memory context "
			"\"{memory_context}\"].") },
	{ "invalid_page", "a page of a table or index is damaged", WARNED | FAILED,
		.message = ANY(
			"invalid page in block {block:int} of relation {relation_path}; "
			"zeroing out page",
			"invalid page in block {block:int} of relation {relation_path}") },
	{ "checksum_failure", "a page is not what was written", WARNED | FAILED,
		.message = ANY(
			"page verification failed, calculated checksum {} but expected {}",
			"checksum verification failed in file \"{file_path}\", block {block:int}: {}") },
	{ "wraparound_warning", "a database must be vacuumed soon", AT(WARNING),
		.message = ANY("database \"{frozen_database}\" must be vacuumed within "
			       "{transactions_left:int} transactions",
			"database with OID {frozen_database_oid:int} must be vacuumed within "
			"{transactions_left:int} transactions",
			"database \"{frozen_database}\" must be vacuumed before "
			"{multixacts_left:int} more MultiXactId{=s are| is} used",
			"database with OID {frozen_database_oid:int} must be vacuumed before "
			"{multixacts_left:int} more MultiXactId{=s are| is} used",
			"oldest xmin is far in the past",
			"oldest multixact is far in the past",
			"cutoff for removing and freezing tuples is far in the past") },
	{ "wraparound_stop", "a database takes no more commands", FAILED,
		.message = ANY(
			"database is not accepting commands {}wraparound data loss in "
			"database \"{frozen_database}\"") },

	/* Errors of SQL, under PostgreSQL's names of their conditions */
	{ "syntax_error", "the statement cannot be read; `near` is the word in the way",
		FAILED,
		.message = ANY("syntax error at or near \"{near:opaque}\"",
			"syntax error at end of input",
			"unterminated {unterminated} at or near \"{near:opaque}\"") },
	{ "undefined_table", "no such table, view or alias", FAILED,
		.message = ANY("relation \"{relation}\" does not exist",
			"table \"{relation}\" does not exist",
			"missing FROM-clause entry for table \"{relation}\"") },
	{ "undefined_column", "no such column", FAILED,
		.message = ANY(
			"column \"{column}\" of relation \"{relation}\" does not exist",
			"column \"{column}\" does not exist",
			"column {column} does not exist") },
	{ "undefined_function", "no such function, procedure or operator", FAILED,
		.message = ANY("function {function} does not exist",
			"procedure {function} does not exist",
			"operator does not exist: {operator}") },
	{ "undefined_object", "no such role, schema, type, database or setting", FAILED,
		.message = ANY(
			"{object_kind=role|schema|type|database} \"{object}\" does not exist",
			"unrecognized configuration parameter \"{parameter}\"") },
	{ "unique_violation", "a key is there already", FAILED,
		.message = ANY(
			"duplicate key value violates unique constraint \"{constraint}\"") },
	{ "foreign_key_violation", "a row refers to one that is not there", FAILED,
		.message = ANY(
			"insert or update on table \"{relation}\" violates foreign key "
			"constraint \"{constraint}\"",
			"update or delete on table \"{relation}\" violates {=foreign|RESTRICT "
			"setting of foreign} key constraint \"{constraint}\" on table "
			"\"{referencing_relation}\"") },
	{ "not_null_violation", "a column must have a value", FAILED,
		.message = ANY(
			"null value in column \"{column}\" of relation \"{relation}\" "
			"violates not-null constraint",
			"null value in column \"{column}\" violates not-null constraint") },
	{ "check_violation", "a row or value breaks a CHECK, or fits no partition",
		FAILED,
		.message = ANY(
			"new row for relation \"{relation}\" violates check constraint "
			"\"{constraint}\"",
			"new row for relation \"{relation}\" violates partition constraint",
			"value for domain {data_type} violates check constraint \"{constraint}\"") },
	{ "exclusion_violation", "a row conflicts with another", FAILED,
		.message = ANY("conflicting key value violates exclusion constraint "
			       "\"{constraint}\"") },
	{ "serialization_failure", "try the transaction again", FAILED,
		.message =
			ANY("could not serialize access due to {serialization_cause}") },
	{ "insufficient_privilege", "the role may not do that", FAILED,
		.message = ANY(
			"permission denied for {object_kind=table|view|materialized view|"
			"sequence|schema|database|function|procedure|column|type|"
			"tablespace|language|foreign table|foreign server} {object}",
			"permission denied to {denied_action}",
			"permission denied: {denied_action}", "must be owner of {object}",
			"must be superuser to {denied_action}") },
	{ "division_by_zero", "x / 0", FAILED, .message = ANY("division by zero") },
	{ "in_failed_sql_transaction", "the error that made it fail came before", FAILED,
		.message = ANY(
			"current transaction is aborted, commands ignored until end of "
			"transaction block") },
	{ "read_only_sql_transaction", "a transaction or a standby that must not write",
		FAILED,
		.message = ANY("cannot execute {command} in a read-only transaction",
			"cannot execute {command} during recovery") },
	{ "invalid_text_representation", "a value is not of its type", FAILED,
		.message = ANY(
			"invalid input syntax for type {data_type}: {input:opaque}",
			"invalid input value for enum {data_type}: {input:opaque}") },
	{ "value_out_of_range", "a value does not fit its type", FAILED,
		.message = ANY(
			"value \"{input:opaque}\" is out of range for type {data_type}",
			"{data_type=integer|smallint|bigint} out of range",
			"value too long for type {data_type}",
			"numeric field overflow") },
};

const size_t event_error_class_count =
	sizeof(event_error_classes) / sizeof(event_error_classes[0]);
