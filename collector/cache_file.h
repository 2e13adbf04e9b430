/*
 * state/pg-collect.NAME.zst: what a run keeps for the next beside its state, as text in one
 * zstd frame, so that zstdcat shows it.
 *
 * It is replaced atomically but not synced: a power cut may cost it, and the run after
 * that begins anew. codec is the working memory.
 */
#ifndef COLLECTOR_CACHE_FILE_H
#define COLLECTOR_CACHE_FILE_H

#include <stddef.h>

#include "buf.h"
#include "err.h"
#include "spool.h"
#include "zstd_frame.h"

/* Replaces text by the content, NUL-terminated; empty when there is no such file, or none that
 * can be used. ERR_RETRY when there is no memory. */
int cache_file_load(const struct spool *spool, struct zstd_codec *codec, const char *name,
	size_t max_bytes, struct buf *text, struct err *err);

/* ERR_RETRY when it can't be written; then the one before is still there. */
int cache_file_save(const struct spool *spool, struct zstd_codec *codec, const char *name,
	const struct buf *text, struct err *err);

#endif
