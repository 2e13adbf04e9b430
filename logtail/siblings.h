/*
 * The same log in several formats: which file is read, and what of the others.
 *
 * With log_destination = 'stderr,csvlog,jsonlog' the server writes each message into each of three
 * files. The best is read: jsonlog, else csvlog, else stderr. Of the stderr file then only what nobody
 * else has: lines without a prefix, which archive_command and the like write.
 *
 * Two files are of the same log when they lie in the same directory and their names, without the
 * ending and with digits taken as equal, are the same (size-based rotation gives each format its own
 * times in the names), and their times overlap. What the stderr file holds from before the other
 * began is read.
 */
#ifndef LOGTAIL_SIBLINGS_H
#define LOGTAIL_SIBLINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config.h"

#define SIBLINGS_STEM_SIZE 256

enum sibling_reads {
	SIBLING_ALL, /* everything */
	SIBLING_STRAY, /* until from_us everything, from then on only lines without a prefix */
	SIBLING_NONE, /* until from_us everything, from then on nothing */
};

struct sibling_role {
	enum sibling_reads reads;
	int64_t from_us;
};

struct sibling {
	const char *path;
	enum log_format format; /* stderr, csvlog or jsonlog */
	int64_t first_us;       /* the time of its first entry, 0: not known */
	int64_t last_us;        /* mtime */
	bool named;             /* read alone */
	bool current;           /* current_logfiles names it */
	unsigned
		written; /* formats its server writes now: 1 << enum log_format; 0: not known */
	struct sibling_role role; /* the answer */
};

/* Fills in the roles. forced: the format that collection.log_format asks for, or auto. */
void siblings_choose(struct sibling *files, size_t count, enum log_format forced);

/* The path without format ending, rotation and compression, into ret; what changes from one
 * generation's name to the next (digits, English names of days and months) as '#'. */
void siblings_stem(const char *path, char *ret, size_t size);

#endif
