/*
 * An entry as the JSON object that stands in `entries` of a pg_log payload.
 *
 * Members, in this order, those that are known: timestamp, pid (both always), level, level_text, the
 * texts (entry.h, by these names) up to query_id, correlation_id, event and its values (event.h), the
 * texts from vxid on, continued, suspect,
 * cut_bytes. message is always there. Numbers keep the log's own digits; what should be one and is
 * none is a string. A `statement` that stands in the message is left out where the entry has one.
 *
 * Redaction (redact.h): passwords are masked in every mode wherever they stand (user, database and
 * remote host apart). A message that would repeat one unannounced (syntax error at or near "secret"),
 * parameters and rows of a statement that has one are masked as in mode literals.
 * literals and statements: SQL (statement, internal_query, the SQL in a message, a detail or a context)
 * through redact_sql(); the values of parameters and of DETAIL's rows ("Key (a)=(1)", "Failing row
 * contains (…)"), what prose quotes as data (prose_redact.h) and byte values go. A plan in JSON, XML or
 * YAML and what goes on with an entry sent before are masked whole. So is an UNPARSED line, but for
 * the name of a program it begins with ("cp: ***"): it may be half of anything.
 * Out of reach: data without quotes in prose (RAISE EXCEPTION 'no customer %').
 *
 * Limits: statement at most ENTRY_STATEMENT_MAX_CHARS; all texts together at most ENTRY_TEXT_MAX_BYTES
 * as encoded JSON, the longest cut first; what is cut ends in JSON_TRUNCATED and is counted in
 * cut_bytes (bytes before encoding). Where the entry came cut, its longest text is marked.
 */
#ifndef LOGTAIL_ENTRY_JSON_H
#define LOGTAIL_ENTRY_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "correlation.h"
#include "entry.h"
#include "entry_time.h"
#include "event.h"
#include "log_time.h"
#include "redact.h"

#define ENTRY_TEXT_MAX_BYTES ((size_t)256 << 10)
#define ENTRY_STATEMENT_MAX_CHARS 2000

struct entry_writer {
	enum redact_mode redact;
	const struct event_table *events;
	struct buf scratch; /* redacted texts */
	struct buf draft;   /* and what lies between */
	struct buf aside;   /* an entry for which out may be too small */
	struct entry_times times;
};

/* clock and events are borrowed. */
void entry_writer_init(struct entry_writer *writer, enum redact_mode redact,
	struct log_clock *clock, const struct event_table *events);
void entry_writer_release(struct entry_writer *writer);

/* What the batch wants to know of an entry it has written. */
struct entry_facts {
	int64_t wall_us; /* the entry's time; 0 where its zone is unknown */
	bool has_id;
	char correlation_id
		[CORRELATION_ID_LEN +
			1]; /* of application_name, message or a leading SQL comment */
};

/* Appends the object to out. Only out->failed (no memory, or out's cap) tells of a failure. */
void entry_write(struct entry_writer *writer, const struct entry *entry, struct buf *out,
	struct entry_facts *ret_facts);

#endif
