#include "stderr_entry.h"

#include <stdlib.h>
#include <string.h>

#include "chars16.h"
#include "lines.h"

/* A buffer that grew beyond this is given back when its entry leaves. */
#define IDLE_BYTES ((size_t)8 << 10)
#define APPEND_BYTES ((size_t)512) /* room for a few lines */

#define BIT(text) (UINT32_C(1) << (text))
#define SECTION_BITS                                                                    \
	(BIT(ENTRY_MESSAGE) | BIT(ENTRY_DETAIL) | BIT(ENTRY_HINT) |                     \
		BIT(ENTRY_INTERNAL_QUERY) | BIT(ENTRY_CONTEXT) | BIT(ENTRY_STATEMENT) | \
		BIT(ENTRY_FUNC_NAME) | BIT(ENTRY_BACKTRACE))

uint32_t open_entry_sections(void)
{
	return SECTION_BITS;
}

void open_entry_release(struct open_entry *open)
{
	buf_release(&open->text);
}

/* How much of len bytes the last section may have. Once cut, it gets no more. */
static inline size_t share_of(const struct open_entry *open, size_t len, size_t room)
{
	size_t share = 0;

	if (!(open->cut & BIT(open->last)) && open->section_end > open->text.len)
		share = open->section_end - open->text.len;
	if (share > room)
		share = room;
	return share < len ? share : len;
}

static inline bool reserve(struct buf *text, size_t extra)
{
	if (extra < text->size - text->len) /* of size 0 there is none */
		return true;
	if (buf_reserve(text, extra))
		return true;
	text->failed = false; /* no memory: the entry goes on without */
	return false;
}

/* Of len bytes those that fit stand behind the text: they are the last section's. */
static inline void count(struct open_entry *open, size_t fits, size_t len)
{
	if (fits > 0) {
		open->text.len += fits;
		open->text.data[open->text.len] = '\0';
		open->texts[open->last].len += (uint32_t)fits;
	}
	if (fits < len) {
		open->cut |= BIT(open->last);
		open->cut_bytes += len - fits;
	}
}

static inline void add(struct open_entry *open, const char *s, size_t len, size_t room)
{
	size_t fits = share_of(open, len, room);

	if (fits > 0 && reserve(&open->text, fits))
		memcpy(open->text.data + open->text.len, s, fits);
	else
		fits = 0;
	count(open, fits, len);
}

/* A section may take half of what is left, so that the later ones have their share. */
static inline void start_section(struct open_entry *open, enum entry_text text)
{
	size_t end = open->head_len + ENTRY_KEEP_BYTES, len = open->text.len;

	open->last = text;
	open->section_end = (uint32_t)(len < end ? len + (end - len) / 2 : len);
	if (open->has & BIT(text))
		return;
	open->has |= BIT(text);
	open->texts[text] = (struct span){ (uint32_t)len, 0 };
}

static inline void start_texts(struct open_entry *open, enum entry_text text)
{
	open->state = OPEN_YES;
	open->cut = 0;
	open->cut_bytes = 0;
	start_section(open, ENTRY_MESSAGE);
	if (text != ENTRY_MESSAGE)
		start_section(open, text);
}

/* No memory, or no line: nothing of it is kept. */
static void begin_empty(struct open_entry *open, size_t words, enum entry_text text)
{
	open->text.len = 0;
	open->head_len = 0;
	open->has = 0;
	open->time = open->level_text = (struct span){ 0, 0 };
	start_texts(open, text);
	count(open, 0, words);
}

void open_entry_begin(struct open_entry *open, const struct prefix_fields *fields,
	const struct slice *line, enum entry_text text, size_t room)
{
	size_t words = line->len - fields->len;

	open->text.len = 0;
	open->pid = fields->pid;
	open->prefix_len = 0;
	if (line->len == 0 || !reserve(&open->text, line->len)) {
		begin_empty(open, words, text);
		return;
	}
	memcpy(open->text.data, line->s, line->len);
	open->text.len = fields->len;
	open->head_len = (uint32_t)fields->len;
	open->time = fields->places[PREFIX_TIME];
	open->has = fields->has;
	for (uint32_t left = fields->has; left; left &= left - 1) {
		unsigned i = (unsigned)__builtin_ctz(left);

		open->texts[i] = fields->places[i];
	}
	start_texts(open, text);
	count(open, share_of(open, words, room), words);
}

/*
 * Moves a section to the end of the text. The server writes each at most once: this is for logs
 * whose lines got mixed.
 */
