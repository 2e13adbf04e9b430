/*
 * Which entries of a stderr log are open, and which leave. Only for stderr_log.c.
 */
#ifndef LOGTAIL_STDERR_OPEN_H
#define LOGTAIL_STDERR_OPEN_H

#include "stderr_log_private.h"

#define NONE STDERR_OPEN_MAX
#define LEAVE_MAX 2 /* entries that one line may end: the receivers count on it */

/* Where a line's entries go, and what became of them. */
struct receiver {
	entry_sink *sink;
	void *context;
	unsigned left;
	bool more;
};

static inline size_t room(const struct stderr_log *log)
{
	return log->kept < STDERR_KEEP_BYTES ? STDERR_KEEP_BYTES - log->kept : 0;
}

static inline void leave(
	struct stderr_log *log, unsigned which, struct receiver *receiver)
{
	struct open_entry *open = &log->open[which];

	log->kept -= open->text.len;
	receiver->more &=
		open_entry_leave(open, &log->leaving, receiver->sink, receiver->context);
	receiver->left++;
	log->kept += open->text.len;
}

/* Its level, level_text, continued and suspect are set. */
static inline void begin(struct stderr_log *log, unsigned which,
	const struct prefix_fields *fields, const struct slice *line,
	enum entry_text text)
{
	struct open_entry *open = &log->open[which];

	log->kept -= open->text.len;
	open->began = ++log->began;
	open_entry_begin(open, fields, line, text, room(log));
	log->kept += open->text.len;
}

static inline unsigned find(struct stderr_log *log, int64_t key)
{
	if (log->current < NONE && log->places.keys[log->current] == key)
		return log->current;
	return places_find(&log->places, key);
}

static inline bool is_open(const struct stderr_log *log, unsigned which)
{
	return which < NONE && log->open[which].state == OPEN_YES;
}

/*
 * A place for a process that has none: that of the one whose last line is the longest ago. It has
 * left, since only STDERR_OPEN_MAX - 1 can have lines after it.
 */
static inline unsigned make_place(
	struct stderr_log *log, int64_t key, struct receiver *receiver)
{
	unsigned place = places_oldest(&log->places);

	if (log->open[place].state == OPEN_YES) /* a damaged state */
		leave(log, place, receiver);
	places_give(&log->places, place, key);
	log->open[place].level = LEVEL_UNPARSED;
	return place;
}

/* Where a line of this process belongs. A section that is not suspect also goes to a suspect entry, for
 * that may be a false alarm. */
static inline unsigned find_place(struct stderr_log *log, bool suspect)
{
	int64_t pid = log->fields.pid;
	unsigned place = find(log, stderr_key(pid, suspect)), other;

	if (log->fields.word.is_severity || suspect || is_open(log, place))
		return place;
	other = find(log, stderr_key(pid, true));
	return is_open(log, other) ? other : place;
}

/* The next line with a prefix: the entry whose last one is too long ago leaves. */
static inline void count_line(
	struct stderr_log *log, unsigned place, struct receiver *receiver)
{
	unsigned old = log->recent[++log->lines % STDERR_OPEN_MAX];

	log->counts.fitting++;
	if (old != place && is_open(log, old) &&
		log->open[old].last_line + STDERR_OPEN_MAX == log->lines)
		leave(log, old, receiver);
}

/* Too much is kept: the entry that keeps most leaves, if not this line's own. */
static inline void make_room(
	struct stderr_log *log, unsigned place, struct receiver *receiver)
{
	unsigned largest = NONE;
	size_t len = 0;

	for (unsigned i = 0; i < STDERR_OPEN_MAX; i++) {
		if (i == place || !is_open(log, i) || log->open[i].text.len <= len)
			continue;
		largest = i;
		len = log->open[i].text.len;
	}
	if (largest < NONE)
		leave(log, largest, receiver);
}

static inline void note_line(struct stderr_log *log, unsigned place)
{
	log->open[place].last_line = log->lines;
	log->recent[log->lines % STDERR_OPEN_MAX] = place;
	places_use(&log->places, place);
	log->current = place;
}

#endif
