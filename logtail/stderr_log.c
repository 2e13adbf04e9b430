#include "stderr_log.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

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

struct stderr_log *stderr_log_new(const struct prefix *prefix)
{
	struct stderr_log *log = calloc(1, sizeof(*log));

	if (!log)
		return NULL;
	stderr_log_set_prefix(log, prefix);
	stderr_log_reset(log);
	return log;
}

void stderr_log_reset(struct stderr_log *log)
{
	for (size_t i = 0; i <= STDERR_STRAY; i++) {
		open_entry_release(&log->open[i]);
		log->open[i] = (struct open_entry){ .level = LEVEL_UNPARSED,
			.last = ENTRY_MESSAGE };
		buf_init(&log->open[i].text, SIZE_MAX / 2);
	}
	places_init(&log->places);
	log->current = STDERR_STRAY;
	log->lines = log->began = 0;
	log->forged.left = log->kept = 0;
	log->in_line = false;
}

void stderr_log_free(struct stderr_log *log)
{
	if (!log)
		return;
	stderr_log_reset(log);
	free(log);
}

/* See stderr_log_try(). */
static bool is_sure(const struct prefix *prefix)
{
	const struct prefix_step *time = &prefix->steps[0], *next = &prefix->steps[1];

	return (time->escape == 'm' || time->escape == 't') &&
	       time->part != PREFIX_TIGHT && next->part == PREFIX_LITERAL &&
	       prefix->literals[next->at] != ',';
}

void stderr_log_set_prefix(struct stderr_log *log, const struct prefix *prefix)
{
	log->prefix = *prefix;
	log->sure = is_sure(prefix);
	for (size_t i = 0; i < STDERR_OPEN_MAX; i++)
		log->open[i].prefix_len = 0; /* it may say something else now */
	log->fields = (struct entry){ .level = LEVEL_UNPARSED };
	forged_init(&log->forged, prefix);
}

static size_t room(const struct stderr_log *log)
{
	return log->kept < STDERR_KEEP_BYTES ? STDERR_KEEP_BYTES - log->kept : 0;
}

static void leave(struct stderr_log *log, unsigned which, struct receiver *receiver)
{
	struct open_entry *open = &log->open[which];

	log->kept -= open->text.len;
	receiver->more &=
		open_entry_leave(open, &log->leaving, receiver->sink, receiver->context);
	receiver->left++;
	log->kept += open->text.len;
}

static void begin(struct stderr_log *log, unsigned which, const struct slice *line,
	size_t head_len, enum entry_text text)
{
	struct open_entry *open = &log->open[which];

	log->kept -= open->text.len;
	open->began = ++log->began;
	open_entry_begin(
		open, &log->fields, log->prefix.texts, line, head_len, text, room(log));
	log->kept += open->text.len;
}

static inline void append(struct stderr_log *log, const struct line_piece *piece)
{
	struct open_entry *open = &log->open[log->current];
	bool continuation = piece->begins; /* with its TAB */
	struct slice words = { piece->s + continuation, piece->len - continuation };

	log->kept -= open->text.len;
	if (open->state != OPEN_YES)
		open->began = ++log->began;
	open_entry_append(open, &words, continuation, room(log));
	log->kept += open->text.len;
}

static unsigned find(struct stderr_log *log, int64_t key)
{
	if (log->current < NONE && log->places.keys[log->current] == key)
		return log->current;
	return places_find(&log->places, key);
}

static bool is_open(const struct stderr_log *log, unsigned which)
{
	return which < NONE && log->open[which].state == OPEN_YES;
}

/*
 * A place for a process that has none: that of the one whose last line is the longest ago. It has
 * left, since only STDERR_OPEN_MAX - 1 can have lines after it.
 */
static unsigned make_place(struct stderr_log *log, int64_t key, struct receiver *receiver)
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
static unsigned find_place(struct stderr_log *log, const struct log_word *word)
{
	int64_t pid = log->fields.pid;
	unsigned place = find(log, stderr_key(pid, log->fields.suspect)), other;

	if (word->is_severity || log->fields.suspect || is_open(log, place))
		return place;
	other = find(log, stderr_key(pid, true));
	return is_open(log, other) ? other : place;
}

/* The next line with a prefix: the entry whose last one is too long ago leaves. */
static void count_line(struct stderr_log *log, unsigned place, struct receiver *receiver)
{
	unsigned old = log->recent[++log->lines % STDERR_OPEN_MAX];

	log->counts.fitting++;
	if (old != place && is_open(log, old) &&
		log->open[old].last_line + STDERR_OPEN_MAX == log->lines)
		leave(log, old, receiver);
}

