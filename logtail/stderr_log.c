#include "stderr_log.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "chars16.h"
#include "stderr_open.h"

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
	forged_init(&log->forged, prefix);
}

/* The first section of an entry, or one whose entry has left. */
static void begin_fitting(
	struct stderr_log *log, unsigned place, bool suspect, const struct slice *line)
{
	const struct prefix_fields *fields = &log->fields;
	const struct log_word *word = &fields->word;
	struct open_entry *open = &log->open[place];
	uint32_t word_at = (uint32_t)(fields->len - word->len);

	open->continued = !word->is_severity;
	open->suspect = suspect;
	open->level_text = (struct span){ 0, 0 };
	if (word->is_severity) {
		open->level = word->level;
		if (word->translated)
			open->level_text =
				(struct span){ word_at, (uint32_t)word->word_len };
	}
	begin(log, place, fields, line, word->text);
	if (open->head_len > 0 && !suspect)
		open->prefix_len = word_at;
}

static inline void add_section(struct stderr_log *log, unsigned place,
	enum entry_text text, const struct slice *words)
{
	log->kept -= log->open[place].text.len;
	open_entry_section(&log->open[place], text, words, room(log));
	log->kept += log->open[place].text.len;
}

/* A line that fits: log->fields have what it says. */
static void take_fitting(struct stderr_log *log, const struct slice *line, bool suspect,
	struct receiver *receiver)
{
	const struct prefix_fields *fields = &log->fields;
	bool severity = fields->word.is_severity, open;
	unsigned place = find_place(log, suspect);

	open = is_open(log, place);
	count_line(log, place, receiver);
	if (log->kept > STDERR_KEEP_BYTES / 2 &&
		receiver->left + (open && severity) < LEAVE_MAX)
		make_room(log, place, receiver);
	if (open && !severity) {
		struct slice words = { line->s + fields->len, line->len - fields->len };

		add_section(log, place, fields->word.text, &words);
	} else {
		if (open)
			leave(log, place, receiver);
		else if (place == NONE)
			place = make_place(
				log, stderr_key(fields->pid, suspect), receiver);
		begin_fitting(log, place, suspect, line);
	}
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
	static const struct prefix_fields nothing = { .len = 0 };
	struct open_entry *open = &log->open[STDERR_STRAY];
	struct slice line = { piece->s, piece->len };

	if (open->state == OPEN_YES)
		leave(log, STDERR_STRAY, receiver);
	count_stray(&log->counts, piece->s, piece->len);
	open->level = LEVEL_UNPARSED;
	open->level_text = (struct span){ 0, 0 };
	open->continued = false;
	open->suspect = forged_stray(
		&log->forged, &log->prefix, piece->s, piece->len, piece->ends);
	begin(log, STDERR_STRAY, &nothing, &line, ENTRY_MESSAGE);
	log->current = STDERR_STRAY;
}

/*
 * A section right after its entry's last line: then the prefix is nearly always the same to the byte,
 * and says the same. Returns its word if so; begins with the end, where another process differs.
 */
static inline const struct log_word *same_word(
	const struct stderr_log *log, const char *line, const char *end)
{
	const struct open_entry *open = &log->open[log->current];
	size_t len = open->prefix_len, at = len;
	const struct log_word *word;

	if (len < CHARS16 || (size_t)(end - line) < len + CHARS16)
		return NULL;
	while (at > 0) {
		at = at > CHARS16 ? at - CHARS16 : 0;
		if (chars16_any(chars16_load(line + at) !=
				chars16_load(open->text.data + at)))
			return NULL;
	}
	word = log_word_usual(line + len);
	return word && !word->is_severity ? word : NULL;
}

/* What has the same prefix as the line before. */
static void take_same(struct stderr_log *log, enum entry_text text,
	const struct slice *words, struct receiver *receiver)
{
	count_line(log, log->current, receiver);
	if (log->kept > STDERR_KEEP_BYTES / 2 && receiver->left < LEAVE_MAX)
		make_room(log, log->current, receiver);
	add_section(log, log->current, text, words);
	note_line(log, log->current);
}

static void append(struct stderr_log *log, const struct line_piece *piece)
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

