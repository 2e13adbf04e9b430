/*
 * What the header of an HTTP answer says that we need, line by line as it comes. Pure.
 *
 * Interim answers (1xx) are passed over; what follows a complete header, trailers included, changes
 * nothing any more.
 */
#ifndef FORWARDER_ANSWER_HEAD_H
#define FORWARDER_ANSWER_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ANSWER_HEAD_MAX_BYTES ((size_t)64 << 10)
#define ANSWER_VALUE_SIZE 128

struct answer_head {
	bool complete; /* the header of the final answer has ended */
	int status;    /* of the status line seen last */
	bool html;
	double retry_after_s; /* the longest wait told that makes sense, negative: none */
	size_t bytes;
	char retry_after[ANSWER_VALUE_SIZE], date[ANSWER_VALUE_SIZE];
};

void answer_head_begin(struct answer_head *head);

/* One line as received. False when the header is longer than ANSWER_HEAD_MAX_BYTES. */
bool answer_head_line(
	struct answer_head *head, const char *line, size_t len, int64_t wall_s);

#endif
