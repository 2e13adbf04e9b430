#include "log_parser.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lines.h"
#include "log_format.h"

struct log_parser {
	struct stderr_log *stderr_log;
	void *readers[RECORD_FORMATS]; /* made when first needed */
	int taker;                     /* of the line under way: a record format, or -1 */
	bool in_line;                  /* a piece of it was taken, its end was not */
	bool in_record;                /* of format `taker`, maybe over many lines */
	size_t record_bytes;           /* taken of it so far */
	bool broken;     /* what comes next goes on with a line given up on */
	struct buf rest; /* of that line, as far as it is kept */
	uint64_t rest_cut_bytes;
};

struct log_parser *log_parser_new(const struct prefix *prefix)
{
	struct log_parser *parser = calloc(1, sizeof(*parser));

	if (!parser)
		return NULL;
	parser->taker = -1;
	buf_init(&parser->rest, LINE_PIECE_BYTES);
	parser->stderr_log = stderr_log_new(prefix);
	if (!parser->stderr_log) {
		free(parser);
		return NULL;
	}
	return parser;
}

void log_parser_free(struct log_parser *parser)
{
	if (!parser)
		return;
	for (int i = 0; i < RECORD_FORMATS; i++)
		record_formats[i].free(parser->readers[i]);
	stderr_log_free(parser->stderr_log);
	buf_release(&parser->rest);
	free(parser);
}

void log_parser_set_prefix(struct log_parser *parser, const struct prefix *prefix)
{
	stderr_log_set_prefix(parser->stderr_log, prefix);
}

/* Whose is the line that begins here? */
static int choose_taker(struct log_parser *parser, const struct line_piece *piece)
{
	for (int i = 0; i < RECORD_FORMATS; i++) {
		if (!record_formats[i].starts(piece->s, piece->len))
			continue;
		if (!parser->readers[i])
			parser->readers[i] = record_formats[i].new();
		if (parser->readers[i])
			return i;
	}
	return -1;
}

static bool hand_on_raw(struct log_parser *parser, entry_sink *sink, void *context)
{
	struct entry entry = { .level = LEVEL_UNPARSED };

	entry.text[ENTRY_MESSAGE] = record_formats[parser->taker].raw(
		parser->readers[parser->taker], &entry.cut_bytes);
	return sink(context, &entry);
}

static bool take_result(struct log_parser *parser, enum record_result result,
	const struct entry *entry, entry_sink *sink, void *context)
{
	if (result == RECORD_MORE)
		return true;
	parser->in_record = false;
	parser->record_bytes = 0;
	return result == RECORD_ENTRY ? sink(context, entry)
				      : hand_on_raw(parser, sink, context);
}

/* The rest of a line that was given up on, and sent without it. */
static bool take_rest(struct log_parser *parser, const struct line_piece *piece,
	entry_sink *sink, void *context)
{
	struct entry entry = { .level = LEVEL_UNPARSED, .continued = true };
	size_t room = parser->rest.max - parser->rest.len;
	size_t keep = piece->len < room ? piece->len : room;
	bool more = true;

	buf_add(&parser->rest, piece->s, keep);
	parser->rest_cut_bytes += piece->len - keep;
	parser->in_line = !piece->ends;
	if (!piece->ends)
		return true;
	parser->broken = false;
	entry.text[ENTRY_MESSAGE] = (struct slice){ parser->rest.data, parser->rest.len };
	entry.cut_bytes = parser->rest_cut_bytes;
	if (parser->rest.len > 0)
		more = sink(context, &entry);
	buf_clear(&parser->rest);
	parser->rest_cut_bytes = 0;
	return more;
}

static bool take_record(struct log_parser *parser, const struct line_piece *piece,
	entry_sink *sink, void *context)
{
	const struct record_format *format = &record_formats[parser->taker];
	void *reader = parser->readers[parser->taker];
	enum record_result result;
	struct entry entry;
	bool more = true;

	parser->record_bytes += piece->len + piece->ends;
	result = format->take(reader, piece, &entry);
	if (result == RECORD_TORN) {
		more = hand_on_raw(parser, sink, context);
		parser->record_bytes = piece->len + piece->ends;
		result = format->take(reader, piece, &entry);
	}
	return take_result(parser, result, &entry, sink, context) && more;
}

static bool take_piece(struct log_parser *parser, const struct line_piece *piece,
	double now_s, entry_sink *sink, void *context)
{
	bool more;

	if (parser->broken)
		return take_rest(parser, piece, sink, context);
	if (piece->begins && !parser->in_record) {
		/* After one line of a stderr log comes another, nearly always. */
		if (parser->taker < 0 && stderr_log_try(parser->stderr_log, piece, now_s,
						 sink, context, &more)) {
			parser->in_line = !piece->ends;
			return more;
		}
		parser->taker = choose_taker(parser, piece);
		parser->in_record = parser->taker >= 0;
	}
	parser->in_line = !piece->ends;
	if (parser->taker < 0)
		return stderr_log_take(parser->stderr_log, piece, now_s, sink, context);
	return take_record(parser, piece, sink, context);
}

