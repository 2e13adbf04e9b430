/*
 * An entry of a stderr log while it is put together. Only for stderr_log.c and stderr_save.c.
 *
 * Its text is one buffer: the prefix of its first line (the head), then its sections in the order they
 * came; the one that was written to last is at the end. Once it has left, the head stays, so that what
 * comes late can be told whose it is.
 *
 * Ownership: open_entry_release() frees the text.
 */
#ifndef LOGTAIL_STDERR_ENTRY_H
#define LOGTAIL_STDERR_ENTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "entry.h"
#include "prefix.h"

enum open_state { OPEN_NONE, OPEN_GONE, OPEN_YES };

struct open_entry {
	enum open_state state;
	enum level level;
	enum entry_text last; /* section */
	bool continued, suspect;
	int64_t pid;
	uint64_t cut_bytes;
	uint64_t last_line; /* number of its last line with a prefix */
	uint64_t began;     /* greater for those that began later */
	double last_s;
	uint32_t has, cut; /* bits by enum entry_text */
	uint32_t head_len;
	uint32_t
		prefix_len; /* of the head without the word; 0: none to compare lines with */
	uint32_t section_end; /* how far the text may grow until the next section */
	struct span time, level_text, texts[ENTRY_TEXTS];
	struct buf text;
};

void open_entry_release(struct open_entry *open);

/* A first line, with what its prefix and word say, then the text of a section (ENTRY_MESSAGE). level,
 * level_text, continued, suspect and began are the caller's to set before. room: how many bytes of the
 * text may be kept. */
void open_entry_begin(struct open_entry *open, const struct prefix_fields *fields,
	const struct slice *line, enum entry_text text, size_t room);

/* Another section; or more of one that is there, as a new line. */
void open_entry_section(struct open_entry *open, enum entry_text text,
	const struct slice *words, size_t room);

/* More of the section that was written to last; one that has left begins again, `continued`. */
void open_entry_append(
	struct open_entry *open, const struct slice *words, bool new_line, size_t room);

/* The same of an open entry for the whole lines in at ... end that begin with a TAB, as long as there is
 * nothing to it: returns where it came to. */
const char *open_entry_append_lines(
	struct open_entry *open, const char *at, const char *end, size_t room);

/* An entry for the sink to see, used again for the next one. Begins as zeros. */
struct leaving {
	struct entry entry;
	uint32_t texts; /* bits of those that are set, and of no others */
};

/* Hands it on; then it is OPEN_GONE. Returns what sink said. */
bool open_entry_leave(struct open_entry *open, struct leaving *leaving, entry_sink *sink,
	void *context);

/* The bits of `has` that are sections and not of the prefix. */
uint32_t open_entry_sections(void);

#endif
