/*
 * The server's own processes: the postmaster and its children, of the cluster that is
 * collected from.
 *
 * Which of several it is: the one whose child our last session was
 * (postmaster_of_session()); else the one whose postmaster.pid or command line names the
 * port; else the only one that names none. Otherwise none: never a guess among several.
 * Nothing more is needed than what /proc shows to everybody; where it hides other users'
 * processes (hidepid, ProtectProc=), there is none.
 */
#ifndef COLLECTOR_POSTMASTER_H
#define COLLECTOR_POSTMASTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "json_write.h"
#include "kernel.h"

/* Beyond, their number alone is told: a process costs some 10 us of CPU. */
#define POSTMASTER_PROCESSES_MAX 1024

/* A process of this boot, for the next run. */
struct postmaster_id {
	int pid; /* 0: none */
	uint64_t started;
	int port; /* the one it was looked for with */
};

/* Some of what is known of a postmaster before it is chosen. */
struct postmaster_candidate {
	struct postmaster_id id;
	int port; /* 0: not known */
};

struct postmaster {
	struct postmaster_id id;
	char data_directory[1024]; /* "" when not known */
	bool is_readable;          /* /proc/PID/cwd and /proc/PID/root can be followed */
	size_t processes;          /* with the postmaster; 0: not known */
	bool is_added_up;
	uint64_t ticks; /* of processor time, with that of children that ended */
	uint64_t private_bytes;
	bool has_shared;
	uint64_t shared_file_bytes, shared_memory_bytes, hugetlb_bytes;
};

/* Pure: the server on this machine's port, by libpq's host and port; 0 when host may be
 * another machine. Several hosts: the first. */
int postmaster_local_port(const char *host, const char *port);

/* Pure: the one for port, NULL when it can't be told. */
const struct postmaster_candidate *postmaster_choose(
	const struct postmaster_candidate *candidates, size_t count, int port);

/* Pure: the port in a postmaster.pid that is this process's, 0 when it names none. */
int postmaster_pid_port(const char *postmaster_pid, int pid);

/* last: of the run before, looked at first. port 0: the server is not known to be on this
 * machine, then only that one. */
bool postmaster_find(const struct kernel *kernel, int port,
	const struct postmaster_id *last, struct buf *text, struct postmaster *ret);

/* The processes and what they use. */
void postmaster_take(
	const struct kernel *kernel, struct buf *text, struct postmaster *postmaster);

/* The postmaster of a session of ours that is open now. False when its server runs
 * elsewhere, or behind a pooler. */
bool postmaster_of_session(const struct kernel *kernel, int backend_pid, const char *user,
	const char *database, int port, struct postmaster_id *ret);

/* The member "postmaster". cpu_percent: of all processors, NaN when unknown. */
void postmaster_write(
	struct json *json, const struct postmaster *postmaster, double cpu_percent);

#endif