static void move_to_end(struct open_entry *open, enum entry_text text)
{
	struct span moved = open->texts[text];
	char *data = open->text.data;
	struct buf copy;

	if (moved.at + moved.len == open->text.len)
		return;
	buf_init(&copy, SIZE_MAX / 2);
	buf_add(&copy, data + moved.at, moved.len);
	if (copy.failed) {
		open->cut |= BIT(text);
		return;
	}
	memmove(data + moved.at, data + moved.at + moved.len,
		open->text.len - moved.at - moved.len);
	memcpy(data + open->text.len - moved.len, copy.data ? copy.data : "", moved.len);
	buf_release(&copy);
	for (unsigned i = 0; i < ENTRY_TEXTS; i++)
		if ((open->has & SECTION_BITS & BIT(i)) && open->texts[i].at > moved.at)
			open->texts[i].at -= moved.len;
	open->texts[text].at = (uint32_t)open->text.len - moved.len;
}

void open_entry_section(struct open_entry *open, enum entry_text text,
	const struct slice *words, size_t room)
{
	bool again = open->has & BIT(text);

	if (again)
		move_to_end(open, text);
	start_section(open, text);
	if (again)
		open_entry_append(open, words, true, room);
	else
		add(open, words->s, words->len, room);
}

void open_entry_append(
	struct open_entry *open, const struct slice *words, bool new_line, size_t room)
{
	size_t before = open->text.len, fits;

	if (open->state != OPEN_YES) {
		open->continued = true;
		start_texts(open, open->last);
		new_line = false;
	}
	fits = share_of(open, words->len + new_line, room);
	if (fits == words->len + new_line && reserve(&open->text, fits)) {
		if (new_line)
			open->text.data[before] = '\n';
		memcpy(open->text.data + before + new_line, words->s, words->len);
		count(open, fits, fits);
		return;
	}
	if (new_line)
		add(open, "\n", 1, room);
	add(open, words->s, words->len, room - (open->text.len - before));
}

/* One line, without its TAB and with the newline before it, to text ... text_end, which like end is
 * not reached. Returns its own newline, NULL where it does not fit, and where the text ends then. */
static inline const char *copy_line(const char *line, const char *end, char *text,
	const char *text_end, char **ret_text)
{
	const char *at = line + 1;

	*text++ = '\n';
	for (; end - at >= 2 * CHARS16 && text_end - text >= 2 * CHARS16;
		at += 2 * CHARS16, text += 2 * CHARS16) {
		chars16 low = chars16_load(at), high = chars16_load(at + CHARS16);
		uint32_t ends = chars16_bits(low == '\n') | chars16_bits(high == '\n')
								    << CHARS16;

		memcpy(text, &low, CHARS16);
		memcpy(text + CHARS16, &high, CHARS16);
		if (ends) {
			*ret_text = text + __builtin_ctz(ends);
			return at + __builtin_ctz(ends);
		}
	}
	return NULL;
}

const char *open_entry_append_lines(
	struct open_entry *open, const char *at, const char *end, size_t room)
{
	size_t share = share_of(open, SIZE_MAX, room), len = 0;
	const char *text_end;
	char *text, *next;

	if (!reserve(&open->text, APPEND_BYTES))
		return at;
	text = open->text.data + open->text.len;
	text_end = open->text.data + open->text.size;
	while (at < end && *at == '\t') {
		const char *newline = copy_line(at, end, text + len, text_end, &next);

		if (!newline || (size_t)(newline - at) >= LINE_PIECE_BYTES ||
			(size_t)(next - text) > share)
			break;
		len = (size_t)(next - text);
		at = newline + 1;
	}
	count(open, len, len);
	text[len] = '\0';
	return at;
}

/* "func, file.c:123" or "file.c:123"; anything else stays as it is. */
static void split_location(struct slice texts[ENTRY_TEXTS])
{
	struct slice all = texts[ENTRY_FUNC_NAME], file;
	size_t digits = 0;
	const char *comma;

	while (digits < all.len && all.s[all.len - 1 - digits] >= '0' &&
		all.s[all.len - 1 - digits] <= '9')
		digits++;
	if (digits == 0 || digits + 1 >= all.len || all.s[all.len - 1 - digits] != ':')
		return;
	file = (struct slice){ all.s, all.len - digits - 1 };
	texts[ENTRY_FILE_LINE_NUM] = (struct slice){ all.s + all.len - digits, digits };
	texts[ENTRY_FUNC_NAME] = (struct slice){ NULL, 0 };
	comma = memmem(file.s, file.len, ", ", 2);
	if (comma) {
		texts[ENTRY_FUNC_NAME] =
			(struct slice){ file.s, (size_t)(comma - file.s) };
		file.len -= texts[ENTRY_FUNC_NAME].len + 2;
		file.s = comma + 2;
	}
	texts[ENTRY_FILE_NAME] = file;
}

static void forget_sections(struct open_entry *open)
{
	struct buf *text = &open->text;
	char *small;

	open->state = OPEN_GONE;
	open->prefix_len = 0;
	open->has &= ~SECTION_BITS;
	text->len = open->head_len;
	if (text->size <= IDLE_BYTES)
		return;
	small = realloc(text->data, text->len + 1);
	if (!small)
		return;
	text->data = small;
	text->size = text->len + 1;
}