/* Too much is kept: the entry that keeps most leaves, if not this line's own. */
static void make_room(struct stderr_log *log, unsigned place, struct receiver *receiver)
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

/* The first section of an entry, or one whose entry has left. */
static void begin_fitting(struct stderr_log *log, unsigned place,
	const struct log_word *word, const struct slice *line, size_t head_len)
{
	struct entry *fields = &log->fields;
	size_t word_at = head_len - word->len;

	fields->continued = !word->is_severity;
	fields->level_text = (struct slice){ NULL, 0 };
	if (word->is_severity) {
		fields->level = word->level;
		if (word->translated)
			fields->level_text =
				(struct slice){ line->s + word_at, word->word_len };
	} else {
		fields->level = log->open[place].level;
	}
	begin(log, place, line, head_len, word->text);
	if (log->open[place].head_len > 0)
		log->open[place].prefix_len = (uint32_t)word_at;
}

static void add_section(struct stderr_log *log, unsigned place,
	const struct log_word *word, const struct line_piece *piece, size_t head_len)
{
	struct slice words = { piece->s + head_len, piece->len - head_len };

	log->kept -= log->open[place].text.len;
	open_entry_section(&log->open[place], word->text, &words, room(log));
	log->kept += log->open[place].text.len;
}

static void note_line(struct stderr_log *log, unsigned place)
{
	log->open[place].last_line = log->lines;
	log->recent[log->lines % STDERR_OPEN_MAX] = place;
	places_use(&log->places, place);
	log->current = place;
}

static void take_fitting(struct stderr_log *log, const struct line_piece *piece,
	const struct log_word *word, size_t head_len, struct receiver *receiver)
{
	struct slice line = { piece->s, piece->len };
	unsigned place;
	bool ends_own;

	log->fields.suspect = forged_fitting(
		&log->forged, &log->fields, piece->s, piece->len, head_len);
	place = find_place(log, word);
	ends_own = word->is_severity && is_open(log, place);
	count_line(log, place, receiver);
	if (log->kept > STDERR_KEEP_BYTES / 2 && receiver->left + ends_own < LEAVE_MAX)
		make_room(log, place, receiver);
	if (ends_own)
		leave(log, place, receiver);
	if (place == NONE)
		place = make_place(
			log, stderr_key(log->fields.pid, log->fields.suspect), receiver);
	if (is_open(log, place))
		add_section(log, place, word, piece, head_len);
	else
		begin_fitting(log, place, word, &line, head_len);
	note_line(log, place);
}

/* Does an English severity with its colon and blanks end before s + at, at the colon? */
static bool is_severity_at(const char *s, size_t len, size_t at)
{
	struct log_word word;

	for (size_t n = 3; n <= 7 && n <= at; n++)
		if (log_word_find(s + at - n, len - (at - n), &word) &&
			word.is_severity && !word.translated && word.word_len == n)
			return true;
	return false;
}

/* Is this a server's line after all, but with another prefix? */
static void count_stray(struct stderr_counts *counts, const char *s, size_t len)
{
	const char *colon = s;

	counts->stray++;
	if (len >= sizeof(counts->example))
		len = sizeof(counts->example) - 1;
	while ((colon = memchr(colon, ':', len - (size_t)(colon - s)))) {
		size_t at = (size_t)(colon++ - s);

		if (at + 2 >= len || s[at + 1] != ' ' || s[at + 2] != ' ' ||
			!is_severity_at(s, len, at))
			continue;
		counts->misfits++;
		memcpy(counts->example, s, len);
		counts->example[len] = '\0';
		return;
	}
}

static void take_stray(
	struct stderr_log *log, const struct line_piece *piece, struct receiver *receiver)
{
	static const struct entry nothing = { .level = LEVEL_UNPARSED };
	struct entry fields = log->fields;
	struct slice line = { piece->s, piece->len };

	if (log->open[STDERR_STRAY].state == OPEN_YES)
		leave(log, STDERR_STRAY, receiver);
	count_stray(&log->counts, piece->s, piece->len);
	log->fields = nothing;
	log->fields.suspect = forged_stray(
		&log->forged, &log->prefix, piece->s, piece->len, piece->ends);
	begin(log, STDERR_STRAY, &line, 0, ENTRY_MESSAGE);
	log->fields = fields;
	log->current = STDERR_STRAY;
}

