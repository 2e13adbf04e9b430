#include "process.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel.h"

/* "pid (name) state ppid …": the name may hold anything, also ") ". */
bool process_stat_read(const char *proc_stat, struct process_stat *ret)
{
	const char *open = strchr(proc_stat, '('), *close = strrchr(proc_stat, ')');
	struct process_stat stat = { 0 };
	const char *end, *at;
	uint64_t pid, ppid, ticks[4];

	if (!open || !close || close < open || close[1] != ' ' || !close[2] ||
		kernel_numbers(proc_stat, open, &pid, 1) != 1)
		return false;
	end = kernel_line_end(close);
	at = close + 3;
	if (kernel_numbers(at, end, &ppid, 1) != 1)
		return false;
	/* Fields by proc(5)'s numbers: ppid is 4, utime 14, starttime 22. */
	for (int field = 4; field < 22; field++) {
		if (field == 14 && kernel_numbers(at, end, ticks, 4) != 4)
			return false;
		at += strspn(at, " ");
		at += strcspn(at, " \n");
	}
	if (kernel_numbers(at, end, &stat.started, 1) != 1 || pid > INT32_MAX ||
		ppid > INT32_MAX)
		return false;
	stat.pid = (int)pid;
	stat.ppid = (int)ppid;
	stat.ticks = ticks[0] + ticks[1] + ticks[2] + ticks[3];
	snprintf(stat.name, sizeof(stat.name), "%.*s", (int)(close - open - 1), open + 1);
	*ret = stat;
	return true;
}

bool process_memory_read(
	const char *proc_statm, uint64_t *ret_private, uint64_t *ret_shared)
{
	uint64_t n[3];

	if (kernel_numbers(proc_statm, kernel_line_end(proc_statm), n, 3) != 3)
		return false;
	/* The kernel keeps the counters apart: they may disagree for a moment. */
	*ret_private = n[1] > n[2] ? n[1] - n[2] : 0;
	*ret_shared = n[2];
	return true;
}

/* The value of "NAME=VALUE", blanks around "=" allowed and "-" as good as "_". */
static const char *setting(const char *argument, const char *name)
{
	for (; *name; name++, argument++)
		if (*argument != *name && !(*name == '_' && *argument == '-'))
			return NULL;
	argument += strspn(argument, " ");
	if (*argument != '=')
		return NULL;
	argument++;
	return argument + strspn(argument, " ");
}

static void take_directory(const char *value, struct process_arguments *ret)
{
	if (value && *value == '/' && strlen(value) < sizeof(ret->data_directory))
		snprintf(ret->data_directory, sizeof(ret->data_directory), "%s", value);
}

static void take_port(const char *value, struct process_arguments *ret)
{
	uint64_t port;

	if (value && kernel_numbers(value, value + strlen(value), &port, 1) == 1 &&
		port > 0 && port < 65536)
		ret->port = (int)port;
}

static void take_setting(const char *argument, struct process_arguments *ret)
{
	take_directory(setting(argument, "data_directory"), ret);
	take_port(setting(argument, "port"), ret);
}

void process_arguments_read(
	const char *cmdline, size_t len, struct process_arguments *ret)
{
	const char *end = cmdline + len, *next;

	*ret = (struct process_arguments){ 0 };
	for (const char *at = cmdline; at < end; at = next) {
		const char *nul = memchr(at, '\0', (size_t)(end - at));

		if (!nul)
			break; /* cut */
		next = nul + 1;
		if (at == cmdline || *at != '-')
			continue;
		if (at[1] == '-') {
			take_setting(at + 2, ret);
		} else if (strchr("Dpc", at[1]) && at[1]) {
			const char *value = at[2] ? at + 2 : NULL; /* joined, or next */

			if (!value) {
				if (next >= end ||
					!memchr(next, '\0', (size_t)(end - next)))
					break;
				value = next;
				next += strlen(next) + 1;
			}
			if (at[1] == 'D')
				take_directory(value, ret);
			else if (at[1] == 'p')
				take_port(value, ret);
			else
				take_setting(value, ret);
		}
	}
}

bool process_is_server(const char *name)
{
	static const char *const names[] = { "postgres", "postmaster", "edb-postgres" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

/* "postgres: [CLUSTER: ]USER DATABASE HOST(PORT) STATE" */
bool process_is_session(
	const char *cmdline, size_t len, const char *user, const char *database)
{
	char want[300];
	int n = snprintf(want, sizeof(want), ": %s %s ", user, database);

	return n > 0 && (size_t)n < sizeof(want) && strnlen(cmdline, len) < len &&
	       strncmp(cmdline, "postgres: ", 10) == 0 && strstr(cmdline, want);
}