/* log_error_verbosity = verbose puts the SQLSTATE before the message: "42P01: relation ...". */
static void split_state_code(struct slice texts[ENTRY_TEXTS])
{
	struct slice *message = &texts[ENTRY_MESSAGE];
	bool digits = false;

	if (message->len < 7 || message->s[5] != ':' || message->s[6] != ' ')
		return;
	for (size_t i = 0; i < 5; i++) {
		bool digit = message->s[i] >= '0' && message->s[i] <= '9';

		if (!digit && (message->s[i] < 'A' || message->s[i] > 'Z'))
			return;
		digits |= digit;
	}
	if (!digits)
		return;
	texts[ENTRY_STATE_CODE] = (struct slice){ message->s, 5 };
	message->s += 7;
	message->len -= 7;
}

/* "... at character 15" is what csvlog and jsonlog have as a field: of the internal query, if any. */
static void split_position(struct slice texts[ENTRY_TEXTS])
{
	static const char words[] = " at character ";
	struct slice *message = &texts[ENTRY_MESSAGE];
	size_t digits = 0, len = sizeof(words) - 1;
	enum entry_text position = texts[ENTRY_INTERNAL_QUERY].s ? ENTRY_INTERNAL_POSITION
								 : ENTRY_CURSOR_POSITION;

	while (digits < message->len && message->s[message->len - 1 - digits] >= '0' &&
		message->s[message->len - 1 - digits] <= '9')
		digits++;
	if (digits == 0 || message->len < digits + len ||
		memcmp(message->s + message->len - digits - len, words, len) != 0)
		return;
	texts[position] = (struct slice){ message->s + message->len - digits, digits };
	message->len -= digits + len;
}

/* What the texts of an entry have within them. Returns the bits of those that may have changed. */
static uint32_t split_texts(const struct open_entry *open, struct entry *entry)
{
	uint32_t set = 0;

	if (open->has & BIT(ENTRY_FUNC_NAME)) {
		split_location(entry->text);
		if (entry->text[ENTRY_FILE_NAME].s)
			split_state_code(entry->text);
		set = BIT(ENTRY_FUNC_NAME) | BIT(ENTRY_FILE_NAME) |
		      BIT(ENTRY_FILE_LINE_NUM) | BIT(ENTRY_STATE_CODE);
	}
	if (entry->level >= LEVEL_WARNING && entry->level <= LEVEL_PANIC) {
		split_position(entry->text);
		set |= BIT(ENTRY_INTERNAL_POSITION) | BIT(ENTRY_CURSOR_POSITION);
	}
	for (uint32_t left = set; left; left &= left - 1) {
		unsigned i = (unsigned)__builtin_ctz(left);

		entry->known = (entry->known & ~BIT(i)) |
			       (uint32_t)(entry->text[i].len > 0) << i;
	}
	return set;
}

/* The texts as they stand, and what is left of the entry before. */
static inline void show_texts(
	const struct open_entry *open, const char *data, struct leaving *leaving)
{
	struct entry *entry = &leaving->entry;
	uint32_t has = open->has, known = has | BIT(ENTRY_MESSAGE);

	for (uint32_t left = leaving->texts & ~has; left; left &= left - 1)
		entry->text[__builtin_ctz(left)] = (struct slice){ NULL, 0 };
	for (uint32_t left = has; left; left &= left - 1) {
		unsigned i = (unsigned)__builtin_ctz(left);
		struct span span = open->texts[i];

		entry->text[i] = (struct slice){ data + span.at, span.len };
		if (span.len == 0 && i != ENTRY_MESSAGE)
			known &= ~BIT(i);
	}
	entry->known = known;
	leaving->texts = has;
}

static inline struct slice slice_of(const char *data, struct span span)
{
	return (struct slice){ span.len > 0 ? data + span.at : NULL, span.len };
}

bool open_entry_leave(
	struct open_entry *open, struct leaving *leaving, entry_sink *sink, void *context)
{
	struct entry *entry = &leaving->entry;
	const char *data = open->text.data ? open->text.data : "";
	bool more;

	show_texts(open, data, leaving);
	entry->level = open->level;
	entry->level_text = slice_of(data, open->level_text);
	entry->time = slice_of(data, open->time);
	entry->pid = open->pid;
	entry->len = open->text.len;
	entry->cut_bytes = open->cut_bytes;
	entry->continued = open->continued;
	entry->suspect = open->suspect;
	if (entry->level >= LEVEL_WARNING || (open->has & BIT(ENTRY_FUNC_NAME)))
		leaving->texts |= split_texts(open, entry);
	more = sink(context, entry);
	forget_sections(open);
	return more;
}
