#include "check_files.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "follow.h"
#include "log_access.h"
#include "log_paths.h"
#include "log_prefix.h"
#include "log_reader.h"
#include "prefix.h"
#include "prefix_guess.h"
#include "state.h"

/* Of a log's end: what the server wrote since its settings were changed should prevail. */
#define SAMPLE_BYTES ((size_t)16 << 10)
#define SHOWN_MAX 3
#define COMPLAINTS_BYTES_MAX ((size_t)64 << 10)
#define NO_LOGS_MEND                                                            \
	"SHOW logging_collector; SHOW data_directory; SHOW log_directory; set " \
	"collection.log_path to that; where it is off: ALTER SYSTEM SET "       \
	"logging_collector = on; and restart the server"

struct files {
	struct checklist *list;
	const struct config *config;
	const char *given; /* log_line_prefix, NULL: to be recognised */
	struct log_paths paths;
	struct follow follow;
	bool known; /* there is a position from an earlier run */
};

/* Lines of a log that could begin with a prefix, and what they say of it. */
struct fit {
	unsigned lines, fitting, sessions;
};

static void ignore_gap(void *context, const struct generation *generation,
	bool bytes_known, uint64_t bytes, const char *what)
{
	(void)context;
	(void)generation;
	(void)bytes_known;
	(void)bytes;
	(void)what;
}

/* A line each, which may have its mend behind it. */
static void fail_each(struct checklist *list, char *lines, const char *mend)
{
	char *end;

	for (; lines && *lines; lines = end) {
		char *own = strstr(lines, LOG_ACCESS_MEND);

		end = strchr(lines, '\n');
		if (end)
			*end++ = '\0';
		if (own && (!end || own < end)) {
			*own = '\0';
			own += strlen(LOG_ACCESS_MEND);
		} else {
			own = NULL;
		}
		checklist_fail(list, own ? own : mend, "%s", lines);
	}
}

static void format_age(const struct generation *generation, char ret[48])
{
	int64_t s = clock_wall_us() / 1000000 - generation->mtime.tv_sec;

	if (s < 120)
		snprintf(ret, 48, "%" PRId64 " s", s < 0 ? 0 : s);
	else if (s < 7200)
		snprintf(ret, 48, "%" PRId64 " minutes", s / 60);
	else
		snprintf(ret, 48, "%" PRId64 " hours", s / 3600);
}

/* The bytes at the log's end; 0 when there are none or they can't be read. */
static size_t read_end(const struct generation *generation, char sample[SAMPLE_BYTES])
{
	struct log_reader *reader;
	uint64_t from = 0;
	struct stat st;
	ssize_t n;
	int fd;

	if (log_file_open(generation->path, &fd, &st, NULL) < 0)
		return 0;
	if (generation->coding == LOG_CODING_PLAIN && st.st_size > (off_t)SAMPLE_BYTES)
		from = (uint64_t)st.st_size - SAMPLE_BYTES;
	if (log_reader_open(fd, generation->coding, from, &reader, NULL) < 0)
		return 0;
	n = log_reader_read(reader, sample, SAMPLE_BYTES, NULL);
	log_reader_close(reader);
	return n > 0 ? (size_t)n : 0;
}

#define SESSION_TEXTS \
	(1u << ENTRY_USER | 1u << ENTRY_DATABASE | 1u << ENTRY_APPLICATION_NAME)

/* How many of the lines begin with this prefix, and how many of these tell of a session. */
static struct fit fit_of(const char *log_line_prefix, const char *sample, size_t len)
{
	struct fit fit = { 0 };
	struct prefix_fields fields;
	struct prefix prefix;

	if (prefix_compile(log_line_prefix, &prefix, NULL) < 0)
		return fit;
	for (const char *at = sample, *end = sample + len, *next; at < end; at = next) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));

		next = newline ? newline + 1 : end;
		if (*at == '\t') /* goes on with a message */
			continue;
		fit.lines++;
		if (!prefix_read(&prefix, at, (size_t)((newline ? newline : end) - at),
			    &fields))
			continue;
		fit.fitting++;
		fit.sessions += (fields.has & SESSION_TEXTS) != 0;
	}
	return fit;
}