/*
 * A section right after its entry's last line: then the prefix is nearly always the same to the byte,
 * and says the same.
 */
static bool take_same(
	struct stderr_log *log, const struct line_piece *piece, struct receiver *receiver)
{
	const struct open_entry *open = &log->open[log->current];
	size_t len = open->prefix_len;
	struct log_word word;

	if (open->state != OPEN_YES || len < sizeof(uint64_t) || piece->len <= len ||
		open->suspect ||
		memcmp(piece->s + len - sizeof(uint64_t),
			open->text.data + len - sizeof(uint64_t),
			sizeof(uint64_t)) != 0 ||
		memcmp(piece->s, open->text.data, len) != 0 ||
		!log_word_find(piece->s + len, piece->len - len, &word) ||
		word.is_severity ||
		forged_text(&log->forged, piece->s + len + word.len,
			piece->len - len - word.len))
		return false;
	count_line(log, log->current, receiver);
	if (log->kept > STDERR_KEEP_BYTES / 2 && receiver->left < LEAVE_MAX)
		make_room(log, log->current, receiver);
	add_section(log, log->current, &word, piece, len + word.len);
	note_line(log, log->current);
	return true;
}

/* A continuation, or what fits. */
static inline bool take_own(
	struct stderr_log *log, const struct line_piece *piece, struct receiver *receiver)
{
	struct log_word word;
	size_t head_len;

	if (piece->len > 0 && piece->s[0] == '\t') {
		append(log, piece);
		return true;
	}
	if (take_same(log, piece, receiver))
		return true;
	if (!prefix_match(
		    &log->prefix, piece->s, piece->len, &log->fields, &word, &head_len))
		return false;
	take_fitting(log, piece, &word, head_len, receiver);
	return true;
}

static inline bool pass(struct stderr_log *log, const struct line_piece *piece,
	double now_s, bool stray, struct receiver *receiver)
{
	if (log->forged.left > 0 || (stray && piece->ends))
		forged_pass(&log->forged, &log->prefix, piece->s, piece->len, stray);
	log->in_line = !piece->ends;
	log->open[log->current].last_s = now_s;
	if (piece->ends && log->current == STDERR_STRAY &&
		log->open[STDERR_STRAY].state == OPEN_YES)
		leave(log, STDERR_STRAY, receiver);
	return receiver->more;
}

bool stderr_log_take(struct stderr_log *log, const struct line_piece *piece, double now_s,
	entry_sink *sink, void *context)
{
	struct receiver receiver = { sink, context, 0, true };
	bool stray = false;

	if (!piece->begins) {
		append(log, piece);
	} else if (!take_own(log, piece, &receiver) && (piece->len > 0 || !piece->ends)) {
		stray = true;
		take_stray(log, piece, &receiver);
	}
	return pass(log, piece, now_s, stray, &receiver);
}

bool stderr_log_try(struct stderr_log *log, const struct line_piece *piece, double now_s,
	entry_sink *sink, void *context, bool *ret_more)
{
	struct receiver receiver = { sink, context, 0, true };

	if (piece->len == 0 || !(log->sure || piece->s[0] == '\t') ||
		!take_own(log, piece, &receiver))
		return false;
	*ret_more = pass(log, piece, now_s, false, &receiver);
	return true;
}

bool stderr_log_silence(
	struct stderr_log *log, double before_s, entry_sink *sink, void *context)
{
	struct receiver receiver = { sink, context, 0, true };
	struct open_entry *first;

	while (receiver.more) {
		first = NULL;
		for (size_t i = 0; i <= STDERR_STRAY; i++) {
			struct open_entry *open = &log->open[i];

			if (open->state == OPEN_YES && open->last_s < before_s &&
				(!first || open->began < first->began))
				first = open;
		}
		if (!first)
			return true;
		leave(log, (unsigned)(first - log->open), &receiver);
	}
	return false;
}

double stderr_log_oldest(const struct stderr_log *log)
{
	double oldest = INFINITY;

	for (size_t i = 0; i <= STDERR_STRAY; i++)
		if (log->open[i].state == OPEN_YES && log->open[i].last_s < oldest)
			oldest = log->open[i].last_s;
	return oldest;
}

const struct stderr_counts *stderr_log_counts(const struct stderr_log *log)
{
	return &log->counts;
}
