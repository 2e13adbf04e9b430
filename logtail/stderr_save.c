/*
 * The open entries of a stderr log as bytes, and back. A line of numbers for all, then for each entry a
 * line of numbers and its text. What is read is not trusted: every length and place is checked.
 */
#include <string.h>

#include "stderr_log_private.h"

#define FORMAT "stderr_log 2"
#define BIT(text) (UINT32_C(1) << (text))

/* Written once a commit for each place, so without printf. */
static void add_number(struct buf *ret, uint64_t n, char after)
{
	char text[21];
	size_t at = sizeof(text) - 1;

	text[at] = after;
	do
		text[--at] = (char)('0' + n % 10);
	while (n /= 10);
	buf_add(ret, text + at, sizeof(text) - at);
}

static void add_span(struct buf *ret, struct span span)
{
	add_number(ret, span.at, ' ');
	add_number(ret, span.len, ' ');
}

static void save_entry(const struct open_entry *open, unsigned place, struct buf *ret)
{
	uint64_t numbers[] = { place, open->state, open->level, open->last,
		open->continued, open->suspect, (uint64_t)open->pid, open->cut_bytes,
		open->last_line, open->began, open->has, open->cut, open->head_len,
		open->section_end };

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		add_number(ret, numbers[i], ' ');
	add_number(ret, open->text.len, ' ');
	add_span(ret, open->time);
	add_span(ret, open->level_text);
	for (unsigned i = 0; i < ENTRY_TEXTS; i++)
		if (open->has & BIT(i))
			add_span(ret, open->texts[i]);
	if (!ret->failed)
		ret->data[ret->len - 1] = '\n';
	buf_add(ret, open->text.data, open->text.len);
	buf_addc(ret, '\n');
}

bool stderr_log_save(const struct stderr_log *log, struct buf *ret)
{
	size_t before = ret->len;
	unsigned count = 0;

	if (log->in_line || ret->failed)
		return false;
	for (unsigned i = 0; i <= STDERR_STRAY; i++)
		count += log->open[i].state != OPEN_NONE;
	buf_addf(ret, FORMAT " %llu %llu %u %zu %u\n", (unsigned long long)log->lines,
		(unsigned long long)log->began, log->current, log->forged.left, count);
	for (unsigned i = 0; i <= STDERR_STRAY; i++)
		if (log->open[i].state != OPEN_NONE)
			save_entry(&log->open[i], i, ret);
	if (!ret->failed)
		return true;
	ret->failed = false;
	ret->len = before;
	if (ret->data)
		ret->data[before] = '\0';
	return false;
}

struct cursor {
	const char *at, *end;
	bool broken;
};

/* The next number and the byte after it. */
static uint64_t take(struct cursor *cursor, uint64_t max)
{
	const char *start = cursor->at;
	uint64_t value = 0;

	while (cursor->at < cursor->end && *cursor->at >= '0' && *cursor->at <= '9') {
		unsigned digit = (unsigned)(*cursor->at++ - '0');

		if (value > (UINT64_MAX - digit) / 10)
			cursor->broken = true;
		value = value * 10 + digit;
	}
	if (cursor->at == start || cursor->at == cursor->end || value > max) {
		cursor->broken = true;
		return 0;
	}
	cursor->at++;
	return value;
}

static struct span take_span(struct cursor *cursor, size_t len)
{
	uint32_t at = (uint32_t)take(cursor, len);

	return (struct span){ at, (uint32_t)take(cursor, len - at) };
}

/* Empty ones may stand anywhere. */
static bool overlap(struct span a, struct span b)
{
	return a.len > 0 && b.len > 0 && a.at + a.len > b.at && b.at + b.len > a.at;
}

/* Could stderr_entry.c have left it so? */
static bool is_sound(const struct open_entry *open)
{
	uint32_t sections = open_entry_sections();
	struct span last = open->texts[open->last];

	if (!(sections & BIT(open->last)))
		return false;
	if (open->state == OPEN_GONE)
		return !(open->has & sections) && open->text.len == open->head_len;
	for (unsigned i = 0; i < ENTRY_TEXTS; i++)
		for (unsigned j = 0; j < i; j++)
			if ((open->has & sections & BIT(i)) &&
				(open->has & sections & BIT(j)) &&
				overlap(open->texts[i], open->texts[j]))
				return false;
	return (open->has & BIT(open->last)) &&
	       ((open->cut & BIT(open->last)) || last.at + last.len == open->text.len);
}

