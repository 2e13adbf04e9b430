/*
 * A log_line_prefix made up from one line: what stands before its severity word is taken apart.
 *
 * Times, [digits], hexadecimal session ids, addresses, user@database and key=value pairs with
 * well-known keys (user=, db=, app=, client=, pid=, ...) become escapes, the rest literal text. The first
 * number is the pid, the second the line number, the third the transaction.
 */
#ifndef LOGTAIL_PREFIX_COMPOSE_H
#define LOGTAIL_PREFIX_COMPOSE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * With pass_over, words that mean nothing to us become %L, whose value is any text that nobody
 * keeps: they may be names. Without, they are taken for literal text. False when it would not fit.
 */
bool prefix_compose(const char *s, size_t len, bool pass_over, char *ret, size_t size);

#endif