static void warn_lacking(
	struct checklist *list, const char *path, const char *prefix, const char *lost)
{
	char better[PREFIX_GUESS_SIZE], sql[PREFIX_GUESS_SIZE + 100];

	log_prefix_mend(prefix, better, sizeof(better));
	snprintf(sql, sizeof(sql),
		"ALTER SYSTEM SET log_line_prefix = '%s'; SELECT pg_reload_conf();",
		strpbrk(better, "'\\") ? LOG_PREFIX_BEST : better);
	checklist_warn(
		list, sql, "log_line_prefix of %s: '%s' lacks %s", path, prefix, lost);
}

/* Does the prefix fit, and does it tell enough? */
static void check_prefix(const struct files *files, const struct generation *generation)
{
	static const char look[] =
		"SHOW log_line_prefix; set collection.log_line_prefix to that";
	static char sample[SAMPLE_BYTES];
	char found[PREFIX_GUESS_SIZE] = "", lost[512];
	const char *prefix = files->given, *path = generation->path;
	size_t len = read_end(generation, sample);
	struct fit fit;

	if (len == 0)
		return;
	if (!prefix) {
		if (!prefix_guess(sample, len, found)) {
			checklist_warn(files->list, look,
				"log_line_prefix of %s: not recognised", path);
			return;
		}
		prefix = found;
	}
	fit = fit_of(prefix, sample, len);
	if (prefix == files->given && 2 * fit.fitting < fit.lines)
		checklist_warn(files->list, look,
			"log_line_prefix of %s: '%s' is configured, most lines do not "
			"fit",
			path, prefix);
	else if (!log_prefix_lacks(prefix, lost, sizeof(lost)))
		checklist_ok(files->list, "log_line_prefix of %s: '%s'", path, prefix);
	else if (prefix == found && strstr(found, "%q") && fit.sessions == 0)
		checklist_ok(files->list,
			"log_line_prefix of %s: recognised, no line is of a session yet",
			path);
	else
		warn_lacking(files->list, path, prefix, lost);
}

static void check_log(const struct files *files, const struct generation *generation)
{
	static const char *const formats[] = { "?", "stderr", "csvlog", "jsonlog" };
	const char *format = formats[generation->format];
	char age[48];

	format_age(generation, age);
	switch (generation->role.reads) {
	case SIBLING_ALL:
		checklist_ok(files->list, "log %s: is read, %s, written %s ago",
			generation->path, format, age);
		if (generation->format == LOG_FORMAT_STDERR)
			check_prefix(files, generation);
		break;
	case SIBLING_STRAY:
		checklist_ok(files->list,
			"log %s: the same is read in a better format; of this one only "
			"lines without a prefix",
			generation->path);
		break;
	case SIBLING_NONE:
		checklist_ok(files->list,
			"log %s: not read, the same is read in a better format",
			generation->path);
	}
}

/* What was read once is known without being opened: is it still allowed? */
static bool can_open(const char *path, struct err *err)
{
	struct stat st;
	int fd;

	if (log_file_open(path, &fd, &st, err) < 0)
		return false;
	close(fd);
	return true;
}

static void check_open(const struct files *files, const char *mend)
{
	const struct log_path *other = NULL;
	size_t refused = 0;
	struct err err;

	for (size_t i = files->paths.count; i-- > 0;) {
		const struct log_path *path = &files->paths.files[i];

		if (can_open(path->path, &err))
			continue;
		if (refused++ < SHOWN_MAX)
			fail_each(files->list, err.msg, mend);
		else
			other = path;
	}
	if (other)
		checklist_fail(files->list, "as above",
			"%zu more logs can't be opened either, such as %s",
			refused - SHOWN_MAX, other->path);
}

