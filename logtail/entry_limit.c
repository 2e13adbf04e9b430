#include "entry_limit.h"

#include <string.h>

#include "entry_json.h"
#include "json_write.h"
#include "utf8.h"

#define MARK_BYTES (sizeof(JSON_TRUNCATED) - 1)

struct piece {
	struct slice *text;
	uint64_t *marks, mark; /* where it is noted that it was cut */
	size_t bytes;          /* encoded, with the mark */
};

struct pieces {
	struct piece at[ENTRY_TEXTS + EVENT_VALUES_MAX];
	size_t count;
	struct entry_cuts *cuts;
};

static size_t total_len(const struct entry *entry, const struct event *event)
{
	size_t total = 0;

	for (size_t i = 0; i < ENTRY_TEXTS; i++)
		total += entry->text[i].len;
	for (size_t i = 0; i < event->count; i++)
		total += event->values[i].text.len;
	return total;
}

static bool is_statement(const struct event_value *value)
{
	return value->kind == EVENT_SQL && strcmp(value->name, "statement") == 0;
}

bool entry_needs_limit(
	const struct entry *entry, const struct event *event, size_t texts_len)
{
	size_t total = texts_len;

	if (entry->cut_bytes > 0 ||
		entry->text[ENTRY_STATEMENT].len > ENTRY_STATEMENT_MAX_CHARS)
		return true;
	/* What an event's values hold stands in the texts. */
	if (texts_len <= ENTRY_STATEMENT_MAX_CHARS)
		return false;
	for (size_t i = 0; i < event->count; i++) {
		total += event->values[i].text.len;
		if (is_statement(&event->values[i]) &&
			event->values[i].text.len > ENTRY_STATEMENT_MAX_CHARS)
			return true;
	}
	return total > ENTRY_TEXT_MAX_BYTES / 6 /* what a byte may become */;
}

static void add_piece(
	struct pieces *pieces, struct slice *text, uint64_t *marks, size_t bit)
{
	if (text->len > 0)
		pieces->at[pieces->count++] = (struct piece){
			.text = text, .marks = marks, .mark = UINT64_C(1) << bit
		};
}

static void keep(struct pieces *pieces, struct piece *piece, size_t len)
{
	if (len == piece->text->len)
		return;
	pieces->cuts->bytes += piece->text->len - len;
	piece->text->len = len;
	*piece->marks |= piece->mark;
}

static void collect(struct pieces *pieces, struct entry *entry, struct event *event)
{
	for (size_t i = 0; i < ENTRY_TEXTS; i++)
		add_piece(pieces, &entry->text[i], &pieces->cuts->texts, i);
	for (size_t i = 0; i < event->count; i++)
		add_piece(pieces, &event->values[i].text, &pieces->cuts->values, i);
}

/* The parser cuts an entry's head off at some length: it was the longest text that lost its end. */
static void mark_longest(struct pieces *pieces)
{
	struct piece *longest = NULL;

	for (size_t i = 0; i < pieces->count; i++)
		if (!longest || pieces->at[i].text->len > longest->text->len)
			longest = &pieces->at[i];
	if (longest)
		*longest->marks |= longest->mark;
}

static void limit_statement(struct pieces *pieces, const struct slice *statement)
{
	for (size_t i = 0; i < pieces->count; i++)
		if (pieces->at[i].text == statement)
			keep(pieces, &pieces->at[i],
				utf8_prefix(statement->s, statement->len,
					ENTRY_STATEMENT_MAX_CHARS));
}

/* The most each may have, so that all together fit: the short ones leave their share to the long. */
static size_t fair_share(const struct pieces *pieces, size_t total)
{
	size_t share = SIZE_MAX, last;

	do {
		size_t small = 0, longer = 0;

		last = share;
		share = ENTRY_TEXT_MAX_BYTES / pieces->count;
		for (size_t i = 0; i < pieces->count; i++) {
			if (pieces->at[i].bytes > (last == SIZE_MAX ? share : last))
				longer++;
			else
				small += pieces->at[i].bytes;
		}
		if (longer > 0)
			share = (ENTRY_TEXT_MAX_BYTES - small) / longer;
	} while (share != last && total > 0);
	return share;
}

static void limit_all(struct pieces *pieces)
{
	size_t total = 0, share;

	for (size_t i = 0; i < pieces->count; i++) {
		struct piece *piece = &pieces->at[i];

		piece->bytes = json_text_bytes(piece->text->s, piece->text->len);
		if (*piece->marks & piece->mark)
			piece->bytes += MARK_BYTES;
		total += piece->bytes;
	}
	if (total <= ENTRY_TEXT_MAX_BYTES)
		return;
	share = fair_share(pieces, total);
	for (size_t i = 0; i < pieces->count; i++) {
		struct piece *piece = &pieces->at[i];

		if (piece->bytes > share)
			keep(pieces, piece,
				json_text_prefix(piece->text->s, piece->text->len,
					share - MARK_BYTES));
	}
}

void entry_limit(struct entry *entry, struct event *event, struct entry_cuts *ret_cuts)
{
	struct pieces pieces = { .cuts = ret_cuts };

	*ret_cuts = (struct entry_cuts){ 0 };
	collect(&pieces, entry, event);
	if (entry->cut_bytes > 0)
		mark_longest(&pieces);
	limit_statement(&pieces, &entry->text[ENTRY_STATEMENT]);
	for (size_t i = 0; i < event->count; i++)
		if (is_statement(&event->values[i]))
			limit_statement(&pieces, &event->values[i].text);
	if (total_len(entry, event) >
		(ENTRY_TEXT_MAX_BYTES - MARK_BYTES) / 6 - pieces.count * MARK_BYTES)
		limit_all(&pieces);
}
