/*
 * Bytes of a file, cut anywhere, as lines.
 *
 * A line of up to LINE_PIECE_BYTES comes whole, in one piece that begins and ends. A longer one
 * comes in several: the first has exactly LINE_PIECE_BYTES, so that where the input was cut changes
 * nothing; a line of a gigabyte costs no more memory than a short one. The newline is not part of
 * a piece.
 */
#ifndef LOGTAIL_LINES_H
#define LOGTAIL_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LINE_PIECE_BYTES ((size_t)64 << 10)

struct line_piece {
	const char *s;
	size_t len;
	bool begins, ends; /* a line, with it */
};

#endif
