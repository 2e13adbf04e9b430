/*
 * Outside text made fit for one line of a log. Pure.
 */
#ifndef FORWARDER_ANSWER_TEXT_H
#define FORWARDER_ANSWER_TEXT_H

#include <stddef.h>

/*
 * The beginning of text (size bytes of ret at most) without control characters, runs of white
 * space folded, and with every one of the secrets masked, JSON-escaped ones too; nothing of
 * it when it quotes one in other clothes. secrets ends with NULL; bytes that are not ASCII become '?'.
 */
void answer_text(
	const char *text, size_t len, const char *const *secrets, char *ret, size_t size);

#endif