/* A continuation, or what fits. */
static bool take_own(
	struct stderr_log *log, const struct line_piece *piece, struct receiver *receiver)
{
	struct slice line = { piece->s, piece->len };
	const struct log_word *word;

	if (piece->len > 0 && piece->s[0] == '\t') {
		append(log, piece);
		return true;
	}
	word = same_word(log, line.s, line.s + line.len);
	if (word) {
		size_t head_len = log->open[log->current].prefix_len + word->len;
		struct slice words = { line.s + head_len, line.len - head_len };

		if (!forged_text(&log->forged, words.s, words.len)) {
			take_same(log, word->text, &words, receiver);
			return true;
		}
	}
	if (!prefix_read(&log->prefix, line.s, line.len, &log->fields))
		return false;
	take_fitting(log, &line,
		forged_fitting(&log->forged, &log->fields, line.s, line.len), receiver);
	return true;
}

static bool pass(struct stderr_log *log, const struct line_piece *piece, double now_s,
	bool stray, struct receiver *receiver)
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

/* The newline that ends a line, NULL where it does not come soon enough before the end; and whether the
 * sign may be before it. */
static inline const char *find_newline(
	const char *at, const char *end, char sign, bool *ret_has_sign)
{
	chars16 signs = { 0 };

	for (; end - at >= 2 * CHARS16; at += 2 * CHARS16) {
		chars16 low = chars16_load(at), high = chars16_load(at + CHARS16);
		uint32_t ends = chars16_bits(low == '\n') | chars16_bits(high == '\n')
								    << CHARS16;

		signs |= (low == sign) | (high == sign);
		if (ends) {
			*ret_has_sign = chars16_any(signs);
			return at + __builtin_ctz(ends);
		}
	}
	return NULL;
}

/* A whole line with a prefix, that is as usual. Returns the next one, NULL if it was not taken. */
static inline const char *take_usual(struct stderr_log *log, const char *line,
	const char *end, struct receiver *receiver)
{
	const struct log_word *word;
	const char *newline;
	size_t head_len;
	bool has_sign;

	if (end - line > (ptrdiff_t)LINE_PIECE_BYTES)
		end = line + LINE_PIECE_BYTES;
	word = same_word(log, line, end);
	if (word)
		head_len = log->open[log->current].prefix_len + word->len;
	else if (prefix_read_usual(
			 &log->prefix, line, (size_t)(end - line), &log->fields))
		head_len = log->fields.len;
	else
		return NULL;
	newline = find_newline(line + head_len, end, log->forged.sign, &has_sign);
	if (!newline || (forged_text_may(&log->forged, has_sign) &&
				forged_text(&log->forged, line + head_len,
					(size_t)(newline - line) - head_len)))
		return NULL;
	if (word) {
		struct slice words = { line + head_len,
			(size_t)(newline - line) - head_len };

		take_same(log, word->text, &words, receiver);
	} else {
		struct slice whole = { line, (size_t)(newline - line) };

		take_fitting(log, &whole, false, receiver);
	}
	return newline + 1;
}

/* Lines with a TAB that go on with the last one. Returns what follows them, or at. */
static inline const char *take_tabs(
	struct stderr_log *log, const char *at, const char *end)
{
	struct open_entry *open = &log->open[log->current];
	size_t before = open->text.len;

	if (open->state != OPEN_YES || log->current == STDERR_STRAY)
		return at;
	at = open_entry_append_lines(open, at, end, room(log));
	log->kept += open->text.len - before;
	return at;
}

size_t stderr_log_feed(struct stderr_log *log, const char *data, size_t len, double now_s,
	entry_sink *sink, void *context, bool *ret_more)
{
	struct receiver receiver = { sink, context, 0, true };
	const char *at = data, *end = data + len, *next;

	*ret_more = true;
	if (!log->sure || log->forged.left > 0 || log->in_line)
		return 0;
	while (at < end && receiver.more) {
		receiver.left = 0;
		next = *at == '\t' ? take_tabs(log, at, end)
				   : take_usual(log, at, end, &receiver);
		if (!next || next == at)
			break;
		log->open[log->current].last_s = now_s;
		at = next;
	}
	*ret_more = receiver.more;
	return (size_t)(at - data);
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
