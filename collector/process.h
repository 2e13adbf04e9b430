/*
 * Processes as /proc shows them to everybody. Pure, on the texts (proc(5)).
 */
#ifndef COLLECTOR_PROCESS_H
#define COLLECTOR_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of /proc/PID/stat. */
struct process_stat {
	int pid, ppid;
	char name[32];    /* of the program */
	uint64_t ticks;   /* of processor time, its own and of children that ended */
	uint64_t started; /* ticks after boot */
};

bool process_stat_read(const char *proc_stat, struct process_stat *ret);

/* /proc/PID/statm in pages: memory of its own, and what it shares (files, shared
 * memory). */
bool process_memory_read(
	const char *proc_statm, uint64_t *ret_private, uint64_t *ret_shared);

/* What a server's command line says; the last one counts, as for the server. */
struct process_arguments {
	char data_directory[1024]; /* absolute, "" when not said */
	int port;                  /* 0 when not said */
};

/* cmdline: len bytes, arguments end in NUL. */
void process_arguments_read(
	const char *cmdline, size_t len, struct process_arguments *ret);

/* Is it called as PostgreSQL's server is? */
bool process_is_server(const char *name);

/* Is this the title of a session of that user in that database? */
bool process_is_session(
	const char *cmdline, size_t len, const char *user, const char *database);

#endif
