#include "postmaster.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "process.h"

#define SERVERS_MAX 8192
#define CANDIDATES_MAX 32

int postmaster_local_port(const char *host, const char *port)
{
	static const char *const locals[] = { "localhost", "127.0.0.1", "::1" };
	size_t len = host ? strcspn(host, ",") : 0;
	bool local = len == 0 || *host == '/' || *host == '@';
	uint64_t number = 0;

	for (size_t i = 0; i < sizeof(locals) / sizeof(locals[0]) && !local; i++)
		local = strlen(locals[i]) == len && strncmp(host, locals[i], len) == 0;
	if (local && port)
		kernel_numbers(port, port + strcspn(port, ","), &number, 1);
	return number < 65536 ? (int)number : 0;
}

const struct postmaster_candidate *postmaster_choose(
	const struct postmaster_candidate *candidates, size_t count, int port)
{
	const struct postmaster_candidate *exact = NULL, *unknown = NULL;
	size_t exacts = 0, unknowns = 0;

	for (size_t i = 0; i < count; i++) {
		if (candidates[i].port == port) {
			exact = &candidates[i];
			exacts++;
		} else if (candidates[i].port == 0) {
			unknown = &candidates[i];
			unknowns++;
		}
	}
	if (exacts > 0)
		return exacts == 1 ? exact : NULL;
	return unknowns == 1 ? unknown : NULL;
}

/* pid, data directory, start time, port, … a line each */
int postmaster_pid_port(const char *postmaster_pid, int pid)
{
	const char *line = postmaster_pid;
	uint64_t value;

	if (kernel_numbers(line, kernel_line_end(line), &value, 1) != 1 ||
		value != (uint64_t)pid)
		return 0;
	for (int i = 0; i < 3; i++) {
		line = kernel_line_end(line);
		if (!*line)
			return 0;
		line++;
	}
	if (kernel_numbers(line, kernel_line_end(line), &value, 1) != 1 || value > 65535)
		return 0;
	return (int)value;
}

static bool stat_of(
	const struct kernel *kernel, int pid, struct buf *text, struct process_stat *ret)
{
	return kernel_read(text, KERNEL_SHORT, "%s/%d/stat", kernel->proc, pid) &&
	       process_stat_read(text->data, ret) && ret->pid == pid;
}

/* Its data directory, and the port that it is known to serve. */
static int look(const struct kernel *kernel, int pid, struct buf *text,
	struct postmaster *postmaster)
{
	struct process_arguments arguments = { 0 };
	char *cwd = postmaster->data_directory;
	int port = 0;

	if (kernel_read(text, KERNEL_SHORT, "%s/%d/cmdline", kernel->proc, pid))
		process_arguments_read(text->data, text->len, &arguments);
	/* The server changes into its data directory. */
	postmaster->is_readable = kernel_link(cwd, sizeof(postmaster->data_directory),
					  "%s/%d/cwd", kernel->proc, pid) &&
				  *cwd == '/';
	if (!postmaster->is_readable)
		snprintf(cwd, sizeof(postmaster->data_directory), "%s",
			arguments.data_directory);
	if (postmaster->is_readable
			? kernel_read(text, KERNEL_SHORT, "%s/%d/cwd/postmaster.pid",
				  kernel->proc, pid)
			: *cwd && kernel_read(
					  text, KERNEL_SHORT, "%s/postmaster.pid", cwd))
		port = postmaster_pid_port(text->data, pid);
	return port ? port : arguments.port;
}

struct scan {
	struct process_stat *servers;
	size_t count;
};

static bool is_server_pid(const struct scan *scan, int pid)
{
	for (size_t i = 0; i < scan->count; i++)
		if (scan->servers[i].pid == pid)
			return true;
	return false;
}

/* initdb's and single-user servers have none; a postmaster is never long without. */
static bool has_children(const struct scan *scan, int pid)
{
	for (size_t i = 0; i < scan->count; i++)
		if (scan->servers[i].ppid == pid)
			return true;
	return false;
}

static void scan_servers(const struct kernel *kernel, struct buf *text, struct scan *scan)
{
	DIR *dir = opendir(kernel->proc);

	for (struct dirent *entry; dir && (entry = readdir(dir));) {
		char *end;
		long pid = strtol(entry->d_name, &end, 10);

		if (*end || pid <= 0 || pid > INT32_MAX || scan->count == SERVERS_MAX)
			continue;
		if (stat_of(kernel, (int)pid, text, &scan->servers[scan->count]) &&
			process_is_server(scan->servers[scan->count].name))
			scan->count++;
	}
	if (dir)
		closedir(dir);
}

static bool find_anew(const struct kernel *kernel, int port, struct buf *text,
	struct postmaster_id *ret)
{
	struct postmaster_candidate candidates[CANDIDATES_MAX];
	const struct postmaster_candidate *chosen;
	struct scan scan = { calloc(SERVERS_MAX, sizeof(*scan.servers)), 0 };
	struct postmaster seen;
	size_t count = 0;

	if (!scan.servers)
		return false;
	scan_servers(kernel, text, &scan);
	for (size_t i = 0; i < scan.count && count < CANDIDATES_MAX; i++) {
		const struct process_stat *server = &scan.servers[i];

		if (is_server_pid(&scan, server->ppid) ||
			!has_children(&scan, server->pid))
			continue;
		candidates[count].id =
			(struct postmaster_id){ server->pid, server->started, port };
		candidates[count].port = look(kernel, server->pid, text, &seen);
		count++;
	}
	free(scan.servers);
	chosen = postmaster_choose(candidates, count, port);
	if (chosen)
		*ret = chosen->id;
	return chosen != NULL;
}

