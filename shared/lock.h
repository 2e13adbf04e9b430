/*
 * One instance of a program a spool: state/PROGRAM.lock, holding the owner's pid, under an
 * open file description lock (fcntl(2)), which dies with the process.
 */
#ifndef SHARED_LOCK_H
#define SHARED_LOCK_H

#include "err.h"
#include "spool.h"

/* *ret_fd keeps the lock until it is closed. ERR_FATAL, saying who holds it, when taken. */
int lock_take(
	const struct spool *spool, const char *program, int *ret_fd, struct err *err);

/* Pid of the process that holds the program's lock, 0 when nobody does, -1 when it could not be
 * written (full disk). */
long lock_holder(const struct spool *spool, const char *program);

#endif
