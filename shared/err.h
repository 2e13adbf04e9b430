/*
 * One error: what to do about it, and one sentence for a person.
 *
 * The sentence names its subject first: "open spool /x: No space left on device".
 * Functions return 0, or -1 with *err set; their outputs are then untouched.
 * A NULL err is accepted wherever only the fact of failure matters.
 */
#ifndef SHARED_ERR_H
#define SHARED_ERR_H

enum err_kind {
	ERR_OK,
	ERR_RETRY,  /* may work later: no room, no connection, time-out */
	ERR_REJECT, /* this payload never will */
	ERR_FATAL,  /* needs a person */
	ERR_CONFIG, /* the configuration is wrong: exit 78 */
	ERR_USAGE,  /* the command line is wrong: exit 64 */
};

struct err {
	enum err_kind kind;
	char msg[512];
};

/* Sets *err; a message too long ends in "...". Returns -1, so that callers can return it. */
int err_set(struct err *err, enum err_kind kind, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* As err_set(), followed by ": " and the text of errno as it was on entry. */
int err_errno(struct err *err, enum err_kind kind, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* What a file of the configuration that can't be read tells, by errno: ERR_RETRY where the machine is
 * short of something or its disk fails, else ERR_CONFIG. */
enum err_kind err_config_kind(int error);

#endif