static const struct generation *find(const struct files *files, const char *path)
{
	for (size_t i = 0; i < files->follow.count; i++) {
		const struct generation *generation = files->follow.list[i];

		if (generation->seen && strcmp(generation->path, path) == 0)
			return generation;
	}
	return NULL;
}

/* The newest are those that are written to. */
static void check_newest(const struct files *files)
{
	const struct log_paths *paths = &files->paths;
	size_t shown = 0, rotated = 0;

	for (size_t i = paths->count; i-- > 0;) {
		const struct log_path *path = &paths->files[i];
		const struct generation *generation;

		rotated += path->rotated;
		if (path->rotated || shown == SHOWN_MAX || !can_open(path->path, NULL))
			continue;
		generation = find(files, path->path);
		shown++;
		if (generation)
			check_log(files, generation);
		else if (path->size == 0)
			checklist_ok(files->list, "log %s: empty so far", path->path);
		else
			checklist_ok(files->list,
				"log %s: a copy of another one, or too short to tell",
				path->path);
	}
	if (paths->count > 0)
		checklist_ok(files->list,
			"logs: %zu files, %zu of them rotated, by collection.log_path %s",
			paths->count, rotated, files->config->log_path);
}

static void check_position(const struct files *files)
{
	uint64_t unread = 0;

	for (size_t i = 0; i < files->follow.count; i++)
		if (files->follow.list[i]->seen && !files->follow.list[i]->complete)
			unread += generation_unread(files->follow.list[i]);
	if (files->known)
		checklist_ok(files->list,
			"position: known, %" PRIu64 " KiB are not read yet",
			unread >> 10);
	else
		checklist_ok(files->list,
			"position: none yet, the first start begins at the end of the "
			"logs (at their start with --from-start)");
}

/* What an earlier run knows. */
static void load_position(struct files *files, const struct spool *spool)
{
	struct state_file state = { 0 };
	const struct json_node *node;
	struct err err;

	if (!spool || state_load(spool, LOGTAIL_PROGRAM, false, &state, &err) < 0)
		return;
	files->known = state.root != NULL;
	node = json_child(json_get(state.root, "files"));
	for (; node; node = json_next(node)) {
		struct generation *generation = generation_read(node);

		if (generation && follow_add(&files->follow, generation, &err) < 0)
			break;
	}
	json_read_release(state.root);
}

void check_files(struct checklist *list, const struct config *config,
	const struct tail_job *job, const struct spool *spool)
{
	char text[PREFIX_GUESS_SIZE], where[256], mend[300];
	enum log_format format = (enum log_format)config->log_format;
	struct files files = { .list = list, .config = config };
	struct log_clock clock;
	struct err err;

	files.given = tail_prefix_text(config, job, text, &err) ? text : NULL;
	config_where(config, offsetof(struct config, log_path), where, sizeof(where));
	snprintf(mend, sizeof(mend), "correct %s", where);
	if (log_clock_init(&clock, config->log_timezone, &err) < 0 ||
		(job->format && tail_format(job->format, &format, &err) < 0) ||
		log_paths_find(config->log_path, &files.paths, &err) < 0) {
		checklist_fail(list, mend, "%s", err.msg);
		return;
	}
	files.follow.clock = &clock;
	files.follow.forced = format;
	files.follow.gap = ignore_gap;
	buf_init(&files.follow.complaints, COMPLAINTS_BYTES_MAX);
	load_position(&files, spool);
	fail_each(list, files.paths.complaints.data,
		files.paths.count == 0 ? NO_LOGS_MEND : mend);
	if (follow_look(&files.follow, &files.paths,
		    files.known ? FOLLOW_FROM_SAVED : FOLLOW_FROM_END, clock_s(),
		    &err) < 0)
		checklist_fail(list, "free -m", "logs: %s", err.msg);
	check_open(&files, mend);
	check_newest(&files);
	if (files.paths.count > 0)
		check_position(&files);
	follow_release(&files.follow);
	log_paths_release(&files.paths);
}
