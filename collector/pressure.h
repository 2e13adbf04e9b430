/*
 * Pressure stall information: how much of the time tasks waited for a resource (the
 * kernel's Documentation/accounting/psi.rst).
 *
 * Absent with kernels that lack it or have it switched off: then a member is not written.
 */
#ifndef COLLECTOR_PRESSURE_H
#define COLLECTOR_PRESSURE_H

#include <stdbool.h>
#include <stdint.h>

#include "json_write.h"
#include "kernel.h"

struct pressure_line {
	bool known;
	double avg10, avg60, avg300; /* percent of the last so many seconds */
	uint64_t total_ms;           /* since boot */
};

struct pressure_file {
	struct pressure_line some, full; /* some tasks waited; all did */
};

struct pressure {
	struct pressure_file cpu, memory, io;
};

/* Pure. False when there is no line of either kind. */
bool pressure_read(const char *text, struct pressure_file *ret);

/* The machine's; or, with a directory of cgroup v2, that group's. */
void pressure_take(struct buf *text, const struct kernel *kernel, struct pressure *ret);
void pressure_take_cgroup(struct buf *text, const char *dir, struct pressure *ret);

/* The member "pressure", nothing where nothing is known. */
void pressure_write(struct json *json, const struct pressure *pressure);

#endif
