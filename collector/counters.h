/*
 * Counters that a run saw, kept for the next: what grew by how much.
 *
 *	set = counters_find_set(before, "pg_stat_database");	NULL: nothing is known
 *	was = counters_find(set, "16384");			NULL: not there then
 *	set = counters_add_set(now, "pg_stat_database", at_s, 2);
 *	is = counters_add(set, "16384");
 *	is[0] = 17; is[1] = 3;
 *
 * Values are doubles: integers are exact to 2^53. Times are the server's own clock, in
 * seconds since 1970.
 *
 * state/pg-collect.counters.zst holds them as text: a line that says whose they are, then
 * for each set a line with its name, time and number of values, and below it a line
 * for each key with its values, TABs between. It is replaced atomically but not synced: a
 * power cut may cost what grew in one interval. What can't be read counts as not there.
 *
 * Ownership: counters_file_new() allocates, counters_file_free() frees everything and
 * accepts NULL. Pointers to values are valid until the next addition to their set.
 */
#ifndef COLLECTOR_COUNTERS_H
#define COLLECTOR_COUNTERS_H

#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "err.h"
#include "keys.h"
#include "spool.h"
#include "zstd_frame.h"

#define COUNTERS_VALUES_MAX 32
#define COUNTERS_SETS_MAX 16
#define OWNER_SIZE \
	256 /* of the text that says whose a cache file is, without TAB and newline */

struct counters_set {
	char name[32];
	double at_s;     /* when they were read; 0: they are not whole yet */
	unsigned values; /* each key has so many */
	struct keys keys;
	/* private */
	double *numbers;
	size_t room; /* keys that they have room for */
};

struct counters_file {
	char owner[OWNER_SIZE]; /* whose they are */
	struct counters_set sets[COUNTERS_SETS_MAX];
	size_t count;
};

struct counters_file *counters_file_new(void);
void counters_file_free(struct counters_file *file);
void counters_file_clear(struct counters_file *file);

/* NULL when file is NULL or has no such set. */
const struct counters_set *counters_find_set(
	const struct counters_file *file, const char *name);

/* An empty set, in place of one of the same name; NULL when there is no room for
 * another, or file is NULL. */
struct counters_set *counters_add_set(
	struct counters_file *file, const char *name, double at_s, unsigned values);

/* The values of a key, NULL when set is NULL or has it not. */
const double *counters_find(const struct counters_set *set, const char *key);

/* Room for the values of a key that is not in the set, zeroed. NULL when there is no memory. A key
 * has no TAB and no newline in it. */
double *counters_add(struct counters_set *set, const char *key);

/* The sets that `from` has and `to` has not go over to `to`, which drops those that are not whole
 * before. from may be NULL. */
void counters_carry(struct counters_file *to, struct counters_file *from);

/* *ret_file is NULL when there is none that can be used. ERR_RETRY when memory is short. */
int counters_load(const struct spool *spool, struct zstd_codec *codec,
	struct counters_file **ret_file, struct err *err);

int counters_save(const struct spool *spool, struct zstd_codec *codec,
	const struct counters_file *file, struct err *err);

/* The text of the file: pure, for tests. counters_parse() returns NULL when it is none. */
void counters_format(const struct counters_file *file, struct buf *text);
struct counters_file *counters_parse(char *text);

#endif
