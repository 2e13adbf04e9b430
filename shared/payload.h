/*
 * The envelope around everything that is sent: one JSON object, one line.
 *
 *	payload_begin(&json, &buf, &meta);	{"correlation_id":…,"data":{"host":…
 *	json_key(&json, "locks"); …		the source's own members of data
 *	payload_end(&json);			}}\n
 *
 * buf should be capped at PAYLOAD_MAX_BYTES; buf->failed then means: cut the texts and again.
 */
#ifndef SHARED_PAYLOAD_H
#define SHARED_PAYLOAD_H

#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "json_write.h"

/* What a writer may put into one file, and what pg-forward takes, as JSON. */
#define PAYLOAD_MAX_BYTES ((size_t)768 << 10)
#define PAYLOAD_ACCEPT_MAX_BYTES ((size_t)16 << 20)

/* The database a payload is about; absent strings are NULL and become null. */
struct payload_server {
	const char *address;
	int port;
	const char *version;
	const char *system_identifier;
};

struct payload_meta {
	const char *correlation_id; /* "" when there is none */
	const char *project;
	int64_t wall_us; /* when the data was taken */
	const char *source;
	const char *host;
	const struct payload_server *server; /* NULL where no database was asked */
};

void payload_begin(struct json *json, struct buf *buf, const struct payload_meta *meta);
void payload_end(struct json *json);

#endif