/* The next piece of data, 0 where a line has not come far enough. */
static size_t next_piece(const struct log_parser *parser, const char *data, size_t len,
	struct line_piece *ret)
{
	size_t within = len;
	const char *end;

	if (!parser->in_line && within > LINE_PIECE_BYTES)
		within = LINE_PIECE_BYTES;
	end = memchr(data, '\n', within);
	*ret = (struct line_piece){ data, end ? (size_t)(end - data) : within,
		!parser->in_line, end != NULL };
	if (!end && !parser->in_line && within < LINE_PIECE_BYTES)
		return 0;
	return ret->len + ret->ends;
}

/* Is the next byte a line's first, after one of a stderr log? */
static bool may_be_usual(const struct log_parser *parser)
{
	return parser->taker < 0 && !parser->in_line && !parser->broken;
}

/* Is the next byte a record's first, after one of the same format? */
static bool may_be_record(const struct log_parser *parser)
{
	return parser->taker >= 0 && !parser->in_record && !parser->in_line &&
	       !parser->broken;
}

/* Records one after the other, as long as they are as usual. Returns how much they are. */
static size_t feed_records(struct log_parser *parser, const char *data, size_t len,
	entry_sink *sink, void *context, bool *ret_more)
{
	const struct record_format *format = &record_formats[parser->taker];
	void *reader = parser->readers[parser->taker];
	struct entry entry;
	size_t at = 0, step;

	*ret_more = true;
	while (*ret_more &&
		(step = format->feed(reader, data + at, len - at, &entry)) > 0) {
		at += step;
		*ret_more = sink(context, &entry);
	}
	return at;
}

size_t log_parser_feed(struct log_parser *parser, const char *data, size_t len,
	double now_s, entry_sink *sink, void *context)
{
	struct line_piece piece;
	size_t at = 0, step;
	bool more = true;

	while (more) {
		if (may_be_usual(parser))
			at += stderr_log_feed(parser->stderr_log, data + at, len - at,
				now_s, sink, context, &more);
		else if (may_be_record(parser))
			at += feed_records(
				parser, data + at, len - at, sink, context, &more);
		if (!more || at == len)
			break;
		step = next_piece(parser, data + at, len - at, &piece);
		if (step == 0)
			break;
		at += step;
		more = take_piece(parser, &piece, now_s, sink, context);
	}
	return at;
}

size_t log_parser_break(struct log_parser *parser, const char *data, size_t len,
	double now_s, bool final, entry_sink *sink, void *context)
{
	struct line_piece piece = { data, len, !parser->in_line, true };
	bool of_record = parser->in_record || (!parser->in_line && !parser->broken &&
						      choose_taker(parser, &piece) >= 0);

	if (of_record && !final)
		return 0;
	if (of_record)
		piece.ends = false;
	if (len > 0 || parser->in_line)
		take_piece(parser, &piece, now_s, sink, context);
	if (!of_record)
		parser->broken = true;
	return len;
}

bool log_parser_silence(
	struct log_parser *parser, double before_s, entry_sink *sink, void *context)
{
	return stderr_log_silence(parser->stderr_log, before_s, sink, context);
}

bool log_parser_finish(struct log_parser *parser, entry_sink *sink, void *context)
{
	struct entry entry;
	bool more = true;

	if (parser->in_record) {
		more = take_result(parser,
			record_formats[parser->taker].finish(
				parser->readers[parser->taker], &entry),
			&entry, sink, context);
		parser->in_record = false;
		parser->record_bytes = 0;
	}
	if (parser->broken && parser->in_line) {
		struct line_piece end = { "", 0, false, true };

		more &= take_rest(parser, &end, sink, context);
	}
	parser->in_line = false;
	return more && stderr_log_silence(parser->stderr_log, INFINITY, sink, context);
}

double log_parser_oldest(const struct log_parser *parser)
{
	return stderr_log_oldest(parser->stderr_log);
}

size_t log_parser_unsaved(const struct log_parser *parser)
{
	if (parser->in_record)
		return parser->record_bytes;
	return parser->in_line ? SIZE_MAX : 0;
}

bool log_parser_save(const struct log_parser *parser, struct buf *ret)
{
	buf_addc(ret, parser->broken ? 'b' : '-');
	return stderr_log_save(parser->stderr_log, ret);
}

bool log_parser_restore(
	struct log_parser *parser, const char *saved, size_t len, double now_s)
{
	if (len == 0)
		return true;
	parser->broken = saved[0] == 'b';
	return stderr_log_restore(parser->stderr_log, saved + 1, len - 1, now_s);
}

const struct stderr_counts *log_parser_counts(const struct log_parser *parser)
{
	return stderr_log_counts(parser->stderr_log);
}
