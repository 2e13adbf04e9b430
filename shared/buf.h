/*
 * A growing byte string with a cap.
 *
 *	struct buf b;
 *	buf_init(&b, 1 << 20);
 *	buf_add(&b, "x", 1);
 *	if (b.failed) ...
 *	buf_release(&b);
 *
 * Additions after a failure (no memory, or the cap reached) change nothing and set `failed`,
 * so that one check at the end is enough. `data` is always NUL-terminated once not NULL.
 * Ownership: the buffer owns `data` until buf_take() or buf_release().
 */
#ifndef SHARED_BUF_H
#define SHARED_BUF_H

#include <stdbool.h>
#include <stddef.h>

struct buf {
	char *data;
	size_t len;
	size_t size; /* allocated bytes */
	size_t max;  /* most bytes it may ever hold */
	bool failed;
};

void buf_init(struct buf *buf, size_t max);
void buf_release(struct buf *buf);

/* Empties it, keeps the memory, forgets a failure. */
void buf_clear(struct buf *buf);

/* Makes room for extra more bytes. Returns false and sets `failed` when there is none. */
bool buf_reserve(struct buf *buf, size_t extra);

void buf_add(struct buf *buf, const void *data, size_t len);
void buf_addc(struct buf *buf, char c);
void buf_adds(struct buf *buf, const char *s);
void buf_addf(struct buf *buf, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Writes all of it to fd. Returns 0, or -1 with errno set; then some of it may be written. */
int buf_write(const struct buf *buf, int fd);

/* Hands the NUL-terminated bytes to the caller, who frees them; NULL after a failure. */
char *buf_take(struct buf *buf);

#endif
