/*
 * Raw writing into a struct buf: room is looked for once a piece, not a byte.
 *
 *	struct pen pen;
 *	pen_take(&pen, &out);
 *	PEN_PUT(&pen, "\"user\":\"");
 *	pen_text(&pen, user);
 *	pen_leave(&pen);
 *
 * Between pen_take() and pen_leave() the buffer's len is behind. Only out->failed tells of a failure.
 */
#ifndef LOGTAIL_PEN_H
#define LOGTAIL_PEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "buf.h"
#include "chars16.h"
#include "entry.h"
#include "json_escape.h"
#include "json_write.h"

/* Where out is written: `at` to `end` are free. After a failure nothing is. */
struct pen {
	struct buf *out;
	char *at, *end;
};

static inline void pen_take(struct pen *pen, struct buf *out)
{
	pen->out = out;
	pen->at = pen->end = NULL;
	if (!out->failed && out->data) {
		pen->at = out->data + out->len;
		pen->end = out->data + out->size - 1;
	}
}

static inline void pen_leave(struct pen *pen)
{
	if (!pen->at)
		return;
	pen->out->len = (size_t)(pen->at - pen->out->data);
	*pen->at = '\0';
}

/* Where in out the next byte comes. */
static inline size_t pen_offset(const struct pen *pen)
{
	return pen->at ? (size_t)(pen->at - pen->out->data) : pen->out->len;
}

static inline bool pen_reserve(struct pen *pen, size_t n)
{
	pen_leave(pen);
	buf_reserve(pen->out, n);
	pen_take(pen, pen->out);
	return !pen->out->failed;
}

static inline bool pen_room(struct pen *pen, size_t n)
{
	return (size_t)(pen->end - pen->at) >= n || pen_reserve(pen, n);
}

static inline void pen_put(struct pen *pen, const char *s, size_t len)
{
	if (len == 0 || !pen_room(pen, len))
		return;
	memcpy(pen->at, s, len);
	pen->at += len;
}

#define PEN_PUT(pen, literal) pen_put(pen, literal, sizeof(literal) - 1)

/* Where pen_room() has been asked for it. */
#define PEN_SURE(pen, literal)                                   \
	do {                                                     \
		memcpy((pen)->at, literal, sizeof(literal) - 1); \
		(pen)->at += sizeof(literal) - 1;                \
	} while (0)

/* Copies up to 16 bytes; has room for so many, and one. */
static inline void pen_sure_short(struct pen *pen, const char *s, size_t len)
{
	chars16 bytes = chars16_load_part(s, len);

	memcpy(pen->at, &bytes, CHARS16);
	pen->at += len;
}

/* The inside of a string that has no room for the most it may become. */
static inline void pen_text_tight(struct pen *pen, struct slice text)
{
	const size_t most = JSON_TEXT_ROOM(text.len);

	pen_leave(pen);
	if (most <= pen->out->max - pen->out->len)
		buf_reserve(pen->out, most);
	json_add_text(pen->out, text.s, text.len); /* what it really becomes may fit */
	pen_take(pen, pen->out);
}

/* The inside of a string. */
static inline void pen_text(struct pen *pen, struct slice text)
{
	if ((size_t)(pen->end - pen->at) < JSON_TEXT_ROOM(text.len))
		pen_text_tight(pen, text);
	else if (text.len <= CHARS16 && json_is_plain(text.s, text.len))
		pen_sure_short(pen, text.s, text.len);
	else
		pen->at = json_put_text(pen->at, text.s, text.len);
}

static inline void pen_uint(struct pen *pen, uint64_t value)
{
	if (pen_room(pen, JSON_UINT_ROOM))
		pen->at = json_put_uint(pen->at, value);
}

#endif
