/*
 * A payload file as the body of a request.
 *
 * What is sent is a pure function of the file and the compression asked for, so that a retry is
 * byte-identical.
 */
#ifndef FORWARDER_BODY_H
#define FORWARDER_BODY_H

#include <stdint.h>

#include "buf.h"
#include "config.h"
#include "err.h"
#include "zstd_frame.h"

struct body {
	struct buf bytes;
	const char *encoding; /* Content-Encoding, NULL when there is none */
	uint64_t disk_bytes;  /* blocks that the file takes */
};

void body_init(struct body *body);
void body_release(struct body *body);

/* What body_load() allocates once. */
struct body_loader {
	struct zstd_codec *codec;
	struct buf frame; /* the file as it is */
};

int body_loader_init(struct body_loader *loader, struct err *err);
void body_loader_release(struct body_loader *loader);

enum body_result {
	BODY_LOADED,
	BODY_GONE,    /* sent, evicted or moved meanwhile */
	BODY_FOREIGN, /* no regular file, whatever its name says */
	BODY_BAD,     /* not one whole zstd frame of one JSON object, or too large */
	BODY_LATER,   /* can't be read now */
};

/* Reads dir_fd/name into *body; *err says why where it was not loaded. Then no more memory than a
 * small payload's stays allocated. */
enum body_result body_load(struct body_loader *loader, int dir_fd, const char *name,
	enum compression compression, struct body *body, struct err *err);

#endif
