/*
 * One log entry, as the formats hand it on and the batch takes it.
 *
 * Text is what the server meant: without the TAB it puts after a newline (stderr), with quotes and
 * escapes undone (csvlog, jsonlog). It is still any bytes. Slices belong to whoever made the entry
 * and are valid until the call they came with returns.
 */
#ifndef LOGTAIL_ENTRY_H
#define LOGTAIL_ENTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct slice {
	const char *s; /* NULL: the log does not say */
	size_t len;
};

/* elog.c's severities, and three of our own. */
enum level {
	LEVEL_DEBUG,
	LEVEL_LOG,
	LEVEL_INFO,
	LEVEL_NOTICE,
	LEVEL_WARNING,
	LEVEL_ERROR,
	LEVEL_FATAL,
	LEVEL_PANIC,
	LEVEL_UNPARSED, /* a line that is no server message, or that we can't read as one */
	LEVEL_GAP,      /* bytes of the log are gone */
	LEVELS
};

/* The names as they stand in payloads: "DEBUG" ... "GAP". */
extern const char *const level_names[LEVELS];

/*
 * The texts of an entry, named as jsonlog names them (documentation, "Keys and Values of JSON Log
 * Entries"), apart from dbname, which the contract calls database. They are written in this order, which
 * costs least to compress: what a session has in all its entries together, what each entry has of
 * its own together.
 */
enum entry_text {
	ENTRY_SESSION_ID,
	ENTRY_USER,
	ENTRY_DATABASE,
	ENTRY_APPLICATION_NAME,
	ENTRY_BACKEND_TYPE,
	ENTRY_REMOTE_HOST,
	ENTRY_REMOTE_PORT, /* number */
	ENTRY_SESSION_START,
	ENTRY_PS,
	ENTRY_STATE_CODE,
	ENTRY_MESSAGE,
	ENTRY_DETAIL,
	ENTRY_HINT,
	ENTRY_INTERNAL_QUERY,    /* stderr: QUERY */
	ENTRY_INTERNAL_POSITION, /* number */
	ENTRY_CONTEXT,
	ENTRY_STATEMENT,
	ENTRY_CURSOR_POSITION, /* number */
	ENTRY_FUNC_NAME,       /* stderr, csvlog: the parts of LOCATION */
	ENTRY_FILE_NAME,
	ENTRY_FILE_LINE_NUM, /* number */
	ENTRY_BACKTRACE,
	ENTRY_LEADER_PID, /* number */
	ENTRY_QUERY_ID, /* a string, as every identifier of 64 bits; 0, for none, is not handed on */
	/* From here on they stand behind the event's values. */
	ENTRY_VXID,
	ENTRY_TXID,     /* number; 0, for none, is not handed on */
	ENTRY_LINE_NUM, /* number */
	ENTRY_TEXTS
};

#define ENTRY_LAST_TEXTS (~UINT32_C(0) << ENTRY_VXID)

struct entry {
	enum level level;
	struct slice
		level_text; /* the severity as the log has it, where it was translated */
	struct slice
		time; /* the log's own text: "2026-01-31 23:59:59.123 UTC", or of %n */
	int64_t pid;  /* 0: the log does not say */
	struct slice text[ENTRY_TEXTS];
	/* The texts that are not empty, a bit each, and always the message's; 0: not told, to be looked
	 * for (entry_hints.h). */
	uint32_t known;
	size_t len;         /* of all those together, at most; only where known is told */
	uint64_t cut_bytes; /* how much of it was not kept, because it is too long */
	bool continued;     /* goes on with an entry that was sent before */
	bool suspect;       /* may be forged: see stderr_log.h */
};

/*
 * Takes an entry. False: it was taken, but the receiver is full; hand over no more than what is
 * under way (one line can end two entries) and come back.
 */
typedef bool entry_sink(void *context, const struct entry *entry);

/* What an entry keeps of its texts, in bytes as the log has them. The JSON is cut further
 * (entry_json.h), so that this is only the memory one entry may take. */
#define ENTRY_KEEP_BYTES ((size_t)256 << 10)

#endif
