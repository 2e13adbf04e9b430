/*
 * Text that is not SQL on its own level but may name a password: what stands inside a literal, a
 * comment or a quoted identifier. Connection strings, URIs, JSON, SQL in a function's body.
 *
 * Masked is the value after a word that ends in PASSWORD or PASSWD, or after IDENTIFIED BY: quoted
 * in any way ('…', ''…'', \'…\', "…", $tag$…$tag$), or bare after "=" or ":" up to white space; and
 * what stands between "://user:" and "@". Where the end of a value is in doubt, the rest is masked.
 */
#ifndef SHARED_PASSWORD_MASK_H
#define SHARED_PASSWORD_MASK_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"

#define PASSWORD_MASK "***"

enum password_end {
	PASSWORD_END_OUTSIDE, /* the text ends outside of any password */
	PASSWORD_END_OPEN, /* where a password's value would begin, or within its quotes */
	PASSWORD_END_INSIDE, /* a bare value reaches to its end */
};

/* Does this word (a key, a column, an option) name a password? */
bool password_word(const char *s, size_t len);

/* Appends the text to out, masked. cut: the text may go on where it was taken from. */
enum password_end password_mask(const char *s, size_t len, bool cut, struct buf *out);

#endif
