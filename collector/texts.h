/*
 * Texts of statements that were fetched, kept from run to run: reading any of them makes
 * the server read the whole of its text file.
 *
 * They are kept as they are sent: redacted and cut. Those that were not asked for longest
 * go first when there are more than TEXTS_MAX, or more than TEXTS_MAX_BYTES of them.
 *
 * state/pg-collect.texts.zst: a line that says whose they are and how they were redacted,
 * then a line for each: key, when it was last asked for (seconds since 1970), and the text,
 * TABs between; in the text \t, \n, \r and \\ are escaped as COPY does it.
 *
 * When to fetch: a fetch that took T is followed by none for 100 T, so that it costs one
 * hundredth of the time; after failures in a row twice as long each time. At most an hour.
 *
 * Ownership: texts_new() allocates, texts_free() frees everything and accepts NULL; a text
 * that was found is valid until the next addition.
 */
#ifndef COLLECTOR_TEXTS_H
#define COLLECTOR_TEXTS_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"
#include "err.h"
#include "spool.h"
#include "zstd_frame.h"

#define TEXTS_MAX 4000
#define TEXTS_MAX_BYTES ((size_t)2 << 20)

struct texts;

/* When the next fetch may be. */
struct texts_pace {
	double wall_next_s;
	unsigned failures; /* in a row */
};

struct texts *texts_new(void);
void texts_free(struct texts *texts);

/* The text of a statement, NULL when it is not known. Asking keeps it. */
const char *texts_find(struct texts *texts, const char *key, double wall_s);

/* Adds the text of a key that is not there. Nothing happens when there is no memory. */
void texts_add(struct texts *texts, const char *key, const char *text, double wall_s);

/* May texts be fetched now? A time too far ahead is one of a clock that was set back. */
bool texts_due(const struct texts_pace *pace, double wall_s);

/* A fetch took so long. */
void texts_fetched(struct texts_pace *pace, double ms, bool failed, double wall_s);

/* Forgets all of them when they are not owner's. */
void texts_claim(struct texts *texts, const char *owner);

/* Into texts, which is empty, and stays so when there is nothing that can be used. ERR_RETRY when
 * memory is short. */
int texts_load(const struct spool *spool, struct zstd_codec *codec, struct texts *texts,
	struct err *err);

/* Nothing is written when nothing was added and the file is younger than an hour. */
int texts_save(const struct spool *spool, struct zstd_codec *codec, struct texts *texts,
	double wall_s, struct err *err);

/* The text of the file: pure, for tests. */
void texts_format(const struct texts *texts, double wall_s, struct buf *text);
void texts_parse(struct texts *texts, char *text);

#endif