bool postmaster_find(const struct kernel *kernel, int port,
	const struct postmaster_id *last, struct buf *text, struct postmaster *ret)
{
	struct postmaster postmaster = { .id = *last };
	struct process_stat stat;
	bool known = last->pid && (port == 0 || last->port == port) &&
		     stat_of(kernel, last->pid, text, &stat) &&
		     stat.started == last->started && process_is_server(stat.name);

	if (!known && (port == 0 || !find_anew(kernel, port, text, &postmaster.id)))
		return false;
	look(kernel, postmaster.id.pid, text, &postmaster);
	*ret = postmaster;
	return true;
}

struct tree {
	const struct kernel *kernel;
	struct buf *text;
	long page_bytes;
	uint64_t shared_pages; /* of the process that shares most */
	int shared_pid;
};

/* A process that has ended meanwhile is not there; its time comes with its parent's. */
static void add_process(struct tree *tree, int pid, struct postmaster *postmaster)
{
	struct process_stat stat;
	uint64_t own, shared;

	if (stat_of(tree->kernel, pid, tree->text, &stat))
		postmaster->ticks += stat.ticks;
	if (!kernel_read(
		    tree->text, KERNEL_SHORT, "%s/%d/statm", tree->kernel->proc, pid) ||
		!process_memory_read(tree->text->data, &own, &shared))
		return;
	postmaster->private_bytes += own * (uint64_t)tree->page_bytes;
	if (shared > tree->shared_pages) {
		tree->shared_pages = shared;
		tree->shared_pid = pid;
	}
}

static void take_shared(struct tree *tree, struct postmaster *postmaster)
{
	uint64_t file, memory, huge = 0;

	if (!tree->shared_pid ||
		!kernel_read(tree->text, KERNEL_SHORT, "%s/%d/status", tree->kernel->proc,
			tree->shared_pid) ||
		!kernel_value(tree->text->data, "RssFile", &file) ||
		!kernel_value(tree->text->data, "RssShmem", &memory))
		return;
	kernel_value(tree->text->data, "HugetlbPages", &huge);
	postmaster->has_shared = true;
	postmaster->shared_file_bytes = file * 1024;
	postmaster->shared_memory_bytes = memory * 1024;
	postmaster->hugetlb_bytes = huge * 1024;
}

void postmaster_take(
	const struct kernel *kernel, struct buf *text, struct postmaster *postmaster)
{
	struct tree tree = { kernel, text, sysconf(_SC_PAGESIZE), 0, 0 };
	uint64_t pids[POSTMASTER_PROCESSES_MAX];
	int pid = postmaster->id.pid, count, more = 0;
	const char *at;

	/* Of kernels with CONFIG_PROC_CHILDREN; a server always has some. */
	if (!kernel_read(text, KERNEL_TEXT_MAX_BYTES, "%s/%d/task/%d/children",
		    kernel->proc, pid, pid))
		return;
	count = kernel_numbers(
		text->data, text->data + text->len, pids, POSTMASTER_PROCESSES_MAX);
	at = text->data;
	for (int i = 0; i < count; i++)
		at += strcspn(at, " ") + 1;
	for (; *at; at += strcspn(at, " ") + 1)
		more++;
	postmaster->processes = 1 + (size_t)count + (size_t)more;
	if (more > 0)
		return;
	postmaster->is_added_up = true;
	add_process(&tree, pid, postmaster);
	for (int i = 0; i < count; i++)
		if (pids[i] <= INT32_MAX)
			add_process(&tree, (int)pids[i], postmaster);
	take_shared(&tree, postmaster);
}

bool postmaster_of_session(const struct kernel *kernel, int backend_pid, const char *user,
	const char *database, int port, struct postmaster_id *ret)
{
	struct process_stat session, parent;
	struct buf text;
	bool ok;

	buf_init(&text, KERNEL_TEXT_MAX_BYTES);
	ok = backend_pid > 0 && stat_of(kernel, backend_pid, &text, &session) &&
	     process_is_server(session.name) &&
	     kernel_read(
		     &text, KERNEL_SHORT, "%s/%d/cmdline", kernel->proc, backend_pid) &&
	     process_is_session(text.data, text.len, user, database) &&
	     stat_of(kernel, session.ppid, &text, &parent) &&
	     process_is_server(parent.name);
	if (ok)
		*ret = (struct postmaster_id){ parent.pid, parent.started, port };
	buf_release(&text);
	return ok;
}

void postmaster_write(
	struct json *json, const struct postmaster *postmaster, double cpu_percent)
{
	bool shared = postmaster->has_shared;
	uint64_t hz = (uint64_t)sysconf(_SC_CLK_TCK);

	json_key(json, "postmaster");
	json_object(json);
	json_key(json, "pid");
	json_int(json, postmaster->id.pid);
	json_key(json, "port");
	json_int(json, postmaster->id.port);
	json_known_uint(
		json, "processes", postmaster->processes > 0, postmaster->processes);
	json_key(json, "cpu_percent");
	json_decimal(json, cpu_percent, 1);
	json_known_uint(json, "cpu_time_ms", postmaster->is_added_up,
		postmaster->ticks * 1000 / hz);
	json_known_uint(json, "rss_anon_bytes", postmaster->is_added_up,
		postmaster->private_bytes);
	json_known_uint(json, "rss_file_bytes", shared, postmaster->shared_file_bytes);
	json_known_uint(json, "rss_shmem_bytes", shared, postmaster->shared_memory_bytes);
	json_known_uint(json, "hugetlb_bytes", shared, postmaster->hugetlb_bytes);
	json_end(json);
}