static void take_numbers(struct open_entry *open, struct cursor *cursor)
{
	open->state = take(cursor, OPEN_YES) == OPEN_YES ? OPEN_YES : OPEN_GONE;
	open->level = (enum level)take(cursor, LEVEL_UNPARSED);
	open->last = (enum entry_text)take(cursor, ENTRY_TEXTS - 1);
	open->continued = take(cursor, 1);
	open->suspect = take(cursor, 1);
	open->pid = (int64_t)take(cursor, UINT64_MAX);
	open->cut_bytes = take(cursor, UINT64_MAX);
	open->last_line = take(cursor, UINT64_MAX);
	open->began = take(cursor, UINT64_MAX);
	open->has = (uint32_t)take(cursor, BIT(ENTRY_TEXTS) - 1);
	open->cut = (uint32_t)take(cursor, BIT(ENTRY_TEXTS) - 1);
	open->head_len = (uint32_t)take(cursor, LINE_PIECE_BYTES);
	open->section_end = (uint32_t)take(cursor, LINE_PIECE_BYTES + ENTRY_KEEP_BYTES);
}

static bool take_entry(struct stderr_log *log, struct cursor *cursor)
{
	unsigned place = (unsigned)take(cursor, STDERR_STRAY);
	struct open_entry *open = &log->open[place];
	size_t len;

	if (cursor->broken || open->state != OPEN_NONE)
		return false;
	take_numbers(open, cursor);
	len = (size_t)take(cursor, LINE_PIECE_BYTES + ENTRY_KEEP_BYTES);
	open->time = take_span(cursor, len);
	open->level_text = take_span(cursor, len);
	for (unsigned i = 0; i < ENTRY_TEXTS; i++)
		if (open->has & BIT(i))
			open->texts[i] = take_span(cursor, len);
	if (cursor->broken || (size_t)(cursor->end - cursor->at) <= len ||
		open->head_len > len || open->last_line > log->lines)
		return false;
	buf_add(&open->text, cursor->at, len);
	cursor->at += len + 1;
	log->kept += len;
	if (open->text.failed || !is_sound(open))
		return false;
	if (place == STDERR_STRAY)
		return true;
	places_give(&log->places, place, stderr_key(open->pid, open->suspect));
	if (log->lines - open->last_line < STDERR_OPEN_MAX)
		log->recent[open->last_line % STDERR_OPEN_MAX] = place;
	return true;
}

static bool take_all(struct stderr_log *log, struct cursor *cursor)
{
	uint64_t count;

	log->lines = take(cursor, UINT64_MAX);
	log->began = take(cursor, UINT64_MAX);
	log->current = (unsigned)take(cursor, STDERR_STRAY);
	log->forged.left = (size_t)take(cursor, log->forged.reach);
	count = take(cursor, STDERR_STRAY + 1);
	while (count > 0 && !cursor->broken && take_entry(log, cursor))
		count--;
	return count == 0 && !cursor->broken && cursor->at == cursor->end &&
	       (log->current == STDERR_STRAY ||
		       log->open[log->current].state != OPEN_NONE);
}

/* As their last lines were. */
static void order_places(struct stderr_log *log)
{
	uint64_t line = 0, next;

	do {
		next = UINT64_MAX;
		for (unsigned i = 0; i < STDERR_OPEN_MAX; i++) {
			uint64_t last = log->open[i].last_line;

			if (last == line && log->open[i].state != OPEN_NONE)
				places_use(&log->places, i);
			else if (last > line && last < next)
				next = last;
		}
		line = next;
	} while (next < UINT64_MAX);
}

bool stderr_log_restore(
	struct stderr_log *log, const char *saved, size_t len, double now_s)
{
	size_t name_len = strlen(FORMAT " ");
	struct cursor cursor = { saved + name_len, saved + len, false };

	if (len < name_len || memcmp(saved, FORMAT " ", name_len) != 0)
		return false;
	if (!take_all(log, &cursor)) {
		stderr_log_reset(log);
		return false;
	}
	order_places(log);
	for (unsigned i = 0; i <= STDERR_STRAY; i++)
		log->open[i].last_s = now_s;
	return true;
}
